"""Why a spell is expected to be longer or shorter than comparable ones.

Baseline substitution: a group of features is set to what is usual among comparable spells (same day band and
target group), and the change in expected days left is that group's effect. It is taken on a small boosted
stand-in fitted to the model's own days_left, so that a whole region is explained in seconds; `fidelity_` says how well
the stand-in follows the model. Effects describe the model, not what would happen if the fact were changed. Source:
Merrick & Taly 2020, arXiv 1909.08128 (choice of the comparison group).
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.kaplan_meier import DAY_EDGES


class SubstitutionExplainer:
    """Attributes: stand_in_, fidelity_ (R2 on rows not fitted on), usual_ ((bands, groups, features))."""

    def __init__(self, names: tuple[str, ...], categorical: np.ndarray, *, seed: int = 1) -> None:
        self.names, self.categorical, self.seed = tuple(names), np.asarray(categorical, dtype=bool), seed

    def fit(
        self, X: np.ndarray, *, days_left: np.ndarray, sample_weight: np.ndarray | None = None
    ) -> SubstitutionExplainer:
        """Follow `days_left` (n,), and learn what is usual."""
        weight = np.ones(len(X)) if sample_weight is None else sample_weight
        held = np.arange(len(X)) % 5 == 0
        self.stand_in_ = HistGradientBoostingRegressor(
            max_iter=50,
            learning_rate=0.2,
            min_samples_leaf=30,
            categorical_features=self.categorical,
            early_stopping=False,
            random_state=self.seed,
        ).fit(X[~held], days_left[~held], sample_weight=weight[~held])
        left = days_left[held] - self.stand_in_.predict(X[held])
        self.fidelity_ = float(1 - left.var() / max(days_left[held].var(), 1e-9))
        band, group = self._cells(X)
        wide = int(group.max(initial=0)) + 1
        self.usual_ = np.empty((len(DAY_EDGES) + 1, wide, X.shape[1]))
        whole = self._usual(X, weight)
        for b in range(len(DAY_EDGES) + 1):
            for g in range(wide):
                here = (band == b) & (group == g)
                self.usual_[b, g] = self._usual(X[here], weight[here]) if here.sum() >= 30 else whole
        return self

    def _usual(self, X: np.ndarray, weight: np.ndarray) -> np.ndarray:
        out = np.empty(X.shape[1])
        for place in range(X.shape[1]):
            known = np.isfinite(X[:, place])
            if not known.any():
                out[place] = np.nan
            elif self.categorical[place]:
                out[place] = np.argmax(np.bincount(X[known, place].astype(int), weights=weight[known]))
            else:
                out[place] = np.average(X[known, place], weights=weight[known])
        return out

    def _cells(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        day = X[:, self.names.index("day")] if "day" in self.names else np.ones(len(X))
        at = self.names.index("target_group") if "target_group" in self.names else None
        group = np.zeros(len(X)) if at is None else np.nan_to_num(X[:, at], nan=0.0)
        return np.searchsorted(DAY_EDGES, np.nan_to_num(day, nan=1.0), side="right"), group.astype(int)

    def effects(self, X: np.ndarray, groups: dict[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
        """Group -> (n,) days by which its facts lengthen (+) or shorten (-) the expected rest of the spell."""
        if not len(X):
            return {}
        band, group = self._cells(X)
        usual = self.usual_[band, np.minimum(group, self.usual_.shape[1] - 1)]
        found, whole = {}, self.stand_in_.predict(X)
        for name, columns in groups.items():
            places = [self.names.index(column) for column in columns if column in self.names]
            if places:
                changed = X.copy()
                changed[:, places] = usual[:, places]
                found[name] = whole - self.stand_in_.predict(changed)
        return found

    def to_dict(self) -> dict:
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "fidelity": self.fidelity_,
            "usual": [[[None if np.isnan(v) else v for v in row] for row in b] for b in self.usual_],
        }

    def boosters(self) -> dict:
        return {"stand_in": self.stand_in_}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> SubstitutionExplainer:
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.fidelity_, made.stand_in_ = kept["fidelity"], boosters["stand_in"]
        made.usual_ = np.array(kept["usual"], dtype=float)
        return made
