"""Net days within a year, from days left and degree."""

import numpy as np
import pytest

from models.risk.net_days import NetDays, by_tenth


def test_without_full_years_todays_degree_is_carried_along():
    mean = NetDays().mean(days_left=np.full(4, 100.0), degree=np.array([25, 50, 75, np.nan]))
    assert mean.tolist() == [25, 50, 75, 100]


def test_the_shares_of_which_net_days_are_made_are_found():
    rng = np.random.default_rng(1)
    left, degree = rng.uniform(0, 365, 500), rng.choice([25.0, 50, 75, 100], 500)
    net = 0.8 * left * degree / 100 + 0.1 * left * (1 - degree / 100) + 0.05 * (365 - left)
    made = NetDays().fit(days_left=left, degree=degree, net_days=net, sample_weight=rng.uniform(1, 5, 500))
    assert made.shares_ == pytest.approx([0.8, 0.1, 0.05])
    assert made.mean(days_left=np.array([0.0, 365]), degree=np.array([50.0, 50])) == pytest.approx([18.25, 164.25])


def test_no_day_counts_less_than_nothing_and_none_more_than_the_year():
    left = np.linspace(1, 365, 200)
    made = NetDays().fit(days_left=left, degree=np.full(200, 100.0), net_days=np.maximum(2 * left - 100, 0), sample_weight=np.ones(200))
    assert made.shares_.min() >= 0
    assert made.mean(days_left=left, degree=np.full(200, 100.0)).max() <= 365


def test_a_forecast_that_promises_too_much_is_drawn_in():
    """Days left too long where long and too short where short, as of a model that learned too much of too few."""
    rng = np.random.default_rng(2)
    true = rng.uniform(20, 150, 20_000)
    told = np.clip(true + rng.normal(0, 40, 20_000), 1, 365)
    net = np.minimum(rng.gamma(2, true / 2), 365)
    some, rest = slice(0, 10_000), slice(10_000, None)
    made = NetDays().fit(days_left=told[some], degree=np.full(10_000, 100.0), net_days=net[some], sample_weight=np.ones(10_000))
    mean = made.mean(days_left=told[rest], degree=np.full(10_000, 100.0))
    off = {name: np.mean([abs(row["observed"] - row["expected"]) for row in by_tenth(days, net[rest], np.ones(10_000))]) for name, days in (("drawn in", mean), ("as told", told[rest]))}
    assert off["drawn in"] < 6 < off["as told"]


def test_expected_meets_observed_in_every_tenth():
    rng = np.random.default_rng(0)
    left, degree = rng.uniform(20, 220, 20_000), rng.choice([50, 100], 20_000)
    net = np.clip(left * degree / 100 * rng.gamma(4, 0.25, 20_000), 0, 365)
    fit, check = slice(0, 12_000), slice(12_000, None)
    made = NetDays().fit(days_left=left[fit], degree=degree[fit], net_days=net[fit], sample_weight=np.ones(12_000))
    made.learn_spread(made.mean(days_left=left[fit], degree=degree[fit]), net[fit], np.ones(12_000))
    mean = made.mean(days_left=left[check], degree=degree[check])
    for row in by_tenth(mean, net[check], np.ones(8_000)):
        assert row["observed"] == pytest.approx(row["expected"], abs=10)
    inside = np.abs(net[check] - mean) < 2 * made.spread(mean)
    assert 0.9 < inside.mean() < 0.99
