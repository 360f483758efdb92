"""models.benefit.meta_analysis against numbers that others published."""

import numpy as np
import pytest

from models.benefit.meta_analysis import pool

# Thirteen trials of BCG vaccine against tuberculosis (Colditz et al. 1994): cases and others, vaccinated and not.
BCG = np.array([
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
    (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
], dtype=float)  # fmt: skip


@pytest.fixture
def log_risk_ratios():
    a, b, c, d = BCG.T
    return np.log(a / (a + b) * (c + d) / c), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_the_bcg_trials_pool_to_what_metafor_prints_for_reml(log_risk_ratios):
    # README of the R package metafor: rma(yi, vi, data=dat, test="knha")
    got = pool(*log_risk_ratios, tau2="reml")
    assert got.estimate == pytest.approx(-0.7145, abs=5e-5)
    assert got.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert got.hartung_knapp_se == pytest.approx(0.1808, abs=5e-5)
    assert (got.low, got.high) == pytest.approx((-1.1084, -0.3206), abs=5e-5)
    assert got.q == pytest.approx(152.2330, abs=5e-5)
    assert got.i2 == pytest.approx(0.9222, abs=5e-5)
    assert np.exp([got.prediction_low, got.prediction_high]) == pytest.approx([0.14, 1.76], abs=5e-3)


def test_the_bcg_trials_pool_to_the_published_standard_error_without_hartung_and_knapp(log_risk_ratios):
    # Viechtbauer 2010, J Stat Softw 36(3), section 4: estimate -0.7145, se 0.1798
    assert pool(*log_risk_ratios, tau2="reml").se == pytest.approx(0.1798, abs=5e-5)


def test_dersimonian_and_laird_give_their_published_variance_for_the_bcg_trials(log_risk_ratios):
    # metafor, method="DL": tau^2 0.3088
    assert pool(*log_risk_ratios, tau2="dersimonian-laird").tau2 == pytest.approx(0.3088, abs=5e-5)


def test_paule_and_mandel_make_cochrans_q_equal_its_expectation(log_risk_ratios):
    effects, errors = log_risk_ratios
    got = pool(effects, errors, tau2="paule-mandel")
    weights = 1 / (errors**2 + got.tau2)
    assert weights @ (effects - got.estimate) ** 2 == pytest.approx(len(effects) - 1)
    # an independent implementation's value for the same trials (gradmeta.com, validation report)
    assert got.tau2 == pytest.approx(0.3180, abs=2e-3)
