"""features.person: age, sex and coordination."""

import pytest

from tests.spec.known import fill
from tests.tables import expect

TITLE = "The person"


@pytest.mark.parametrize(
    ("born", "age", "months"),
    [("1980-01-01", 46, 552), ("1980-02-01", 45, 551), ("2026-01-01", 0, 0), ("1979-12-01", 46, 553)],
)
def test_age_changes_with_the_month_of_birth(moment, run_table, born, age, months):
    moment("2026-01-20")
    fill("ingest.persons", f"person_key | sex | birth_month\n1 | F | {born}", run_table)
    expect(run_table("features.person"), f"sex | age_years | age_months\nF | {age} | {months}")


def test_someone_of_whom_nothing_is_known_has_neither_age_nor_sex(moment, run_table):
    moment("2026-01-20")
    expect(run_table("features.person"), """
        sex | age_years | in_coordination | coordinated_before | declined_before
            |           | 0               | 0                  | 0
    """)


@pytest.mark.parametrize(
    ("case", "now", "before", "declined"),
    [
        ("2026-01-05 | accepted | 2026-01-10 |            | 2026-01-10", 1, 0, 0),
        ("2026-01-05 | accepted |            |            | 2026-01-05", 1, 0, 0),
        ("2026-01-05 |          | 2026-01-20 |            | 2026-01-20", 1, 0, 0),
        ("2026-01-05 | accepted | 2026-01-21 |            | 2026-01-10", 1, 0, 0),
        ("2026-01-05 | accepted | 2026-01-10 | 2026-01-20 | 2026-01-20", 0, 1, 0),
        ("2026-01-05 | accepted | 2026-01-10 | 2026-01-21 | 2026-01-20", 1, 0, 0),
        ("2026-01-05 | accepted | 2026-01-10 |            | 2026-01-21", 0, 0, 0),
        ("2026-01-05 | declined |            |            | 2026-01-05", 0, 0, 1),
        ("2026-01-21 | declined |            |            | 2026-01-05", 0, 0, 0),
        ("2026-01-05 | pending  |            |            | 2026-01-05", 0, 0, 0),
    ],
)
def test_coordination_runs_from_its_start_to_the_day_before_its_end(
    moment, run_table, case, now, before, declined
):
    moment("2026-01-20")
    fill("ingest.coordination", f"""
        person_key | offered_on | answer | started_on | ended_on | known_from | known_until
        1 | {case} |
    """, run_table)
    run_table("spells.coordination_state")
    expect(run_table("features.person"), f"""
        in_coordination | coordinated_before | declined_before
        {now}           | {before}           | {declined}
    """)


@pytest.mark.parametrize(("as_of", "runs"), [("2026-01-20", 1), ("2026-01-21", 0)])
def test_a_case_counts_as_it_was_until_a_later_delivery_changed_it(moment, run_table, as_of, runs):
    moment(as_of)
    fill("ingest.coordination", """
        person_key | offered_on | answer   | started_on | ended_on | known_from | known_until
        1          | 2026-01-05 | accepted | 2026-01-10 |          | 2026-01-05 | 2026-01-21
        1          | 2026-01-05 | declined |            |          | 2026-01-21 |
    """, run_table)
    run_table("spells.coordination_state")
    expect(run_table("features.person"), f"""
        in_coordination
        {runs}
    """)
