"""How sure a chance is, and between which nine in ten persons' net days lie."""

import numpy as np
import pytest
from scipy.special import expit

from models.risk.net_days import NetDays
from models.risk.uncertainty import WIDER, Z_90, ChanceUncertainty, score


def parts_of(rng, sd, chance, parts=4):
    """Chances by models of quarters that err by `sd` (n,) each on the logit scale, each moment by itself."""
    return expit(score(chance)[None, :] + rng.normal(0, 1, (parts, len(chance))) * sd[None, :])


def world(n=4000, seed=1):
    """Persons whose chances are sure, and some whose chances are four times less so; the whole errs by half of what a quarter does."""
    rng = np.random.default_rng(seed)
    hard = rng.random(n) < 0.4
    truth = expit(rng.normal(0, 1.2, n))
    sd = np.where(hard, 0.8, 0.2)
    whole = expit(score(truth) + rng.normal(0, 1, n) * sd / 2)
    X = np.column_stack([hard, rng.normal(0, 1, n)]).astype(np.float32)
    fitted = ChanceUncertainty().fit(X, whole, parts_of(rng, sd, truth), person=np.arange(n), sample_weight=np.ones(n))
    return fitted, X, hard, truth, whole


def test_each_person_has_the_width_of_their_own_chance_and_it_holds_nine_in_ten():
    fitted, X, hard, truth, whole = world()
    low, high = score(fitted.interval(X, whole)).T
    half = (high - low) / 2
    # the whole's standard error is 0.1 and 0.4; the interval is 1.64 of them, widened
    assert np.median(half[hard]) == pytest.approx(Z_90 * 0.4 * WIDER, rel=0.15)
    assert np.median(half[~hard]) == pytest.approx(Z_90 * 0.1 * WIDER, rel=0.25)
    inside = (score(truth) >= low) & (score(truth) <= high)
    assert inside[hard].mean() > 0.88 and inside[~hard].mean() > 0.88
    assert inside.mean() < 0.98


def test_errors_with_longer_tails_than_the_normal_curve_are_reached_for():
    rng = np.random.default_rng(3)
    truth = np.full(4000, 0.4)
    X = rng.normal(0, 1, (4000, 1)).astype(np.float32)
    sd = np.where(rng.random(4000) < 0.15, 1.5, 0.15)  # which they are, no feature tells
    fitted = ChanceUncertainty().fit(X, truth, parts_of(rng, sd, truth), person=np.arange(4000), sample_weight=np.ones(4000))
    even = ChanceUncertainty().fit(X, truth, parts_of(rng, np.full(4000, 0.5), truth), person=np.arange(4000), sample_weight=np.ones(4000))
    assert even.reach_ == pytest.approx(Z_90 * WIDER, rel=0.08)
    assert fitted.reach_ >= Z_90 * WIDER


def test_an_interval_holds_its_chance_what_is_sure_stays_sure_and_it_is_kept():
    fitted, X, _, _, _ = world(1200)
    asked = np.array([0.0, 0.2, 0.5, 1.0])
    low, high = fitted.interval(X[:4], asked).T
    assert low[0] == high[0] == 0 and low[3] == high[3] == 1
    assert (low[1:3] < asked[1:3]).all() and (asked[1:3] < high[1:3]).all()
    again = ChanceUncertainty.from_dict(fitted.to_dict(), fitted.boosters())
    assert np.array_equal(again.interval(X[:4], asked), fitted.interval(X[:4], asked))
    assert fitted.interval(X[:0], asked[:0]).shape == (0, 2)


def test_nothing_is_claimed_before_it_is_known_or_from_too_few():
    few = ChanceUncertainty().fit(np.zeros((50, 1)), np.full(50, 0.4), np.full((4, 50), 0.4), person=np.arange(50), sample_weight=np.ones(50))
    for one in (ChanceUncertainty(), few):
        assert np.isnan(one.interval(np.zeros((1, 1)), np.array([0.4]))).all()


def test_nine_in_ten_new_persons_net_days_lie_between_the_ends_whatever_their_shape():
    rng = np.random.default_rng(2)
    mean = rng.uniform(5, 150, 40_000)
    net = np.minimum(rng.gamma(0.7, mean / 0.7), 365)  # skewed, piled up at the year
    learnt, new = slice(0, 20_000), slice(20_000, None)
    made = NetDays()
    made.learn_spread(mean[learnt], net[learnt], np.ones(20_000))
    low, high = made.ends(mean[new]).T
    assert np.mean((net[new] >= low) & (net[new] <= high)) == pytest.approx(0.9, abs=0.01)
    assert low.min() >= 0 and high.max() <= 365
    assert (low <= mean[new]).all() and (mean[new] <= high).all()
