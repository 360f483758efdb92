"""ingest.coordination: the register and the returned worklists in one table."""

import pytest

from tests.tables import expect, given

REGISTER = "case_id | person_key | unit_id | offered_on | answer | started_on | ended_on | end_reason | external_consent | recorded_at | known_on | superseded_on"
RETURNS = "case_id | person_key | unit_id | status | offered_on | answer | external_consent | returned_on"


@pytest.fixture
def coordination(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("ingest.units", "unit_id\nU1", run_table)

    def run(register, returns):
        given("raw.coordination", f"{REGISTER}\n{register}", run_table)
        given("raw.returns", f"{RETURNS}\n{returns}", run_table)
        return run_table("ingest.coordination")

    return run


def test_a_case_is_known_when_recorded_else_offered_else_started(coordination):
    made = coordination(
        "a | 1 | U1 | 2026-01-05 | accepted | 2026-01-06 | | | true | 2026-01-07T10:00 | |\n"
        "b | 1 | U1 | 2026-01-05 | declined | | | | | | |\n"
        "c | 1 |    |            |          | 2026-01-06 | | | | | |\n"
        "d | 2 | U1 | 2026-01-05 | declined | | | | | | |\n"
        "e | 1 | U9 | 2026-01-05 | declined | | | | | | |",
        "w | 2 | U1 | done | | | | 2026-01-09",
    )
    expect(made, """
        case_id | known_from | source
        a       | 2026-01-07 | register
        b       | 2026-01-05 | register
        c       | 2026-01-06 | register
    """)


def test_what_came_back_on_a_worklist_is_known_the_day_it_came_back(coordination):
    made = coordination(
        "d | 2 | U1 | 2026-01-05 | declined | | | | | | |", "w | 1 | U1 | done | 2026-01-08 | accepted | true | 2026-01-09"
    )
    expect(made, """
        case_id | person_key | offered_on | answer   | external_consent | known_from | status | source
        w       | 1          | 2026-01-08 | accepted | true             | 2026-01-09 | done   | worklist
    """)


def test_a_changed_case_counts_as_it_was_until_the_delivery_that_changed_it(coordination):
    made = coordination(
        "a | 1 | U1 | 2026-01-05 | pending | | | | true | 2026-01-07T10:00 | | 2026-01-19\n"
        "a | 1 | U1 | 2026-01-05 | declined | | | | true | 2026-01-07T10:00 | 2026-01-19 |",
        "w | 1 | U1 | done | 2026-01-08 | accepted | true | 2026-01-09",
    )
    expect(made, """
        case_id | answer   | known_from | known_until
        a       | pending  | 2026-01-07 | 2026-01-19
        a       | declined | 2026-01-19 |
        w       | accepted | 2026-01-09 |
    """)
