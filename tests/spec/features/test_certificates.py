"""features.certificates: how the spell is certified."""

import pytest

from tests.spec.known import fill
from tests.tables import expect

TITLE = "Certificates, doctors and units"
TWO = """
    person_key | certificate_id | start_date | end_date   | issued_at        | known_from | doctor_id | unit_id
    1          | a              | 2026-01-01 | 2026-01-10 | 2026-01-04T09:00 | 2026-01-04 | D1        | U1
    1          | b              | 2026-01-11 | 2026-01-30 | 2026-01-12T23:59 | 2026-01-13 | D2        | U2
"""


def test_number_length_hands_and_signing_are_told(moment, run_table):
    moment("2026-01-20", TWO)
    fill("ingest.units", "unit_id | kind\nU2 | psychiatry\nU1 | primary", run_table)
    made = run_table("features.certificates")
    expect(made, """
        certificates_count | doctors_count | units_count | other_unit_share | unit_kind
        2                  | 2             | 2           | 0.5              | psychiatry
    """)
    expect(made, """
        mean_certificate_days | first_certificate_days | certificate_days | into_certificate_days
        15.0                  | 10                     | 20               | 10
    """)
    expect(made, """
        since_signed_days | signing_delay_days | longest_signing_delay_days | start_month | month_now
        8                 | 1                  | 3                          | m01         | m01
    """)


def test_the_periods_of_one_certificate_are_its_length_together(moment, run_table):
    moment("2026-01-12", """
        person_key | certificate_id | start_date | end_date   | degree | known_from
        1          | a              | 2026-01-01 | 2026-01-10 | 100    | 2026-01-01
        1          | a              | 2026-01-11 | 2026-01-15 | 50     | 2026-01-01
    """)
    expect(run_table("features.certificates"), """
        certificates_count | certificate_days | into_certificate_days
        1                  | 15               | 12
    """)


def test_the_prognosis_runs_from_the_day_of_signing(moment, run_table):
    moment("2026-01-20", TWO, prognosis="AFTER_DAYS", prognosis_days=30)
    expect(run_table("features.certificates"), """
        prognosis  | prognosis_days | prognosis_left_days
        AFTER_DAYS | 30             | 22
    """)


@pytest.mark.parametrize(
    ("measures", "count"), [(None, 0), ("", 0), ("EJ_AKTUELLT", 0), ("HJALPMEDEL", 1), ("A|B|C", 3)]
)
def test_measures_are_counted_and_none_needed_is_none(moment, run_table, measures, count):
    moment("2026-01-20", TWO, measures=measures)
    assert run_table("features.certificates")["measures_count"].to_list() == [count]


def test_what_is_blank_on_the_form_stays_unknown(moment, run_table):
    moment("2026-01-05", """
        person_key | start_date | end_date   | doctor_id | occupation
        1          | 2026-01-01 | 2026-01-10 |           |
    """)
    expect(run_table("features.certificates"), """
        doctors_count | prognosis | prognosis_days | prognosis_left_days | occupation | measures | unit_kind
        0             |           |                |                     |            |          |
    """)


@pytest.mark.parametrize(("as_of", "count"), [("2026-01-12", 0), ("2026-01-13", 2)])
def test_a_certificate_counts_from_the_night_it_is_known(moment, run_table, as_of, count):
    moment(as_of, TWO)
    made = run_table("features.certificates")["certificates_count"].to_list()
    assert made == ([count] if count else [])  # before it is known the spell has ended


def test_a_revoked_certificate_is_counted_no_more(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-31 | 2026-01-01 |
        1          | 2026-01-05 | 2026-01-09 | 2026-01-05 | 2026-01-20
    """)
    assert run_table("features.certificates")["certificates_count"].to_list() == [1]


def test_the_months_of_a_spell_over_new_year_are_those_of_its_start_and_of_the_moment(moment, run_table):
    moment("2026-01-02", "person_key | start_date | end_date\n1 | 2025-12-31 | 2026-01-05")
    expect(run_table("features.certificates"), """
        start_month | month_now
        m12         | m01
    """)
