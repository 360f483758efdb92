"""Errors over few clusters, against what is known in closed form."""

import numpy as np
import pytest

from models.effects.cox import cox
from models.effects.design import design
from models.effects.doubly_robust import aipw
from models.effects.few_clusters import jackknife
from models.effects.fine_gray import fine_gray
from models.effects.kaplan_meier import kaplan_meier
from models.effects.linear import least_squares
from models.effects.recurrent import mean_cumulative
from models.effects.rmst import rmst
from models.effects.standardise import standardise
from models.effects.weighting import ipw

RNG = np.random.default_rng(5)
CENTRE = np.repeat(np.arange(8), 15)
TREATED = CENTRE % 2 == 0
Y = RNG.normal(size=120) + RNG.normal(size=8)[CENTRE]
DAYS = np.ceil(RNG.exponential(40, 120) * np.exp(0.3 * RNG.normal(size=8))[CENTRE])


def test_the_jackknife_of_a_regression_is_cr3():
    X = design({"treated": TREATED.astype(float), "x": RNG.normal(size=120)}, 120)
    fit = least_squares(Y, X)
    covariance, df = jackknife(lambda rows: least_squares(Y[rows], X.rows(rows)).beta, fit.beta, CENTRE)
    assert df == 7
    # Bell & McCaffrey: leaving a cluster out moves the coefficients by CR3's own terms
    np.testing.assert_allclose(covariance * 8 / 7, fit.covariance("cr3", CENTRE), rtol=1e-9)


def test_without_censoring_a_restricted_mean_has_the_errors_of_a_mean():
    found = rmst(DAYS, np.ones(120), treated=TREATED, tau=60, cluster=CENTRE)
    y = np.minimum(DAYS, 60)
    means = np.array([y[one == CENTRE].mean() for one in range(8)])
    by_arm = [means[side::2] for side in (0, 1)]
    # four centres of one size an arm: left out in turn, 7/8 of 4/3 of the variance of the mean of centres
    expected = np.sqrt(7 / 8 * 4 / 3 * sum(arm.var(ddof=1) / 4 for arm in by_arm))
    assert (found.estimate, found.se, found.df) == (pytest.approx(by_arm[0].mean() - by_arm[1].mean()), pytest.approx(expected), 7)


@pytest.mark.parametrize("estimate", [
    lambda arm, label: rmst(DAYS, np.ones(120), treated=arm, tau=60, cluster=label),
    lambda arm, label: kaplan_meier(DAYS, np.ones(120), treated=arm, times=[40], cluster=label),
    lambda arm, label: mean_cumulative(DAYS, np.ones(120), treated=arm, times=[40], person=label),
    lambda arm, label: ipw(Y, arm, design({"x": DAYS}, 120), cluster=label),
    lambda arm, label: aipw(Y, arm, design({"x": DAYS}, 120), cluster=label),
    lambda arm, label: standardise(Y, arm, design({"x": DAYS}, 120), cluster=label),
    lambda arm, label: fine_gray(DAYS, np.ones(120), design({"treated": arm.astype(float)}, 120), cluster=label),
    lambda arm, label: cox(DAYS, np.ones(120), design({"treated": arm.astype(float)}, 120), cluster=label),
])  # fmt: skip
def test_an_arm_within_one_cluster_has_an_answer_but_no_interval(estimate):
    arm = CENTRE == 3
    found = estimate(arm, CENTRE)
    assert np.isfinite(found.estimate)
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p]).all()


def test_arms_that_share_clusters_lend_each_other_precision():
    inside = np.arange(120) % 2 == 0
    days = np.ceil(20 + 40 * (CENTRE % 4) + RNG.integers(0, 5, 120))
    shared = rmst(days, np.ones(120), treated=inside, tau=200, cluster=CENTRE)
    apart = rmst(days, np.ones(120), treated=inside, tau=200, cluster=np.where(inside, CENTRE, CENTRE + 8))
    assert shared.se < apart.se / 5
