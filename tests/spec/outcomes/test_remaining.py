"""outcomes.remaining: what became of a spell after a moment."""

import pytest

from tests.spec.known import asked, certificates_of_periods, empty, fill, periods, spells_at
from tests.tables import expect

TITLE = "What came of it"
CUT = {"cut": "2026-12-31", "delay_days": 20, "max_gap_days": 5, "age_limit_years": 67}
# seen to 2026-12-11; an end is told from a late renewal up to 2026-12-05


@pytest.fixture
def remaining(run_table):
    def at(as_of, text, persons="", benefits="", **changed):
        values = {**CUT, **changed}
        periods(text, run_table)
        certificates_of_periods(run_table)
        empty(run_table, "ingest.diagnosis_groups", "ingest.persons", "ingest.benefits")
        if persons:
            fill("ingest.persons", persons, run_table)
        if benefits:
            fill("ingest.benefits", benefits, run_table)
        asked("person_key | as_of\n" + "\n".join(f"1 | {day}" for day in as_of.split()), run_table)
        run_table.con.execute("create or replace table moments.training as select * from moments.asked")
        final(run_table, values)
        asked("person_key | as_of\n" + "\n".join(f"1 | {day}" for day in as_of.split()), run_table)
        spells_at(run_table, values["max_gap_days"])
        return run_table("outcomes.remaining", **values)

    return at


def final(run_table, values):
    """The spells SQL asked once more, at the cut, under the two names outcomes reads."""
    run_table.fill("moments.asked", run_table("moments.final", cut=values["cut"]))
    spells_at(run_table, values["max_gap_days"])
    for made, name in (("spells", "final_spells"), ("certificate_segments", "final_segments")):
        run_table.con.execute(f"create or replace table spells.{name} as select * from spells.{made}")


def test_the_days_left_run_to_the_last_certified_day_renewals_included(remaining):
    expect(remaining("2026-03-10", """
        person_key | start_date | end_date   | degree
        1          | 2026-03-01 | 2026-03-14 | 100
        1          | 2026-03-18 | 2026-03-31 | 50
    """), """
        person_key | as_of      | end_date_final | duration_days | cause | net_days_365 | followed_days
        1          | 2026-03-10 | 2026-03-31     | 21            | 1     | 11.0         | 276
    """)


def test_a_renewal_after_the_gap_is_a_relapse_whose_net_days_still_count(remaining):
    expect(remaining("2026-03-10", """
        person_key | start_date | end_date   | degree
        1          | 2026-03-01 | 2026-03-14 | 100
        1          | 2026-03-21 | 2026-03-30 | 50
    """), """
        end_date_final | duration_days | cause | net_days_365
        2026-03-14     | 4             | 1     | 9.0
    """)


@pytest.mark.parametrize(
    ("end", "duration", "cause"),
    [("2026-12-04", 269, 1), ("2026-12-05", 270, 1), ("2026-12-06", 270, 0), ("2026-12-31", 270, 0)],
)
def test_an_end_within_the_delay_and_the_gap_before_the_cut_may_yet_be_a_renewal(
    remaining, end, duration, cause
):
    made = remaining("2026-03-10", f"person_key | start_date | end_date\n1 | 2026-03-01 | {end}")
    expect(made, f"duration_days | cause\n{duration} | {cause}")


def test_days_certified_beyond_what_has_been_seen_are_not_counted_as_had(remaining):
    expect(remaining("2026-12-01", """
        person_key | start_date | end_date   | degree
        1          | 2026-11-01 | 2027-01-31 | 100
    """), """
        duration_days | cause | net_days_365 | followed_days
        4             | 0     | 10.0         | 10
    """)


def test_a_moment_too_late_to_be_followed_a_day_has_no_row(remaining):
    made = remaining("2026-12-04 2026-12-05", """
        person_key | start_date | end_date
        1          | 2026-11-01 | 2027-01-31
    """)
    expect(made, "as_of | duration_days\n2026-12-04 | 1")


def test_a_spell_that_ends_on_the_day_of_the_moment_counts_as_one_day(remaining):
    expect(remaining("2026-03-10", """
        person_key | start_date | end_date
        1          | 2026-03-10 | 2026-03-10
    """), """
        end_date_final | duration_days | cause | net_days_365
        2026-03-10     | 1             | 1     | 0.0
    """)


def test_what_the_night_saw_and_was_revoked_later_ended_at_once(remaining):
    expect(remaining("2026-03-10", """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-03-01 | 2026-05-31 | 2026-03-01 | 2026-03-20
    """), """
        end_date_final | duration_days | cause | net_days_365
        2026-03-10     | 1             | 1     | 0.0
    """)


def test_a_certificate_replaced_by_a_shorter_one_ends_with_the_shorter(remaining):
    expect(remaining("2026-03-10", """
        person_key | certificate_id | start_date | end_date   | known_from | known_until
        1          | a              | 2026-03-01 | 2026-05-31 | 2026-03-01 | 2026-03-20
        1          | b              | 2026-03-01 | 2026-03-15 | 2026-03-20 |
    """), """
        end_date_final | duration_days
        2026-03-15     | 5
    """)


def test_a_certificate_known_after_the_cut_is_not_the_truth_yet(remaining):
    expect(remaining("2026-03-10", """
        person_key | start_date | end_date   | known_from
        1          | 2026-03-01 | 2026-03-31 | 2026-03-01
        1          | 2026-04-01 | 2026-04-30 | 2027-01-01
    """), "end_date_final | duration_days\n2026-03-31 | 21")


def test_net_days_stop_a_year_after_the_moment(remaining):
    expect(remaining("2026-01-10", """
        person_key | start_date | end_date   | degree
        1          | 2026-01-10 | 2026-01-20 | 100
        1          | 2027-01-08 | 2027-01-20 | 50
    """, cut="2027-12-31"), """
        net_days_365 | followed_days
        11.5         | 365
    """)


@pytest.mark.parametrize(
    ("person", "duration", "cause", "net", "followed"),
    [
        ("1 | 2026-03-20 |            | ", 10, 2, 9.0, 276),
        ("1 |            | 2026-03-20 | ", 10, 3, 9.0, 276),
        ("1 | 2026-04-06 |            | ", 21, 2, 21.0, 276),
        ("1 | 2026-04-07 |            | ", 21, 1, 21.0, 276),
        ("1 | 2026-03-09 |            | ", 1, 2, 0.0, 276),
        ("1 |            |            | 1959-03-01", 21, 1, 21.0, 276),
        ("1 |            |            | 1959-04-01", 21, 5, 21.0, 276),
        ("1 |            |            | 1959-05-01", 21, 1, 21.0, 276),
        ("1 | 2026-03-25 | 2026-03-20 | ", 10, 3, 9.0, 276),
        ("1 | 2026-03-20 | 2026-03-25 | ", 10, 2, 9.0, 276),
    ],
)
def test_death_a_move_abroad_and_the_age_limit_are_ends_of_their_own(
    remaining, person, duration, cause, net, followed
):
    made = remaining(
        "2026-03-10",
        "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-31",
        persons=f"person_key | deceased_on | emigrated_on | birth_month\n{person}",
    )
    expect(made, f"""
        duration_days | cause | net_days_365 | followed_days
        {duration}    | {cause} | {net}      | {followed}
    """)


@pytest.mark.parametrize(
    ("benefit", "duration", "cause", "net"),
    [
        ("1 | 2026-03-20 |            | 100 | disability | 2026-05-01", 10, 4, 9.0),
        ("1 | 2026-04-06 | 2027-01-01 | 100 | disability | 2026-05-01", 21, 4, 21.0),
        ("1 | 2026-04-07 |            | 100 | disability | 2026-05-01", 21, 1, 21.0),
        ("1 | 2026-03-20 |            | 75  | disability | 2026-05-01", 21, 1, 21.0),
        ("1 | 2026-03-20 |            | 100 | sickness   | 2026-05-01", 21, 1, 21.0),
        ("1 | 2026-03-20 |            | 100 | disability | 2027-01-01", 21, 1, 21.0),
        ("1 | 2026-03-10 |            | 100 | disability | 2026-03-10", 21, 1, 21.0),
    ],
)
def test_a_full_disability_benefit_granted_after_the_moment_ends_the_spell(
    remaining, benefit, duration, cause, net
):
    made = remaining(
        "2026-03-10",
        "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-31",
        benefits=f"person_key | start_date | end_date | degree | kind | known_from\n{benefit}",
    )
    expect(made, f"duration_days | cause | net_days_365\n{duration} | {cause} | {net}")


def test_no_net_day_comes_after_the_age_limit_though_one_is_certified(remaining):
    made = remaining(
        "2026-03-10",
        "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-31\n1 | 2026-04-20 | 2026-05-10",
        persons="person_key | birth_month\n1 | 1959-05-01",
    )
    expect(made, "duration_days | cause | net_days_365 | followed_days\n21 | 1 | 32.0 | 276")


RELAPSED = """
    person_key | start_date | end_date   | degree
    1          | 2026-03-01 | 2026-03-14 | 100
    1          | 2026-05-01 | 2026-05-20 | 50
"""


@pytest.mark.parametrize(
    ("person", "benefit", "net"),
    [
        ("1 |            |            | 1990-01-01", "", 14.0),
        ("1 | 2026-05-11 |            | 1990-01-01", "", 9.0),
        ("1 |            | 2026-05-11 | 1990-01-01", "", 9.0),
        ("1 |            |            | 1959-05-01", "", 4.0),
        ("1 |            |            | 1959-06-01", "", 14.0),
        ("1 |            |            | 1990-01-01", "1 | 2026-05-11 | | 100 | disability | 2026-06-01", 9.0),
        ("1 |            |            | 1990-01-01", "1 | 2026-05-11 | | 50 | disability | 2026-06-01", 14.0),
        ("1 |            |            | 1990-01-01", "1 | 2026-01-01 | | 100 | disability | 2026-01-01", 14.0),
    ],
)
def test_net_days_of_a_relapse_count_after_a_return_and_stop_at_an_exit(remaining, person, benefit, net):
    """An exit long after the first spell's end is not that spell's; it stops the year's net days, and the year is seen."""
    made = remaining(
        "2026-03-10",
        RELAPSED,
        persons=f"person_key | deceased_on | emigrated_on | birth_month\n{person}",
        benefits=benefit and f"person_key | start_date | end_date | degree | kind | known_from\n{benefit}",
    )
    expect(made, f"duration_days | cause | net_days_365 | followed_days\n4 | 1 | {net} | 276")


@pytest.mark.parametrize(
    ("person", "benefit", "cause", "net"),
    [
        ("1 | 1959-04-01", "", 5, 21.0),
        ("1 | 1959-05-01", "", 5, 51.0),
        ("1 | 1990-01-01", "1 | 2026-03-20 | 100 | disability | 2026-05-01", 4, 9.0),
    ],
)
def test_a_certificate_that_runs_past_a_full_benefit_or_the_age_limit_gives_no_net_days_there(remaining, person, benefit, cause, net):
    made = remaining(
        "2026-03-10",
        "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-06-30",
        persons=f"person_key | birth_month\n{person}",
        benefits=benefit and f"person_key | start_date | degree | kind | known_from\n{benefit}",
    )
    expect(made, f"duration_days | cause | net_days_365 | followed_days\n{net + 1:.0f} | {cause} | {net} | 276")


def test_an_exit_after_the_last_day_followed_leaves_the_spell_censored(remaining):
    made = remaining(
        "2026-11-10",
        "person_key | start_date | end_date\n1 | 2026-11-01 | 2026-12-31",
        persons="person_key | deceased_on\n1 | 2026-12-20",
    )
    expect(made, "duration_days | cause\n25 | 0")


def test_each_moment_of_a_spell_is_followed_from_itself(remaining):
    made = remaining("2026-03-01 2026-03-30", """
        person_key | start_date | end_date
        1          | 2026-02-20 | 2026-03-31
    """)
    assert made.sort("as_of").select("duration_days", "net_days_365").rows() == [(30, 30.0), (1, 1.0)]


def test_a_region_without_persons_or_benefits_still_has_outcomes(remaining):
    expect(remaining("2026-03-10", "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-31"), """
        person_key | as_of      | duration_days | cause | net_days_365 | followed_days
        1          | 2026-03-10 | 21            | 1     | 21.0         | 276
    """)
