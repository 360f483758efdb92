"""Negative binomial regression (NB2): ratios of rates of counts that vary more than Poisson."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, polygamma

from models.effects.design import CannotEstimate, Design, independent
from models.effects.few_clusters import few, in_full, jackknife
from models.effects.formula import headline
from models.effects.glm import glm
from models.effects.influence import cluster_sums
from models.effects.result import Effect, effect, ratio, terms_of


def negative_binomial(
    count: np.ndarray,
    X: Design,
    *,
    exposure: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    of: str | None = None,
) -> Effect:
    """Log rate ratios by maximum likelihood, variance mean + alpha mean^2.

    count : (n,) whole numbers >= 0. exposure : (n,) time each was watched. cluster : sandwich summed within, G/(G-1); the
    jackknife over few.
    Term "alpha" is the extra variance (R's 1/theta); the table has the rate ratios.
    Source: Hilbe 2011, Negative Binomial Regression.
    """
    y = np.asarray(count, dtype=float)
    if (y < 0).any() or not np.array_equal(y, np.round(y)):
        raise CannotEstimate("counts must be whole numbers of 0 or more")
    if exposure is not None and not (np.asarray(exposure) > 0).all():
        raise CannotEstimate("every row must be watched for more than 0")
    if not y.any():
        raise CannotEstimate("every count is 0")
    X = independent(X)
    if len(y) <= len(X.names) + 1:
        raise CannotEstimate(f"{len(y)} rows cannot carry {len(X.names)} coefficients and an extra variance")
    offset = np.zeros(len(y)) if exposure is None else np.log(np.asarray(exposure, dtype=float))
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    at = _maximise(y, X, offset, w)
    covariance, df = np.linalg.inv(_curvature(at, y, X.X, offset, w)), None
    name = headline(X.names, of)
    if few(cluster):

        def again(rows: np.ndarray) -> np.ndarray:
            less = independent(X.rows(rows))
            found = _maximise(y[rows], less, offset[rows], w[rows])
            return in_full((*X.names, "alpha"), at, dict(zip((*less.names, "alpha"), found, strict=True)), name)

        covariance, df = jackknife(again, at, cluster)
    elif cluster is not None or weights is not None:
        moved = cluster_sums(_slopes(at, y, X.X, offset, w) @ covariance, cluster)
        covariance = moved.T @ moved * len(moved) / (len(moved) - 1)
    # alpha itself, by the delta method
    turn = np.ones(len(at))
    turn[-1] = math.exp(at[-1])
    estimates = np.append(at[:-1], math.exp(at[-1]))
    terms = terms_of((*X.names, "alpha"), estimates, covariance * np.outer(turn, turn), df)
    table = []
    for one in X.names:
        if one != "Intercept":
            r = ratio(terms[one].estimate, terms[one].se, df)
            table.append({"term": one, "rate_ratio": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high, "p": r.p})
    value = -_value(at, y, X.X, offset, w) - float(w @ gammaln(y + 1))
    return effect(
        terms[name], len(y), terms=terms, table=table, fit={"log_likelihood": value, "theta": 1 / estimates[-1]},
        assumes="the log of the mean is linear; variance mean + alpha mean^2"
        + ("; independent clusters" if cluster is not None else ""),
    )  # fmt: skip


def _maximise(y: np.ndarray, X: Design, offset: np.ndarray, w: np.ndarray) -> np.ndarray:
    """(k + 1,) coefficients and log(alpha)."""
    begin = glm(y, X, "log", weights=w, offset=offset)
    extra = float(w @ ((y - begin.mean) ** 2 - begin.mean) / (w @ begin.mean**2))
    start = np.append(begin.beta, math.log(max(extra, 1e-3)))
    # the search in log(alpha); its end refined by Newton so that derivatives are those of the maximum
    found = minimize(lambda p: _value(p, y, X.X, offset, w), start, jac=lambda p: _slopes(p, y, X.X, offset, w).sum(axis=0), method="BFGS", options={"gtol": 1e-6})
    at = found.x
    for _ in range(20):
        step = np.linalg.solve(_curvature(at, y, X.X, offset, w), _slopes(at, y, X.X, offset, w).sum(axis=0))
        at = at - step
        if not np.abs(at[-1]) < 30:
            break
        if np.abs(step).max() < 1e-10:
            break
    if not np.isfinite(at).all() or not -12 <= at[-1] < 30:
        raise CannotEstimate("the counts vary no more than Poisson; alpha is 0 and a Poisson regression will do")
    return at


def _value(p, y, X, offset, w) -> float:
    """Minus log likelihood, without log y!."""
    r = math.exp(min(-p[-1], 50))
    eta = np.clip(X @ p[:-1] + offset, -50, 50)
    both = np.logaddexp(math.log(r), eta)
    return -float(w @ (gammaln(y + r) - gammaln(r) + r * (math.log(r) - both) + y * (eta - both)))


def _slopes(p, y, X, offset, w) -> np.ndarray:
    """(n, k + 1) slopes of minus the log likelihood."""
    r = math.exp(min(-p[-1], 50))
    mean = np.exp(np.clip(X @ p[:-1] + offset, -50, 50))
    by_eta = r * (y - mean) / (r + mean)
    by_r = digamma(y + r) - digamma(r) + np.log(r / (r + mean)) + (mean - y) / (r + mean)
    return -np.column_stack([X * (w * by_eta)[:, None], w * by_r * -r])


def _curvature(p, y, X, offset, w) -> np.ndarray:
    r = math.exp(min(-p[-1], 50))
    mean = np.exp(np.clip(X @ p[:-1] + offset, -50, 50))
    bb = (X * (w * r * mean * (r + y) / (r + mean) ** 2)[:, None]).T @ X
    cross = (y - mean) * mean / (r + mean) ** 2  # of by_eta, by r
    by_r = digamma(y + r) - digamma(r) + np.log(r / (r + mean)) + (mean - y) / (r + mean)
    by_rr = polygamma(1, y + r) - polygamma(1, r) + 1 / r - 1 / (r + mean) - (mean - y) / (r + mean) ** 2
    br = X.T @ (w * cross * r)
    rr = -float(w @ (by_rr * r**2 + by_r * r))
    return np.block([[bb, br[:, None]], [br[None, :], np.array([[rr]])]])
