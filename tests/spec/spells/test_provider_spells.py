"""spells.provider_spells: a spell as the certificate statistics service counts it."""

import pytest

from tests.spec.known import asked, certificates_of_periods, fill, periods
from tests.tables import expect

TITLE = "A spell for the statistics service"


@pytest.fixture
def spells(run_table):
    def at(text, as_of="2026-03-10", max_gap_days=5, units="unit_id | provider_id\nU1 | P1\nU2 | P2\nU3 |", **plain):
        periods(text, run_table)
        certificates_of_periods(run_table, **plain)
        fill("ingest.units", units, run_table)
        asked(f"person_key | as_of\n1 | {as_of}", run_table)
        return run_table("spells.provider_spells", max_gap_days=max_gap_days)

    return at


def test_certificates_of_one_care_giver_follow_each_other_with_at_most_the_gap_between(spells):
    text = """
        person_key | start_date | end_date
        1          | 2026-01-05 | 2026-01-11
        1          | 2026-01-17 | 2026-01-25
        1          | 2026-02-01 | 2026-02-03
    """
    expect(spells(text), """
        provider_id | start_date | end_date   | days | n_certificates | ongoing
        P1          | 2026-01-05 | 2026-01-25 | 16   | 2              | false
        P1          | 2026-02-01 | 2026-02-03 | 3    | 1              | false
    """)


def test_another_care_giver_is_another_spell_and_a_blank_one_is_one_of_its_own(spells):
    made = spells("""
        person_key | unit_id | start_date | end_date
        1          | U1      | 2026-02-20 | 2026-03-12
        1          | U2      | 2026-03-01 | 2026-03-20
        1          | U3      | 2026-02-10 | 2026-02-19
    """)
    assert sorted(made["provider_id"]) == ["", "P1", "P2"]
    assert made.filter(made["provider_id"] == "P1")["days"].to_list() == [21]


def test_the_care_giver_named_on_the_certificate_goes_before_the_units_of_today(spells):
    made = spells("""
        person_key | start_date | end_date
        1          | 2026-03-01 | 2026-03-20
    """, provider_id="P9")
    assert made["provider_id"].to_list() == ["P9"]


def test_the_gap_is_measured_from_the_farthest_end_and_no_day_counts_twice(spells):
    expect(spells("""
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-03-05
        1          | 2026-01-10 | 2026-01-20
        1          | 2026-03-04 | 2026-03-20
    """), """
        start_date | end_date   | days | n_certificates
        2026-01-01 | 2026-03-20 | 79   | 3
    """)


def test_a_hole_inside_one_certificate_does_not_end_the_spell_and_is_no_day_of_it(spells):
    expect(spells("""
        person_key | certificate_id | start_date | end_date   | known_from
        1          | a              | 2026-02-01 | 2026-02-05 | 2026-02-01
        1          | a              | 2026-03-09 | 2026-03-20 | 2026-02-01
    """, as_of="2026-02-20"), """
        start_date | end_date   | days | n_certificates | ongoing
        2026-02-01 | 2026-03-20 | 17   | 1              | true
    """)


def test_what_is_not_known_yet_or_revoked_does_not_count(spells):
    made = spells("""
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-03-01 | 2026-03-20 | 2026-03-11 |
        1          | 2026-03-01 | 2026-03-20 | 2026-03-01 | 2026-03-10
    """)
    assert made.is_empty()
