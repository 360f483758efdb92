"""worklist.rules: who may be on a list."""

import datetime as dt

import polars as pl
import pytest

from pipeline.config.region import WorklistRules
from pipeline.errors import InputError
from pipeline.worklist.rules import REASONS, decide

TODAY = dt.date(2026, 2, 1)
PLAIN = {
    "spell_id": "1-20260105", "person_key": 1, "as_of": TODAY, "unit_id": "A", "unit_kind": "primary",
    "unit_known": True, "provider_id": None, "listed_unit_id": "B", "listed_unit_kind": "primary",
    "listed_unit_known": True, "listed_provider_id": None, "protected": False, "deceased": False,
    "emigrated": False, "ended": False, "has_physician": True, "in_coordination": False, "pending": False,
    "last_declined_on": None, "withdrawn": False, "last_status": None, "day": 28,
}  # fmt: skip
TYPES = {"last_declined_on": pl.Date, "last_status": pl.String, "provider_id": pl.String,
         "listed_provider_id": pl.String, "listed_unit_id": pl.String, "unit_kind": pl.String}  # fmt: skip


def one(rules=None, **differs):
    saved = differs.pop("preventable_days", 5.0)
    frame = pl.DataFrame([PLAIN | differs], schema_overrides=TYPES)
    return decide(frame, scores(saved), rules or WorklistRules(), TODAY).row(0, named=True)


def scores(saved=5.0):
    return pl.DataFrame({"spell_id": [PLAIN["spell_id"]], "preventable_days": [saved]}, schema_overrides={"preventable_days": pl.Float64})


def test_a_plain_ongoing_spell_is_on_its_issuing_units_list():
    got = one()
    assert got["eligible"] and got["ineligible_because"] is None and got["list_unit_id"] == "A"


def test_a_region_may_list_patients_where_they_are_listed():
    assert one(WorklistRules(unit="listed"))["list_unit_id"] == "B"


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"protected": True}, "protected_identity"),
        ({"deceased": True}, "deceased"),
        ({"emigrated": True}, "emigrated"),
        ({"ended": True}, "ended"),
        ({"unit_known": False}, "unit_unknown"),
        ({"has_physician": False}, "no_physician_assessment"),
        ({"day": 91}, "past_first_days"),
        ({"day": 366, "unit_kind": "psychiatry"}, "past_first_days"),
        ({"day": 366, "unit_kind": None}, "past_first_days"),
        ({"in_coordination": True}, "in_coordination"),
        ({"pending": True}, "offer_pending"),
        ({"last_declined_on": dt.date(2025, 8, 6)}, "declined"),  # 179 days ago
        ({"withdrawn": True}, "withdrawn"),
        ({"last_status": "no_action"}, "closed_by_coordinator"),
        ({"preventable_days": 0.99}, "too_little_to_gain"),
    ],
)
def test_each_rule_keeps_a_spell_off_the_list_and_says_so(differs, reason):
    got = one(**differs)
    assert not got["eligible"] and got["ineligible_because"] == reason


@pytest.mark.parametrize(
    "differs",
    [{"day": 90}, {"day": 365, "unit_kind": "psychiatry"}, {"day": 365, "unit_kind": None},
     {"last_declined_on": dt.date(2025, 8, 5)}, {"last_status": "contacted"}, {"preventable_days": 1.0}],
)  # fmt: skip
def test_the_boundaries_are_inside(differs):
    assert one(**differs)["eligible"]


def test_a_region_says_which_kinds_of_unit_have_which_limit():
    rules = WorklistRules(first_days=60, first_days_kinds=("rehab",), first_days_elsewhere=3660)
    assert one(rules, day=61, unit_kind="rehab")["ineligible_because"] == "past_first_days"
    assert one(rules, day=800)["eligible"]


def test_a_region_may_list_those_nothing_is_expected_to_be_saved_for():
    assert one(WorklistRules(min_preventable_days=0), preventable_days=0.0)["eligible"]


def test_an_assessment_is_only_asked_for_where_the_region_asks():
    assert one(WorklistRules(require_physician=False), has_physician=False)["eligible"]


def test_a_listed_unit_of_another_provider_may_not_see_the_certificate():
    listed = WorklistRules(unit="listed")
    assert one(listed, provider_id="R", listed_provider_id="P")["ineligible_because"] == "other_provider"
    assert one(listed, provider_id="R", listed_provider_id="R")["eligible"]
    assert one(provider_id="R", listed_provider_id="P")["eligible"]


def test_a_person_listed_nowhere_is_on_no_list_where_lists_follow_listing():
    got = one(WorklistRules(unit="listed"), listed_unit_id=None, listed_unit_known=False)
    assert got["ineligible_because"] == "unit_unknown" and got["list_unit_id"] is None


def test_the_first_reason_is_given_and_protected_identity_hides_all_else():
    everything = {"protected": True, "deceased": True, "in_coordination": True, "day": 200}
    got = one(**everything)
    assert got["ineligible_because"] == REASONS[0] == "protected_identity" and got["list_unit_id"] is None
    assert one(**everything | {"protected": False})["ineligible_because"] == "deceased"


def test_candidates_of_another_moment_are_left_out():
    frame = pl.DataFrame([PLAIN | {"as_of": dt.date(2026, 1, 31)}], schema_overrides=TYPES)
    assert decide(frame, scores(), WorklistRules(), TODAY).is_empty()


def test_a_table_of_another_shape_is_refused():
    with pytest.raises(InputError, match="has_physician"):
        decide(pl.DataFrame([PLAIN], schema_overrides=TYPES).drop("has_physician"), scores(), WorklistRules(), TODAY)
