"""evaluate.cohort: who came in, and what was known of them at time zero."""

import pytest

from tests.spec.evaluate.filled import fill
from tests.spec.known import asked, certificates_of_periods, empty, periods, spells_at
from tests.spec.known import fill as fill_known
from tests.tables import expect

TITLE = "At time zero"


@pytest.fixture
def cohort(run_table):
    def made(text, zero, persons="", starts="", stepped=False):
        periods(text, run_table)
        certificates_of_periods(run_table)
        empty(run_table, "ingest.diagnosis_groups", "ingest.persons")
        if persons:
            fill_known("ingest.persons", persons, run_table)
        fill("evaluate.time_zero", zero, run_table)
        fill("evaluate.starts", starts, run_table)
        fill("features.spell_features", "", run_table)
        keys = run_table.con.sql("select distinct person_key, as_of from evaluate.time_zero").pl()
        asked("person_key | as_of\n" + "\n".join(f"{key} | {day}" for key, day in keys.iter_rows()), run_table)
        spells_at(run_table)
        return run_table("evaluate.cohort", stepped=stepped)

    return made


def test_someone_whose_certificate_was_not_yet_known_is_in_without_a_spell(cohort):
    expect(cohort("""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-30 | 2026-01-02
        2          | 2026-01-01 | 2026-01-30 | 2026-01-12
    """, """
        person_key | as_of      | arm          | unit_id
        1          | 2026-01-10 | intervention | U9
        2          | 2026-01-10 | control      | U9
    """), """
        person_key | arm          | unit_id | on_leave | spell_start
        1          | intervention | U9      | true     | 2026-01-01
        2          | control      | U9      | false    |
    """)


def test_age_counts_whole_years_by_month_and_a_reserve_number_tells_none(cohort):
    made = cohort("person_key | start_date | end_date\n1 | 2026-01-01 | 2026-01-30", """
        person_key | as_of      | arm
        1          | 2026-01-10 | control
        2          | 2026-01-10 | control
        3          | 2026-01-10 | control
    """, """
        person_key | birth_month | sex | deceased_on | emigrated_on
        1          | 1990-01-01  | F   | 2026-01-10  |
        2          | 1990-02-01  | M   | 2026-01-11  | 2026-01-09
        3          |             |     |             |
    """)
    expect(made, """
        person_key | age_years | sex | dead  | moved
        1          | 36        | F   | true  | false
        2          | 35        | M   | false | true
        3          |           |     | false | false
    """)


def test_where_units_start_one_by_one_the_units_day_makes_the_arm(cohort):
    made = cohort("""
        person_key | start_date | end_date   | unit_id
        1          | 2026-01-01 | 2026-01-30 | U1
        2          | 2026-01-01 | 2026-01-30 | U2
        3          | 2026-01-01 | 2026-01-30 | U3
    """, """
        person_key | as_of      | arm
        1          | 2026-01-10 | control
        2          | 2026-01-10 | intervention
        3          | 2026-01-10 | earlier
        4          | 2026-01-10 | control
    """, starts="""
        unit_id | starts_on
        U1      | 2026-01-10
        U2      | 2026-01-11
    """, stepped=True)
    expect(made, """
        person_key | unit_id | arm
        1          | U1      | intervention
        2          | U2      | control
        3          | U3      | control
        4          |         |
    """)
