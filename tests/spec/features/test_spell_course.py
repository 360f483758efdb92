"""features.spell_course: the spell so far and what is certified ahead."""

import pytest

from tests.tables import expect

TITLE = "The course of a spell"


def test_days_behind_and_ahead_are_counted_from_the_moment(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | degree
        1          | 2026-01-01 | 2026-01-10 | 100
        1          | 2026-01-13 | 2026-01-31 | 50
    """)
    expect(run_table("features.spell_course"), """
        spell_id   | unit_id | day | chain_day | degree | certified_days_ahead | certified_so_far_days | net_so_far_days
        1-20260101 | U1      | 20  | 20        | 50     | 11                   | 18                    | 14.0
    """)


def test_the_first_and_the_last_certified_day_are_bounds(moment, run_table):
    moment("2026-01-01", "person_key | start_date | end_date\n1 | 2026-01-01 | 2026-01-01")
    expect(run_table("features.spell_course"), """
        day | certified_days_ahead | certified_so_far_days | uncertified_days | gaps_count | at_this_degree_days
        1   | 0                    | 1                     | 0                | 0          | 1
    """)


def test_steps_of_degree_are_counted_up_to_the_moment_and_the_next_one_is_told(moment, run_table):
    moment("2026-01-20", """
        person_key | certificate_id | start_date | end_date   | degree | known_from
        1          | a              | 2026-01-01 | 2026-01-05 | 50     | 2026-01-01
        1          | a              | 2026-01-06 | 2026-01-10 | 100    | 2026-01-01
        1          | b              | 2026-01-11 | 2026-01-25 | 75     | 2026-01-01
        1          | b              | 2026-01-26 | 2026-01-31 | 25     | 2026-01-01
    """)
    made = run_table("features.spell_course")
    expect(made, """
        degree_steps_up_count | degree_steps_down_count | at_this_degree_days | planned_step_down
        1                     | 1                       | 10                  | 1
    """)
    expect(made, """
        first_degree | highest_degree | lowest_degree | certified_end_degree
        50           | 100            | 50            | 25
    """)


def test_a_renewal_at_the_same_degree_is_no_step(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | degree
        1          | 2026-01-01 | 2026-01-10 | 50
        1          | 2026-01-11 | 2026-01-25 | 50
    """)
    expect(run_table("features.spell_course"), """
        degree_steps_up_count | degree_steps_down_count | at_this_degree_days | planned_step_down | mean_degree_share
        0                     | 0                       | 20                  | 0                 | 0.5
    """)


def test_free_days_inside_the_spell_are_counted_and_so_are_the_holes(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-05
        1          | 2026-01-08 | 2026-01-10
        1          | 2026-01-16 | 2026-01-31
    """)
    expect(run_table("features.spell_course"), """
        day | uncertified_days | gaps_count
        20  | 7                | 2
    """)


@pytest.mark.parametrize(("known_from", "ahead"), [("2026-01-20", 20), ("2026-01-21", 11)])
def test_a_renewal_counts_ahead_from_the_night_it_is_known(moment, run_table, known_from, ahead):
    moment("2026-01-20", f"""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-31 | 2026-01-01
        1          | 2026-02-01 | 2026-02-09 | {known_from}
    """)
    assert run_table("features.spell_course")["certified_days_ahead"].to_list() == [ahead]


def test_a_revoked_renewal_counts_ahead_no_more(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-31 | 2026-01-01 |
        1          | 2026-02-01 | 2026-02-09 | 2026-01-10 | 2026-01-20
    """)
    assert run_table("features.spell_course")["certified_days_ahead"].to_list() == [11]


def test_a_spell_that_has_ended_has_no_features(moment, run_table):
    moment("2026-02-01")
    assert run_table("features.spell_course").is_empty()
