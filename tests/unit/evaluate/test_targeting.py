"""Whether those put first gain more, and curves with their intervals."""

import numpy as np
import polars as pl
import pytest

from models.benefit.evidence import EvidenceBenefit
from pipeline.evaluate import targeting
from tests.unit.evaluate.made_up import cohort, protocol, results


def planted(slope, n=900):
    """Arms drawn at random; everyone gains 30 days, and `slope` more a unit of the priority, which is -1 to 1."""
    rng = np.random.default_rng(4)
    frame = cohort(n, effect=0.0)
    first = rng.uniform(-1, 1, n)
    days = 180 + rng.normal(0, 40, n) - (frame["arm"] == "intervention").to_numpy() * (30 + slope * first)
    return frame.with_columns(treated=(pl.col("arm") == "intervention").cast(float), first=pl.Series(first), net_days=pl.Series(days))


def asked(tmp_path, by="first", more=""):
    return protocol(tmp_path, ("targeting: {by: preventable_days}", f"targeting: {{by: {by}{more}}}")).protocol


def test_a_priority_that_follows_the_gain_is_found_and_its_size_is_that_of_theory(tmp_path):
    found = targeting.of(planted(60.0), asked(tmp_path))["autoc"]
    # of a priority uniform on (-1, 1) the best share q is 1 - q above the mean, whose mean over q is a half
    assert found["ci_low"] > 0 and found["estimate"] == pytest.approx(30, abs=3 * found["se"])


def test_a_priority_that_has_nothing_to_do_with_the_gain_is_not(tmp_path):
    found = targeting.of(planted(0.0), asked(tmp_path))["autoc"]
    assert found["ci_low"] < 0 < found["ci_high"]


def test_the_wrong_way_round_those_put_first_gain_less(tmp_path):
    found = targeting.of(planted(60.0), asked(tmp_path, more=", lowest_first: true"))["autoc"]
    assert found["ci_high"] < 0


def test_too_few_to_rank_are_told_so_and_unknown_priorities_left_out(tmp_path):
    frame = planted(60.0).with_columns(first=pl.when(pl.int_range(pl.len()) < 12).then("first"))
    assert targeting.of(frame, asked(tmp_path))["too_few"]


def test_without_a_priority_in_the_protocol_nothing_is_asked(tmp_path):
    assert targeting.of(planted(60.0), asked(tmp_path, by='""')) is None


def test_preventable_days_follow_published_effects_and_are_unknown_off_sick_leave():
    rows = {"day": 30, "diagnosis_3": "F43", "certified_days_ahead": 20, "degree": 100, "spell_days_24m": 40, "contacts_before_365d_count": 5}
    frame = pl.DataFrame(
        [{"person_key": 1, "as_of": 0, "on_leave": True, "target_group": "mental", **rows},
         {"person_key": 2, "as_of": 0, "on_leave": True, "target_group": "both", **rows},
         {"person_key": 3, "as_of": 0, "on_leave": False, "target_group": None, **rows}]
    )  # fmt: skip
    found = targeting.with_preventable_days(frame, EvidenceBenefit.from_toml(None), True)["preventable_days"]
    assert found[0] > 5 and found[1] == 0 and found[2] is None


def test_new_spells_are_counted_over_those_still_followed_with_an_interval_around(tmp_path):
    made = results(tmp_path)["secondary"]["relapse"]["curve"]
    before = [row for row in made if row["day"] == 196]
    after = [row for row in made if row["day"] == 210]
    assert [row["value"] for row in before] == [0, 0]
    for row in after:
        # 40 persons begin anew on day 200; one in twenty is no longer followed then
        assert 0 < row["ci_low"] < row["value"] < row["ci_high"] < 0.4


def test_the_net_saving_curve_goes_through_the_point_that_the_text_tells(tmp_path):
    told = results(tmp_path)["secondary"]["cost"]
    at = next(row for row in told["curve"] if row["day_value"] == told["day_value"])
    assert at["net_benefit"] == pytest.approx(told["estimate"]) and at["ci_low"] == pytest.approx(told["ci_low"])
    assert told["curve"][0]["net_benefit"] == -told["support_cost"]
