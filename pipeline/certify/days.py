"""Studies of net days: drawn by lot, confounded, with loss to follow-up, before and after, worth its cost."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.effects.design import Design
from models.effects.did import did
from models.effects.difference import mean_difference
from models.effects.doubly_robust import aipw
from models.effects.linear import ols
from models.effects.matching import match
from models.effects.net_benefit import incremental_net_benefit
from models.effects.randomisation import randomisation
from models.effects.result import Effect
from models.effects.standardise import standardise
from models.effects.weighting import ipw, propensity
from pipeline.certify.patients import YEAR, chance, control_share, effects, gain_share, net_days, patients
from pipeline.certify.scenario import CHECK, NAIVE, Estimator, Scenario, once

PATIENTS, SUPPORTED = 548, 379  # the study in Stockholm, SKR 2016
COST = 12_000.0  # of coordination, a patient
WORTH = 1_000.0  # of a day not on sick leave
GAIN_DID = 0.145  # share of the year


def lots(n: int, treated: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool, exactly `treated` of them True."""
    return rng.permutation(np.arange(n) < treated)


def randomised(rng: np.random.Generator, effect: float) -> dict:
    p = patients(PATIENTS, rng)
    a = lots(PATIENTS, SUPPORTED, rng)
    y = net_days(control_share(p) - a * gain_share(p) * effect, rng)
    cost = effect * COST * a + rng.gamma(2.0, 4_000.0, PATIENTS)
    return {"p": p, "a": a, "y": y, "cost": cost, "X": p.design(), "AX": p.design(a)}


def randomised_truth(effect: float) -> dict[str, float]:
    true = effects(effect)
    return true | {"net benefit": -WORTH * true["ate"] - COST * effect}


def confounded(rng: np.random.Generator, effect: float) -> dict:
    p = patients(1000, rng)
    a = rng.random(1000) < chance(p)
    y = net_days(control_share(p) - a * gain_share(p) * effect, rng)
    return {"p": p, "a": a, "y": y, "X": p.design(), "AX": p.design(a)}


def informative_loss(rng: np.random.Generator, effect: float) -> dict:
    d = randomised(rng, effect)
    p, a = d["p"], d["a"]
    # the worse off leave the control arm, the better off the treated arm
    lean = 1.2 * (p.prior - 0.35) + 1.2 * p.age + 0.8 * (p.mental - 0.5)
    seen = rng.random(len(p)) >= expit(-0.8 + np.where(a, -lean, lean))
    followed = np.empty(len(p))
    for arm in (a, ~a):
        followed[arm] = propensity(seen[arm], d["X"].rows(arm)).mean
    return {"a": a[seen], "y": d["y"][seen], "w": 1 / followed[seen], "X": d["X"].rows(seen), "AX": d["AX"].rows(seen),
            "seen": seen, "all_a": a, "all_y": np.where(seen, d["y"], np.nan), "all_X": d["X"]}  # fmt: skip


def before_and_after(rng: np.random.Generator, effect: float) -> dict:
    """Two rows a person: net days in the year before and after; the treated were worse off before."""
    n = 400
    a = lots(n, 160, rng)
    own = rng.uniform(-0.15, 0.15, n)
    base = 0.38 + 0.08 * a + own
    y = np.append(net_days(base, rng), net_days(base + 0.05 - GAIN_DID * effect * a, rng))
    return {"y": y, "a": np.tile(a, 2), "after": np.repeat([0, 1], n), "person": np.tile(np.arange(n), 2)}


def _after_only(d: dict) -> Effect:
    late = d["after"] == 1
    return mean_difference(d["y"][late], d["a"][late])


def _match(d: dict) -> Effect:
    return match(d["y"], d["a"], d["X"])


def _replaced(d: dict) -> Effect:
    return match(d["y"], d["a"], d["X"], replace=True)


def without_prior(X: Design) -> Design:
    return X.without("prior")


RANDOMISED = Scenario(
    "randomised",
    "548 patients, 379 of them drawn by lot to support, as in the Stockholm study. Net days in the year are 365 x beta, "
    "mean 0.45 of the year untreated, linear in age, sex, mental ill-health and earlier sick leave; support saves 53 "
    "days on average, 37 more for those with earlier sick leave than for the others.",
    randomised, randomised_truth,
    (
        Estimator("mean-difference", lambda d: mean_difference(d["y"], d["a"]), "ate"),
        Estimator("mean-difference, % of control", lambda d: mean_difference(d["y"], d["a"]).terms["percent of control"], "percent"),
        Estimator("ols (ANCOVA)", lambda d: ols(d["y"], d["AX"], of="treated"), "ate"),
        Estimator("ols (ANCOVA), HC2", lambda d: ols(d["y"], d["AX"], of="treated", se="hc2"), "ate"),
        Estimator("ipw", lambda d: ipw(d["y"], d["a"], d["X"]), "ate"),
        Estimator("aipw", lambda d: aipw(d["y"], d["a"], d["X"]), "ate"),
        Estimator("aipw, 5 folds", lambda d: aipw(d["y"], d["a"], d["X"], folds=5), "ate"),
        Estimator("standardise", lambda d: standardise(d["y"], d["a"], d["X"]), "ate"),
        Estimator("randomisation", lambda d: randomisation(d["y"], d["a"], draws=999), "ate", CHECK, "999 draws"),
        Estimator("net-benefit", lambda d: incremental_net_benefit(YEAR - d["y"], d["cost"], d["a"], worth=[WORTH]), "net benefit"),
    ),
)  # fmt: skip

CONFOUNDED = Scenario(
    "confounded",
    "1 000 patients, a quarter of them treated: the chance is logistic in age, mental ill-health and earlier sick leave, all "
    "of which lengthen sick leave. Net days and effect as above; the effect on the treated is greater than that on all.",
    confounded, effects,
    (
        Estimator("mean-difference", lambda d: mean_difference(d["y"], d["a"]), "ate", NAIVE, "who is treated was worse off"),
        Estimator("ols, earlier sick leave left out", lambda d: ols(d["y"], without_prior(d["AX"]), of="treated"), "ate", NAIVE, "a confounder is not measured"),
        Estimator("ipw", lambda d: ipw(d["y"], d["a"], d["X"]), "ate"),
        Estimator("ipw, weights as known", lambda d: ipw(d["y"], d["a"], d["X"], se="hc1"), "ate", CHECK, "as textbooks print it: wide"),
        Estimator("ipw, on the treated", lambda d: ipw(d["y"], d["a"], d["X"], estimand="att"), "att"),
        Estimator("aipw", lambda d: aipw(d["y"], d["a"], d["X"]), "ate"),
        Estimator("aipw, 5 folds", lambda d: aipw(d["y"], d["a"], d["X"], folds=5), "ate"),
        Estimator("aipw, on the treated", lambda d: aipw(d["y"], d["a"], d["X"], estimand="att"), "att"),
        Estimator("standardise", lambda d: standardise(d["y"], d["a"], d["X"]), "ate"),
        Estimator("standardise, on the treated", lambda d: standardise(d["y"], d["a"], d["X"], estimand="att"), "att"),
        Estimator("match, plain difference of pairs", lambda d: once(d, "match", _match), "att", CHECK, "what is left of confounding within pairs stays"),
        Estimator("match, adjusted", lambda d: once(d, "match", _match).terms["adjusted"], "att"),
        Estimator("match, caliper 0.2, adjusted", lambda d: match(d["y"], d["a"], d["X"], caliper=0.2).terms["adjusted"], "att"),
        Estimator("match, with replacement", lambda d: once(d, "replaced", _replaced), "att"),
        Estimator("match, with replacement, adjusted", lambda d: once(d, "replaced", _replaced).terms["adjusted"], "att"),
    ),
)  # fmt: skip

LOSS = Scenario(
    "informative loss",
    "The randomised study, a third of whose patients are lost: in the control arm those who fare worse, in the treated arm "
    "those who fare better. The chance of being followed is estimated by a logistic regression in each arm.",
    informative_loss, effects,
    (
        Estimator("mean-difference of those followed", lambda d: mean_difference(d["y"], d["a"]), "ate", NAIVE, "those lost differ between the arms"),
        Estimator("mean-difference, weighted for loss", lambda d: mean_difference(d["y"], d["a"], weights=d["w"]), "ate"),
        Estimator("ols (ANCOVA), weighted for loss", lambda d: ols(d["y"], d["AX"], of="treated", weights=d["w"]), "ate"),
        Estimator("ipw, loss in its models", lambda d: ipw(d["all_y"], d["all_a"], d["all_X"], seen=d["seen"]), "ate"),
        Estimator("aipw, loss in its models", lambda d: aipw(d["all_y"], d["all_a"], d["all_X"], seen=d["seen"]), "ate"),
        Estimator("aipw, weighted for loss", lambda d: aipw(d["y"], d["a"], d["X"], weights=d["w"]), "ate", CHECK, "the weights as known: wide"),
        Estimator("standardise, weighted for loss", lambda d: standardise(d["y"], d["a"], d["X"], weights=d["w"]), "ate"),
    ),
)  # fmt: skip

BEFORE_AFTER = Scenario(
    "before and after",
    "400 persons, 160 treated, net days in the year before and after. The treated had 29 more before; both arms rise by 18; "
    "treatment saves 53.",
    before_and_after, lambda effect: {"did": -YEAR * GAIN_DID * effect},
    (
        Estimator("mean-difference, after only", _after_only, "did", NAIVE, "the arms differed before"),
        Estimator("did", lambda d: did(d["y"], d["a"], d["after"], cluster=d["person"]), "did"),
    ),
)  # fmt: skip
