"""By what, and how soon, do spells end?"""

from __future__ import annotations

import numpy as np


def cumulative_incidence(
    duration: np.ndarray, cause: np.ndarray, at: np.ndarray, sample_weight: np.ndarray | None = None
) -> dict[int, np.ndarray]:
    """Cause -> (len(at),) share ended by it within each time, where other causes end it for good (Aalen & Johansen 1978,
    Scand J Stat 5:141), with case weights. cause : 0 = censored.

    >>> found = cumulative_incidence(np.array([1, 2, 3, 4]), np.array([1, 2, 0, 1]), np.array([2, 4]))
    >>> {cause: share.tolist() for cause, share in found.items()}
    {1: [0.25, 0.75], 2: [0.25, 0.25]}
    """
    weight = np.ones(len(duration)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    times, place = np.unique(duration, return_inverse=True)
    at_risk = np.bincount(place, weights=weight)[::-1].cumsum()[::-1]
    ended = np.bincount(place, weights=weight * (cause > 0), minlength=len(times))
    at_risk = np.maximum(at_risk, 1e-12)  # nobody: nothing ends either
    before = np.append(1.0, np.cumprod(1 - ended / at_risk))[:-1]
    steps = np.searchsorted(times, at, side="right")
    out = {}
    for one in np.unique(cause[cause > 0]).tolist():
        by_it = np.bincount(place, weights=weight * (cause == one), minlength=len(times))
        out[one] = np.append(0.0, np.cumsum(before * by_it / at_risk))[steps]
    return out
