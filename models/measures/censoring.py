"""What was seen of an outcome at a horizon, and how much each seen one must count for the unseen.

Source: inverse probability of censoring weights, Graf et al. 1999, Stat Med 18:2529; Blanche, Dartigues & Jacqmin-Gadda
2013, Stat Med 32:5381.
"""

from __future__ import annotations

import numpy as np


class CensoringCurve:
    """Kaplan-Meier of the time to censoring, with case weights; ends at a time come before censorings at it.

    >>> curve = CensoringCurve(np.array([1, 2, 3]), np.array([True, False, True]))
    >>> curve.before(np.array([2, 3])).tolist(), curve.at(np.array([2])).tolist()
    ([1.0, 0.5], [0.5])
    """

    def __init__(
        self, duration: np.ndarray, event: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> None:
        weight = np.ones(len(duration)) if sample_weight is None else sample_weight
        self.times, place = np.unique(duration, return_inverse=True)
        leaves = np.bincount(place, weights=weight)
        ends = np.bincount(place, weights=weight * event)
        at_risk = leaves[::-1].cumsum()[::-1] - ends
        hazard = np.divide(leaves - ends, at_risk, out=np.zeros_like(ends), where=at_risk > 1e-12)
        self.curve = np.append(1.0, np.cumprod(1 - hazard))

    def at(self, time: np.ndarray) -> np.ndarray:
        """P(C > time)."""
        return self.curve[np.searchsorted(self.times, time, side="right")]

    def before(self, time: np.ndarray) -> np.ndarray:
        """P(C >= time), the left limit."""
        return self.curve[np.searchsorted(self.times, time, side="left")]


def seen_at(
    duration: np.ndarray,
    event: np.ndarray,
    horizon: np.ndarray | float,
    sample_weight: np.ndarray | None = None,
    *,
    smallest: float = 0.05,
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each had ended by `horizon` (bool, n) and its weight (n; 0 = censored before, or not knowable).

    horizon : days, one for all or one each. Rows whose horizon lies where fewer than `smallest` are still
    followed get weight 0: the population measured is those whose horizon could be reached.

    One censoring curve for all takes it that the time to censoring has nothing to do with the moment. Where follow-up ends on one calendar
    day for all it has everything to do with it: late moments are seen only if they end soon, and early ones stand for them. Over all moments
    that comes out right as long as late spells are like early ones; over those of one month, or of any cell that follows the
    calendar, it does not. Never show a figure by calendar month with these weights: ask there only moments whose horizon was reached for all.
    """
    weight = np.ones(len(duration)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    duration, event = np.asarray(duration), np.asarray(event, dtype=bool)
    horizon = np.broadcast_to(horizon, duration.shape)
    curve = CensoringCurve(duration, event, weight)
    ended = event & (duration <= horizon)
    followed = np.where(ended, curve.before(duration), curve.at(horizon))
    known = (ended | (duration > horizon)) & (curve.at(horizon) >= smallest)
    return ended, np.where(known, weight / np.maximum(followed, 1e-12), 0.0)
