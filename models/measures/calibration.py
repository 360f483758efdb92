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


def levels_and_slopes(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """`intercept` and `slope`, (B,) each, under each row of `weights` (B, n)."""
    found = [intercept_and_slope(*_seen(outcome, chance, weight)) for weight in weights]
    return {"intercept": np.array([one for one, _ in found]), "slope": np.array([one for _, one in found])}


def slope_interval(
    outcome: np.ndarray, chance: np.ndarray, weight: np.ndarray, person: np.ndarray
) -> tuple[float, float, float]:
    """Calibration slope with its 95 % interval, a person's rows counted as one; one fit where a bootstrap takes a hundred.

    Source: Liang & Zeger 1986, Biometrika 73:13 (independence working correlation), with G / (G - 1).
    """
    outcome = np.asarray(outcome, dtype=float)
    score = logit(np.clip(chance, EDGE, 1 - EDGE))
    design = np.column_stack([np.ones(len(score)), score])
    found = logistic(design, outcome, weight)
    fitted = expit(design @ found)
    bread = np.linalg.pinv((design * (weight * fitted * (1 - fitted))[:, None]).T @ design)
    people, place = np.unique(person, return_inverse=True)
    pull = design * (weight * (outcome - fitted))[:, None]
    summed = np.column_stack([np.bincount(place, weights=pull[:, column]) for column in range(2)])
    many = len(people) / max(len(people) - 1, 1)
    wide = 1.959964 * np.sqrt(many * (bread @ (summed.T @ summed) @ bread)[1, 1])
    return float(found[1]), float(found[1] - wide), float(found[1] + wide)


def smooths(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray, at: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """`ici`, `e50`, `e90` (B,), and at chances `at` the curve `observed` (B, len(at)), under each row of `weights` (B, n)."""
    found = [smooth_calibration(*_seen(outcome, chance, weight), at=at) for weight in weights]
    return {name: np.array([getattr(one, name) for one in found]) for name in ("ici", "e50", "e90", *(() if at is None else ("observed",)))}


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
    outcome: np.ndarray, chance: np.ndarray, weight: np.ndarray | None = None, *, knots: int = 5, at: np.ndarray | None = None
) -> SmoothCalibration:
    """ICI, E50, E90 by a restricted cubic spline of the outcome on logit chance, weighted; the curve at `at`, else at 100 of the chances.

    With IPCW weights this is the survival version at a horizon. ICI is biased upwards in small samples.
    Source: Austin & Steyerberg 2019, Stat Med 38:4051; Austin, Harrell & van Klaveren 2020, Stat Med 39:2714;
    knots at the quantiles of Harrell 2015, table 2.3.
    """
    weight = np.ones(len(chance)) if weight is None else weight
    outcome = np.asarray(outcome, dtype=float)
    # beyond 1 and 99 in a hundred the curve has no room to bend, only to be pulled by a few
    score = logit(np.clip(chance, 0.01, 0.99))
    seen = weight > 0
    shares = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}[knots]
    places = np.unique(np.quantile(score[seen], shares))
    design = np.column_stack([np.ones(len(score)), spline_basis(score, places)])
    found = logistic(design[seen], outcome[seen], weight[seen], ridge=1e-4)
    observed = expit(design @ found)
    # everyone's prediction counts once for the weighted mean, whether or not their outcome was seen
    error = np.abs(observed - chance)[seen]
    order = np.argsort(error)
    share = np.cumsum(weight[seen][order]) / weight[seen].sum()
    e50, e90 = (float(error[order][min(np.searchsorted(share, q), len(order) - 1)]) for q in (0.5, 0.9))
    ici = float(np.average(error, weights=weight[seen]))
    grid = np.sort(chance)[np.linspace(0, len(chance) - 1, min(len(chance), 100)).astype(int)] if at is None else at
    basis = spline_basis(logit(np.clip(grid, 0.01, 0.99)), places)
    return SmoothCalibration(ici, e50, e90, grid, expit(np.column_stack([np.ones(len(grid)), basis]) @ found))


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
