"""Why a spell is expected to be longer or shorter than comparable ones.

Substitution: all features of a group are taken from another spell in the same day band and target group, and
the full model is asked for days left again. The mean change over such spells is that group's effect. Asking
once a group and spell each night would take minutes in a large region, so it is done on a sample when the model is
trained, and one small boosting a group learns the change from the spell's own features; `faithful_` says how well it
agrees with the full model on spells kept apart. Effects describe the model, not what would happen if the fact were
changed. Source: Merrick & Taly 2020, arXiv 1909.08128 (choice of the comparison group); Covert et al. 2021, JMLR
22:209 (removal by draws from a reference).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.kaplan_meier import DAY_EDGES

MAX_ROWS = 12_000
CHECKED = 120  # spells kept apart to measure faithfulness on
REFERENCES = 6  # comparable spells that each of them is set against
DaysLeft = Callable[[np.ndarray], np.ndarray]


class SubstitutionExplainer:
    """One learner of the effect per group.

    Attributes
    ----------
    learners_ : group -> boosting of the effect in days. faithful_ : correlation, and slope of the full model's
    change on the stated one, over groups and spells not learned from (nan below 20 spells).
    """

    def __init__(self, names: tuple[str, ...], categorical: np.ndarray, *, seed: int = 1) -> None:
        self.names, self.categorical, self.seed = tuple(names), np.asarray(categorical, dtype=bool), seed

    def fit(
        self, X: np.ndarray, *, days_left: DaysLeft, groups: dict[str, tuple[str, ...]]
    ) -> SubstitutionExplainer:
        """Ask the model `days_left` ((n, features) -> (n,)) about spells X as they are and with facts exchanged."""
        rng = np.random.default_rng(self.seed)
        X = X[rng.permutation(len(X))[:MAX_ROWS]]
        cell = self._cells(X)
        kept = min(CHECKED, len(X) // 10)
        whole, self.learners_ = days_left(X), {}
        stated, found = [], []
        for group, columns in groups.items():
            places = [self.names.index(column) for column in columns if column in self.names]
            if not places:
                continue
            changed = whole - days_left(self._exchanged(X, places, cell, rng))
            self.learners_[group] = HistGradientBoostingRegressor(
                max_iter=60,
                learning_rate=0.1,
                max_leaf_nodes=12,
                min_samples_leaf=40,
                categorical_features=self.categorical,
                early_stopping=False,
                random_state=self.seed,
            ).fit(X[kept:], changed[kept:])
            if kept:
                # the first are kept apart; one exchange is a lottery, the mean of several is the effect
                mine = np.repeat(np.arange(kept), REFERENCES)
                others = self._exchanged(X, places, cell, rng, mine)
                found.append(whole[:kept] - days_left(others).reshape(kept, REFERENCES).mean(axis=1))
                stated.append(self.learners_[group].predict(X[:kept]))
        self.faithful_ = _agreement(stated, found, kept)
        return self

    def _exchanged(
        self, X: np.ndarray, places: list[int], cell: np.ndarray, rng: np.random.Generator, rows=None
    ) -> np.ndarray:
        """Rows (all, or X[rows]) with the features `places` of a comparable one, drawn anew for each."""
        rows = np.arange(len(X)) if rows is None else rows
        order = np.argsort(cell, kind="stable")
        sorted_cell = cell[order]
        first = np.searchsorted(sorted_cell, cell[rows], side="left")
        many = np.searchsorted(sorted_cell, cell[rows], side="right") - first
        other = order[first + (rng.random(len(rows)) * many).astype(int)]
        out = X[rows].copy()
        out[:, places] = X[np.ix_(other, places)]
        return out

    def _cells(self, X: np.ndarray) -> np.ndarray:
        day = X[:, self.names.index("day")] if "day" in self.names else np.ones(len(X))
        at = self.names.index("target_group") if "target_group" in self.names else None
        group = np.zeros(len(X)) if at is None else np.nan_to_num(X[:, at], nan=0.0)
        band = np.searchsorted(DAY_EDGES, np.nan_to_num(day, nan=1.0), side="right")
        return band + (len(DAY_EDGES) + 1) * group.astype(int)

    def effects(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Group -> (n,) days by which its facts lengthen (+) or shorten (-) the expected rest of the spell."""
        return {group: learner.predict(X) for group, learner in self.learners_.items()} if len(X) else {}

    def to_dict(self) -> dict:
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "groups": list(self.learners_),
            "faithful": self.faithful_,
        }

    def boosters(self) -> dict:
        return {f"reason_{group}": learner for group, learner in self.learners_.items()}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> SubstitutionExplainer:
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.faithful_ = kept["faithful"]
        made.learners_ = {group: boosters[f"reason_{group}"] for group in kept["groups"]}
        return made


def _agreement(stated: list[np.ndarray], found: list[np.ndarray], kept: int) -> dict:
    if kept < 20 or not stated:
        return {"correlation": float("nan"), "slope": float("nan"), "spells": kept}
    s, f = np.concatenate(stated), np.concatenate(found)
    if s.std() < 1e-9 or f.std() < 1e-9:
        return {"correlation": float("nan"), "slope": float("nan"), "spells": kept}
    return {
        "correlation": float(np.corrcoef(s, f)[0, 1]),
        "slope": float(np.polyfit(s, f, 1)[0]),
        "spells": kept,
    }
