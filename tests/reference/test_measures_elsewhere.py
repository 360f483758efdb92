"""Measures beside another program's on the same data: dcurves, scikit-survival, scikit-learn, scipy."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sksurv.datasets import load_bmt, load_gbsg2
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import brier_score, concordance_index_ipcw, cumulative_dynamic_auc
from sksurv.nonparametric import (
    CensoringDistributionEstimator,
    cumulative_incidence_competing_risks,
    kaplan_meier_estimator,
)
from sksurv.preprocessing import OneHotEncoder

from models.measures.accuracy import briers, ipas
from models.measures.calibration import (
    intercept_and_slope,
    levels_and_slopes,
    observed_to_expected,
    slope_interval,
    smooth_calibration,
    smooths,
)
from models.measures.censoring import CensoringCurve, seen_at
from models.measures.decision import net_benefit
from models.measures.discrimination import time_dependent_auc, uno_c
from models.measures.incidence import cumulative_incidence

# dcurves 1.1.7, `dca` of its df_binary (cancerpredmarker): net benefit by threshold
BINARY = {0.05: 0.105544, 0.10: 0.087407, 0.15: 0.079216, 0.20: 0.067333, 0.25: 0.064000, 0.30: 0.054667}


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
    assert levels_and_slopes(outcome, chance, np.vstack([weight, weight]))["slope"][1] == slope
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
    assert smooths(outcome, chance, weight[None, :])["ici"][0] == found.ici
    order = np.argsort(error)
    for value, share in ((found.e50, 0.5), (found.e90, 0.9)):
        assert value == pytest.approx(error[order][np.searchsorted(np.cumsum(weight[order]) / weight.sum(), share)], abs=1e-3)


@pytest.fixture(scope="module")
def censored():
    """Chances of passing five years in the breast cancer study, of which more than half were lost before, with what was seen and its weight by
    scikit-survival's censoring curve; a Cox model bent on purpose, or nothing would be off."""
    rows, outcome = load_gbsg2()
    rows = OneHotEncoder().fit_transform(rows.assign(tgrade=rows["tgrade"].map(len)))
    curves = CoxPHSurvivalAnalysis().fit(rows, outcome).predict_survival_function(rows)
    chance = expit(0.3 + 1.4 * logit(np.array([one(1825) for one in curves])))
    ended, theirs = outcome["cens"] & (outcome["time"] <= 1825), CensoringDistributionEstimator().fit(outcome)
    # P(C >= t) for an end: the curve just before it
    at = np.where(ended, np.nextafter(outcome["time"], 0), 1825)
    weight = np.where(ended | (outcome["time"] > 1825), 1 / theirs.predict_proba(at), 0)
    return outcome, chance, ~ended, weight


def test_brier_and_ipa_under_censoring_are_scikit_survivals(censored):
    outcome, chance, passing, theirs = censored
    ended, weight = seen_at(outcome["time"], outcome["cens"], 1825)
    assert np.allclose(weight, theirs) and (ended == ~passing).all()
    times, curve = kaplan_meier_estimator(outcome["cens"], outcome["time"])
    everyone = np.full(len(chance), curve[np.searchsorted(times, 1825, side="right") - 1])
    score, null = (brier_score(outcome, outcome, one, 1825)[1][0] for one in (chance, everyone))
    # it weighs an end by P(C > t) and divides by all: equal to the third decimal
    assert briers(passing, chance, weight[None, :])[0] == pytest.approx(score, abs=1e-3)
    assert ipas(passing, chance, weight[None, :])[0] == pytest.approx(1 - score / null, abs=3e-3)


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")
def test_slope_under_censoring_and_its_interval_are_statsmodels_with_a_row_a_person_or_many(censored):
    _, chance, passing, weight = censored
    seen, clusters = weight > 0, np.arange(len(chance)) // 3
    design = sm.add_constant(logit(chance[seen]))
    fitted = sm.GLM(passing[seen].astype(float), design, family=sm.families.Binomial(), freq_weights=weight[seen])
    _, slope = intercept_and_slope(passing, chance, weight)
    for person in (np.arange(len(chance)), clusters):
        groups = np.unique(person[seen], return_inverse=True)[1]
        theirs = fitted.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
        many = groups.max() + 1
        wide = 1.959964 * theirs.bse[1] * np.sqrt(many / (many - 1))
        value, low, high = slope_interval(passing[seen], chance[seen], weight[seen], person[seen])
        assert value == pytest.approx(slope, abs=1e-5) and slope == pytest.approx(theirs.params[1], abs=1e-5)
        assert (low, high) == pytest.approx((value - wide, value + wide), abs=2e-3)


def test_the_smooth_curve_under_censoring_is_a_logistic_regression_with_scikit_survivals_weights(censored):
    _, chance, passing, weight = censored
    seen, score = weight > 0, logit(np.clip(chance, 0.01, 0.99))
    knots = np.quantile(score[seen], [0.05, 0.275, 0.5, 0.725, 0.95])
    design = np.column_stack([natural(knots, one, score) for one in np.eye(5)])
    fitted = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=5000).fit(design[seen], passing[seen], sample_weight=weight[seen])
    error = np.abs(fitted.predict_proba(design)[:, 1] - chance)
    found = smooth_calibration(passing, chance, weight)
    assert found.ici == pytest.approx(np.average(error, weights=weight), abs=5e-4)
    asked = np.array([0.2, 0.5, 0.7])
    drawn = smooth_calibration(passing, chance, 1000 * weight, at=asked)  # heavy enough that the small ridge is nothing
    at = np.column_stack([natural(knots, one, logit(asked)) for one in np.eye(5)])
    assert drawn.observed == pytest.approx(fitted.predict_proba(at)[:, 1], abs=1e-4)


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
