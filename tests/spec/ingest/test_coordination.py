"""ingest.coordination: the register and the returned worklists in one table."""

import pytest

from tests.tables import expect, given

REGISTER = (
    "case_id | person_key | unit_id | offered_on | answer | started_on | ended_on | end_reason | external_consent | "
    "recorded_at | known_on | superseded_on | delivery"
)
RETURNS = "case_id | person_key | unit_id | status | offered_on | answer | external_consent | returned_on | superseded_on"
NO_RETURNS = "w | 2 | U1 | done | | | | 2026-01-09 |"


@pytest.fixture
def coordination(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("ingest.units", "unit_id\nU1", run_table)

    def run(register, returns=NO_RETURNS):
        given("raw.coordination", f"{REGISTER}\n{register}", run_table)
        run_table.con.execute("alter table raw.coordination alter delivery type date")
        given("raw.returns", f"{RETURNS}\n{returns}", run_table)
        return run_table("ingest.coordination")

    return run


def test_a_case_is_known_when_recorded_else_offered_else_started(coordination):
    made = coordination(
        "a | 1 | U1 | 2026-01-05 | accepted | 2026-01-06 | | | true | 2026-01-07T10:00 | | | 2026-01-12\n"
        "b | 1 | U1 | 2026-01-05 | declined | | | | | | | | 2026-01-12\n"
        "c | 1 |    |            |          | 2026-01-06 | | | | | | | 2026-01-12\n"
        "d | 2 | U1 | 2026-01-05 | declined | | | | | | | | 2026-01-12\n"
        "e | 1 | U9 | 2026-01-05 | declined | | | | | | | | 2026-01-12",
    )
    expect(made, """
        case_id | known_from | source
        a       | 2026-01-07 | register
        b       | 2026-01-05 | register
        c       | 2026-01-06 | register
    """)


def test_an_answer_is_known_from_the_start_else_the_recording_else_the_delivery(coordination):
    """A register that keeps the day of the first entry says nothing of when the answer was written into it."""
    made = coordination(
        "a | 1 | U1 | 2025-11-05 | accepted | 2025-11-20 | | | | 2025-11-05T10:00 | | | 2026-01-12\n"
        "b | 1 | U1 | 2025-11-05 | accepted | 2025-11-20 | | | | 2025-11-25T10:00 | | | 2026-01-12\n"
        "c | 1 | U1 | 2025-11-05 | declined |            | | | | 2025-11-09T10:00 | | | 2026-01-12\n"
        "d | 1 | U1 | 2025-11-05 | declined |            | | | |                  | | | 2026-01-12\n"
        "e | 1 | U1 | 2026-01-07 | accepted | 2026-01-20 | | | | 2026-01-07T10:00 | | | 2026-01-12\n"
        "f | 1 | U1 | 2025-11-05 | pending  |            | | | |                  | | | 2026-01-12\n"
        "g | 1 | U1 | 2025-11-05 |          |            | | | | 2025-11-05T10:00 | | | 2026-01-12",
    )
    expect(made, """
        case_id | known_from | answer_known_from
        a       | 2025-11-05 | 2025-11-20
        b       | 2025-11-25 | 2025-11-25
        c       | 2025-11-09 | 2025-11-09
        d       | 2025-11-05 | 2026-01-12
        e       | 2026-01-07 | 2026-01-12
        f       | 2025-11-05 | 2025-11-05
        g       | 2025-11-05 |
    """)


def test_what_came_back_on_a_worklist_is_known_the_day_it_came_back_until_it_says_other(coordination):
    made = coordination(
        "d | 2 | U1 | 2026-01-05 | declined | | | | | | | | 2026-01-12",
        "w | 1 | U1 | contacted | 2026-01-08 | pending  | true | 2026-01-09 | 2026-01-16\n"
        "w | 1 | U1 | declined  | 2026-01-08 | declined | true | 2026-01-16 |",
    )
    expect(made, """
        case_id | person_key | offered_on | answer   | external_consent | known_from | known_until | answer_known_from | status    | source
        w       | 1          | 2026-01-08 | pending  | true             | 2026-01-09 | 2026-01-16  | 2026-01-09        | contacted | worklist
        w       | 1          | 2026-01-08 | declined | true             | 2026-01-16 |             | 2026-01-16        | declined  | worklist
    """)


def test_a_changed_case_counts_as_it_was_until_the_delivery_that_changed_it(coordination):
    made = coordination(
        "a | 1 | U1 | 2026-01-05 | pending | | | | true | 2026-01-07T10:00 | | 2026-01-19 | 2026-01-12\n"
        "a | 1 | U1 | 2026-01-05 | declined | | | | true | 2026-01-07T10:00 | 2026-01-19 | | 2026-01-19",
        "w | 1 | U1 | done | 2026-01-08 | accepted | true | 2026-01-09 |",
    )
    expect(made, """
        case_id | answer   | known_from | known_until | answer_known_from
        a       | pending  | 2026-01-07 | 2026-01-19  | 2026-01-07
        a       | declined | 2026-01-19 |             | 2026-01-19
        w       | accepted | 2026-01-09 |             | 2026-01-09
    """)
