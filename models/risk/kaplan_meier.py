"""Kaplan-Meier by day band and target group: what a table on the wall would say.

Time is counted from the certified end, which is known at the moment: nobody is expected to end before it.
"""

from __future__ import annotations

import numpy as np

from models.risk.person_period import HORIZON, clock, from_certified_end, from_moment

DAY_EDGES = np.array([15, 31, 61, 91, 181])
MIN_AT_RISK = 50.0  # a cell with less weight than this uses the curve of its day band


def weighted_curve(duration: np.ndarray, event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """S(0..HORIZON): Kaplan & Meier 1958, JASA 53:457, with case weights, on whole days.

    >>> weighted_curve(np.array([1, 2]), np.array([True, True]), np.ones(2))[:4].tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    day = np.minimum(duration.astype(np.int64), HORIZON + 1)
    ends = np.bincount(day[event], weights=weight[event], minlength=HORIZON + 2)
    leaves = np.bincount(day, weights=weight, minlength=HORIZON + 2)
    at_risk = leaves[::-1].cumsum()[::-1]
    hazard = np.divide(ends, at_risk, out=np.zeros_like(ends), where=at_risk > 0)
    return np.cumprod(1 - np.clip(hazard, 0, 1))[: HORIZON + 1]


class KaplanMeier:
    """One curve per day band x target group.

    Parameters
    ----------
    names, categorical : as for DiscreteTimeHazard; `day` and `target_group` are read when there.

    Attributes
    ----------
    curves_ : (bands, groups + 1, HORIZON + 1); the last group is the whole band.
    """

    def __init__(self, names: tuple[str, ...], categorical: np.ndarray, *, seed: int = 1) -> None:
        self.names, self.categorical, self.seed = tuple(names), np.asarray(categorical, dtype=bool), seed

    def fit(
        self,
        X: np.ndarray,
        *,
        duration: np.ndarray,
        event: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> KaplanMeier:
        """Arguments as for DiscreteTimeHazard."""
        duration, event = np.asarray(duration), np.asarray(event, dtype=bool)
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        certified, _ = clock(self.names, X)
        counted = from_certified_end(certified, duration)
        # an end before the certified day falls on it; a loss before it tells nothing
        kept = event | (counted >= 1)
        X, duration, event, weight = X[kept], np.maximum(counted, 1)[kept], event[kept], weight[kept]
        band, group = self._cells(X)
        wide = int(group.max(initial=0)) + 1
        whole = weighted_curve(duration, event, weight)
        self.curves_ = np.empty((len(DAY_EDGES) + 1, wide + 1, HORIZON + 1))
        for b in range(len(DAY_EDGES) + 1):
            here = band == b
            many = here.sum() >= MIN_AT_RISK
            banded = weighted_curve(duration[here], event[here], weight[here]) if many else whole
            self.curves_[b, :] = banded
            for g in range(wide):
                cell = here & (group == g)
                if cell.sum() >= MIN_AT_RISK:
                    self.curves_[b, g] = weighted_curve(duration[cell], event[cell], weight[cell])
        return self

    def _cells(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        day = X[:, self.names.index("day")] if "day" in self.names else np.ones(len(X))
        group = np.zeros(len(X))
        if "target_group" in self.names:
            group = X[:, self.names.index("target_group")]
        band = np.searchsorted(DAY_EDGES, np.nan_to_num(day, nan=1.0), side="right")
        return band, np.nan_to_num(group, nan=0.0).astype(int)

    def predict_survival(self, X: np.ndarray, days: np.ndarray) -> np.ndarray:
        """(n, len(days)): chance that more than `days` days remain."""
        band, group = self._cells(X)
        group = np.minimum(group, self.curves_.shape[1] - 1)
        return from_moment(self.curves_[band, group], clock(self.names, X)[0], days)

    def to_dict(self) -> dict:
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "curves": np.round(self.curves_, 6).tolist(),
        }

    def boosters(self) -> dict:
        return {}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> KaplanMeier:
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.curves_ = np.array(kept["curves"])
        return made
