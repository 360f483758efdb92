"""evaluate.relapses: sick leave that began again after time zero."""

from tests.spec.evaluate.filled import fill
from tests.tables import expect

TITLE = "Sick leave again"


def test_only_spells_that_begin_after_time_zero_and_within_what_was_followed_count(run_table):
    fill("evaluate.cohort", "person_key | as_of\n1 | 2026-03-10\n2 | 2026-03-10", run_table)
    fill("evaluate.followed", "person_key | as_of | followed_days\n1 | 2026-03-10 | 100\n2 | 2026-03-10 | 10", run_table)
    fill("spells.final_spells", """
        person_key | start_date | end_date
        1          | 2026-03-10 | 2026-03-31
        1          | 2026-04-09 | 2026-04-10
        1          | 2026-06-18 | 2026-06-20
        1          | 2026-06-19 | 2026-06-30
        2          | 2026-03-20 | 2026-03-22
        2          | 2026-03-21 | 2026-03-22
    """, run_table)
    expect(run_table("evaluate.relapses", follow_days=100), """
        person_key | start_date | after_days
        1          | 2026-04-09 | 30
        1          | 2026-06-18 | 100
        2          | 2026-03-20 | 10
    """)
