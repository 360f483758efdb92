"""How far another rule's spells lie from ours, counted by hand."""

from pipeline.spells.compare import as_table, difference
from pipeline.spells.words import words
from tests.tables import rows

CLEAN = rows("""
    person_key | start_date | days | ongoing
    1          | 2026-01-05 | 20   | true
    1          | 2025-01-05 | 9    | false
    2          | 2026-01-07 | 10   | true
    3          | 2026-01-09 | 7    | true
    4          | 2025-06-01 | 30   | false
    5          | 2026-01-02 | 40   | true
""")
OTHER = rows("""
    person_key | start_date | days | ongoing
    1          | 2026-01-05 | 20   | true
    1          | 2025-01-05 | 4    | false
    2          | 2026-01-08 | 9    | true
    2          | 2026-01-07 | 7    | true
    4          | 2026-01-11 | 3    | true
    5          | 2025-12-20 | 53   | true
""")


def test_persons_are_counted_once_and_days_by_their_largest_difference():
    found = difference("unit", CLEAN, OTHER)
    assert (found.spells, found.ongoing, found.only_here, found.only_clean) == (6, 4, 1, 1)
    assert (found.other_start, found.other_days) == (2, 2)
    assert (found.median_days, found.most_days) == (8, 13)


def test_any_difference_counts_persons_by_their_ended_spells_too():
    assert difference("patient", CLEAN, OTHER).any_other == 5  # 1 by the ended one, 2, 3, 4 and 5
    assert difference("patient", CLEAN.head(2), OTHER.head(2)).any_other == 1
    assert difference("clean", CLEAN, CLEAN).any_other == 0
    assert difference("unit", CLEAN, OTHER, all_spells=False).any_other is None


def test_a_rule_that_says_the_same_differs_for_nobody_and_has_no_days_to_tell():
    found = difference("clean", CLEAN, CLEAN)
    assert (found.only_here, found.only_clean, found.other_start, found.other_days) == (0, 0, 0, 0)
    assert (found.median_days, found.most_days) == (None, None)


def test_the_table_names_each_rule_in_the_regions_language():
    found = [difference(rule, CLEAN, OTHER) for rule in ("clean", "unit")]
    for language, name in (("sv", "Rehabstöd, enhetens lista"), ("en", "Rehabstöd, the unit's list")):
        w = words(language)
        lines = as_table("title", found, w["compare"], w["rules"])
        assert lines[0] == "title" and lines[4].startswith(name)
        assert lines[4].split()[-8:] == ["4", "1", "1", "2", "2", "8", "13", "5"]


def test_both_languages_have_the_same_words():
    def places(table, path=""):
        return {key for name, value in table.items() for key in (places(value, f"{path}{name}.") if isinstance(value, dict) else {path + name})}

    assert places(words("sv")) == places(words("en"))
