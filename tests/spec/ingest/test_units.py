"""ingest.units: places and their capacity."""

from tests.tables import expect, given


def test_a_unit_is_kept_as_it_was_sent_blanks_included(run_table):
    given("raw.units", """
        unit_id | provider_id | parent_id | name | municipality | kind    | list_size | capacity_per_week | delivery
        U2      |             |           |      |              |         |           |                   | 2026-01-12
        U1      | P1          | U2        | One  | Ort          | primary | 9000      | 2.5               | 2026-01-12
    """, run_table)
    expect(run_table("ingest.units"), """
        unit_id | provider_id | parent_id | name | municipality | kind    | list_size | capacity_per_week
        U1      | P1          | U2        | One  | Ort          | primary | 9000      | 2.5
        U2      |             |           |      |              |         |           |
    """)
