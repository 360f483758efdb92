"""evaluate.answers: questionnaires at time zero, half a year and a year."""

from tests.spec.evaluate.filled import fill
from tests.tables import expect

TITLE = "What persons answered"


def answers(run_table, text, withdrew=""):
    fill("evaluate.cohort", f"person_key | as_of | withdrew_on\n1 | 2026-01-01 | {withdrew}", run_table)
    fill("evaluate.followed", "person_key | as_of | followed_days\n1 | 2026-01-01 | 365", run_table)
    head = "person_key | answered_on | instrument | item | value | known_from\n"
    fill("ingest.questionnaires", head + text, run_table)
    return run_table("evaluate.answers", cut="2027-06-01", slack_days=60)


def test_of_two_answers_the_nearer_counts_and_of_two_as_near_the_earlier(run_table):
    made = answers(run_table, """1 | 2026-06-30 | EQ | index | 0.5 | 2026-07-01
        1 | 2026-07-04 | EQ | index | 0.7 | 2026-07-05
        1 | 2026-12-31 | EQ | index | 0.8 | 2027-01-01
        1 | 2027-01-01 | EQ | index | 0.9 | 2027-01-01""")
    expect(made, "month | value\n6 | 0.5\n12 | 0.8")


def test_an_answer_too_far_from_its_day_or_not_known_at_the_cut_does_not_count(run_table):
    made = answers(run_table, """1 | 2026-09-01 | EQ | index | 0.5 | 2026-09-01
        1 | 2026-12-30 | EQ | index | 0.6 | 2027-06-02""")
    assert made.height == 0


def test_an_answer_long_after_time_zero_is_no_baseline(run_table):
    made = answers(run_table, """1 | 2026-01-15 | EQ | index | 0.4 | 2026-01-15
        1 | 2026-01-16 | EQ | vas | 40 | 2026-01-16""")
    expect(made, "month | item | value\n0 | index | 0.4")


def test_answers_after_a_withdrawal_are_not_read(run_table):
    assert answers(run_table, "1 | 2026-07-02 | EQ | index | 0.4 | 2026-07-02", withdrew="2026-07-02").height == 0
