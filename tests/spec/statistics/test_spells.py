"""statistics.spells: spells as the national statistics service counts them."""

import pytest

from tests.spec.known import asked, fill, periods
from tests.tables import expect

TITLE = "Spells of the statistics"


@pytest.fixture
def spells(run_table):
    def at(as_of, text, max_gap_days=5):
        fill("ingest.units", "unit_id | provider_id\nU1 | P1\nU2 | P1\nU3 | P2", run_table)
        periods(text, run_table)
        keys = run_table.con.sql("select distinct person_key from ingest.certificate_periods").fetchall()
        asked("person_key | as_of\n" + "\n".join(f"{key} | {as_of}" for (key,) in keys), run_table)
        return run_table("statistics.spells", max_gap_days=max_gap_days)

    return at


def test_five_free_days_join_and_six_split(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-05
        1          | 2026-01-11 | 2026-01-25
        2          | 2026-01-01 | 2026-01-05
        2          | 2026-01-12 | 2026-01-25
    """), """
        person_key | start_date | end_date   | days | ongoing
        1          | 2026-01-01 | 2026-01-25 | 20   | true
        2          | 2026-01-01 | 2026-01-05 | 5    | false
        2          | 2026-01-12 | 2026-01-25 | 14   | true
    """)


def test_another_care_provider_makes_another_spell(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | unit_id
        1          | 2026-01-01 | 2026-01-10 | U1
        1          | 2026-01-11 | 2026-01-25 | U3
    """), """
        provider_id | start_date | end_date   | ongoing
        P1          | 2026-01-01 | 2026-01-10 | false
        P2          | 2026-01-11 | 2026-01-25 | true
    """)


def test_a_spell_begun_at_another_unit_of_the_provider_counts_its_whole_length_at_the_unit_of_the_last_certificate(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | unit_id | diagnosis_1 | degree
        1          | 2026-01-01 | 2026-01-10 | U1      | F430        | 100
        1          | 2026-01-11 | 2026-01-25 | U2      | M545        | 50
    """), """
        unit_id | days | diagnosis | degree
        U2      | 25   | M545      | 50
    """)


def test_a_unit_without_a_known_provider_is_its_own(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | unit_id
        1          | 2026-01-01 | 2026-01-10 | U9
    """), """
        provider_id | unit_id
        U9          | U9
    """)


def test_length_counts_each_day_once_and_the_farthest_end_so_far_is_measured_from(spells):
    expect(spells("2026-01-26", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-20
        1          | 2026-01-03 | 2026-01-05
        1          | 2026-01-18 | 2026-01-22
        1          | 2026-01-25 | 2026-01-26
    """), """
        start_date | end_date   | days
        2026-01-01 | 2026-01-26 | 24
    """)


def test_the_same_period_certified_twice_counts_once(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-20
        1          | 2026-01-01 | 2026-01-20
    """), """
        start_date | end_date   | days
        2026-01-01 | 2026-01-20 | 20
    """)


def test_a_certificate_that_has_not_begun_lends_its_days_and_nothing_else(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | known_from | unit_id | degree
        1          | 2026-01-01 | 2026-01-22 | 2026-01-01 | U1      | 100
        1          | 2026-01-23 | 2026-01-31 | 2026-01-19 | U2      | 50
    """), """
        unit_id | degree | days | end_date
        U1      | 100    | 31   | 2026-01-31
    """)


def test_a_spell_that_has_not_begun_is_none_yet(spells):
    assert spells("2026-01-20", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-21 | 2026-01-31 | 2026-01-19
    """).is_empty()


def test_a_hole_inside_a_spell_is_not_ongoing(spells):
    expect(spells("2026-01-12", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-10 | 2026-01-01
        1          | 2026-01-14 | 2026-01-20 | 2026-01-01
    """), """
        days | ongoing
        17   | false
    """)


def test_of_certificates_from_the_same_day_the_one_signed_last_is_the_last(spells):
    expect(spells("2026-01-20", """
        person_key | certificate_id | start_date | end_date   | issued_at        | unit_id
        1          | b              | 2026-01-01 | 2026-01-20 | 2026-01-01T08:00 | U1
        1          | a              | 2026-01-01 | 2026-01-20 | 2026-01-02T08:00 | U2
        1          | c              | 2026-01-01 | 2026-01-20 |                  | U1
    """), """
        unit_id
        U2
    """)


def test_what_is_not_known_or_revoked_at_the_moment_does_not_count(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-10 | 2026-01-01 |
        1          | 2026-01-11 | 2026-01-25 | 2026-01-21 |
        1          | 2026-01-11 | 2026-01-31 | 2026-01-11 | 2026-01-20
    """), """
        end_date   | ongoing
        2026-01-10 | false
    """)
