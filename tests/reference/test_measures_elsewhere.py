"""Measures beside another program's on the same data: dcurves, scikit-survival, scikit-learn, scipy."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sksurv.datasets import load_bmt, load_gbsg2
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_ipcw, cumulative_dynamic_auc
from sksurv.nonparametric import CensoringDistributionEstimator, cumulative_incidence_competing_risks
from sksurv.preprocessing import OneHotEncoder

from models.measures.accuracy import ipas
from models.measures.calibration import (
    icis,
    intercept_and_slope,
    observed_to_expected,
    slopes,
    smooth_calibration,
)
from models.measures.censoring import CensoringCurve
from models.measures.decision import net_benefit, survival_net_benefit
from models.measures.discrimination import time_dependent_auc, uno_c
from models.measures.incidence import cumulative_incidence

# dcurves 1.1.7, `dca` of its df_binary (cancerpredmarker) and df_surv (time 1.5): net benefit by threshold
BINARY = {0.05: 0.105544, 0.10: 0.087407, 0.15: 0.079216, 0.20: 0.067333, 0.25: 0.064000, 0.30: 0.054667}
SURVIVAL = {0.05: 0.187686, 0.10: 0.161054, 0.15: 0.143647, 0.20: 0.123606, 0.25: 0.109197, 0.30: 0.094044}


@pytest.fixture(scope="module")
def breast():
    """The German breast cancer study, with a Cox model's risks."""
    rows, outcome = load_gbsg2()
    rows = OneHotEncoder().fit_transform(rows.assign(tgrade=rows["tgrade"].map(len)))
    return outcome, CoxPHSurvivalAnalysis().fit(rows, outcome).predict(rows)


@pytest.fixture(scope="module")
def judged():
    """Outcomes, chances that are somewhat too bold, and weights."""
    rng = np.random.default_rng(4)
    score = rng.normal(-0.3, 1.4, 3000)
    outcome = rng.random(3000) < expit(0.2 + 0.7 * score + 0.15 * score**2)
    return outcome, expit(score), rng.uniform(0.2, 3, 3000)


@pytest.mark.parametrize("threshold", BINARY)
def test_net_benefit_is_that_of_dcurves(threshold):
    rows = pd.read_csv(files("dcurves") / "data" / "df_binary.csv")
    found = net_benefit(rows["cancer"].to_numpy(), rows["cancerpredmarker"].to_numpy(), threshold)
    assert found == pytest.approx(BINARY[threshold], abs=1e-6)


@pytest.mark.parametrize("threshold", SURVIVAL)
def test_survival_net_benefit_is_that_of_dcurves(threshold):
    rows = pd.read_csv(files("dcurves") / "data" / "df_surv.csv")
    time, event = rows["ttcancer"].to_numpy(), rows["cancer"].to_numpy() > 0
    # whole days stand for the order of the ends; a loss comes after the ends it has outlasted
    ends = np.unique(time[event])
    order = {"duration": np.searchsorted(ends, time, side="right"), "event": event, "horizon": int((ends <= 1.5).sum())}
    # ours tells of passing, theirs of cancer by then: the same measure of the other outcome
    acted = rows["cancerpredmarker"].to_numpy() >= threshold
    passing = survival_net_benefit(acted.astype(float), threshold=0.5, **order)
    share = acted.mean()
    # share x (S - (1 - S)) -> S, and with it share x ((1 - S) - S x odds)
    survived = (passing / share + 1) / 2
    assert share * ((1 - survived) - survived * threshold / (1 - threshold)) == pytest.approx(SURVIVAL[threshold], abs=1e-6)


def test_the_censoring_curve_is_scikit_survivals(breast):
    outcome, _ = breast
    theirs = CensoringDistributionEstimator().fit(outcome)
    times = np.array([200, 700, 1500, 2000])
    assert np.allclose(CensoringCurve(outcome["time"], outcome["cens"]).at(times), theirs.predict_proba(times))


def test_unos_c_and_the_dynamic_auc_are_scikit_survivals(breast):
    outcome, risk = breast
    known = {"duration": outcome["time"], "event": outcome["cens"]}
    assert uno_c(risk, until=1825, **known) == pytest.approx(concordance_index_ipcw(outcome, outcome, risk, tau=1825)[0], abs=1e-3)
    theirs = cumulative_dynamic_auc(outcome, outcome, risk, [1095, 1825])[0]
    ours = [time_dependent_auc(risk, horizon=at, **known) for at in (1095, 1825)]
    assert ours == pytest.approx(theirs, abs=1e-3)


def test_ipa_is_the_r2_of_the_outcome_on_the_chance(judged):
    outcome, chance, weight = judged
    assert ipas(outcome, chance, weight[None, :])[0] == pytest.approx(r2_score(outcome, chance, sample_weight=weight))


def test_slope_and_intercept_are_those_of_logistic_regression(judged):
    outcome, chance, weight = judged
    intercept, slope = intercept_and_slope(outcome, chance, weight)
    theirs = LogisticRegression(C=np.inf, tol=1e-9).fit(logit(chance)[:, None], outcome, sample_weight=weight)
    assert slope == pytest.approx(theirs.coef_[0, 0], abs=1e-5)
    assert slopes(outcome, chance, np.vstack([weight, weight]))[1] == slope
    # with the slope held at one, the intercept is where as many are expected as observed
    level = brentq(lambda a: weight @ (outcome - expit(a + logit(chance))), -3, 3)
    assert intercept == pytest.approx(level, abs=1e-6)
    assert observed_to_expected(outcome, expit(logit(chance) + intercept), weight[None, :])[0] == pytest.approx(1, abs=1e-6)


def test_the_smooth_curve_is_a_logistic_regression_on_scipys_natural_splines(judged):
    outcome, chance, weight = judged
    score = logit(np.clip(chance, 0.01, 0.99))
    knots = np.quantile(score, [0.05, 0.275, 0.5, 0.725, 0.95])
    design = np.column_stack([natural(knots, one, score) for one in np.eye(5)])
    fitted = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=2000).fit(design, outcome, sample_weight=weight)
    error = np.abs(fitted.predict_proba(design)[:, 1] - chance)
    found = smooth_calibration(outcome, chance, weight)
    assert found.ici == pytest.approx(np.average(error, weights=weight), abs=2e-4)
    assert icis(outcome, chance, weight[None, :])[0] == found.ici
    order = np.argsort(error)
    for value, share in ((found.e50, 0.5), (found.e90, 0.9)):
        assert value == pytest.approx(error[order][np.searchsorted(np.cumsum(weight[order]) / weight.sum(), share)], abs=1e-3)


def test_the_incidence_of_each_cause_is_scikit_survivals():
    rows, outcome = load_bmt()
    status, time = outcome["status"], outcome["ftime"]
    at, theirs = cumulative_incidence_competing_risks(status, time)
    found = cumulative_incidence(time, status, at)
    for cause in (1, 2):
        assert np.allclose(found[cause], theirs[cause], atol=1e-12)
    # Scrucca, Santucci & Aversa 2007, as scikit-survival's curves end for the two diseases
    ends = [float(cumulative_incidence(time[here], status[here], np.array([1e9]))[cause][0]) for here in disease(rows) for cause in (1, 2)]
    assert sorted(ends) == pytest.approx(sorted([0.17647059, 0.70588235, 0.36818576, 0.20570747]), abs=1e-8)


def disease(rows):
    """Which patients have each of the two diseases."""
    return [(rows["dis"] == one).to_numpy() for one in sorted(rows["dis"].unique())]


def natural(knots, values, at):
    """The natural cubic spline through the values, straight beyond the outer knots."""
    curve = CubicSpline(knots, values, bc_type="natural")
    inside = np.clip(at, knots[0], knots[-1])
    return curve(inside) + curve(inside, 1) * (at - inside)
