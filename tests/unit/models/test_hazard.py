"""The champion against a world whose chances are known exactly."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from models.risk.encoder import FrameEncoder
from models.risk.hazard import DiscreteTimeHazard
from models.risk.outlook import chance_of_passing
from models.risk.person_period import AFTER, edges, expand, survival_on_days
from models.risk.recalibration import PHASES, RIDGE, HazardRecalibration
from tests.unit.models.renewals import world
from tests.unit.models.test_every_risk_model import KEYS

EVEN = np.arange(8) / 7


@pytest.fixture(scope="module")
def learned():
    rows, new = world(15000, 1), world(10000, 2)
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    model = DiscreteTimeHazard(encoder.names_, encoder.categorical_, max_iter=130).fit(
        encoder.transform(rows), duration=rows["duration_days"].to_numpy(), event=rows["cause"].to_numpy() > 0
    )
    return model.predict_survival(encoder.transform(new), np.arange(366)), new


@pytest.mark.parametrize("at", [90, 180])
def test_it_orders_people_almost_as_well_as_one_who_knows_the_world(learned, at):
    curve, new = learned
    day = new["day"].to_numpy()
    here = day < at
    passed = (day + new["duration_days"].to_numpy() > at)[here]
    chance = chance_of_passing(curve, day, at)[here]
    oracle = roc_auc_score(passed, new[f"true_{at}"].to_numpy()[here])
    assert roc_auc_score(passed, chance) > oracle - 0.02


@pytest.mark.parametrize("at", [90, 180])
def test_its_chances_come_true_over_all_and_in_each_fifth(learned, at):
    curve, new = learned
    day = new["day"].to_numpy()
    here = day < at
    chance, true = chance_of_passing(curve, day, at)[here], new[f"true_{at}"].to_numpy()[here]
    assert abs(chance.mean() - true.mean()) < 0.015
    fifth = np.searchsorted(np.quantile(chance, [0.2, 0.4, 0.6, 0.8]), chance)
    for k in range(5):
        assert abs(chance[fifth == k].mean() - true[fifth == k].mean()) < 0.035


def test_no_spell_is_expected_to_end_before_its_certified_end(learned):
    curve, new = learned
    ahead = new["certified_days_ahead"].to_numpy()
    far = ahead >= 30
    assert (curve[far, 29] > 0.999).all()


def test_a_moment_censored_on_day_ten_is_at_risk_for_part_of_its_second_week():
    at = expand(
        np.array([0]),
        np.array([10]),
        np.array([False]),
        np.ones(1),
        week=EVEN,
        max_rows=99,
        rng=np.random.default_rng(0),
    )
    assert at.stretch.tolist() == [1, 2]
    assert np.allclose(at.weight, [1, 3 / 7])


def test_an_end_on_the_certified_day_falls_in_the_first_stretch_and_the_day_after_in_the_second():
    at = expand(
        np.array([20, 20]), np.array([20, 21]), np.array([True, True]), np.ones(2), week=EVEN, max_rows=99,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert at.row.tolist() == [0, 1, 1]
    assert at.stretch.tolist() == [0, 0, 1]
    assert at.ended.tolist() == [True, False, True]


def test_one_censored_before_the_certified_end_tells_nothing():
    at = expand(
        np.array([20]),
        np.array([5]),
        np.array([False]),
        np.ones(1),
        week=EVEN,
        max_rows=99,
        rng=np.random.default_rng(0),
    )
    assert len(at.row) == 0


def test_sampling_of_rows_keeps_the_weight_at_risk():
    n = 20000
    whole = {
        "certified": np.full(n, 14),
        "duration": np.full(n, 300),
        "event": np.zeros(n, bool),
        "weight": np.ones(n),
    }
    every = expand(**whole, week=EVEN, max_rows=10**9, rng=np.random.default_rng(0))
    some = expand(**whole, week=EVEN, max_rows=200_000, rng=np.random.default_rng(0))
    assert len(some.row) < 0.4 * len(every.row)
    assert some.weight.sum() == pytest.approx(every.weight.sum(), rel=0.01)


def test_a_curve_by_hand():
    hazard = np.zeros((1, len(AFTER)))
    hazard[0, :3] = [0.5, 0.2, 0.0]
    curve = survival_on_days(hazard, np.array([10]), np.array([0, 9, 10, 17, 24]), early_share=0.0, week=EVEN)
    assert np.allclose(curve, [[1, 1, 0.5, 0.4, 0.4]])


def test_stretches_follow_each_other_without_hole():
    k = np.arange(len(AFTER))
    start, end = edges(np.full(len(k), 30), k)
    assert start[0] == 0 and end[0] == 30
    assert (start[1:] == end[:-1]).all()
    assert end[-1] >= 365


def test_a_duration_below_one_day_is_refused():
    with pytest.raises(ValueError, match="at least 1 day"):
        DiscreteTimeHazard(("day",), [False]).fit(
            np.ones((2, 1)), duration=np.array([0, 3]), event=np.array([1, 1])
        )


def test_recalibration_puts_right_months_in_which_spells_end_sooner():
    rows, later = world(8000, 3), world(8000, 4)
    # three in ten certificates that were renewed are so no longer
    cut = np.random.default_rng(5).random(later.height) < 0.3
    ahead = later["certified_days_ahead"].to_numpy().clip(1)
    sooner = np.where(cut, ahead, later["duration_days"].to_numpy())
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    model = DiscreteTimeHazard(encoder.names_, encoder.categorical_, max_iter=100).fit(
        encoder.transform(rows), duration=rows["duration_days"].to_numpy(), event=np.ones(rows.height)
    )
    X = encoder.transform(later)
    off = model.predict_survival(X, np.array([60])).mean() - (sooner > 60).mean()
    model.recalibrate(X[::2], duration=sooner[::2], event=np.ones(len(sooner[::2])))
    right = model.predict_survival(X[1::2], np.array([60])).mean() - (sooner[1::2] > 60).mean()
    assert off > 0.03
    assert abs(right) < 0.02


def test_recalibration_puts_each_group_right_early_and_late_in_a_spell():
    """From one month on the certificates of one group are renewed less often, but only in its first month of a spell."""
    rows, later = world(12_000, 3), world(12_000, 4)
    ahead, early = later["certified_days_ahead"].to_numpy().clip(1), (later["day"] <= 30).to_numpy()
    cut = (later["target_group"] == "other").to_numpy() & early & (np.random.default_rng(5).random(later.height) < 0.5)
    duration = np.where(cut, ahead, later["duration_days"].to_numpy())
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    model = DiscreteTimeHazard(encoder.names_, encoder.categorical_, max_iter=100).fit(
        encoder.transform(rows), duration=rows["duration_days"].to_numpy(), event=np.ones(rows.height)
    )
    X = encoder.transform(later)
    model.recalibrate(X[::2], duration=duration[::2], event=np.ones(len(duration[::2])))
    chance, passed, group = model.predict_survival(X[1::2], np.array([60]))[:, 0], duration[1::2] > 60, later["target_group"].to_numpy()[1::2]
    for name in ("mental", "pain", "other"):
        for here in (early[1::2], ~early[1::2]):
            cell = (group == name) & here
            chance_alone = np.sqrt(passed[cell].var() / cell.sum())
            assert abs(chance[cell].mean() - passed[cell].mean()) < 0.01 + 2.5 * chance_alone, name


def test_recalibration_is_the_minimum_of_the_penalised_likelihood():
    rng = np.random.default_rng(3)
    n = 4_000
    day, stretch, group = rng.integers(1, 200, n), rng.integers(0, 20, n), rng.integers(-1, 3, n)
    hazard = rng.uniform(0.02, 0.6, n)
    ended, weight = rng.random(n) < hazard**1.3, rng.uniform(0.5, 2, n)
    found = HazardRecalibration().fit(hazard, ended, day=day, stretch=stretch, group=group, sample_weight=weight)

    def minus_log_likelihood(terms, slope, phase):
        trying = HazardRecalibration.from_dict(found.to_dict())
        trying.terms_[phase], trying.slopes_[phase] = terms, slope
        here = (stretch > 0) == bool(phase)
        h = trying.apply(hazard[here], day=day[here], stretch=stretch[here], group=group[here])
        w, y = weight[here] / weight.mean(), ended[here]
        return -(w * np.where(y, np.log(h), np.log1p(-h))).sum() + RIDGE / 2 * ((terms**2).sum() + (slope - 1) ** 2)

    for phase in range(PHASES):
        terms, slope = found.terms_[phase], found.slopes_[phase]
        best = minus_log_likelihood(terms, slope, phase)
        for step in (*np.eye(len(terms) + 1), *-np.eye(len(terms) + 1)):
            assert minus_log_likelihood(terms + 0.02 * step[:-1], slope + 0.02 * step[-1], phase) > best
        assert np.abs(terms).max() > 0.05


def test_a_group_not_met_before_is_left_as_it_is():
    made = HazardRecalibration.from_dict({"groups": 1, "terms": [[0.0] * 14 + [1.0] * 3] * 2, "slopes": [1.0, 1.0]})
    for group in (np.array([-1]), np.array([1])):
        assert made.apply(np.array([0.3]), day=np.array([10]), stretch=np.array([2]), group=group) == pytest.approx([0.3])
    assert made.apply(np.array([0.5]), day=np.array([10]), stretch=np.array([2]), group=np.array([0])) == pytest.approx([1 / (1 + np.exp(-1))])


def test_a_longer_prognosis_never_lowers_the_chance_of_still_being_ill():
    rows = world(6_000, 3)
    rng = np.random.default_rng(2)
    # a noise prognosis of few levels: unconstrained trees would follow its chance ups and downs
    rows = rows.with_columns(prognosis_days=pl.Series(rng.choice([30.0, 60, 90, 180, 365], rows.height)))
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    model = DiscreteTimeHazard(encoder.names_, encoder.categorical_, max_iter=60, min_samples_leaf=20, l2=0.0).fit(
        encoder.transform(rows), duration=rows["duration_days"].to_numpy(), event=np.ones(rows.height)
    )
    some = rows.head(500)
    curves = [
        model.predict_survival(encoder.transform(some.with_columns(prognosis_days=pl.lit(days))), np.array([30, 90, 200]))
        for days in (30.0, 60.0, 90.0, 180.0, 365.0)
    ]
    assert all((after >= before - 1e-6).all() for before, after in pairwise(curves))
    assert (curves[-1] > curves[0] + 0.001).any()
