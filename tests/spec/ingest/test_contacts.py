"""ingest.contacts: care use."""

from tests.tables import expect, given


def test_a_contact_is_known_on_its_day_and_waits_for_its_person_and_unit(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("ingest.units", "unit_id\nU1", run_table)
    given("raw.contacts", """
        contact_id | person_key | unit_id | started_at       | kind  | profession | diagnoses | actions
        a          | 1          | U1      | 2026-01-05T23:59 | visit | nurse      | F411      | GC001
        b          | 1          |         | 2026-01-06T10:00 |       |            |           |
        c          | 2          | U1      | 2026-01-06T10:00 | visit | nurse      |           |
        d          | 1          | U9      | 2026-01-06T10:00 | visit | nurse      |           |
    """, run_table)
    expect(run_table("ingest.contacts"), """
        contact_id | unit_id | known_from | kind  | diagnoses | actions
        a          | U1      | 2026-01-05 | visit | F411      | GC001
        b          |         | 2026-01-06 |       |           |
    """)
