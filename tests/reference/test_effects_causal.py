"""Matching, weighting, standardisation and worth against numbers from elsewhere."""

from pathlib import Path

import dcurves
import numpy as np
import pandas as pd
import pytest

from models.effects.balance import smd, smd_of_levels
from models.effects.cox import cox
from models.effects.did import staggered
from models.effects.doubly_robust import aipw
from models.effects.e_value import e_value
from models.effects.formula import designs_when
from models.effects.glm import glm
from models.effects.kaplan_meier import kaplan_meier
from models.effects.matching import match
from models.effects.net_benefit import decision_curve
from models.effects.rate import autoc, qini, toc
from models.effects.rmst import rmst
from models.effects.standardise import standardise
from models.effects.weighting import ipw, propensity, weights_of
from tests.reference.effects_data import SMOKING, causal, columns, formula, from_r, row

LALONDE = ("age", "educ", "race", "married", "nodegree", "re74", "re75")


def close(value, tolerance=1e-6):
    return pytest.approx(value, abs=tolerance)


@row("O3")
def test_matching_finds_matchits_pairs():
    data = from_r("lalonde")
    given = (data.re78.to_numpy(), data.treat.to_numpy(), columns(data, *LALONDE))
    found = match(*given, side="below")  # how MatchIt 4.5.1 takes its neighbours, see matching.nearest
    assert (found.fit["pairs"], found.estimate, found.se) == (185, close(770.39, 1e-2), close(701.58, 1e-2))
    assert (found.terms["adjusted"].estimate, found.terms["adjusted"].se) == (close(1307.01, 1e-2), close(718.82, 1e-2))
    balance = {line["column"]: line for line in found.table}
    assert (balance["re74"]["smd"], balance["re74"]["smd_after"]) == (close(-0.721, 5e-4), close(-0.078, 5e-4))
    weighted = ipw(*given, estimand="att", se="hc1")
    assert (weighted.estimate, weighted.se) == (close(1214.07, 1e-2), close(825.40, 1e-2))


@row("O18")
def test_quitting_smoking_adds_3_4_kg_by_weighting_as_hernan_and_robins_print():
    data = causal("nhefs_complete")
    found = ipw(data.wt82_71.to_numpy(), data.qsmk.to_numpy(), formula(data, SMOKING)[1], se="hc1")
    assert (found.n, found.estimate, found.se) == (1566, close(3.440535, 1e-5), close(0.525829, 1e-5))
    assert (round(found.estimate, 1), round(found.ci_low, 1), round(found.ci_high, 1)) == (3.4, 2.4, 4.5)
    names = ("weight_mean", "weight_min", "weight_max", "stabilised_mean", "stabilised_min", "stabilised_max")
    assert [found.fit[name] for name in names] == close([1.996284, 1.0537, 16.7001, 0.998844, 0.3312, 4.2977], 5e-5)
    assert found.terms["propensity estimated"].se < found.se


@row("O19")
def test_quitting_smoking_adds_3_5_kg_by_standardisation_and_3_4_doubly_robust():
    data = causal("nhefs_complete")
    y, treated = data.wt82_71.to_numpy(), data.qsmk.to_numpy()
    used = {name: data[name].to_numpy() for name in data.columns if name in SMOKING or name == "qsmk"}
    models = designs_when(f"qsmk*smokeintensity + {SMOKING}", used, "qsmk", (None, 1, 0))
    X = formula(data, SMOKING)[1]
    assert standardise(y, treated, X, models=models).estimate == close(3.517374, 1e-5)
    found = aipw(y, treated, X)
    assert (found.estimate, found.se) == (close(3.373265, 1e-5), close(0.472844, 1e-5))
    assert y[treated == 1].mean() - y[treated == 0].mean() == close(2.540581, 1e-5)


@row("O20")
def test_quitting_smoking_and_ten_years_of_life():
    data = causal("nhefs")
    months = np.where(data.death == 1, (data.yrdth - 83) * 12 + data.modth, 120)
    dead, treated = data.death.to_numpy(dtype=int), data.qsmk.to_numpy()
    assert (len(data), dead.sum()) == (1629, 318)
    hazard = cox(months, dead, columns(data, "qsmk")).table[0]
    assert [hazard[name] for name in ("hazard_ratio", "ci_low", "ci_high")] == close([1.3945, 1.1019, 1.7648], 1e-4)
    assert pooled_logistic(months, dead, treated, 1 / np.where(treated == 1, treated.mean(), 1 - treated.mean())) == close(
        [0.820106, 0.761787], 1e-4
    )
    X = formula(data, SMOKING)[1]
    weight = weights_of(propensity(treated, X).mean, treated, "ate")
    weighted = [line["survival"] for line in kaplan_meier(months, dead, treated=treated, times=[120], weights=weight).table]
    assert weighted == close([0.804693, 0.806573], 1e-4)
    assert pooled_logistic(months, dead, treated, weight) == close([0.804652, 0.806667], 1e-4)
    # the reference's means are areas of the smooth curve; the step function's lie within a hundredth of a month
    means = pooled_logistic(months, dead, treated, weight, area=True)
    assert means == close([108.9836, 107.9356], 1e-4)
    steps = [line["rmst"] for line in rmst(months, dead, treated=treated, tau=120, weights=weight).table]
    assert steps == close(means, 1e-2)


def pooled_logistic(months, dead, treated, weight, area=False):
    """Survival at 120 months (or the months lived) untreated and treated, by a weighted hazard with qsmk x (t, t^2)."""
    number = months.astype(int)
    who = np.repeat(np.arange(len(number)), number)
    time = np.arange(len(who)) - np.repeat(np.cumsum(number) - number, number)
    assert len(who) == 176_764
    data = pd.DataFrame({"t": time.astype(float), "qsmk": treated[who]})
    hit = ((time == number[who] - 1) & (dead[who] == 1)).astype(float)
    share = np.where(treated == 1, treated.mean(), 1 - treated.mean())
    fit = glm(hit, formula(data, "qsmk*(t + I(t**2))")[1], "logit", weights=(weight * share)[who])
    ends = []
    for arm in (0, 1):
        grid = pd.DataFrame({"t": np.arange(120.0), "qsmk": np.full(120, arm)})
        eta = formula(grid, "qsmk*(t + I(t**2))")[1]
        hazard = 1 / (1 + np.exp(-(np.column_stack([eta.X[:, eta.names.index(name)] for name in fit.names]) @ fit.beta)))
        curve = np.cumprod(np.append(1.0, 1 - hazard))
        ends.append(curve[:-1].sum() if area else curve[-1])
    return ends


@row("O25")
def test_net_benefit_of_a_marker_is_that_of_dcurves():
    data = pd.read_csv(Path(dcurves.__file__).parent / "data" / "df_binary.csv")
    cut = [0.05, 0.10, 0.15, 0.20, 0.25, 0.30]
    table = decision_curve(data.cancerpredmarker.to_numpy(), outcome=data.cancer.to_numpy(), thresholds=cut).table
    assert [line["net_benefit"] for line in table] == close([0.105544, 0.087407, 0.079216, 0.067333, 0.064, 0.054667])
    assert [line["all"] for line in table[:3]] == close([0.094737, 0.044444, -0.011765])
    family = decision_curve(data.famhistory.to_numpy(), outcome=data.cancer.to_numpy(), thresholds=[0.1])
    assert family.estimate == close(0.018519)


@row("O26")
def test_net_benefit_with_censoring_is_that_of_dcurves():
    data = pd.read_csv(Path(dcurves.__file__).parent / "data" / "df_surv.csv")
    found = decision_curve(
        data.cancerpredmarker.to_numpy(), duration=data.ttcancer.to_numpy(), event=data.cancer.to_numpy(dtype=int), tau=1.5,
        thresholds=[0.05, 0.10, 0.15, 0.20, 0.25, 0.30],
    )  # fmt: skip
    benefit = [line["net_benefit"] for line in found.table]
    assert benefit == close([0.187686, 0.161054, 0.143647, 0.123606, 0.109197, 0.094044])
    assert found.table[1]["all"] == close(0.133459)


@row("O27")
def test_standardised_differences_of_the_lalonde_data():
    data = from_r("lalonde")
    told = {"age": -0.241904, "educ": 0.044755, "married": -0.720755, "nodegree": 0.235491, "re74": -0.595752, "re75": -0.287002}
    for name, value in told.items():
        assert smd(data[name].to_numpy(), data.treat.to_numpy()) == close(value, 1e-5)
    assert smd_of_levels(data.race.to_numpy(), data.treat.to_numpy()) == close(1.701078, 1e-5)


def test_rank_weighted_effects_have_their_closed_forms():
    # Yadlowsky et al.: effect = priority ~ U(0, 1): AUTOC 1/4, QINI 1/12; effect in the top tenth: -0.1 ln 0.1, 0.045
    u = (np.arange(200_000) + 0.5) / 200_000
    assert (autoc(u, u), qini(u, u)) == (close(0.25, 1e-4), close(1 / 12, 1e-4))
    top = (u > 0.9).astype(float)
    assert (autoc(top, u), qini(top, u)) == (close(0.230259, 1e-4), close(0.045, 1e-4))
    assert toc(top, u)[-1] == 0
    assert autoc(top, np.ones(len(u))) == 0


def test_the_e_value_of_vanderweele_and_dings_own_example():
    # Ann Intern Med 2017: RR 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0
    assert e_value(3.9, 1.8, 8.7) == close((7.26, 3.0), 5e-3)


def test_one_start_among_never_treated_is_plain_difference_in_differences():
    rng = np.random.default_rng(4)
    unit, period = np.repeat(np.arange(40), 2), np.tile([1, 2], 40)
    first = np.where(unit < 15, 2, 0)
    y = rng.normal(size=80) + (first == 2) * (period == 2) * 3
    change = y[1::2] - y[::2]
    found = staggered(y, unit, period, first)
    assert found.estimate == close(change[:15].mean() - change[15:].mean(), 1e-12)
