"""Days left to each limit, and Rehabstöd's count beside ours."""

import datetime as dt

import polars as pl
import pytest

from pipeline.worklist.limits import beside
from pipeline.worklist.words import words
from pipeline.worklist.write_lists import write_lists
from tests.unit.worklist.region import entries, identities

SV = words("sv")
ROW = {"day": 12, "chain_day": 12, "days": 28, "spell_start": dt.date(2026, 1, 1), "screen_start": dt.date(2026, 1, 1), "screen_days": 28}


@pytest.mark.parametrize(("day", "limits"), [
    (1, ["dag 8: 7", "dag 180: 179", "dag 365: 364"]),
    (8, ["dag 8: 0", "dag 180: 172", "dag 365: 357"]),
    (9, ["dag 180: 171", "dag 365: 356"]),
    (365, ["dag 365: 0"]),
    (366, []),
])  # fmt: skip
def test_a_limit_is_counted_down_to_its_day_and_gone_the_day_after(day, limits):
    assert beside({"day": day, "chain_day": day}, SV)["limits"] == limits


@pytest.mark.parametrize(("chain_day", "told"), [
    (60, ["nu kedjedag 60", "kedjedag 90: 30"]), (90, ["nu kedjedag 90", "kedjedag 90: 0"]), (91, ["nu kedjedag 91", "kedjedag 180: 89"]),
    (400, ["nu kedjedag 400"]),
])  # fmt: skip
def test_the_chain_is_told_where_earlier_sick_periods_put_it_ahead(chain_day, told):
    assert beside(ROW | {"chain_day": chain_day}, SV)["limits"] == ["dag 180: 168", "dag 365: 353", *told]


@pytest.mark.parametrize(("screen", "told"), [
    ({}, []),
    ({"screen_days": None, "screen_start": None}, []),
    ({"screen_days": 20}, ["Längd 28, i Rehabstöd 20"]),
    ({"screen_start": dt.date(2026, 1, 5)}, ["Längd 28, i Rehabstöd 28", "där från 2026-01-05"]),
])  # fmt: skip
def test_rehabstods_length_stands_beside_ours_only_where_they_differ(screen, told):
    assert beside(ROW | screen, SV)["screen"] == told


def test_the_page_tells_both_and_the_spreadsheets_columns_stay_as_they_are(tmp_path):
    rows = entries().with_columns(
        days=pl.lit(28), chain_day=pl.lit(40), screen_start=pl.lit(dt.date(2026, 1, 5)), screen_days=pl.lit(24)
    )
    csv, _, page = write_lists(rows, identities(), tmp_path / "list", "en")
    text = page.read_text(encoding="utf-8")
    assert "Length 28, in Rehabstöd 24" in text and "from 2026-01-05 there" in text and "now chain day 40" in text
    assert "screen" not in csv.read_text(encoding="utf-8-sig").splitlines()[0]
