"""statistics.grouped: the groups that are counted."""

import datetime as dt

import polars as pl
import pytest

from tests.spec.known import fill
from tests.tables import expect, rows

TITLE = "Groups of the statistics"
AS_OF = dt.date(2026, 1, 20)


@pytest.fixture
def grouped(run_table):
    def made(text, persons="person_key | sex | birth_month\n1 | F | 1980-05-01", since="2024-01-01"):
        frame = rows(text)
        plain = {
            "person_key": 1, "as_of": AS_OF, "provider_id": "P1", "start_date": dt.date(2026, 1, 1), "end_date": AS_OF,
            "days": 20, "ongoing": True, "unit_id": "U1", "diagnosis": "F430", "degree": 100,
        }  # fmt: skip
        frame = frame.with_columns(pl.lit(value).alias(name) for name, value in plain.items() if name not in frame.columns)
        run_table.fill("statistics.spells", frame)
        fill("ingest.persons", persons, run_table)
        return run_table("statistics.grouped", since=since)

    return made


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (1, "0-14"), (14, "0-14"), (15, "15-30"), (30, "15-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"),
        (91, "91-180"), (180, "91-180"), (181, "181-364"), (364, "181-364"), (365, "365-730"), (730, "365-730"), (731, "731-"),
    ],
)  # fmt: skip
def test_length_groups_are_the_services(grouped, days, group):
    assert grouped(f"days\n{days}")["length"].to_list() == [group]


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("A009", "A00-E90"), ("E90", "A00-E90"), ("F00", "F00-F99"), ("F99", "F00-F99"), ("G000", "A00-E90"), ("L99", "A00-E90"),
        ("M545", "M00-M99"), ("N00", "A00-E90"), ("O80", "O00-O99"), ("P96", "other"), ("Q00", "other"), ("R529", "R00-R99"),
        ("S000", "other"), ("U071", "other"), ("Y98", "other"), ("Z73", "Z00-Z99"), ("", "none"),
    ],
)  # fmt: skip
def test_diagnosis_groups_are_the_services(grouped, code, group):
    assert grouped(f"person_key | diagnosis\n1 | {code}")["diagnosis"].to_list() == [group]


@pytest.mark.parametrize(
    ("born", "group"),
    [
        ("2000-02-01", "0-25"), ("2000-01-01", "26-35"), ("1990-02-01", "26-35"), ("1990-01-01", "36-45"), ("1980-01-01", "46-55"),
        ("1970-02-01", "46-55"), ("1970-01-01", "56-"), ("1940-01-01", "56-"), ("", "unknown"),
    ],
)  # fmt: skip
def test_age_is_that_at_the_moment_in_whole_years(grouped, born, group):
    assert grouped("person_key\n1", f"person_key | sex | birth_month\n1 | F | {born}")["age"].to_list() == [group]


def test_age_of_an_ended_spell_is_that_at_its_end(grouped):
    expect(grouped("end_date\n2025-12-31", "person_key | sex | birth_month\n1 | F | 2000-01-01"), """
        age
        0-25
    """)


def test_spells_over_before_the_first_month_are_left_out(grouped):
    expect(grouped("person_key | end_date\n1 | 2023-12-31\n2 | 2024-01-01"), """
        person_key
        2
    """)


def test_a_person_who_is_not_known_keeps_the_spell_without_sex_or_age(grouped):
    made = grouped("person_key | degree\n7 | 50")
    assert made.select("person_key", "sex", "age", "degree").rows() == [(7, None, "unknown", "50")]
