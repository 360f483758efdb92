"""ingest.certificate_periods: what spells are made of."""

import pytest

from tests.tables import expect, given


@pytest.fixture
def periods(run_table):
    given("ingest.certificates", """
        certificate_id | person_key | unit_id | doctor_id | issued_at        | known_from | known_until | diagnosis_1 | occupation | counts
        a              | 2          | U1      | d1        | 2026-01-05T10:00 | 2026-01-05 | 2026-01-08  | F411        | WORK       | true
        a              | 2          | U1      | d1        | 2026-01-05T10:00 | 2026-01-12 |             | F411        | WORK       | true
        b              | 1          | U1      |           | 2026-01-06T10:00 | 2026-01-06 |             |             | WORK       | true
        t              | 1          | U1      | d1        | 2026-01-06T10:00 | 2026-01-06 |             | F411        | WORK       | false
    """, run_table)

    def run(text):
        given("raw.certificate_periods", text, run_table)
        for column in ("known_on", "superseded_on"):
            if column not in text:
                run_table.con.execute(f"alter table raw.certificate_periods add column {column} date")
        return run_table("ingest.certificate_periods")

    return run


def test_a_period_has_its_certificates_times_once_for_each_time_it_is_known(periods):
    expect(periods("""
        certificate_id | start_date | end_date   | degree
        a              | 2026-01-05 | 2026-01-18 | 100
    """), """
        certificate_id | person_key | start_date | end_date   | degree | known_from | known_until
        a              | 2          | 2026-01-05 | 2026-01-18 | 100    | 2026-01-05 | 2026-01-08
        a              | 2          | 2026-01-05 | 2026-01-18 | 100    | 2026-01-12 |
    """)


def test_periods_of_certificates_that_do_not_count_or_never_came_are_left_out(periods):
    expect(periods("""
        certificate_id | start_date | end_date   | degree
        b              | 2026-01-05 | 2026-01-18 | 50
        t              | 2026-01-05 | 2026-01-18 | 100
        z              | 2026-01-05 | 2026-01-18 | 100
    """), """
        certificate_id | degree | diagnosis_1
        b              | 50     |
    """)


def test_a_period_counts_as_it_was_until_the_delivery_that_changed_it(periods):
    expect(periods("""
        certificate_id | start_date | end_date   | degree | known_on   | superseded_on
        a              | 2026-01-05 | 2026-01-18 | 100    |            | 2026-01-15
        a              | 2026-01-05 | 2026-01-18 | 50     | 2026-01-15 |
        b              | 2026-01-06 | 2026-01-18 | 50     | 2026-01-19 |
    """), """
        certificate_id | degree | known_from | known_until
        a              | 100    | 2026-01-05 | 2026-01-08
        a              | 100    | 2026-01-12 | 2026-01-15
        a              | 50     | 2026-01-15 |
        b              | 50     | 2026-01-19 |
    """)
