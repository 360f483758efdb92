"""evaluate.months: degree of sick leave in months of 30 days around time zero."""

from tests.spec.evaluate.filled import fill
from tests.tables import expect

TITLE = "Month by month"


def given(run_table, segments, days=60):
    fill("evaluate.cohort", "person_key | as_of\n1 | 2026-03-31", run_table)
    fill("evaluate.followed", f"person_key | as_of | followed_days\n1 | 2026-03-31 | {days}", run_table)
    fill("spells.final_segments", segments, run_table)
    return run_table("evaluate.months", months_before=1, months_after=3)


def test_a_month_is_thirty_days_and_the_first_begins_the_day_after_time_zero(run_table):
    expect(given(run_table, """
        person_key | start_date | end_date   | degree
        1          | 2026-03-31 | 2026-04-01 | 100
        1          | 2026-04-30 | 2026-05-30 | 50
    """), """
        month | degree_percent
        -1    | 3.3333333333333335
        0     | 5.0
        1     | 50.0
    """)


def test_a_month_not_seen_whole_is_not_there(run_table):
    assert given(run_table, "", days=59)["month"].to_list() == [-1, 0]


def test_someone_without_sick_leave_has_noughts(run_table):
    assert given(run_table, "")["degree_percent"].to_list() == [0.0, 0.0, 0.0]
