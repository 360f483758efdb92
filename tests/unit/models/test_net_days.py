"""Net days within a year, from days left and degree."""

import numpy as np
import pytest

from models.risk.net_days import NetDays, by_tenth


def test_without_full_years_todays_degree_is_carried_along():
    net = NetDays(np.array([False]))
    mean = net.mean(np.zeros((4, 1)), days_left=np.full(4, 100.0), degree=np.array([25, 50, 75, np.nan]))
    assert mean.tolist() == [25, 50, 75, 100]


def test_the_ratio_is_that_of_the_sums_per_degree():
    net = NetDays(np.array([False])).fit(
        np.zeros((4, 1)),
        days_left=np.array([100.0, 50, 100, 100]),
        degree=np.array([100, 100, 50, 50]),
        net_days=np.array([80.0, 40, 60, 60]),
        kind="ratio",
    )
    assert net.ratio_[[3, 1]].tolist() == [0.8, 0.6]


@pytest.mark.parametrize("kind", ["boosted", "ratio"])
def test_expected_meets_observed_in_every_tenth(kind):
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 1, (20000, 2))
    left, degree = 20 + 200 * X[:, 0], rng.choice([50, 100], 20000)
    net = np.clip(left * degree / 100 * rng.gamma(4, 0.25, 20000), 0, 365)
    features = np.column_stack([X, degree])
    fit, check = slice(0, 12000), slice(12000, None)
    made = NetDays(np.array([False] * 3)).fit(
        features[fit], days_left=left[fit], degree=degree[fit], net_days=net[fit], kind=kind
    )
    mean = made.mean(features[check], days_left=left[check], degree=degree[check])
    for row in by_tenth(mean, net[check], np.ones(8000)):
        assert row["observed"] == pytest.approx(row["expected"], abs=10)
    inside = np.abs(net[check] - mean) < 2 * made.spread(mean)
    assert 0.9 < inside.mean() < 0.99
