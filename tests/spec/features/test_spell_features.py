"""features.spell_features: everything a model sees of a spell at its moment."""

import re
from pathlib import Path

TITLE = "All features of a spell"
GROUPS = ("spell_course", "certificates", "diagnoses", "history", "contacts", "benefits", "person")
KEYS = {"spell_id", "person_key", "as_of", "unit_id"}
README = Path(__file__).parents[3] / "pipeline" / "features" / "README.md"
PLAIN_NUMBERS = re.compile(
    r"(_days|_count|_share|_years|_months|_24m|_12m|degree)$|^(day|chain_day|certified_days_ahead|planned_step_down"
    r"|diagnosis_changed|in_coordination|coordinated_before|declined_before)$"
)


def joined(moment, run_table, as_of="2026-01-20", **text):
    moment(as_of, **text)
    for group in GROUPS:
        run_table(f"features.{group}")
    return run_table("features.spell_features")


def test_there_is_one_row_an_ongoing_spell_with_the_columns_of_every_group_once(moment, run_table):
    made = joined(moment, run_table, text="""
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-31
        2          | 2026-01-01 | 2026-01-20
        3          | 2026-01-01 | 2026-01-19
    """)
    assert sorted(made["person_key"]) == [1, 2]
    groups = [set(run_table(f"features.{group}").columns) for group in GROUPS]
    assert set(made.columns) == set().union(*groups)


def test_every_feature_has_its_line_in_the_dictionary_and_the_dictionary_no_other(moment, run_table):
    made = set(joined(moment, run_table).columns) - KEYS
    told = set(re.findall(r"^\| `(\w+)` \|", README.read_text(encoding="utf-8"), re.M))
    assert made - told == set()
    assert told - made == set()


def test_every_number_says_its_unit_in_its_name(moment, run_table):
    made = joined(moment, run_table)
    numbers = [name for name, kind in made.schema.items() if kind.is_numeric() and name not in KEYS]
    assert [name for name in numbers if not PLAIN_NUMBERS.search(name)] == []


def test_a_person_with_nothing_but_a_certificate_still_has_a_row(moment, run_table):
    made = joined(moment, run_table)
    assert made.height == 1
    assert made.select("contacts_365d_count", "in_coordination", "spells_24m_count").row(0) == (0, 0, 0)


def test_a_night_without_ongoing_spells_has_no_rows(moment, run_table):
    assert joined(moment, run_table, as_of="2026-03-01").is_empty()
