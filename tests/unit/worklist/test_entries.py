"""worklist.make_entries: from scores and candidates to tonight's lists, still without a name."""

import datetime as dt

import polars as pl
import pytest

from pipeline.config.region import WorklistRules
from pipeline.errors import NightFailed
from pipeline.worklist.entries import make_entries
from tests.unit.worklist.test_rules import PLAIN, TODAY, TYPES

SPELL = {
    "start_date": dt.date(2026, 1, 5), "end_date": dt.date(2026, 2, 20), "degree": 100, "diagnosis": "F430",
    "target_group": "mental", "sex": "F", "birth_month": dt.date(1980, 3, 1), "unit_name": "Al",
    "listed_unit_name": "Björk", "capacity_per_week": 1.0, "listed_capacity_per_week": None,
}  # fmt: skip


def night(*persons, rules=None, **scored):
    candidates = pl.DataFrame(
        [
            PLAIN | SPELL | {"spell_id": f"s{at}", "person_key": at} | person
            for at, person in enumerate(persons)
        ],
        schema_overrides=TYPES | {"listed_capacity_per_week": pl.Float64},
    )
    n = len(persons)
    scores = pl.DataFrame(
        {"spell_id": [f"s{at}" for at in range(n)], "p_90": [0.5] * n, "p_180": [0.2] * n,
         "net_days_left": [50.0] * n, "preventable_days": [1.0 + at for at in range(n)],
         "preventable_low": [-9.0] * n, "preventable_high": [19.0] * n,
         "reasons": [[{"feature": "f", "value": "1", "effect_days": 2.0, "text": "Skäl ett"},
                      {"feature": "g", "value": "2", "effect_days": 1.0, "text": "Skäl två"}]] * n} | scored
    )  # fmt: skip
    return make_entries(candidates, scores, rules or WorklistRules(), TODAY)


def test_every_candidate_gets_a_decision_and_the_eligible_a_place():
    decisions, entries = night({}, {"in_coordination": True}, {})
    assert decisions["eligible"].to_list() == [True, False, True]
    assert decisions["ineligible_because"].to_list() == [None, "in_coordination", None]
    assert entries["spell_id"].to_list() == ["s2", "s0"]
    assert entries["within_capacity"].to_list() == [True, False]


def test_an_entry_shows_the_spell_its_reasons_and_the_countdown_but_no_name():
    row = night({})[1].row(0, named=True)
    assert (row["reason_1"], row["reason_2"], row["reason_3"]) == ("Skäl ett", "Skäl två", None)
    assert (row["list_unit_id"], row["list_unit_name"], row["days_to_day_90"]) == ("A", "Al", 62)
    assert "name" not in row and "patient_id" not in row


def test_a_birthday_month_not_reached_is_a_year_younger_and_an_unknown_one_no_age():
    _, entries = night({}, {"birth_month": dt.date(1980, 2, 1)}, {"birth_month": None})
    ages = dict(entries.select("spell_id", "age").iter_rows())
    assert ages == {"s0": 45, "s1": 46, "s2": None}


def test_the_countdown_ends_at_day_90():
    _, entries = night({"day": 90}, {"day": 91, "unit_kind": "psychiatry"})
    assert dict(entries.select("spell_id", "days_to_day_90").iter_rows()) == {"s0": 0, "s1": None}


def test_lists_by_listing_take_that_units_name_and_the_default_capacity_where_its_own_is_unknown():
    rules = WorklistRules(unit="listed", default_capacity=2)
    _, entries = night({}, {}, {}, rules=rules)
    assert set(entries["list_unit_id"]) == {"B"} and set(entries["list_unit_name"]) == {"Björk"}
    assert entries["within_capacity"].sum() == 2


def test_a_night_without_anyone_eligible_gives_an_empty_list_of_the_same_shape():
    decisions, entries = night({"deceased": True})
    assert decisions.height == 1 and entries.is_empty()
    assert set(night({})[1].columns) == set(entries.columns)


def test_a_spell_just_ended_is_on_no_list_and_needs_no_score():
    decisions, entries = night({}, {"ended": True}, p_90=[0.5, None], preventable_days=[2.0, None])
    assert decisions["ineligible_because"].to_list() == [None, "ended"]
    assert entries["spell_id"].to_list() == ["s0"]


def test_a_spell_that_may_be_offered_and_has_no_score_stops_the_stage_and_is_not_named():
    with pytest.raises(NightFailed, match="1 of 2 spells have no usable score") as stop:
        night({}, {}, spell_id=["s0", "s9"])
    assert "s1" not in str(stop.value)


def test_scores_without_reasons_give_blank_ones():
    _, entries = night({}, reasons=[None])
    assert entries.select("reason_1", "reason_2", "reason_3").row(0) == (None, None, None)
