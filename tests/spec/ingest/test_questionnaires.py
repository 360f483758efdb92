"""ingest.questionnaires: answers, item by item."""

from tests.tables import expect, given


def test_an_answer_is_known_the_day_it_was_given_and_waits_for_its_person(run_table):
    given("ingest.persons", "person_key\n1", run_table)
    given("raw.questionnaires", """
        person_key | answered_on | instrument | item     | value
        1          | 2026-01-05  | EQ-5D-3L   | mobility | 2
        1          | 2026-01-05  | EQ-5D-3L   | vas      |
        2          | 2026-01-05  | EQ-5D-3L   | vas      | 70
    """, run_table)
    expect(run_table("ingest.questionnaires"), """
        person_key | answered_on | item     | value | known_from
        1          | 2026-01-05  | mobility | 2     | 2026-01-05
        1          | 2026-01-05  | vas      |       | 2026-01-05
    """)
