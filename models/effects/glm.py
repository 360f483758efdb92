"""Generalised linear models by iterated least squares: logistic, complementary log-log, Poisson."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.effects.design import CannotEstimate, Design, independent
from models.effects.influence import cluster_sums
from models.effects.result import Term, terms_of


@dataclass(frozen=True)
class GlmFit:
    """beta (k,), covariance (k, k) = inverse expected information, mean (n,), scores (n, k), log likelihood."""

    names: tuple[str, ...]
    beta: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray
    scores: np.ndarray
    log_likelihood: float

    def robust(self, cluster: np.ndarray | None = None) -> np.ndarray:
        """Sandwich, summed within clusters, times G/(G-1)."""
        moved = cluster_sums(self.scores @ self.covariance, cluster)
        return moved.T @ moved * len(moved) / (len(moved) - 1)

    def terms(self, cluster: np.ndarray | None = None) -> dict[str, Term]:
        return terms_of(self.names, self.beta, self.covariance if cluster is None else self.robust(cluster))


def _logit(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = expit(eta)
    spread = np.clip(mean * (1 - mean), 1e-12, None)
    return mean, spread, spread


def _cloglog(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rate = np.exp(np.clip(eta, -30, 5))
    mean = np.clip(-np.expm1(-rate), 1e-15, 1 - 1e-15)
    return mean, np.clip(rate * np.exp(-rate), 1e-15, None), mean * (1 - mean)


def _log(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = np.exp(np.clip(eta, -50, 50))
    return mean, mean, mean


LINKS = {"logit": _logit, "cloglog": _cloglog, "log": _log}


def glm(
    y: np.ndarray, X: Design, link: str, *, weights: np.ndarray | None = None, offset: np.ndarray | float = 0.0
) -> GlmFit:
    """Fisher scoring with halving. y in 0..1 for logit and cloglog, counts for log.

    Source: McCullagh & Nelder 1989. Raises CannotEstimate when the coefficients run away.
    """
    if not len(y):
        raise CannotEstimate("no rows are left to fit a regression on")
    X = independent(X)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    inverse = LINKS[link]
    share = np.clip(w @ y / w.sum(), 1e-6, None if link == "log" else 1 - 1e-6)
    begin = {"logit": np.log(share / (1 - share)) if share < 1 else 0.0, "cloglog": np.log(-np.log1p(-min(share, 1 - 1e-6))), "log": np.log(share)}
    beta = np.linalg.lstsq(X.X, np.full(len(y), begin[link]) - offset, rcond=None)[0]
    value = _value(y, inverse(X.X @ beta + offset)[0], w, link)
    for _ in range(100):
        mean, slope, variance = inverse(X.X @ beta + offset)
        gradient = X.X.T @ (w * slope / variance * (y - mean))
        information = (X.X * (w * slope**2 / variance)[:, None]).T @ X.X
        step = np.linalg.solve(information, gradient)
        for half in range(25):
            trial = beta + step / 2**half
            new = _value(y, inverse(X.X @ trial + offset)[0], w, link)
            if new >= value - 1e-10 * abs(value):
                break
        beta, change, value = trial, new - value, new
        if abs(change) < 1e-11 * (abs(value) + 1) and np.abs(step).max() < 1e-7 * (1 + np.abs(beta).max()):
            break
        if np.abs(X.X @ beta).max() > 1e4:
            raise CannotEstimate("the coefficients run away: a covariate divides the outcomes without overlap")
    mean, slope, variance = inverse(X.X @ beta + offset)
    covariance = np.linalg.inv((X.X * (w * slope**2 / variance)[:, None]).T @ X.X)
    scores = X.X * (w * slope / variance * (y - mean))[:, None]
    return GlmFit(X.names, beta, covariance, mean, scores, value)


def _value(y: np.ndarray, mean: np.ndarray, w: np.ndarray, link: str) -> float:
    mean = np.clip(mean, 1e-300, None)
    if link == "log":
        return float(w @ (y * np.log(mean) - mean))
    return float(w @ (y * np.log(mean) + (1 - y) * np.log(np.clip(1 - mean, 1e-300, None))))


def logistic(y: np.ndarray, X: Design, **more: np.ndarray) -> GlmFit:
    """Logistic regression. y : (n,) of 0 and 1."""
    return glm(np.asarray(y, dtype=float), X, "logit", **more)


def shrunk_chance(y: np.ndarray, X: Design, at: Design) -> np.ndarray:
    """(m,) chance at the rows `at` of a logistic regression fitted on X, its slopes (per standard deviation, of a column of 0 and
    1 per step) held to the middle by a ridge, half their square: for rows not fitted on, where a rare column that parts the outcomes by chance would say 0 or 1.

    Source: le Cessie & van Houwelingen 1992, Appl Stat 41:191.
    """
    from sklearn.linear_model import LogisticRegression

    L, there = X.without("Intercept").X, at.without("Intercept").X
    spread = L.std(axis=0)
    varies = spread > 0
    if not varies.any() or y.min() == y.max():
        return np.full(len(at), float(y.mean()))
    middle = L.mean(axis=0)
    scale = np.where(varies & ~np.isin(L, (0.0, 1.0)).all(axis=0), spread, 1.0)
    scaled = [((one - middle) / scale)[:, varies] for one in (L, there)]
    return LogisticRegression(C=1.0, max_iter=1000).fit(scaled[0], y > 0.5).predict_proba(scaled[1])[:, 1]
