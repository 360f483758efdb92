"""Net days in the next 365, relapses included: days weighted by degree, from a moment.

A spell's remaining days say neither how its degree will fall nor whether the person comes back, so the net
days are learned from moments followed for the whole year. Where too few are, the degree of today is carried
along the survival curve and relapses are left out.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.parts import in_parts
from models.risk.person_period import HORIZON
from models.risk.uncertainty import TENTHS, Z_90, tenths

DEGREES = np.array([37.5, 62.5, 87.5])  # between 25, 50, 75 and 100 %
MIN_MOMENTS = 2_000


class NetDays:
    """Mean and spread of net days within the horizon.

    Attributes
    ----------
    kind_ : `carried` (degree x days left), `ratio` (days left x learned share per degree) or `boosted`
    (Poisson boosting on the features). sd_at_, sd_ : spread by predicted mean, interpolated.
    low_, high_ : net days over their mean (at least a day) that nine in ten lie between, at the same means.
    """

    def __init__(self, categorical: np.ndarray, *, max_iter: int = 120, seed: int = 1) -> None:
        self.categorical, self.max_iter, self.seed = np.asarray(categorical, dtype=bool), max_iter, seed
        self.kind_, self.booster_ = "carried", None
        self.ratio_ = np.array([0.25, 0.5, 0.75, 1.0])
        self.sd_at_, self.sd_ = np.array([0.0, 60.0, 365.0]), np.array([20.0, 60.0, 110.0])
        at = np.maximum(self.sd_at_, 1.0)
        self.low_, self.high_ = np.maximum(1 - Z_90 * self.sd_ / at, 0), 1 + Z_90 * self.sd_ / at

    def fit(
        self,
        X: np.ndarray,
        *,
        days_left: np.ndarray,
        degree: np.ndarray,
        net_days: np.ndarray,
        kind: str,
        sample_weight: np.ndarray | None = None,
    ) -> NetDays:
        """Learn from moments followed for the whole year. days_left: from the survival curve, 0..365."""
        weight = np.ones(len(net_days)) if sample_weight is None else sample_weight
        self.kind_ = kind
        if kind == "ratio":
            band = np.searchsorted(DEGREES, degree)
            top = np.bincount(band, weights=weight * net_days, minlength=4)
            below = np.bincount(band, weights=weight * days_left, minlength=4)
            # an unseen degree keeps its own share
            self.ratio_ = np.where(below > 0, top / np.maximum(below, 1e-9), self.ratio_)
        elif kind == "boosted":
            self.booster_ = HistGradientBoostingRegressor(
                loss="poisson",
                max_iter=self.max_iter,
                learning_rate=0.08,
                min_samples_leaf=100,
                l2_regularization=10.0,
                categorical_features=self.categorical,
                early_stopping=False,
                random_state=self.seed,
            ).fit(X, np.maximum(net_days, 0), sample_weight=weight)
        self.learn_spread(self.mean(X, days_left=days_left, degree=degree), net_days, weight)
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
        ends = [weighted_quantiles(times[tenth == t], weight[tenth == t], (0.05, 0.95)) for t in np.flatnonzero(full)]
        self.low_, self.high_ = np.array(ends).reshape(-1, 2).T

    def mean(self, X: np.ndarray, *, days_left: np.ndarray, degree: np.ndarray) -> np.ndarray:
        """(n,) expected net days, 0..365."""
        if not len(days_left):
            return np.zeros(0)
        if self.kind_ == "boosted":
            found = in_parts(self.booster_.predict, X)
        else:
            known = np.where(np.isfinite(degree), degree, 100.0)
            found = days_left * self.ratio_[np.searchsorted(DEGREES, known)]
        return np.clip(found, 0.0, HORIZON)

    def spread(self, mean: np.ndarray) -> np.ndarray:
        """(n,) predictive standard deviation of one person's net days."""
        return np.interp(mean, self.sd_at_, self.sd_)

    def ends(self, mean: np.ndarray) -> np.ndarray:
        """(n, 2) between which nine in ten persons' own net days lie, 0..365."""
        low, high = (np.maximum(mean, 1.0) * np.interp(mean, self.sd_at_, side) for side in (self.low_, self.high_))
        return np.clip(np.column_stack([np.minimum(low, mean), np.maximum(high, mean)]), 0.0, HORIZON)

    def to_dict(self) -> dict:
        return {
            "kind": self.kind_,
            "categorical": self.categorical.tolist(),
            "ratio": self.ratio_.tolist(),
            "sd_at": self.sd_at_.tolist(),
            "sd": self.sd_.tolist(),
            "low": self.low_.tolist(),
            "high": self.high_.tolist(),
        }

    def boosters(self) -> dict:
        return {} if self.booster_ is None else {"net_days": self.booster_}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> NetDays:
        made = cls(np.array(kept["categorical"], dtype=bool))
        made.kind_, made.booster_ = kept["kind"], boosters.get("net_days")
        made.ratio_, made.sd_at_ = np.array(kept["ratio"]), np.array(kept["sd_at"])
        made.sd_, made.low_, made.high_ = (np.array(kept[name]) for name in ("sd", "low", "high"))
        return made


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
