"""screens.payer_spells: spells as the register of payments would hold them, told from certificates (docs/spells.md)."""

import datetime as dt

import polars as pl
import pytest

from pipeline.spells.screens import REPORTED, payer_spells
from tests.tables import expect, rows

TODAY = dt.date(2026, 3, 10)


def paid(text):
    frame = rows(text)
    plain = {"person_key": pl.lit(1), "occupation": pl.lit("WORK")}
    return payer_spells(frame.with_columns(value.alias(name) for name, value in plain.items() if name not in frame.columns), TODAY)


def test_a_break_of_four_days_joins_and_one_of_five_ends_the_spell():
    expect(paid("""
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-20
        1          | 2026-01-25 | 2026-02-20
        2          | 2026-01-01 | 2026-01-20
        2          | 2026-01-26 | 2026-02-20
    """), """
        person_key | start_date | end_date   | days
        1          | 2026-01-01 | 2026-02-20 | 47
        2          | 2026-01-01 | 2026-01-20 | 20
        2          | 2026-01-26 | 2026-02-20 | 26
    """)


def test_the_break_is_measured_from_the_farthest_end_and_days_count_once():
    expect(paid("""
        start_date | end_date
        2026-01-01 | 2026-02-15
        2026-01-10 | 2026-01-12
        2026-02-18 | 2026-03-20
    """), """
        start_date | end_date   | days | ongoing
        2026-01-01 | 2026-03-20 | 77   | true
    """)


@pytest.mark.parametrize(("last", "held"), [("2026-01-14", 0), ("2026-01-15", 1)])
def test_of_an_employees_first_fourteen_days_the_payer_knows_nothing(last, held):
    assert paid(f"start_date | end_date\n2026-01-01 | {last}").height == held


@pytest.mark.parametrize(
    ("occupation", "held"), [("UNEMPLOYED", 1), ("PARENTAL|STUDENT", 1), ("SELF_EMPLOYED", 1), ("UNEMPLOYED|WORK", 0), (None, 0)]
)
def test_who_has_no_employer_is_known_from_the_beginning(occupation, held):
    frame = pl.DataFrame(
        [(1, dt.date(2026, 1, 1), dt.date(2026, 1, 7), occupation)],
        schema={"person_key": pl.Int64, "start_date": pl.Date, "end_date": pl.Date, "occupation": pl.String}, orient="row",
    )  # fmt: skip
    made = payer_spells(frame, TODAY)
    assert made.height == held and tuple(made.columns) == REPORTED


def test_an_employer_on_any_of_a_spells_certificates_pays_its_first_days():
    assert paid("""
        start_date | end_date   | occupation
        2026-01-01 | 2026-01-05 | WORK
        2026-01-06 | 2026-01-12 | UNEMPLOYED
    """).is_empty()


def test_a_spell_that_has_not_begun_is_none_yet_and_one_in_a_break_is_not_ongoing():
    expect(paid("""
        person_key | start_date | end_date
        1          | 2026-03-11 | 2026-04-20
        2          | 2026-02-01 | 2026-03-08
        2          | 2026-03-12 | 2026-03-20
    """), """
        person_key | start_date | ongoing
        2          | 2026-02-01 | false
    """)
