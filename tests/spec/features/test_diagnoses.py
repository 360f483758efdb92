"""features.diagnoses: what the spell is for."""

import pytest

from tests.tables import expect

TITLE = "Diagnoses"


def certified(code):
    return f"""
        person_key | start_date | end_date   | diagnosis_1
        1          | 2026-01-01 | 2026-01-31 | {code or ""}
    """


def test_the_codes_of_the_certificate_in_force_are_told_at_three_depths(moment, run_table):
    moment("2026-01-20", certified("F438A"), diagnosis_2="M545", diagnosis_3="R529")
    expect(run_table("features.diagnoses"), """
        diagnosis_chapter | diagnosis_3 | diagnosis_4 | second_chapter | second_3 | diagnoses_count | target_group
        F00-F99           | F43         | F438        | M              | M54      | 3               | both
    """)


@pytest.mark.parametrize(
    ("code", "chapter"),
    [
        ("A000", "A00-B99"), ("B999", "A00-B99"), ("C509", "C00-D48"), ("D489", "C00-D48"),
        ("D500", "D50-D89"), ("E900", "E00-E90"), ("F99", "F00-F99"), ("G560", "G00-G99"),
        ("H599", "H00-H59"), ("H60", "H60-H95"), ("I639", "I00-I99"), ("J069", "J00-J99"),
        ("K359", "K00-K93"), ("L409", "L00-L99"), ("M545", "M00-M99"), ("N200", "N00-N99"),
        ("O269", "O00-O99"), ("P000", "P00-P96"), ("Q999", "Q00-Q99"), ("R529", "R00-R99"),
        ("S822", "S00-T98"), ("T983", "S00-T98"), ("U071", "U00-U99"), ("V010", "V01-Y98"),
        ("Y98", "V01-Y98"), ("Z733", "Z00-Z99"), (None, None),
    ],
)  # fmt: skip
def test_a_chapter_is_that_of_icd_10(moment, run_table, code, chapter):
    moment("2026-01-20", certified(code))
    assert run_table("features.diagnoses")["diagnosis_chapter"].to_list() == [chapter]


def test_a_diagnosis_that_is_missing_stays_unknown(moment, run_table):
    moment("2026-01-20", certified(None))
    expect(run_table("features.diagnoses"), """
        diagnosis_3 | diagnosis_4 | second_chapter | diagnoses_count | spell_diagnoses_count | diagnosis_changed | target_group
                    |             |                | 0               | 0                     |                   | other
    """)


def test_a_diagnosis_other_than_the_first_one_of_the_spell_is_a_change(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | diagnosis_1
        1          | 2026-01-01 | 2026-01-10 | R529
        1          | 2026-01-11 | 2026-01-31 | M545
        2          | 2026-01-01 | 2026-01-10 | M544
        2          | 2026-01-11 | 2026-01-31 | M545
    """)
    expect(run_table("features.diagnoses"), """
        person_key | diagnosis_3 | spell_diagnoses_count | diagnosis_changed
        1          | M54         | 2                     | 1
        2          | M54         | 1                     | 0
    """)


def test_a_diagnosis_known_later_or_revoked_is_not_seen(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | diagnosis_1 | known_from | known_until
        1          | 2026-01-01 | 2026-01-31 | M545        | 2026-01-01 |
        1          | 2026-01-05 | 2026-01-31 | F430        | 2026-01-21 |
        1          | 2026-01-06 | 2026-01-31 | F322        | 2026-01-06 | 2026-01-20
    """)
    expect(run_table("features.diagnoses"), """
        diagnosis_3 | spell_diagnoses_count
        M54         | 1
    """)
