"""Why a spell is expected to be longer or shorter than comparable ones, in days that add up.

Mean days left of comparable spells (same day band and target group) + the effects of the groups of facts + the rest = the
person's days left. An effect is the group's Shapley value: the mean, over comparable spells and over orders in which facts take
the place of theirs, of what the group's facts change. To ask the full model so often each night would take hours, so when it
is trained a quick boosting learns its days left, is asked for the Shapley values of a sample, and one small boosting a group
learns them from the spell's own facts. The rest is where in the day band the person is, facts nobody can say aloud, and what
the small boostings miss; `faithful_` measures that on spells not learnt from, and sets the effects beside what exchanging a
group's facts does to the full model. Effects describe the model, not what would happen if a fact were changed.
Source: Strumbelj & Kononenko 2014, Knowl Inf Syst 41:647 (Shapley values by permutations); Jethani et al. 2022, ICLR (a
model that learns them); Merrick & Taly 2020, arXiv 1909.08128 (choice of the comparison group).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.fact_groups import COMPARABLE
from models.risk.kaplan_meier import DAY_EDGES
from models.risk.parts import in_parts

MAX_ROWS = 12_000
CHECKED = 100  # spells kept apart whose groups are exchanged in the full model
REFERENCES = 12  # comparable spells that each of them is set against
DRAWS = 16  # orders of the groups, each with its own comparable spells, that a Shapley value is the mean over
FEWEST = 50  # spells of a cell; a smaller one is compared with its day band
BANDS = len(DAY_EDGES) + 1
DaysLeft = Callable[[np.ndarray], np.ndarray]


class ShapleyExplainer:
    """One learner of the Shapley value per group.

    Attributes
    ----------
    groups_ : group -> columns. learners_ : group -> boosting of its effect in days. means_ : (cells,) mean days left of the
    full model. faithful_ : see `_checked`.
    """

    def __init__(self, names: tuple[str, ...], categorical: np.ndarray, *, seed: int = 1) -> None:
        self.names, self.categorical, self.seed = tuple(names), np.asarray(categorical, dtype=bool), seed

    def fit(
        self, X: np.ndarray, *, days_left: DaysLeft, groups: dict[str, tuple[str, ...]]
    ) -> ShapleyExplainer:
        """Learn from what the model `days_left` ((n, features) -> (n,)) says of spells X. groups : all columns but COMPARABLE."""
        rng = np.random.default_rng(self.seed)
        X = X[rng.permutation(len(X))[:MAX_ROWS]]
        whole, cell = days_left(X), self._cells(X)
        self.groups_ = {
            group: tuple(column for column in columns if column in self.names)
            for group, columns in groups.items()
            if any(column in self.names for column in columns)
        }
        apart = len(X) // 10
        quick = self._boosting(150).fit(X[apart:], whole[apart:])
        shares = self._shapley(X, lambda Z: in_parts(quick.predict, Z), cell, rng)
        self.learners_ = {
            group: self._boosting(60).fit(X[apart:], share[apart:]) for group, share in shares.items()
        }
        self._learn_means(whole, cell)
        self.faithful_ = self._checked(X, whole, days_left, apart, rng)
        return self

    def effects(self, X: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(n,) mean days left of comparable spells, and group -> (n,) days by which its facts lengthen (+) or shorten (-)."""
        means = self.means_[np.minimum(self._cells(X), len(self.means_) - 1)]
        if not len(X):
            return means, {group: np.zeros(0) for group in self.groups_}
        return means, {group: in_parts(learner.predict, X) for group, learner in self.learners_.items()}

    def _boosting(self, trees: int) -> HistGradientBoostingRegressor:
        return HistGradientBoostingRegressor(
            max_iter=trees,
            learning_rate=0.1,
            max_leaf_nodes=12,
            min_samples_leaf=20,
            categorical_features=self.categorical,
            early_stopping=False,
            random_state=self.seed,
        )

    def _shapley(self, X: np.ndarray, predict: DaysLeft, cell: np.ndarray, rng) -> dict[str, np.ndarray]:
        """Group -> (n,) mean over draws of what `predict` gains when the group's facts take the place of a comparable spell's.

        Each draw: another comparable spell for every row, the groups in a random order, and in the reverse of it.
        """
        names = list(self.groups_)
        gained = {group: np.zeros(len(X)) for group in names}
        settled = [place for place, name in enumerate(self.names) if name in COMPARABLE]
        for _ in range(DRAWS // 2):
            order = rng.permutation(len(names))
            other = self._comparable(cell, np.arange(len(X)), rng)
            for turns in (order, order[::-1]):
                mixed = X[other].copy()
                mixed[:, settled] = X[:, settled]
                before = predict(mixed)
                for turn in turns:
                    places = self._places(names[turn])
                    mixed[:, places] = X[:, places]
                    after = predict(mixed)
                    gained[names[turn]] += (after - before) / DRAWS
                    before = after
        return gained

    def _places(self, group: str) -> list[int]:
        return [self.names.index(column) for column in self.groups_[group]]

    def _learn_means(self, whole: np.ndarray, cell: np.ndarray) -> None:
        band = cell % BANDS
        self.means_ = np.full(int(cell.max(initial=0)) + BANDS + 1, whole.mean())
        for place in range(len(self.means_)):
            for mine in (band == place % BANDS, cell == place):
                if mine.sum() >= FEWEST:
                    self.means_[place] = whole[mine].mean()

    def _cells(self, X: np.ndarray) -> np.ndarray:
        day = X[:, self.names.index("day")] if "day" in self.names else np.ones(len(X))
        at = self.names.index("target_group") if "target_group" in self.names else None
        group = np.zeros(len(X)) if at is None else np.nan_to_num(X[:, at], nan=0.0)
        band = np.searchsorted(DAY_EDGES, np.nan_to_num(day, nan=1.0), side="right")
        return band + BANDS * group.astype(int)

    def _checked(self, X: np.ndarray, whole: np.ndarray, days_left: DaysLeft, apart: int, rng) -> dict:
        """explained : share of the variance of the full model's days left that means and effects add up to.

        correlation, slope : of the full model's mean change when a group is exchanged for that of comparable spells, on
        the stated effect, over groups and `spells` spells. All on spells not learnt from; nan below 20 of them.
        """
        kept = min(CHECKED, apart)
        if kept < 20 or whole[:apart].std() < 1e-9:
            return {"explained": float("nan"), "correlation": float("nan"), "slope": float("nan"), "spells": kept}
        cell, stated, found = self._cells(X), [], []
        means, said = self.effects(X[:apart])
        missed = whole[:apart] - means - sum(said.values())
        for group in self.groups_:
            mine = np.repeat(np.arange(kept), REFERENCES)
            others = days_left(self._exchanged(X, self._places(group), cell, mine, rng))
            found.append(whole[:kept] - others.reshape(kept, REFERENCES).mean(axis=1))
            stated.append(said[group][:kept])
        s, f = np.concatenate(stated), np.concatenate(found)
        moved = s.std() > 1e-9 and f.std() > 1e-9
        return {
            "explained": float(1 - (missed**2).mean() / whole[:apart].var()),
            "correlation": float(np.corrcoef(s, f)[0, 1]) if moved else float("nan"),
            "slope": float(np.polyfit(s, f, 1)[0]) if moved else float("nan"),
            "spells": kept,
        }

    def _comparable(self, cell: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A row of the same cell for each of `rows`, drawn anew."""
        order = np.argsort(cell, kind="stable")
        sorted_cell = cell[order]
        first = np.searchsorted(sorted_cell, cell[rows], side="left")
        many = np.searchsorted(sorted_cell, cell[rows], side="right") - first
        return order[first + (rng.random(len(rows)) * many).astype(int)]

    def _exchanged(
        self, X: np.ndarray, places: list[int], cell: np.ndarray, rows: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """X[rows] with the features `places` of comparable spells."""
        out = X[rows].copy()
        out[:, places] = X[np.ix_(self._comparable(cell, rows, rng), places)]
        return out

    def to_dict(self) -> dict:
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "groups": {group: list(columns) for group, columns in self.groups_.items()},
            "means": self.means_.tolist(),
            "faithful": self.faithful_,
        }

    def boosters(self) -> dict:
        return {f"reason_{group}": learner for group, learner in self.learners_.items()}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> ShapleyExplainer:
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.groups_ = {group: tuple(columns) for group, columns in kept["groups"].items()}
        made.means_, made.faithful_ = np.array(kept["means"]), kept["faithful"]
        made.learners_ = {group: boosters[f"reason_{group}"] for group in made.groups_}
        return made
