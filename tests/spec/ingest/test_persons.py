"""ingest.persons: who they are, without number and name."""

from tests.tables import expect, given

HEAD = "person_key | sex | number_sex | birth_month | listed_unit_id | deceased_on | emigrated_on | protected | first_delivery"


def test_sex_is_what_the_sender_says_else_what_the_number_says(run_table):
    given("raw.persons", f"""
        {HEAD}
        1 | F | M | 1980-01-01 | U1 | | | true  | 2026-01-12
        2 |   | M | 1975-06-01 |    | | | false | 2026-01-12
        3 |   |   |            |    | | |       | 2026-01-19
    """, run_table)
    expect(run_table("ingest.persons"), """
        person_key | sex | birth_month | listed_unit_id | protected | delivered_on
        1          | F   | 1980-01-01  | U1             | true      | 2026-01-12
        2          | M   | 1975-06-01  |                | false     | 2026-01-12
        3          |     |             |                | false     | 2026-01-19
    """)
