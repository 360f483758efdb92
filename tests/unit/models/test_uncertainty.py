"""How sure a chance is, and between which nine in ten persons' net days lie."""

import numpy as np
import pytest
from scipy.special import expit

from models.risk.net_days import NetDays
from models.risk.uncertainty import ChanceUncertainty


def test_the_error_of_a_mean_of_all_is_found_from_two_quarters():
    """A model that learns nothing but one log odds: its standard error is known."""
    rng = np.random.default_rng(1)
    wide = []
    for _ in range(400):
        # each quarter's log odds errs by 0.2, so that of the whole by 0.1
        first, second = expit(rng.normal(0, 0.2, 2))
        made = ChanceUncertainty().fit(np.linspace(0.3, 0.7, 40), np.full(40, first), np.full(40, second), share=0.25, sample_weight=np.ones(40))
        wide.append(np.mean(made.sd_**2))
    assert np.sqrt(np.mean(wide)) == pytest.approx(0.1, rel=0.1)


def test_an_interval_holds_its_chance_and_what_is_sure_stays_sure():
    chance = np.linspace(0.01, 0.99, 60)
    made = ChanceUncertainty().fit(chance, expit(np.log(chance / (1 - chance)) + 0.3), chance, share=0.25, sample_weight=np.ones(60))
    assert np.allclose(made.sd_, 0.3 * np.sqrt(0.125))
    asked = np.array([0.0, 0.2, 0.5, 1.0])
    low, high = made.interval(asked).T
    assert low[0] == high[0] == 0 and low[3] == high[3] == 1
    assert high[2] == pytest.approx(expit(1.6448536 * 0.3 * np.sqrt(0.125)))
    assert (low[1:3] < asked[1:3]).all() and (asked[1:3] < high[1:3]).all()
    again = ChanceUncertainty.from_dict(made.to_dict())
    assert np.array_equal(again.interval(asked), made.interval(asked))


def test_nothing_is_claimed_before_it_is_known():
    assert np.isnan(ChanceUncertainty().interval(np.array([0.4]))).all()


def test_nine_in_ten_new_persons_net_days_lie_between_the_ends_whatever_their_shape():
    rng = np.random.default_rng(2)
    mean = rng.uniform(5, 150, 40_000)
    net = np.minimum(rng.gamma(0.7, mean / 0.7), 365)  # skewed, piled up at the year
    learnt, new = slice(0, 20_000), slice(20_000, None)
    made = NetDays(np.zeros(0, dtype=bool))
    made.learn_spread(mean[learnt], net[learnt], np.ones(20_000))
    low, high = made.ends(mean[new]).T
    assert np.mean((net[new] >= low) & (net[new] <= high)) == pytest.approx(0.9, abs=0.01)
    assert low.min() >= 0 and high.max() <= 365
    assert (low <= mean[new]).all() and (mean[new] <= high).all()
