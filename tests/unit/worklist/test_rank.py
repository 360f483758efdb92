"""worklist.rank: whom a coordinator is asked to call first."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.region import WorklistRules
from pipeline.errors import NightFailed
from pipeline.worklist.rank import rank
from tests.tables import expect, rows

RULES = WorklistRules(default_capacity=2)
SCORES = rows("""
    spell_id | list_unit_id | as_of      | p_90 | preventable_days
    s10      | A            | 2026-01-12 | 0.60 | 3.0
    s11      | A            | 2026-01-12 | 0.95 | 3.0
    s12      | A            | 2026-01-12 | 0.40 | 9.0
    s13      | A            | 2026-01-12 | 0.95 | 3.0
""")


def many(n, unit="A", as_of=dt.date(2026, 1, 12)):
    return pl.DataFrame(
        {"spell_id": [f"s{at:03}" for at in range(n)], "list_unit_id": unit, "as_of": as_of, "p_90": 0.5,
         "preventable_days": [float(n - at) for at in range(n)]}
    )  # fmt: skip


def test_most_days_to_save_comes_first_even_at_lower_risk_and_ties_go_by_risk_then_id():
    expect(
        rank(SCORES, RULES),
        """
        spell_id | rank | within_capacity
        s12      | 1    | true
        s11      | 2    | true
        s13      | 3    | false
        s10      | 4    | false
    """,
    )


def test_the_order_of_the_input_does_not_change_the_list():
    rules = WorklistRules(default_capacity=4, random_share=0.5)
    assert rank(many(20).reverse(), rules).equals(rank(many(20), rules))


@pytest.mark.parametrize(
    "capacity", [{"A": 3.4}, {"A": 2.5}, pl.DataFrame({"unit_id": ["A"], "capacity_per_week": [3.0]})]
)
def test_capacity_marks_how_far_down_the_unit_can_go(capacity):
    assert rank(many(9), RULES, capacity)["within_capacity"].sum() == 3


def test_an_unknown_capacity_is_the_regions_default_and_none_is_none():
    assert rank(many(9), RULES, {"A": None})["within_capacity"].sum() == 2
    assert rank(many(9), RULES, {"A": 0.0})["within_capacity"].sum() == 0
    assert rank(many(9), WorklistRules(default_capacity=2, weeks_capacity=2))["within_capacity"].sum() == 4


def test_the_longest_list_is_cut_at_max_rows():
    assert rank(many(9), WorklistRules(max_rows=4))["rank"].to_list() == [1, 2, 3, 4]


def test_change_is_told_against_the_newest_earlier_list_never_todays():
    previous = rows("""
        spell_id | list_unit_id | as_of      | rank
        s000     | A            | 2026-01-05 | 2
        s001     | A            | 2026-01-05 | 1
        s002     | A            | 2026-01-05 | 3
        s003     | A            | 2025-12-29 | 1
        s003     | A            | 2026-01-12 | 4
        s004     | B            | 2026-01-05 | 5
    """)
    assert rank(many(5), RULES, None, previous)["change"].to_list() == ["up", "down", "same", "new", "new"]
    assert set(rank(many(5), RULES)["change"]) == {"new"}


def test_a_unit_without_a_list_last_night_is_compared_with_its_own_newest():
    previous = rows("""
        spell_id | list_unit_id | as_of      | rank
        s000     | A            | 2026-01-05 | 2
        s001     | A            | 2026-01-05 | 1
        s000     | A            | 2025-12-29 | 1
        s009     | B            | 2026-01-11 | 1
    """)
    assert rank(many(3), RULES, None, previous)["change"].to_list() == ["up", "down", "new"]


def test_a_share_of_the_places_is_drawn_near_the_cut_with_the_chance_it_says():
    rules = WorklistRules(random_share=0.5)
    wins = {}
    for day in range(400):
        got = rank(many(30, as_of=dt.date(2025, 1, 1) + dt.timedelta(day)), rules, {"A": 8})
        assert got["within_capacity"].sum() == 8 and got["drawn"].sum() == 4
        assert got.filter(pl.col("draw_chance") == 1.0)["spell_id"].to_list() == [
            "s000",
            "s001",
            "s002",
            "s003",
        ]
        assert set(got.filter(pl.col("draw_chance") == 0.5)["spell_id"]) == {
            f"s{at:03}" for at in range(4, 12)
        }
        for spell in got.filter("drawn")["spell_id"]:
            wins[spell] = wins.get(spell, 0) + 1
    assert len(wins) == 8 and all(150 < won < 250 for won in wins.values())


def test_the_draw_is_the_same_in_a_rerun_and_another_at_another_unit():
    rules = WorklistRules(random_share=1.0, default_capacity=10)
    drawn = [set(rank(many(60, unit), rules).filter("drawn")["spell_id"]) for unit in ("A", "A", "B")]
    assert drawn[0] == drawn[1] != drawn[2]


@given(st.integers(0, 25), st.floats(0, 12), st.floats(0, 1))
def test_whatever_the_share_places_are_filled_and_chances_add_up_to_them(n, capacity, share):
    got = rank(many(n), WorklistRules(random_share=share), {"A": capacity})
    places = min(int(capacity + 0.5), n)
    assert got["within_capacity"].sum() == places
    assert got["draw_chance"].sum() == pytest.approx(places)
    assert got["rank"].to_list() == list(range(1, n + 1))
    assert got["within_capacity"].to_list() == [at < places for at in range(n)]


def test_the_ineligible_are_left_out():
    got = rank(many(3).with_columns(eligible=pl.Series([True, False, True])), RULES)
    assert got["spell_id"].to_list() == ["s000", "s002"]


@pytest.mark.parametrize("risk", [None, float("nan"), -0.1, 1.1])
def test_an_unusable_score_stops_the_stage_and_names_no_one(risk):
    broken = SCORES.with_columns(p_90=pl.lit(risk, dtype=pl.Float64))
    with pytest.raises(NightFailed, match="4 of 4 spells have no usable score") as stop:
        rank(broken, RULES)
    assert "s10" not in str(stop.value)


def test_a_spell_twice_or_two_dates_at_once_are_refused():
    for broken in (
        pl.concat([many(2), many(1)]),
        pl.concat([many(2), many(1, as_of=dt.date(2026, 1, 13)).with_columns(spell_id=pl.lit("z"))]),
    ):
        with pytest.raises(NightFailed, match="several dates, or a spell twice"):
            rank(broken, RULES)


def test_scores_without_a_column_are_refused():
    with pytest.raises(NightFailed, match="p_90"):
        rank(SCORES.drop("p_90"), RULES)
