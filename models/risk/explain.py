"""Why a spell is expected to be longer or shorter than comparable ones, in days that add up.

Mean days left of comparable spells (same day band and target group) + the effects of the groups of facts + the rest = the
person's days left. An effect is the group's Shapley value: the mean, over the orders in which the facts of comparable spells are
exchanged for the person's own, of what the group's facts change. It is exact, over all orders and all comparable spells, in a sum
of small trees (small_trees.py) that has learnt the full model's days left from spells as they are and from spells of which some
groups were exchanged, as the full model answers both. The rest is what the small trees miss of the full model. `faithful_`
measures that on spells not learnt from, and sets the largest effect beside what exchanging its group alone does to the full
model: the two differ where facts act together, which Shapley values share between them and an exchange does not.
Effects describe the model, not what would happen if a fact were changed.
Source: Strumbelj & Kononenko 2014, Knowl Inf Syst 41:647; Merrick & Taly 2020, arXiv 1909.08128 (choice of the comparison group).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.fact_groups import COMPARABLE
from models.risk.kaplan_meier import DAY_EDGES
from models.risk.parts import without_blanks
from models.risk.small_trees import SPLITS, GroupedShapley, SmallTrees

MAX_ROWS = 30_000
CHECKED = 60  # spells kept apart whose largest reason is exchanged in the full model
REFERENCES = 150  # comparable spells that each of them is set against
FEWEST = 50  # spells of a cell; a smaller one is compared with its day band
BANDS = len(DAY_EDGES) + 1
DaysLeft = Callable[[np.ndarray], np.ndarray]


class ShapleyExplainer:
    """Effects of groups of facts on the days left of a model of any kind.

    names, categorical : of the columns, as FrameEncoder has them. trees : of the sum that learns the model.

    Attributes
    ----------
    groups_ : group -> columns. shapley_ : the tables. means_ : (cells,) mean days left of the full model. faithful_ : see `_checked`.
    """

    def __init__(self, names: tuple[str, ...], categorical: np.ndarray, *, trees: int = 600, seed: int = 1) -> None:
        self.names, self.categorical = tuple(names), np.asarray(categorical, dtype=bool)
        self.trees, self.seed = trees, seed

    def fit(
        self, X: np.ndarray, *, days_left: DaysLeft, groups: dict[str, tuple[str, ...]]
    ) -> ShapleyExplainer:
        """Learn from what the model `days_left` ((n, features) -> (n,)) says of spells X. groups : all columns but COMPARABLE."""
        rng = np.random.default_rng(self.seed)
        X = X[rng.permutation(len(X))[:MAX_ROWS]]
        self.groups_ = {
            group: tuple(column for column in columns if column in self.names)
            for group, columns in groups.items()
            if any(column in self.names for column in columns)
        }
        cell, apart = self._cells(X), len(X) // 10
        whole, members = days_left(X), self._members(cell)
        learnt = np.arange(apart, len(X))
        mixed = self._mixed(X[learnt], self._members(cell[learnt]), cell[learnt], rng)
        rows, answers = np.concatenate([X[learnt], mixed]), np.concatenate([whole[learnt], days_left(mixed)])
        boosting = HistGradientBoostingRegressor(
            max_iter=self.trees,
            learning_rate=0.3,
            max_leaf_nodes=SPLITS + 1,
            min_samples_leaf=20,
            l2_regularization=5.0,
            categorical_features=self.categorical,
            early_stopping=False,
            random_state=self.seed,
        ).fit(without_blanks(rows), answers)
        self.shapley_ = self._explained_by(SmallTrees.of(boosting)).set_against(X, members)
        self.means_ = np.array([whole[mine].mean() for mine in members])
        self.faithful_ = self._checked(X, whole, days_left, members, apart, rng)
        return self

    def effects(self, X: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(n,) mean days left of comparable spells, and group -> (n,) days by which its facts lengthen (+) or shorten (-)."""
        cell = self._cells(X)
        # a target group first seen after the fit is compared with its day band
        cell = np.where(cell < len(self.means_), cell, cell % BANDS)
        found = self.shapley_.effects(X, cell)
        return self.means_[cell], {group: found[:, place] for place, group in enumerate(self.groups_)}

    def unmet(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Group -> (n,) whether a fact of it is a level too rare to have a code of its own, of which the model knows nothing."""
        coded = {name for name, text in zip(self.names, self.categorical, strict=True) if text}
        return {
            group: np.any([X[:, self.names.index(name)] == 0 for name in columns if name in coded], axis=0)
            for group, columns in self.groups_.items()
            if coded & set(columns)
        }

    def _explained_by(self, trees: SmallTrees) -> GroupedShapley:
        """What defines who is comparable plays too, last: where a cell is too small, it differs from the others'."""
        group_of = np.full(len(self.names), len(self.groups_))
        for group, columns in enumerate(self.groups_.values()):
            group_of[self._places(columns)] = group
        return GroupedShapley(trees, group_of, len(self.groups_) + 1)

    def _places(self, columns: tuple[str, ...]) -> list[int]:
        return [self.names.index(column) for column in columns]

    def _cells(self, X: np.ndarray) -> np.ndarray:
        day = X[:, self.names.index("day")] if "day" in self.names else np.ones(len(X))
        at = self.names.index(COMPARABLE[0]) if COMPARABLE[0] in self.names else None
        group = np.zeros(len(X)) if at is None else np.nan_to_num(X[:, at], nan=0.0)
        band = np.searchsorted(DAY_EDGES, np.nan_to_num(day, nan=1.0), side="right")
        return band + BANDS * group.astype(int)

    @staticmethod
    def _members(cell: np.ndarray) -> list[np.ndarray]:
        """For each cell the rows that a spell of it is compared with: its own, its day band's, or all."""
        found = []
        for one in range(BANDS * (int(cell.max(initial=0)) // BANDS + 1)):
            wider = (np.flatnonzero(cell == one), np.flatnonzero(cell % BANDS == one % BANDS))
            found.append(next((rows for rows in wider if len(rows) >= FEWEST), np.arange(len(cell))))
        return found

    def _mixed(self, X: np.ndarray, members: list[np.ndarray], cell: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A third as many spells as X, each with one to all but one of its groups those of a comparable spell."""
        rows = rng.integers(0, len(X), len(X) // 3)
        other = _drawn(members, cell[rows], rng)
        out, many = X[rows].copy(), len(self.groups_)
        order = rng.permuted(np.tile(np.arange(many), (len(rows), 1)), axis=1)
        chosen = order < rng.integers(1, max(many, 2), len(rows))[:, None]
        for group, columns in enumerate(self.groups_.values()):
            mine = np.flatnonzero(chosen[:, group])
            out[np.ix_(mine, self._places(columns))] = X[np.ix_(other[mine], self._places(columns))]
        return out

    def _checked(self, X: np.ndarray, whole: np.ndarray, days_left: DaysLeft, members, apart: int, rng) -> dict:
        """How far the reasons of spells not learnt from are the full model's.

        explained : share of the variance of its days left that means and effects add up to. missed, missed_p90 : median and 90th percentile
        of the days they do not. Of the largest effect of `spells` spells and what the full model's days left change by when
        the group is exchanged for that of comparable spells: correlation, slope, and off, the median difference in days. nan
        below 20 spells.
        """
        kept, unknown = min(CHECKED, apart), float("nan")
        names = ("explained", "missed", "missed_p90", "correlation", "slope", "off")
        if kept < 20 or whole[:apart].std() < 1e-9:
            return dict.fromkeys(names, unknown) | {"spells": kept}
        means, said = self.effects(X[:apart])
        missed = whole[:apart] - means - sum(said.values())
        effects = np.column_stack(list(said.values()))[:kept]
        largest = np.abs(effects).argmax(axis=1)
        stated = effects[np.arange(kept), largest]
        moved = whole[:kept] - self._exchanged(X, np.arange(kept), largest, days_left, members, rng)
        varied = stated.std() > 1e-9 and moved.std() > 1e-9
        return {
            "explained": float(1 - (missed**2).mean() / whole[:apart].var()),
            "missed": float(np.median(np.abs(missed))),
            "missed_p90": float(np.quantile(np.abs(missed), 0.9)),
            "correlation": float(np.corrcoef(stated, moved)[0, 1]) if varied else unknown,
            "slope": float(np.polyfit(stated, moved, 1)[0]) if varied else unknown,
            "off": float(np.median(np.abs(stated - moved))),
            "spells": kept,
        }

    def _exchanged(self, X: np.ndarray, rows: np.ndarray, group: np.ndarray, days_left: DaysLeft, members, rng) -> np.ndarray:
        """(len(rows),) mean days left of X[rows] when `group` (number of a group, one a row) is that of comparable spells."""
        many = np.repeat(rows, REFERENCES)
        other = _drawn(members, self._cells(X[many]), rng)
        mixed = X[many].copy()
        for place, columns in enumerate(self.groups_.values()):
            mine = np.flatnonzero(np.repeat(group, REFERENCES) == place)
            mixed[np.ix_(mine, self._places(columns))] = X[np.ix_(other[mine], self._places(columns))]
        return days_left(mixed).reshape(len(rows), REFERENCES).mean(axis=1)

    def to_dict(self) -> dict:
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "groups": {group: list(columns) for group, columns in self.groups_.items()},
            "means": self.means_.tolist(),
            "faithful": self.faithful_,
        }

    def boosters(self) -> dict:
        return {"reasons": self.shapley_.to_arrays()}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> ShapleyExplainer:
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.groups_ = {group: tuple(columns) for group, columns in kept["groups"].items()}
        made.means_, made.faithful_ = np.array(kept["means"]), kept["faithful"]
        trees, shares = SmallTrees.from_arrays(boosters["reasons"])
        made.shapley_ = made._explained_by(trees).lay(shares)
        return made


def _drawn(members: list[np.ndarray], cell: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each of `cell` the place of one of its members, drawn."""
    many = np.array([len(mine) for mine in members])
    every = np.concatenate(members)
    first = np.cumsum(many) - many
    return every[first[cell] + (rng.random(len(cell)) * many[cell]).astype(int)]
