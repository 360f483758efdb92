"""Net days in the next 365, relapses included: days weighted by degree, from a moment.

A day expected on sick leave counts a share of today's degree, which may fall or rise, and a day after it a small share: some come
back. Three numbers, learned from moments followed for the whole year with days left as told by models that never met the
person; boosting on all features was no better on persons not learned from, and far worse in a small region (docs/risk.md).
Where too few were followed, today's degree is carried along the curve and relapses are left out.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from models.risk.person_period import HORIZON
from models.risk.uncertainty import TENTHS, Z_90, tenths

MIN_MOMENTS = 1_000  # followed for a year: a hundred in each tenth of the spread
LEAST_DAYS = 10.0  # the variance grows with the days expected; below so many it is taken as even


class NetDays:
    """Mean and spread of net days within the horizon.

    Attributes
    ----------
    shares_ : (3,) what a day counts: of today's degree while days left are expected, of the rest up to 100 %, and after them.
    learned_ : whether they were learned; else (1, 0, 0). sd_at_, sd_ : spread by predicted mean, interpolated.
    low_, high_ : net days over their mean (at least a day) that nine in ten lie between, at the same means.
    """

    def __init__(self) -> None:
        self.shares_, self.learned_ = np.array([1.0, 0.0, 0.0]), False
        self.sd_at_, self.sd_ = np.array([0.0, 60.0, 365.0]), np.array([20.0, 60.0, 110.0])
        at = np.maximum(self.sd_at_, 1.0)
        self.low_, self.high_ = np.maximum(1 - Z_90 * self.sd_ / at, 0), 1 + Z_90 * self.sd_ / at

    def fit(self, *, days_left: np.ndarray, degree: np.ndarray, net_days: np.ndarray, sample_weight: np.ndarray) -> NetDays:
        """Learn the shares, by least squares with none below 0, from moments followed for the whole year; all (n,).

        days_left : within 365, of a model that was not fitted on the persons: one that was would be believed too much.
        degree : per cent, nan taken as 100.
        """
        days = _days(days_left, degree)
        scale = np.sqrt(sample_weight / np.maximum(days[:, 0], LEAST_DAYS))
        self.shares_, _ = nnls(days * scale[:, None], np.asarray(net_days, dtype=float) * scale)
        self.learned_ = True
        return self

    def learn_spread(self, mean: np.ndarray, net_days: np.ndarray, weight: np.ndarray) -> None:
        """Root mean squared error by tenth of the predicted mean, and between which multiples of it nine in ten lie.

        The ends are split-conformal within the tenth: on moments not learnt from, nine in ten of the next ones lie in them, whatever
        the distribution. Source: Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World, ch. 4.5.
        """
        tenth = tenths(mean)
        share = np.bincount(tenth, weights=weight, minlength=TENTHS)
        square = np.bincount(tenth, weights=weight * (net_days - mean) ** 2, minlength=TENTHS)
        at = np.bincount(tenth, weights=weight * mean, minlength=TENTHS)
        full = share > 0
        self.sd_at_ = np.maximum.accumulate(at[full] / share[full])
        self.sd_ = np.sqrt(square[full] / share[full])
        times = net_days / np.maximum(mean, 1.0)
        held = np.bincount(tenth, minlength=TENTHS)[full]
        # the next one may lie beyond all that are held: of n + 1, not of n
        at = [((0.05 * (n + 1) - 1) / n, min(0.95 * (n + 1) / n, 1.0)) for n in held]
        ends = [weighted_quantiles(times[tenth == t], weight[tenth == t], q) for t, q in zip(np.flatnonzero(full), at, strict=True)]
        self.low_, self.high_ = np.array(ends).reshape(-1, 2).T

    def mean(self, *, days_left: np.ndarray, degree: np.ndarray) -> np.ndarray:
        """(n,) expected net days, 0..365."""
        return np.clip(_days(days_left, degree) @ self.shares_, 0.0, HORIZON)

    def spread(self, mean: np.ndarray) -> np.ndarray:
        """(n,) predictive standard deviation of one person's net days."""
        return np.interp(mean, self.sd_at_, self.sd_)

    def ends(self, mean: np.ndarray) -> np.ndarray:
        """(n, 2) between which nine in ten persons' own net days lie, 0..365."""
        low, high = (np.maximum(mean, 1.0) * np.interp(mean, self.sd_at_, side) for side in (self.low_, self.high_))
        return np.clip(np.column_stack([np.minimum(low, mean), np.maximum(high, mean)]), 0.0, HORIZON)

    def to_dict(self) -> dict:
        return {
            "shares": self.shares_.tolist(),
            "learned": self.learned_,
            "sd_at": self.sd_at_.tolist(),
            "sd": self.sd_.tolist(),
            "low": self.low_.tolist(),
            "high": self.high_.tolist(),
        }

    @classmethod
    def from_dict(cls, kept: dict) -> NetDays:
        made = cls()
        made.shares_, made.learned_, made.sd_at_ = np.array(kept["shares"]), kept["learned"], np.array(kept["sd_at"])
        made.sd_, made.low_, made.high_ = (np.array(kept[name]) for name in ("sd", "low", "high"))
        return made


def _days(days_left: np.ndarray, degree: np.ndarray) -> np.ndarray:
    """(n, 3) days left x degree, days left x the rest, days of the year after them."""
    left, share = np.asarray(days_left, dtype=float), np.where(np.isfinite(degree), degree, 100.0) / 100
    return np.column_stack([left * share, left * (1 - share), HORIZON - left])


def weighted_quantiles(values: np.ndarray, weight: np.ndarray, at: tuple[float, ...]) -> list[float]:
    """The least values that hold at least each share of the weight.

    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), (0.25, 0.5, 1.0))
    [1.0, 2.0, 3.0]
    """
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return [float(values[order][min(np.searchsorted(share, q - 1e-12), len(order) - 1)]) for q in at]


def by_tenth(mean: np.ndarray, net_days: np.ndarray, weight: np.ndarray) -> list[dict]:
    """Expected and observed mean net days per tenth of the prediction."""
    tenth = tenths(mean)
    return [
        {
            "tenth": int(t) + 1,
            "expected": float(np.average(mean[tenth == t], weights=weight[tenth == t])),
            "observed": float(np.average(net_days[tenth == t], weights=weight[tenth == t])),
        }
        for t in np.unique(tenth)
    ]
