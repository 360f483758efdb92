"""The figures of the card, each beside numbers done on paper or by another program."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sksurv.metrics import concordance_index_ipcw
from sksurv.util import Surv

from pipeline.train.validation import Tested, by_cell, covered_by_interval, deeper_at, exits, less_others, uno

DAY = 10
HORIZON = 366


def flat(chance, passing, **columns):
    """Moments on day 10, none censored, that pass day 90 or end on day 20, with the chance of passing set flat from tomorrow on."""
    n = len(chance)
    rows = pl.DataFrame({
        "as_of": [dt.date(2025, 1, 6)] * n, "day": DAY, "person_key": np.arange(n), "duration_days": np.where(passing, 200, 10),
        "cause": 1, "weight": 1.0, **columns,
    })  # fmt: skip
    curves = np.ones((n, HORIZON))
    curves[:, 1:] = np.asarray(chance)[:, None]
    return Tested(rows, curves)


def drawn(n=4000, seed=1, off=0.0):
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.2, n)
    return 1 / (1 + np.exp(-score)), rng.random(n) < 1 / (1 + np.exp(-score - off))


def test_the_figures_of_a_cell_are_scikit_learns_of_its_rows_alone():
    chance, passing = drawn()
    cells = np.where(np.arange(4000) % 4 == 0, "a", "b")
    found = {one["cell"]: one for one in by_cell(flat(chance, passing), cells)}
    for name in ("a", "b"):
        here, one = cells == name, found[name]
        assert one["persons"] == here.sum() and one["share"] == pytest.approx(passing[here].mean())
        assert one["auc"] == pytest.approx(roc_auc_score(passing[here], chance[here]))
        assert one["o_e"] == pytest.approx(passing[here].sum() / chance[here].sum())
        score = np.log(chance[here] / (1 - chance[here]))[:, None]
        slope = LogisticRegression(C=np.inf, tol=1e-9).fit(score, passing[here]).coef_[0, 0]
        assert one["slope"] == pytest.approx(slope, abs=1e-4)
        assert one["slope_95"][0] < slope < one["slope_95"][1] and one["o_e_95"][0] < one["o_e"] < one["o_e_95"][1]


def test_a_cell_of_four_persons_is_hidden_with_the_next_smallest_and_a_slope_needs_a_hundred_of_each():
    chance, passing = drawn(400)
    cells = np.array(["few"] * 4 + ["next"] * 60 + ["rest"] * 336)
    found = {one["cell"]: one for one in by_cell(flat(chance, passing), cells)}
    assert found["few"] == {"cell": "few", "persons": "too few"} and found["next"] == {"cell": "next", "persons": "too few"}
    assert "slope" in found["rest"]
    halves = by_cell(flat(chance, passing), np.array(["a", "b"])[np.arange(400) % 2])
    assert all("slope" not in one and "auc" in one for one in halves)


def test_the_deeper_figures_are_those_of_the_world_and_lie_within_their_intervals():
    chance, passing = drawn(6000, off=0.3)
    found = deeper_at(flat(chance, passing), 90, seed=1, repeats=40)
    score = np.log(chance / (1 - chance))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-9).fit(score, passing)
    assert found["slope"] == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    assert found["intercept"] == pytest.approx(0.3, abs=0.1)
    # chances 0.3 too low on the logit scale: so far off the truth
    off = np.abs(1 / (1 + np.exp(-score[:, 0] - 0.3)) - chance)
    for name, value in (("ici", off.mean()), ("e50", np.median(off)), ("e90", np.quantile(off, 0.9))):
        assert found[name] == pytest.approx(value, abs=0.015)
        assert found[f"{name}_95"][0] <= found[name] <= found[f"{name}_95"][1]
    at, seen, low, high = np.array(found["curve"]).T
    right = 1 / (1 + np.exp(-np.log(at / (1 - at)) - 0.3))
    assert ((low <= right) & (right <= high)).mean() > 0.8 and (low <= seen).all() and (seen <= high).all()
    assert sum(found["histogram"]) == pytest.approx(1)
    assert found["histogram"][0] == pytest.approx((chance < 0.05).mean())
    for one in found["net_benefit"]:
        acted, odds = chance >= one["threshold"], one["threshold"] / (1 - one["threshold"])
        assert one["model"][0] == pytest.approx((passing[acted].sum() - odds * (~passing[acted]).sum()) / 6000)
        assert one["less"][0] == pytest.approx(one["model"][0] - one["all"][0])
        assert one["less"][1] <= one["less"][0] <= one["less"][2]


def test_no_curve_is_drawn_of_fewer_than_a_hundred_that_passed():
    chance, passing = drawn(400)
    passing = passing & (np.cumsum(passing) <= 99)
    assert deeper_at(flat(chance, passing), 90, seed=1) == {}


def test_a_difference_of_models_is_that_of_scikit_learns_figures_and_surer_than_the_figures():
    chance, passing = drawn(3000)
    blurred = 1 / (1 + np.exp(-np.log(chance / (1 - chance)) - np.random.default_rng(2).normal(0, 0.7, 3000)))
    found = less_others({"one": flat(chance, passing), "other": flat(blurred, passing)}, "one", 90, seed=1)["other"]
    assert found["auc"][0] == pytest.approx(roc_auc_score(passing, chance) - roc_auc_score(passing, blurred))
    assert found["brier"][0] == pytest.approx(brier_score_loss(passing, chance) - brier_score_loss(passing, blurred))
    assert found["auc"][1] > 0 > found["brier"][2] and found["ipa"][1] > 0


def test_unos_c_of_days_left_is_scikit_survivals():
    rng = np.random.default_rng(4)
    pace = rng.normal(0, 1, 800)
    length = np.ceil(40 * np.exp(pace + rng.normal(0, 0.8, 800))).clip(1, 360)
    lost = rng.integers(20, 300, 800)
    duration, event = np.minimum(length, lost).astype(int), length <= lost
    rows = pl.DataFrame({"day": 1, "person_key": np.arange(800), "duration_days": duration, "cause": event.astype(int), "weight": 1.0})
    curves = np.exp(-np.arange(HORIZON)[None, :] / (40 * np.exp(pace))[:, None])
    left = curves[:, :365].sum(axis=1)
    until = float(np.quantile(duration, 0.9))
    theirs = concordance_index_ipcw(*2 * [Surv.from_arrays(event, duration)], -left, tau=until)[0]
    value, low, high = uno(Tested(rows, curves), seed=1)
    assert value == pytest.approx(theirs, abs=2e-3)
    assert low < value < high and high - low < 0.08


def test_exits_of_few_persons_are_not_shown_and_the_rest_are_counted_by_hand():
    cause = [1] * 60 + [2] * 20 + [4] * 3 + [0] * 17
    rows = pl.DataFrame({"person_key": np.arange(100), "duration_days": [50] * 60 + [100] * 20 + [120] * 3 + [400] * 17, "cause": cause, "weight": 1.0})
    found = exits(rows)
    assert found["causes"][1] == pytest.approx([0.6, 0.6, 0.6]) and found["causes"][2] == pytest.approx([0, 0.2, 0.2])
    assert found["causes"][4] is None and 0 not in found["causes"]


def cells_of(passing_less, wide, seed=7):
    """Forty cells of 250 persons, chance 0.5 and so much less passing; intervals of so much either way."""
    rng = np.random.default_rng(seed)
    chance = np.full(10_000, 0.5)
    passing = rng.random(10_000) < 0.5 - passing_less
    one = flat(chance, passing, sex=np.array(["F", "M"])[np.arange(10_000) % 2], age_years=20.0 + np.arange(10_000) // 2 % 5 * 10,
                 target_group=np.array(["a", "b", "c", "d"])[np.arange(10_000) // 10 % 4])  # fmt: skip
    return covered_by_interval(one, np.column_stack([chance - wide, chance + wide]))


def test_right_chances_lie_within_their_intervals_in_nine_of_ten_cells():
    found = [cells_of(0.0, 1e-9, seed) for seed in range(20, 30)]
    assert all(one["cells"] == 40 and one["held_95"] == [32, 39] for one in found)
    # of 400 cells: 125 of 250 passing, 12 either way, is held 886 times in 1000
    assert np.mean([one["held"] for one in found]) / 40 == pytest.approx(0.886, abs=0.04)
    assert found[0]["mean_width"] == pytest.approx(0, abs=1e-6)


def test_chances_off_by_more_than_their_intervals_are_seen_and_wide_intervals_hold_them():
    assert cells_of(0.12, 0.01)["held"] < 10
    assert cells_of(0.12, 0.25)["held"] >= 38


def test_where_nothing_is_known_of_the_intervals_nothing_is_said():
    chance, passing = drawn(100)
    assert covered_by_interval(flat(chance, passing), np.full((100, 2), np.nan)) is None
