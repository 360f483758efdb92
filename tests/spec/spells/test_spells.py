"""spells.spells: how certificates become spells."""

import pytest

from tests.spec.known import asked, periods
from tests.tables import expect

TITLE = "From certificates to sick-leave spells"


@pytest.fixture
def spells(run_table, clean):
    def at(as_of, text, max_gap_days=5):
        periods(text, run_table)
        keys = run_table.con.sql("select distinct person_key from ingest.certificate_periods").fetchall()
        asked("person_key | as_of\n" + "\n".join(f"{key} | {as_of}" for (key,) in keys), run_table)
        return clean(max_gap_days)[1]

    return at


def test_a_spell_is_told_in_full(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | degree | unit_id | doctor_id | diagnosis_1 | occupation
        1          | 2026-01-05 | 2026-01-14 | 100    | U1      | D1        | F430        | WORK
        1          | 2026-01-17 | 2026-01-26 | 50     | U2      | D2        | F322        | UNEMPLOYED
    """), """
        spell_id   | person_key | as_of      | unit_id | start_date | end_date   | days | net_days | degree
        1-20260105 | 1          | 2026-01-20 | U2      | 2026-01-05 | 2026-01-26 | 20   | 15.0     | 50
    """)


def test_the_certificate_in_force_lends_the_spell_its_diagnosis_and_occupation(spells):
    expect(spells("2026-01-10", """
        person_key | start_date | end_date   | known_from | unit_id | doctor_id | diagnosis_1 | occupation
        1          | 2026-01-05 | 2026-01-14 | 2026-01-05 | U1      | D1        | F430        | WORK
        1          | 2026-01-15 | 2026-01-26 | 2026-01-09 | U2      | D2        | F322        | UNEMPLOYED
    """), """
        unit_id | n_certificates | n_doctors | diagnosis | occupation | ongoing | day
        U1      | 2              | 2         | F430      | WORK       | true    | 6
    """)


def test_an_ended_spell_is_told_by_its_last_certificate(spells):
    expect(spells("2026-03-01", """
        person_key | start_date | end_date   | degree | unit_id | diagnosis_1
        1          | 2026-01-05 | 2026-01-14 | 100    | U1      | F430
        1          | 2026-01-15 | 2026-01-26 | 25     | U2      | F322
    """), """
        unit_id | degree | diagnosis | ongoing | day
        U2      | 25     | F322      | false   | 56
    """)


def test_a_gap_of_max_gap_days_joins_and_one_day_more_splits(spells):
    expect(spells("2026-01-20", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-11 | 2026-01-05
        1          | 2026-01-17 | 2026-01-25 | 2026-01-05
        2          | 2026-01-05 | 2026-01-11 | 2026-01-05
        2          | 2026-01-18 | 2026-01-25 | 2026-01-05
    """), """
        person_key | start_date | end_date   | days | n_certificates | ongoing
        1          | 2026-01-05 | 2026-01-25 | 16   | 2              | true
        2          | 2026-01-05 | 2026-01-11 | 7    | 1              | false
        2          | 2026-01-18 | 2026-01-25 | 8    | 1              | true
    """)


@pytest.mark.parametrize(("max_gap_days", "count"), [(0, 2), (1, 1), (90, 1)])
def test_the_gap_is_a_setting_and_none_still_joins_neighbours(spells, max_gap_days, count):
    made = spells("2026-02-01", """
        person_key | start_date | end_date
        1          | 2026-01-05 | 2026-01-11
        1          | 2026-01-12 | 2026-01-14
        1          | 2026-01-16 | 2026-01-18
    """, max_gap_days=max_gap_days)
    assert made.height == count


def test_a_short_certificate_inside_a_long_one_does_not_end_the_spell(spells):
    expect(spells("2026-04-01", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-03-31
        1          | 2026-01-10 | 2026-01-20
        1          | 2026-04-01 | 2026-04-30
    """), """
        person_key | start_date | end_date   | days | n_certificates | ongoing | day
        1          | 2026-01-01 | 2026-04-30 | 120  | 3              | true    | 91
    """)


def test_a_certificate_that_rules_no_day_is_still_counted(spells):
    expect(spells("2026-01-10", """
        person_key | certificate_id | doctor_id | start_date | end_date   | issued_at
        1          | old            | D1        | 2026-01-01 | 2026-01-10 | 2026-01-01T08:00
        1          | new            | D2        | 2026-01-01 | 2026-01-10 | 2026-01-02T08:00
    """), """
        days | n_certificates | n_doctors
        10   | 2              | 2
    """)


def test_a_certificate_of_two_periods_is_one_certificate(spells):
    expect(spells("2026-01-10", """
        person_key | certificate_id | start_date | end_date   | degree | known_from
        1          | a              | 2026-01-01 | 2026-01-10 | 100    | 2026-01-01
        1          | a              | 2026-01-11 | 2026-01-20 | 50     | 2026-01-01
    """), """
        days | net_days | degree | n_certificates | n_doctors
        20   | 15.0     | 100    | 1              | 1
    """)


def test_a_day_certified_twice_is_one_day_at_the_degree_signed_last(spells):
    expect(spells("2026-01-10", """
        person_key | start_date | end_date   | degree | issued_at
        1          | 2026-01-01 | 2026-01-10 | 100    | 2026-01-01T08:00
        1          | 2026-01-06 | 2026-01-15 | 25     | 2026-01-05T08:00
    """), """
        days | net_days | degree
        15   | 7.5      | 25
    """)


def test_a_hole_inside_a_spell_is_neither_certified_nor_ongoing(spells):
    expect(spells("2026-01-13", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-11 | 2026-01-05
        1          | 2026-01-15 | 2026-01-20 | 2026-01-05
    """), """
        days | ongoing | day | end_date
        13   | false   | 9   | 2026-01-20
    """)


def test_a_spell_of_one_day_has_one_day(spells):
    expect(spells("2026-01-05", """
        person_key | start_date | end_date   | degree
        1          | 2026-01-05 | 2026-01-05 | 50
    """), """
        days | net_days | ongoing | day
        1    | 0.5      | true    | 1
    """)


def test_a_spell_over_new_year_in_a_leap_year_counts_every_day(spells):
    expect(spells("2024-03-01", """
        person_key | start_date | end_date
        1          | 2023-12-31 | 2024-01-01
        1          | 2024-01-02 | 2024-03-01
    """), """
        spell_id   | days | day
        1-20231231 | 62   | 62
    """)


def test_a_doctor_left_blank_is_not_counted(spells):
    expect(spells("2026-01-10", """
        person_key | doctor_id | start_date | end_date   | diagnosis_1 | occupation
        1          |           | 2026-01-01 | 2026-01-12 |             |
    """), """
        n_certificates | n_doctors | diagnosis | occupation
        1              | 0         |           |
    """)


def test_a_certificate_that_arrived_after_as_of_is_not_known_yet(spells):
    assert spells("2026-01-20", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-31 | 2026-01-21
    """).is_empty()


@pytest.mark.parametrize(("as_of", "count"), [("2026-01-19", 1), ("2026-01-20", 0)])
def test_a_revoked_certificate_counts_until_the_night_we_learn_of_it(spells, as_of, count):
    assert spells(as_of, """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-05 | 2026-01-31 | 2026-01-05 | 2026-01-20
    """).height == count


@pytest.mark.parametrize(
    ("as_of", "end", "certificate_count"),
    [("2026-01-09", "2026-01-31", 1), ("2026-01-10", "2026-01-20", 1), ("2026-01-15", "2026-01-31", 1)],
)
def test_a_replaced_certificate_comes_back_when_its_replacer_is_revoked(
    spells, as_of, end, certificate_count
):
    made = spells(as_of, """
        person_key | certificate_id | start_date | end_date   | known_from | known_until
        1          | first          | 2026-01-05 | 2026-01-31 | 2026-01-05 | 2026-01-10
        1          | second         | 2026-01-05 | 2026-01-20 | 2026-01-10 | 2026-01-15
        1          | first          | 2026-01-05 | 2026-01-31 | 2026-01-15 |
    """)
    assert made["end_date"].cast(str).to_list() == [end]
    assert made["n_certificates"].to_list() == [certificate_count]


def test_a_certificate_for_days_ahead_makes_a_spell_to_come(spells):
    expect(spells("2026-01-01", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-11 | 2026-01-01
    """), """
        person_key | start_date | ongoing | day
        1          | 2026-01-05 | false   | -3
    """)
