"""How far off are the chances?"""

from __future__ import annotations

import numpy as np

from models.measures.censoring import seen_at


def briers(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) weighted mean squared error of chances under each row of `weights` (B, n)."""
    return (weights @ (np.asarray(outcome, dtype=float) - chance) ** 2) / weights.sum(axis=1)


def brier(
    chance_of_ending: np.ndarray,
    *,
    duration: np.ndarray,
    event: np.ndarray,
    horizon: np.ndarray | float,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Brier score at a horizon with IPCW, normalised by the number of people (Graf et al. 1999, Stat Med 18:2529).

    The sum of the weights is n only in expectation; like riskRegression and scikit-survival this divides by n,
    counting the rows whose horizon could be reached.
    """
    ended, weight = seen_at(duration, event, horizon, sample_weight)
    people = np.ones(len(ended)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    reachable = _reachable(duration, event, horizon, people)
    error = (ended.astype(float) - chance_of_ending) ** 2
    return float((weight * error).sum() / people[reachable].sum())


def _reachable(duration, event, horizon, weight) -> np.ndarray:
    from models.measures.censoring import CensoringCurve

    reach = CensoringCurve(np.asarray(duration), np.asarray(event, dtype=bool), weight)
    return reach.at(np.broadcast_to(horizon, np.shape(duration))) >= 0.05


def ipas(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) index of prediction accuracy: 1 - Brier / Brier of the common share.

    Source: Kattan & Gerds 2018, Diagn Progn Res 2:7.

    >>> ipas(np.array([0, 1]), np.array([0.0, 1.0]), np.ones((1, 2))).tolist()
    [1.0]
    """
    share = (weights @ np.asarray(outcome, dtype=float)) / weights.sum(axis=1)
    null = share * (1 - share)
    found = briers(outcome, chance, weights)
    return 1 - np.divide(found, null, out=np.full(len(null), np.nan), where=null > 0)
