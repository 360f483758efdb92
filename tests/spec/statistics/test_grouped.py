"""statistics.grouped: the groups that are counted."""

import datetime as dt

import polars as pl
import pytest

from pipeline.statistics.count import FINER
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
        (91, "91-180"), (180, "91-180"), (181, "181-364"), (364, "181-364"), (365, "365-730"), (730, "365-730"), (731, "731+"),
    ],
)  # fmt: skip
def test_length_groups_are_the_services(grouped, days, group):
    assert grouped(f"days\n{days}")["length"].to_list() == [group]


@pytest.mark.parametrize(
    ("code", "group", "chapter"),
    [
        ("A009", "A00-E90", "A00-B99"), ("B99", "A00-E90", "A00-B99"), ("C509", "A00-E90", "C00-D48"), ("D48", "A00-E90", "C00-D48"),
        ("D509", "A00-E90", "D50-D89"), ("E90", "A00-E90", "E00-E90"), ("F00", "F00-F99", "F00-F99"), ("F99", "F00-F99", "F00-F99"),
        ("G000", "A00-E90", "G00-G99"), ("H599", "A00-E90", "H00-H59"), ("H60", "A00-E90", "H60-H95"), ("I10", "A00-E90", "I00-I99"),
        ("J069", "A00-E90", "J00-J99"), ("K93", "A00-E90", "K00-K93"), ("L99", "A00-E90", "L00-L99"), ("M545", "M00-M99", "M00-M99"),
        ("N00", "A00-E90", "N00-N99"), ("O80", "O00-O99", "O00-O99"), ("P96", "other", "P00-P96"), ("Q00", "other", "Q00-Q99"),
        ("R529", "R00-R99", "R00-R99"), ("S000", "other", "S00-T98"), ("T98", "other", "S00-T98"), ("U071", "other", "U00-U99"),
        ("V01", "other", "V01-Y98"), ("Y98", "other", "V01-Y98"), ("Z73", "Z00-Z99", "Z00-Z99"), ("", "none", "none"),
    ],
)  # fmt: skip
def test_diagnosis_groups_are_the_services_with_the_chapters_in_them(grouped, code, group, chapter):
    assert grouped(f"person_key | diagnosis\n1 | {code}").select("diagnosis", "chapter").rows() == [(group, chapter)]
    assert chapter in FINER["chapter"][1][group]


@pytest.mark.parametrize(
    ("born", "group", "five"),
    [
        ("2010-02-01", "0-25", "0-15"), ("2010-01-01", "0-25", "16-20"), ("2005-01-01", "0-25", "21-25"), ("2000-02-01", "0-25", "21-25"),
        ("2000-01-01", "26-35", "26-30"), ("1995-01-01", "26-35", "31-35"), ("1990-02-01", "26-35", "31-35"), ("1990-01-01", "36-45", "36-40"),
        ("1985-01-01", "36-45", "41-45"), ("1980-01-01", "46-55", "46-50"), ("1975-01-01", "46-55", "51-55"), ("1970-02-01", "46-55", "51-55"),
        ("1970-01-01", "56+", "56-60"), ("1965-01-01", "56+", "61-65"), ("1960-02-01", "56+", "61-65"), ("1960-01-01", "56+", "66+"),
        ("1940-01-01", "56+", "66+"), ("", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_age_is_that_at_the_moment_in_whole_years_by_the_services_five_years_and_wider(grouped, born, group, five):
    made = grouped("person_key\n1", f"person_key | sex | birth_month\n1 | F | {born}")
    assert made.select("age", "age_5").rows() == [(group, five)]
    assert five in FINER["age_5"][1][group]


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
