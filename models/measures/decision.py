"""Is acting on the chances better than acting on everyone, or on no one?"""

from __future__ import annotations

import numpy as np


def net_benefit(
    outcome: np.ndarray, chance: np.ndarray, threshold: float, weight: np.ndarray | None = None
) -> float:
    """True positives less false positives at the odds of the threshold, per person.

    Source: Vickers & Elkin 2006, Med Decis Making 26:565.

    >>> net_benefit(np.array([1, 1, 0, 0]), np.array([0.9, 0.1, 0.8, 0.2]), 0.5)
    0.0
    """
    weight = np.ones(len(chance)) if weight is None else weight
    return float(net_benefits(outcome, chance, threshold, weight[None, :])[0])


def net_benefits(outcome: np.ndarray, chance: np.ndarray, threshold: float, weights: np.ndarray) -> np.ndarray:
    """(B,) net benefit under each row of `weights` (B, n)."""
    odds = threshold / (1 - threshold)
    gain = np.where(chance >= threshold, np.where(np.asarray(outcome, dtype=bool), 1.0, -odds), 0.0)
    return (weights @ gain) / weights.sum(axis=1)
