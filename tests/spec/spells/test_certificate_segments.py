"""spells.certificate_segments: which certificate rules a day."""

import pytest

from tests.spec.known import asked, periods
from tests.tables import expect

TITLE = "One degree a day"
ONE = "person_key | as_of\n1 | 2026-02-20"


@pytest.fixture
def segments(run_table, clean):
    asked(ONE, run_table)

    def at(text):
        periods(text, run_table)
        return clean()[0]

    return at


def test_periods_that_do_not_overlap_pass_as_they_are(segments):
    expect(segments("""
        person_key | start_date | end_date   | degree | unit_id
        1          | 2025-12-29 | 2026-01-11 | 100    | U1
        1          | 2026-01-12 | 2026-01-25 | 50     | U2
    """), """
        person_key | as_of      | start_date | end_date   | degree | certificate_id | unit_id
        1          | 2026-02-20 | 2025-12-29 | 2026-01-11 | 100    | c1             | U1
        1          | 2026-02-20 | 2026-01-12 | 2026-01-25 | 50     | c2             | U2
    """)


def test_where_certificates_overlap_the_one_signed_last_rules(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | a              | 2026-01-01 | 2026-01-31 | 100    | 2026-01-01T10:00
        1          | b              | 2026-01-20 | 2026-02-10 | 50     | 2026-01-19T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-19 | 100    | a
        1          | 2026-01-20 | 2026-02-10 | 50     | b
    """)


def test_a_certificate_signed_earlier_keeps_the_days_the_later_one_does_not_cover(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | a              | 2026-01-01 | 2026-01-31 | 100    | 2026-01-01T10:00
        1          | b              | 2026-01-10 | 2026-01-12 | 50     | 2026-01-09T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-09 | 100    | a
        1          | 2026-01-10 | 2026-01-12 | 50     | b
        1          | 2026-01-13 | 2026-01-31 | 100    | a
    """)


def test_a_short_certificate_signed_before_the_long_one_rules_no_day(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | a              | 2026-01-01 | 2026-01-31 | 100    | 2026-01-20T10:00
        1          | b              | 2026-01-10 | 2026-01-12 | 50     | 2026-01-09T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-31 | 100    | a
    """)


def test_of_two_signed_at_the_same_time_the_greater_certificate_id_rules(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | b              | 2026-01-01 | 2026-01-10 | 50     | 2026-01-01T10:00
        1          | a              | 2026-01-01 | 2026-01-10 | 100    | 2026-01-01T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-10 | 50     | b
    """)


def test_equal_periods_do_not_pull_in_the_period_before_them(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | issued_at
        1          | a              | 2026-01-01 | 2026-01-10 | 2026-01-01T10:00
        1          | b              | 2026-01-05 | 2026-01-12 | 2026-01-02T10:00
        1          | c              | 2026-02-01 | 2026-02-10 | 2026-01-03T10:00
        1          | d              | 2026-02-01 | 2026-02-10 | 2026-01-04T10:00
        1          | e              | 2026-02-01 | 2026-02-10 | 2026-01-05T10:00
    """), """
        person_key | start_date | end_date   | certificate_id
        1          | 2026-01-01 | 2026-01-04 | a
        1          | 2026-01-05 | 2026-01-12 | b
        1          | 2026-02-01 | 2026-02-10 | e
    """)


def test_a_certificate_whose_own_periods_overlap_goes_by_its_later_period(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | a              | 2026-01-01 | 2026-01-10 | 100    | 2026-01-01T10:00
        1          | a              | 2026-01-05 | 2026-01-20 | 50     | 2026-01-01T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-04 | 100    | a
        1          | 2026-01-05 | 2026-01-20 | 50     | a
    """)


def test_certificates_that_share_one_day_share_it_by_signing(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | degree | issued_at
        1          | a              | 2026-01-01 | 2026-01-10 | 100    | 2026-01-05T10:00
        1          | b              | 2026-01-10 | 2026-01-10 | 25     | 2026-01-06T10:00
        1          | c              | 2026-01-10 | 2026-01-12 | 50     | 2026-01-04T10:00
    """), """
        person_key | start_date | end_date   | degree | certificate_id
        1          | 2026-01-01 | 2026-01-09 | 100    | a
        1          | 2026-01-10 | 2026-01-10 | 25     | b
        1          | 2026-01-11 | 2026-01-12 | 50     | c
    """)


def test_a_signing_time_that_is_missing_gives_way_to_any_other(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | issued_at
        1          | z              | 2026-01-01 | 2026-01-10 |
        1          | a              | 2026-01-06 | 2026-01-12 | 2026-01-06T10:00
    """), """
        person_key | start_date | end_date   | certificate_id
        1          | 2026-01-01 | 2026-01-05 | z
        1          | 2026-01-06 | 2026-01-12 | a
    """)


def test_what_is_not_known_yet_or_no_longer_counts_rules_no_day(segments):
    expect(segments("""
        person_key | certificate_id | start_date | end_date   | known_from | known_until
        1          | a              | 2026-01-01 | 2026-01-31 | 2026-01-01 |
        1          | late           | 2026-01-05 | 2026-02-05 | 2026-02-21 |
        1          | revoked        | 2026-01-10 | 2026-02-10 | 2026-01-10 | 2026-02-20
        1          | standing       | 2026-01-30 | 2026-02-02 | 2026-02-20 | 2026-02-21
    """), """
        person_key | start_date | end_date   | certificate_id
        1          | 2026-01-01 | 2026-01-29 | a
        1          | 2026-01-30 | 2026-02-02 | standing
    """)


def test_two_moments_of_one_person_do_not_mix(run_table, clean):
    asked("""
        person_key | as_of
        1          | 2026-01-15
        1          | 2026-02-20
    """, run_table)
    periods("""
        person_key | certificate_id | start_date | end_date   | known_from
        1          | a              | 2026-01-01 | 2026-01-31 | 2026-01-01
        1          | b              | 2026-01-20 | 2026-02-10 | 2026-01-20
    """, run_table)
    expect(clean()[0], """
        person_key | as_of      | start_date | end_date   | certificate_id
        1          | 2026-01-15 | 2026-01-01 | 2026-01-31 | a
        1          | 2026-02-20 | 2026-01-01 | 2026-01-19 | a
        1          | 2026-02-20 | 2026-01-20 | 2026-02-10 | b
    """)


def test_someone_who_is_not_asked_about_has_no_segments(segments):
    assert segments("""
        person_key | start_date | end_date
        2          | 2026-01-01 | 2026-01-31
    """).is_empty()
