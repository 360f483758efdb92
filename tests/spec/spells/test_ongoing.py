"""spells.ongoing: whom a coordinator may meet."""

import pytest

from tests.spec.known import GROUPS, asked, certificates_of_periods, fill, periods, spells_at
from tests.tables import expect, given

TITLE = "Ongoing at the moment"


@pytest.fixture
def ongoing(run_table):
    def at(as_of, text, days_since_end=0, **certificate):
        periods(text, run_table)
        certificates_of_periods(run_table, **certificate)
        given("ingest.diagnosis_groups", GROUPS, run_table)
        keys = run_table.con.sql("select distinct person_key from ingest.certificate_periods").fetchall()
        asked("person_key | as_of\n" + "\n".join(f"{key} | {as_of}" for (key,) in keys), run_table)
        spells_at(run_table, days_since_end=days_since_end)
        return run_table.con.sql("select * from spells.ongoing").pl()

    return at


def test_only_spells_that_cover_the_moment_are_ongoing(ongoing):
    expect(ongoing("2026-01-20", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-20 | 2026-01-05
        2          | 2026-01-05 | 2026-01-19 | 2026-01-05
        3          | 2026-01-20 | 2026-01-31 | 2026-01-20
        4          | 2026-01-21 | 2026-01-31 | 2026-01-20
    """), """
        person_key | certificate_id | ongoing | recently_ended | day
        1          | c1             | true    | false          | 16
        3          | c3             | true    | false          | 1
    """)


@pytest.mark.parametrize(("days_since_end", "kept"), [(0, []), (3, []), (4, [1]), (14, [1])])
def test_a_spell_just_ended_is_kept_and_marked_for_as_long_as_the_setting_says(ongoing, days_since_end, kept):
    made = ongoing("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-05 | 2026-01-16
    """, days_since_end=days_since_end)
    assert made["person_key"].to_list() == kept
    assert all(made["recently_ended"]) and not any(made["ongoing"])


def test_who_is_ongoing_again_is_not_shown_as_just_ended_too(ongoing):
    expect(ongoing("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-05 | 2026-01-12
        1          | 2026-01-19 | 2026-01-25
    """, days_since_end=14), """
        person_key | start_date | ongoing | recently_ended
        1          | 2026-01-19 | true    | false
    """)


def test_a_hole_inside_a_spell_is_not_an_end(ongoing):
    assert ongoing("2026-01-13", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-11 | 2026-01-05
        1          | 2026-01-15 | 2026-01-20 | 2026-01-05
    """, days_since_end=14).is_empty()


def test_the_certificate_in_force_is_the_one_that_rules_the_moment(ongoing):
    expect(ongoing("2026-01-10", """
        person_key | certificate_id | start_date | end_date   | issued_at        | unit_id
        1          | a              | 2026-01-01 | 2026-01-31 | 2026-01-01T08:00 | U1
        1          | b              | 2026-01-08 | 2026-01-12 | 2026-01-07T08:00 | U2
    """), """
        certificate_id | unit_id
        b              | U2
    """)


def test_the_chain_day_adds_sick_periods_with_fewer_than_90_days_between(ongoing):
    expect(ongoing("2026-06-10", """
        person_key | start_date | end_date
        1          | 2026-06-01 | 2026-06-30
        1          | 2026-03-01 | 2026-03-10
        1          | 2025-12-01 | 2025-12-10
        2          | 2026-06-01 | 2026-06-30
        2          | 2026-02-22 | 2026-03-03
        3          | 2026-06-01 | 2026-06-30
        3          | 2026-02-21 | 2026-03-02
    """), """
        person_key | day | chain_day
        1          | 10  | 30
        2          | 10  | 20
        3          | 10  | 10
    """)


def test_the_chain_stops_at_the_first_hole_of_90_days_however_short_those_before(ongoing):
    expect(ongoing("2026-06-10", """
        person_key | start_date | end_date
        1          | 2026-06-01 | 2026-06-30
        1          | 2025-12-01 | 2025-12-10
        1          | 2025-11-01 | 2025-11-10
    """), """
        person_key | day | chain_day
        1          | 10  | 10
    """)


def test_holes_inside_an_earlier_sick_period_count_as_calendar_days_of_the_chain(ongoing):
    expect(ongoing("2026-03-01", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-10
        1          | 2026-01-14 | 2026-01-20
        1          | 2026-02-28 | 2026-03-10
    """), """
        day | chain_day
        2   | 22
    """)


@pytest.mark.parametrize(
    ("first", "second", "group"),
    [
        ("F430", None, "mental"),
        ("F43", None, "mental"),
        ("F44", None, "other"),
        ("J069", "R529", "pain"),
        ("M545", "F322", "both"),
        ("J069", None, "other"),
        (None, None, "other"),
        ("F4", None, "other"),
    ],
)
def test_the_target_group_follows_every_diagnosis_of_the_certificate_in_force(ongoing, first, second, group):
    made = ongoing("2026-01-10", f"""
        person_key | start_date | end_date   | diagnosis_1
        1          | 2026-01-05 | 2026-01-14 | {first or ""}
    """, diagnosis_2=second)
    assert made["target_group"].to_list() == [group]


def test_a_group_without_prefixes_leaves_everyone_in_other(run_table):
    periods("person_key | start_date | end_date\n1 | 2026-01-05 | 2026-01-14", run_table)
    certificates_of_periods(run_table)
    fill("ingest.diagnosis_groups", "prefix | target_group\nZZZ | pain", run_table)
    run_table.con.execute("delete from ingest.diagnosis_groups")
    asked("person_key | as_of\n1 | 2026-01-10", run_table)
    spells_at(run_table)
    assert run_table.con.sql("select target_group from spells.ongoing").fetchall() == [("other",)]


def test_a_certificate_known_in_two_stretches_of_time_gives_one_row(ongoing):
    expect(ongoing("2026-01-15", """
        person_key | certificate_id | start_date | end_date   | known_from | known_until
        1          | a              | 2026-01-05 | 2026-01-31 | 2026-01-05 | 2026-01-10
        1          | a              | 2026-01-05 | 2026-01-31 | 2026-01-15 |
    """), """
        certificate_id | day
        a              | 11
    """)
