"""Inverse probability of treatment weighting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.effects.balance import balance_table, effective_size
from models.effects.design import CannotEstimate, Design, arms, design
from models.effects.few_clusters import few, jackknife
from models.effects.glm import GlmFit, logistic
from models.effects.influence import cluster_sums
from models.effects.linear import least_squares
from models.effects.loss import LEAST, few_lost
from models.effects.result import Effect, effect, wald


def propensity(treated: np.ndarray, X: Design) -> GlmFit:
    """Logistic regression of treatment; fit.mean is the chance of treatment."""
    return logistic(np.asarray(treated, dtype=float), X)


def weights_of(chance: np.ndarray, treated: np.ndarray, estimand: str) -> np.ndarray:
    """ate: 1/e and 1/(1-e); att: 1 and e/(1-e). Raises CannotEstimate when a chance is 0 or 1."""
    yes = np.asarray(treated, dtype=bool)
    e = np.asarray(chance, dtype=float)
    own = np.where(yes, e, 1 - e)
    if (own < 1e-8).any():
        raise CannotEstimate(f"{int((own < 1e-8).sum())} rows had no chance of the arm they are in")
    if estimand == "ate":
        return 1 / own
    if estimand == "att":
        return np.where(yes, 1.0, e / (1 - e))
    raise CannotEstimate("the estimand is ate or att")


@dataclass(frozen=True)
class _Weighted:
    """What each row weighs, nought where it is lost; the models that say so, loss by arm (rows, its fit or None, chance)."""

    w: np.ndarray
    fit: GlmFit
    loss: list[tuple[np.ndarray, GlmFit | None, np.ndarray]]


def _weighted(yes: np.ndarray, X: Design, own: np.ndarray, seen: np.ndarray, estimand: str) -> _Weighted:
    fit = propensity(yes, X)
    w, loss = weights_of(fit.mean, yes, estimand) * own, []
    for arm in (yes, ~yes) if not seen.all() else ():
        followed = None if few_lost(seen[arm]) else logistic(seen[arm].astype(float), X.rows(arm))
        chance = np.full(int(arm.sum()), seen[arm].mean()) if followed is None else np.clip(followed.mean, LEAST, 1.0)
        w[arm] = np.where(seen[arm], w[arm] / np.where(seen[arm], chance, 1.0), 0.0)
        loss.append((arm, followed, chance))
    return _Weighted(w, fit, loss)


def ipw(
    outcome: np.ndarray,
    treated: np.ndarray,
    X: Design,
    *,
    estimand: str = "ate",
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    se: str = "stacked",
    seen: np.ndarray | None = None,
) -> Effect:
    """Difference of weighted means (Hajek), weights from a logistic model of treatment on X.

    Parameters
    ----------
    estimand : ate (all) or att (the treated). weights : (n,) known ones to multiply by, such as a survey's.
    seen : (n,) whose outcome is known (the others' may be nan): those seen are weighted by one over the chance of it as well,
    logistic in X in each arm. Both models are of everyone: the arms among those followed are not the arms as they came about.
    se : "stacked": the estimation of both counted in; "hc1" (or "cr2" with clusters): the weights taken
    as known, as textbooks print it, which is wide. The terms hold both. Few clusters: the jackknife over them.

    Source: Lunceford & Davidian 2004, Stat Med 23:2937; Hernan & Robins, What If, ch. 12.
    """
    yes, names = arms(treated)
    told = np.ones(len(yes), dtype=bool) if seen is None else np.asarray(seen, dtype=bool)
    if min((told & yes).sum(), (told & ~yes).sum()) < 2:
        raise CannotEstimate("each arm needs two rows or more with a known outcome")
    y = np.where(told, np.asarray(outcome, dtype=float), 0.0)
    own = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    made = _weighted(yes, X, own, told, estimand)
    w, fit = made.w, made.fit
    line = least_squares(y[told], design({"treated": yes[told].astype(float)}, int(told.sum())), w[told])
    known, label = se if se != "stacked" else "hc1" if cluster is None else "cr2", None if cluster is None else cluster[told]
    difference = line.terms(known, label)["treated"]
    stacked = _stacked(y, yes, made, X, line.beta, estimand, cluster)
    if few(cluster):
        again = lambda rows: _difference(y[rows], yes[rows], X.rows(rows), own[rows], told[rows], estimand)  # noqa: E731
        covariance, df = jackknife(again, stacked.estimate, cluster)
        stacked = wald(stacked.estimate, np.sqrt(covariance[0, 0]), df)
    main = stacked if se == "stacked" else difference
    means = {f"mean {names[0]}": line.terms(known, label)["Intercept"]}
    means[f"mean {names[1]}"] = wald(line.beta.sum(), np.sqrt(line.covariance(known, label).sum()), difference.df)
    chance = np.where(yes, fit.mean, 1 - fit.mean)
    share = np.where(yes, yes.mean(), 1 - yes.mean())
    stable = (w * (share if estimand == "ate" else 1))[told]
    return effect(
        main, len(y), terms={estimand: main, "weights known": difference, "propensity estimated": stacked, **means},
        table=balance_table(X, yes, w, "pooled" if estimand == "ate" else "treated"),
        fit={"weight_mean": w[told].mean(), "weight_min": w[told].min(), "weight_max": w.max(), "stabilised_mean": stable.mean(),
             "stabilised_min": stable.min(), "stabilised_max": stable.max(), "least_chance_of_own_arm": chance.min(),
             "effective_treated": effective_size(w[yes]), "effective_control": effective_size(w[~yes])},
        assumes="every reason for treatment that bears on the outcome is among the covariates; each row could have "
        "been in either arm; the model of treatment is right" + ("" if seen is None else "; so is that of loss"),
    )  # fmt: skip


def _difference(y: np.ndarray, yes: np.ndarray, X: Design, own: np.ndarray, seen: np.ndarray, estimand: str) -> float:
    if not (seen & yes).any() or not (seen & ~yes).any():
        raise CannotEstimate("an arm lies in one cluster alone")
    w = _weighted(yes, X, own, seen, estimand).w
    return float(np.average(y[yes], weights=w[yes]) - np.average(y[~yes], weights=w[~yes]))


def _stacked(y, yes, made: _Weighted, X: Design, beta, estimand, cluster):
    """Influence function of the Hajek difference, with the scores of the models of treatment and of loss projected out."""
    w, fit = made.w, made.fit
    mu0, mu1 = beta[0], beta.sum()
    sign = np.where(yes, 1.0, -1.0)
    gap = np.where(yes, y - mu1, y - mu0)
    total = np.where(yes, w[yes].sum(), w[~yes].sum())
    part = sign * w * gap / total
    e = fit.mean
    # d log weight / d linear predictor
    slope = np.where(yes, -(1 - e) if estimand == "ate" else 0.0, e if estimand == "ate" else 1.0)
    columns = np.isin(X.names, fit.names)
    moved = part + fit.scores @ fit.covariance @ (X.X[:, columns].T @ (part * slope))
    for arm, followed, chance in made.loss:
        if followed is not None:  # a share is the same for the whole arm, whose mean it does not move
            lean = np.where(chance > LEAST, chance - 1, 0.0) * part[arm]
            moved[arm] += followed.scores @ followed.covariance @ (X.X[arm][:, np.isin(X.names, followed.names)].T @ lean)
    summed = cluster_sums(moved[:, None], cluster)[:, 0]
    groups = len(summed)
    error = np.sqrt((summed**2).sum() * groups / (groups - 1))
    return wald(mu1 - mu0, error, None if cluster is None else groups - 1)
