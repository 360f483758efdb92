"""Mean of the treated less mean of the others."""

from __future__ import annotations

import math

import numpy as np

from models.effects.design import CannotEstimate, arms, design
from models.effects.linear import least_squares
from models.effects.result import Effect, Term, effect, wald


def mean_difference(
    outcome: np.ndarray,
    treated: np.ndarray,
    *,
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    se: str | None = None,
) -> Effect:
    """Difference in means, and the same in percent of the control mean.

    Parameters
    ----------
    outcome, treated : (n,); of treatment's two values the greater one is treated.
    se : default Welch (= HC2 with Satterthwaite's df), CR2 with clusters, hc1 with weights; any of `linear.KINDS`.

    Percent: delta method on the ratio of the two means (Fieller's problem is small when the control mean is
    far from 0). Source: Welch 1947, Biometrika 34:28.

    >>> mean_difference(np.array([1., 3., 4., 8.]), np.array([0, 0, 1, 1])).estimate
    4.0
    """
    y = np.asarray(outcome, dtype=float)
    yes, (control, arm) = arms(treated)
    if min(yes.sum(), (~yes).sum()) < 2:
        raise CannotEstimate("each arm needs two rows or more")
    fit = least_squares(y, design({"treated": yes.astype(float)}, len(y)), weights)
    kind = se or ("cr2" if cluster is not None else "hc1" if weights is not None else "hc2")
    covariance = fit.covariance(kind, cluster)
    df = float(fit.freedom(kind, cluster)[1])
    if se is None and cluster is None and weights is None:
        df = _welch_df(y[yes], y[~yes])
    if len(fit.beta) < 2:
        raise CannotEstimate("the treatment does not vary")
    main = wald(fit.beta[1], math.sqrt(covariance[1, 1]), df)
    base = wald(fit.beta[0], math.sqrt(covariance[0, 0]), df)
    terms = {"difference": main, "control mean": base, "percent of control": _percent(fit.beta, covariance, df)}
    terms["treated mean"] = wald(fit.beta.sum(), math.sqrt(max(covariance.sum(), 0)), df)
    if cluster is None and weights is None:
        pooled = fit.covariance("classical")
        terms["difference, equal variances"] = wald(fit.beta[1], math.sqrt(pooled[1, 1]), float(fit.df))
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    table = [_arm(name, y[rows], w[rows]) for name, rows in ((control, ~yes), (arm, yes))]
    counts = {} if cluster is None else {"clusters": len(np.unique(cluster))}
    return effect(
        main, len(y), terms=terms, table=table, fit=counts,
        assumes="arms alike but for the treatment (allocated at random, or made alike before)",
    )  # fmt: skip


def _welch_df(a: np.ndarray, b: np.ndarray) -> float:
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    below = va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)
    return float((va + vb) ** 2 / below) if below > 0 else float(len(a) + len(b) - 2)


def _percent(beta: np.ndarray, covariance: np.ndarray, df: float) -> Term:
    base, gap = beta
    if base == 0:
        return wald(math.nan, math.nan)
    gradient = np.array([-gap / base**2, 1 / base]) * 100
    return wald(100 * gap / base, math.sqrt(max(gradient @ covariance @ gradient, 0)), df)


def _arm(name: str, y: np.ndarray, w: np.ndarray) -> dict:
    mean = float(w @ y / w.sum())
    sd = math.sqrt(float(w @ (y - mean) ** 2 / w.sum()) * len(y) / (len(y) - 1))
    return {"arm": name, "n": len(y), "mean": mean, "sd": sd, "median": float(np.median(y))}
