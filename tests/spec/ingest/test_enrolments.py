"""ingest.enrolments: who was in which study."""

from tests.tables import expect, given


def test_an_enrolment_waits_for_its_person(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("raw.enrolments", """
        study_id | person_key | unit_id | arm          | enrolled_on | withdrew_on
        s        | 1          | U1      | intervention | 2026-01-05  |
        s        | 2          | U1      | control      | 2026-01-05  | 2026-01-09
    """, run_table)
    expect(run_table("ingest.enrolments"), """
        study_id | person_key | arm          | withdrew_on
        s        | 1          | intervention |
    """)
