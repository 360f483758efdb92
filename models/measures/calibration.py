"""Do the chances come true?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

EDGE = 1e-6


def observed_to_expected(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) calibration in the large: weighted number that happened over number expected; 1 is right.

    >>> observed_to_expected(np.array([0, 1]), np.array([0.25, 0.25]), np.ones((1, 2))).tolist()
    [2.0]
    """
    return (weights @ np.asarray(outcome, dtype=float)) / (weights @ chance)


def intercept_and_slope(
    outcome: np.ndarray, chance: np.ndarray, weight: np.ndarray | None = None
) -> tuple[float, float]:
    """Calibration intercept (slope held at 1) and slope on the logit scale; right: 0 and 1.

    Source: Cox 1958, Biometrika 45:562; Van Calster et al. 2016, J Clin Epidemiol 74:167.
    """
    weight = np.ones(len(chance)) if weight is None else weight
    outcome = np.asarray(outcome, dtype=float)
    score = logit(np.clip(chance, EDGE, 1 - EDGE))
    ones = np.ones((len(score), 1))
    level = logistic(ones, outcome, weight, offset=score)
    both = logistic(np.column_stack([ones, score]), outcome, weight)
    return float(level[0]), float(both[1])


def slopes(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) calibration slope under each row of `weights` (B, n); see `intercept_and_slope`."""
    return np.array([intercept_and_slope(*_seen(outcome, chance, weight))[1] for weight in weights])


def icis(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) ICI under each row of `weights` (B, n); see `smooth_calibration`."""
    return np.array([smooth_calibration(*_seen(outcome, chance, weight)).ici for weight in weights])


def _seen(outcome, chance, weight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    used = weight > 0
    return outcome[used], chance[used], weight[used]


def logistic(
    design: np.ndarray,
    outcome: np.ndarray,
    weight: np.ndarray,
    offset: np.ndarray | float = 0.0,
    ridge: float = 1e-8,
) -> np.ndarray:
    """Maximum likelihood coefficients by Newton's method; weights need not be whole numbers."""
    found = np.zeros(design.shape[1])
    reached = _likelihood(design, outcome, weight, offset, ridge, found)
    for _ in range(100):
        fitted = expit(design @ found + offset)
        gradient = design.T @ (weight * (outcome - fitted)) - ridge * found
        curvature = (design * (weight * fitted * (1 - fitted))[:, None]).T @ design
        step = np.linalg.solve(curvature + max(ridge, 1e-12) * np.eye(len(found)), gradient)
        # a full step can overshoot where many chances lie near 0 or 1: halve until it climbs
        for _ in range(30):
            tried = _likelihood(design, outcome, weight, offset, ridge, found + step)
            if tried >= reached:
                break
            step = step / 2
        found, gained, reached = found + step, tried - reached, tried
        if abs(gained) < 1e-10 * (1 + abs(reached)):
            break
    return found


def _likelihood(design, outcome, weight, offset, ridge, found) -> float:
    score = design @ found + offset
    return float(weight @ (outcome * score - np.logaddexp(0, score)) - ridge * found @ found / 2)


@dataclass(frozen=True)
class SmoothCalibration:
    """ici, e50, e90: mean, median and 90th percentile of |smooth observed - chance|; and the curve itself."""

    ici: float
    e50: float
    e90: float
    chance: np.ndarray
    observed: np.ndarray


def smooth_calibration(
    outcome: np.ndarray, chance: np.ndarray, weight: np.ndarray | None = None, *, knots: int = 5
) -> SmoothCalibration:
    """ICI, E50, E90 by a restricted cubic spline of the outcome on logit chance, weighted.

    With IPCW weights this is the survival version at a horizon. ICI is biased upwards in small samples.
    Source: Austin & Steyerberg 2019, Stat Med 38:4051; Austin, Harrell & van Klaveren 2020, Stat Med 39:2714;
    knots at the quantiles of Harrell 2015, table 2.3.
    """
    weight = np.ones(len(chance)) if weight is None else weight
    outcome = np.asarray(outcome, dtype=float)
    # beyond 1 and 99 in a hundred the curve has no room to bend, only to be pulled by a few
    score = logit(np.clip(chance, 0.01, 0.99))
    seen = weight > 0
    at = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}[knots]
    places = np.unique(np.quantile(score[seen], at))
    design = np.column_stack([np.ones(len(score)), spline_basis(score, places)])
    found = logistic(design[seen], outcome[seen], weight[seen], ridge=1e-4)
    observed = expit(design @ found)
    # everyone's prediction counts once for the weighted mean, whether or not their outcome was seen
    error = np.abs(observed - chance)[seen]
    order = np.argsort(error)
    share = np.cumsum(weight[seen][order]) / weight[seen].sum()
    e50, e90 = (float(error[order][min(np.searchsorted(share, q), len(order) - 1)]) for q in (0.5, 0.9))
    grid = np.argsort(chance)[np.linspace(0, len(chance) - 1, min(len(chance), 100)).astype(int)]
    ici = float(np.average(error, weights=weight[seen]))
    return SmoothCalibration(ici, e50, e90, chance[grid], observed[grid])


def spline_basis(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """(n, k - 1) restricted cubic spline, linear beyond the outer knots (Harrell 2015, eq. 2.25)."""
    if len(knots) < 3:
        return x[:, None]
    last, before, scale = knots[-1], knots[-2], (knots[-1] - knots[0]) ** 2
    cube = lambda value: np.maximum(value, 0) ** 3  # noqa: E731
    terms = [
        (
            cube(x - k)
            - cube(x - before) * (last - k) / (last - before)
            + cube(x - last) * (before - k) / (last - before)
        )
        / scale
        for k in knots[:-2]
    ]
    return np.column_stack([x, *terms])
