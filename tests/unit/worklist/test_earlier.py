"""worklist.earlier: what tonight's lists are compared with."""

import datetime as dt

import polars as pl

from pipeline.worklist.earlier import earlier_lists, emptied_lists
from tests.tables import expect, rows

TODAY = dt.date(2026, 1, 12)


def night(scores, as_of, *units):
    folder = scores / f"as_of={as_of}"
    folder.mkdir()
    lines = [f"s{at} | {unit} | {as_of} | 1" for at, unit in enumerate(units)]
    rows("\n".join(["spell_id | list_unit_id | as_of | rank", *lines])).write_parquet(folder / "lists.parquet")


def test_each_unit_brings_its_own_newest_list_from_nights_before(tmp_path):
    night(tmp_path, "2026-01-13", "A", "B")
    night(tmp_path, "2026-01-12", "A", "B")
    night(tmp_path, "2026-01-11", "A", "X")
    night(tmp_path, "2026-01-10", "B", "B", "A")
    night(tmp_path, "2026-01-09", "B")
    (tmp_path / "as_of=2026-01-08").mkdir()  # a night that ended before its lists
    got = earlier_lists(tmp_path, TODAY, ["A", "B", "B", "C", None])
    expect(got, """
        spell_id | list_unit_id | as_of
        s0       | A            | 2026-01-11
        s0       | B            | 2026-01-10
        s1       | B            | 2026-01-10
    """)


def test_the_first_night_has_nothing_to_compare_with(tmp_path):
    night(tmp_path, "2026-01-12", "A")
    assert earlier_lists(tmp_path, TODAY, ["A"]) is None and earlier_lists(tmp_path / "absent", TODAY, ["A"]) is None


def test_units_whose_list_is_empty_since_lately_are_named_and_those_of_long_ago_or_tonight_are_not(tmp_path):
    night(tmp_path, "2026-01-13", "F")
    night(tmp_path, "2026-01-11", "A", "B", "B", "X")
    night(tmp_path, "2025-12-12", "C")
    night(tmp_path, "2025-12-11", "D")
    tonight = pl.DataFrame({"list_unit_id": ["A", "E"]})
    units = pl.DataFrame({"unit_id": ["A", "B", "C", "D"], "name": ["a", "b", "c", "d"]})
    expect(emptied_lists(tmp_path, tonight, units, TODAY), """
        list_unit_id | list_unit_name | as_of
        B            | b              | 2026-01-12
        C            | c              | 2026-01-12
        X            |                | 2026-01-12
    """)
    assert emptied_lists(tmp_path / "absent", tonight, units, TODAY).is_empty()
