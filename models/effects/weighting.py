"""Inverse probability of treatment weighting."""

from __future__ import annotations

import numpy as np

from models.effects.balance import balance_table, effective_size
from models.effects.design import CannotEstimate, Design, arms, design
from models.effects.few_clusters import few, jackknife
from models.effects.glm import GlmFit, logistic
from models.effects.influence import cluster_sums
from models.effects.linear import least_squares
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


def ipw(
    outcome: np.ndarray,
    treated: np.ndarray,
    X: Design,
    *,
    estimand: str = "ate",
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    se: str = "stacked",
) -> Effect:
    """Difference of weighted means (Hajek), weights from a logistic model of treatment on X.

    Parameters
    ----------
    estimand : ate (all) or att (the treated). weights : (n,) to multiply by, such as those for loss to follow-up.
    se : "stacked": the estimation of the propensity counted in; "hc1" (or "cr2" with clusters): the weights taken
    as known, as textbooks print it, which is wide. The terms hold both. Few clusters: the jackknife over them.

    Source: Lunceford & Davidian 2004, Stat Med 23:2937; Hernan & Robins, What If, ch. 12.
    """
    y = np.asarray(outcome, dtype=float)
    yes, names = arms(treated)
    fit = propensity(yes, X)
    w = weights_of(fit.mean, yes, estimand) * (1 if weights is None else np.asarray(weights, dtype=float))
    line = least_squares(y, design({"treated": yes.astype(float)}, len(y)), w)
    known = se if se != "stacked" else "hc1" if cluster is None else "cr2"
    difference = line.terms(known, cluster)["treated"]
    stacked = _stacked(y, yes, w, fit, X, line.beta, estimand, cluster)
    if few(cluster):
        own = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
        again = lambda rows: _difference(y[rows], yes[rows], X.rows(rows), own[rows], estimand)  # noqa: E731
        covariance, df = jackknife(again, stacked.estimate, cluster)
        stacked = wald(stacked.estimate, np.sqrt(covariance[0, 0]), df)
    main = stacked if se == "stacked" else difference
    means = {f"mean {names[0]}": line.terms(known, cluster)["Intercept"]}
    means[f"mean {names[1]}"] = wald(line.beta.sum(), np.sqrt(line.covariance(known, cluster).sum()), difference.df)
    own = np.where(yes, fit.mean, 1 - fit.mean)
    share = np.where(yes, yes.mean(), 1 - yes.mean())
    stable = w * (share if estimand == "ate" else 1)
    return effect(
        main, len(y), terms={estimand: main, "weights known": difference, "propensity estimated": stacked, **means},
        table=balance_table(X, yes, w, "pooled" if estimand == "ate" else "treated"),
        fit={"weight_mean": w.mean(), "weight_min": w.min(), "weight_max": w.max(), "stabilised_mean": stable.mean(),
             "stabilised_min": stable.min(), "stabilised_max": stable.max(), "least_chance_of_own_arm": own.min(),
             "effective_treated": effective_size(w[yes]), "effective_control": effective_size(w[~yes])},
        assumes="every reason for treatment that bears on the outcome is among the covariates; each row could have "
        "been in either arm; the model of treatment is right",
    )  # fmt: skip


def _difference(y: np.ndarray, yes: np.ndarray, X: Design, own: np.ndarray, estimand: str) -> float:
    if yes.all() or not yes.any():
        raise CannotEstimate("an arm lies in one cluster alone")
    w = weights_of(propensity(yes, X).mean, yes, estimand) * own
    return float(np.average(y[yes], weights=w[yes]) - np.average(y[~yes], weights=w[~yes]))


def _stacked(y, yes, w, fit: GlmFit, X: Design, beta, estimand, cluster):
    """Influence function of the Hajek difference, with the propensity's scores projected out."""
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
    summed = cluster_sums(moved[:, None], cluster)[:, 0]
    groups = len(summed)
    error = np.sqrt((summed**2).sum() * groups / (groups - 1))
    return wald(mu1 - mu0, error, None if cluster is None else groups - 1)
