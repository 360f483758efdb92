"""ingest.benefits: paid days."""

from tests.tables import expect, given


def test_a_benefit_is_known_when_received_else_at_its_end_but_no_later_than_its_delivery(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("raw.benefits", """
        person_key | start_date | end_date   | degree | kind       | received_at      | delivery_on
        1          | 2026-01-01 | 2026-01-10 | 50     | sickness   | 2026-01-20T10:00 | 2026-02-01
        1          | 2026-01-01 | 2026-01-11 | 50     | sickness   |                  | 2026-02-01
        1          | 2026-01-01 | 2030-12-31 | 100    | disability |                  | 2026-02-01
        2          | 2026-01-01 | 2026-01-10 | 50     | sickness   |                  | 2026-02-01
    """, run_table)
    run_table.con.execute("alter table raw.benefits rename delivery_on to delivery")
    expect(run_table("ingest.benefits"), """
        end_date   | kind       | known_from
        2026-01-10 | sickness   | 2026-01-20
        2026-01-11 | sickness   | 2026-01-11
        2030-12-31 | disability | 2026-02-01
    """)
