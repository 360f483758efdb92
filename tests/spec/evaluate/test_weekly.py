"""evaluate.weekly: a trial that begins anew at every moment."""

import pytest

from tests.spec.known import empty, fill, periods
from tests.tables import expect

TITLE = "A region's history as a trial"
WEEKS = {"first": "2026-01-05", "last": "2026-01-26", "every_days": 7, "window_days": 7, "cut": "2026-12-31"}


@pytest.fixture
def weekly(run_table):
    def made(text, coordination="", **changed):
        periods(text, run_table)
        empty(run_table, "ingest.coordination")
        if coordination:
            fill("ingest.coordination", coordination, run_table)
        return run_table("evaluate.weekly", **(WEEKS | changed))

    return made


def test_a_person_is_there_at_every_moment_that_a_known_period_covers(weekly):
    expect(weekly("""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-19 | 2026-01-03
        2          | 2026-01-06 | 2026-01-11 | 2026-01-06
        3          | 2026-01-01 | 2026-01-30 | 2026-01-13
    """), """
        person_key | as_of      | arm
        1          | 2026-01-05 | control
        1          | 2026-01-12 | control
        1          | 2026-01-19 | control
        3          | 2026-01-19 | control
        3          | 2026-01-26 | control
    """)


def test_a_revoked_period_counts_until_the_day_before_it_was_revoked(weekly):
    expect(weekly("""
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-30 | 2026-01-01 | 2026-01-19
        2          | 2026-01-01 | 2026-01-30 | 2026-01-01 | 2026-01-20
    """), """
        person_key | as_of
        1          | 2026-01-05
        1          | 2026-01-12
        2          | 2026-01-05
        2          | 2026-01-12
        2          | 2026-01-19
    """)


@pytest.mark.parametrize(
    ("started", "arms"),
    [
        ("2026-01-06", ["control", "intervention", "earlier", "earlier"]),
        ("2026-01-12", ["control", "intervention", "earlier", "earlier"]),
        ("2026-01-13", ["control", "control", "intervention", "earlier"]),
        ("2025-12-29", ["earlier"] * 4),
        ("", ["control"] * 4),
    ],
)
def test_the_arm_is_what_had_begun_in_the_window_up_to_time_zero(weekly, started, arms):
    made = weekly(
        "person_key | start_date | end_date\n1 | 2026-01-01 | 2026-01-30",
        f"person_key | started_on | known_from\n1 | {started} | 2026-01-01",
    )
    assert made.sort("as_of")["arm"].to_list() == arms


def test_two_periods_over_one_moment_are_one_row(weekly):
    made = weekly("""
        certificate_id | person_key | start_date | end_date
        a              | 1          | 2026-01-05 | 2026-01-11
        b              | 1          | 2026-01-04 | 2026-01-10
    """)
    expect(made, "person_key | as_of\n1 | 2026-01-05")


def test_a_start_that_was_corrected_counts_on_the_day_it_was_corrected_to(weekly):
    expect(weekly("""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-30 | 2026-01-03
    """, """
        case_id | person_key | started_on | known_from | known_until
        a       | 1          | 2026-01-05 | 2026-01-05 | 2026-03-01
        a       | 1          | 2026-01-17 | 2026-03-01 |
        b       | 1          | 2026-01-02 | 2027-03-01 |
    """), """
        as_of      | arm
        2026-01-05 | control
        2026-01-12 | control
        2026-01-19 | intervention
        2026-01-26 | earlier
    """)
