"""Exact Shapley values of groups of features in a sum of small trees, set against every row of a cell at once.

A tree with at most SPLITS splits sees of a row only which way it goes at each of them: a pattern of SPLITS bits. A row in which some
groups of facts are a spell's own and the others a comparable spell's has a pattern put together of theirs, so the value of every
coalition of groups, and from them the Shapley values, follow exactly from the two patterns. Averaged over the patterns that
the spells of a cell have, they are one table a tree: cell x pattern -> days per group. A row is explained by looking up its patterns.
Nothing is drawn, and for every row the effects add up to its prediction less the mean prediction of its cell.
Source: Shapley 1953; interventional form of Janzing, Minorics & Bloebaum 2020, AISTATS; groups as players, Jullum et al. 2021.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

SPLITS = 5
PATTERNS = 1 << SPLITS
CODES = 256  # a boosting's categories are codes below
PARTS = ("feature", "threshold", "missing_left", "set_of", "sets", "leaves", "base")
ROWS = 4_000  # looked up at a time: what they need stays in the processor's cache


class SmallTrees:
    """Splits and leaves of a boosting, as arrays over its trees.

    Attributes
    ----------
    feature : (trees, SPLITS) column that each split asks for; -1: the tree has no such split. threshold, missing_left : a row goes
    left when its value is at most the threshold. set_of : of a split of a category its row in `sets`, else -1. sets :
    (sets, CODES + 1) whether each code goes left, a missing one last. leaves : (trees, PATTERNS) what the tree
    answers a row of each pattern (bit j set: left at split j). base : the sum's constant.
    """

    def __init__(self, feature, threshold, missing_left, set_of, sets, leaves, base) -> None:
        self.feature, self.threshold, self.missing_left = feature, threshold, missing_left
        self.set_of, self.sets, self.leaves, self.base = set_of, sets, leaves, float(base)

    @classmethod
    def of(cls, boosting: HistGradientBoostingRegressor) -> SmallTrees:
        """From a fitted boosting with max_leaf_nodes <= SPLITS + 1, its categorical features codes 0 .. CODES - 1."""
        grown = boosting._predictors
        column, categories = _as_given(boosting)
        feature = np.full((len(grown), SPLITS), -1, dtype=np.int32)
        threshold = np.zeros((len(grown), SPLITS))
        missing_left = np.zeros((len(grown), SPLITS), dtype=bool)
        set_of = np.full((len(grown), SPLITS), -1, dtype=np.int32)
        sets, leaves = [], np.zeros((len(grown), PATTERNS))
        patterns = np.arange(PATTERNS)
        for tree, (predictor,) in enumerate(grown):
            nodes = predictor.nodes
            inner = np.flatnonzero(nodes["is_leaf"] == 0)
            feature[tree, : len(inner)] = column[nodes["feature_idx"][inner]]
            threshold[tree, : len(inner)] = nodes["num_threshold"][inner]
            missing_left[tree, : len(inner)] = nodes["missing_go_to_left"][inner]
            for split, node in enumerate(nodes[inner]):
                if node["is_categorical"]:
                    set_of[tree, split] = len(sets)
                    sets.append(_left_codes(predictor, node, categories[node["feature_idx"]]))
            answer = np.repeat(nodes["value"][:, None], PATTERNS, axis=1)
            for split in range(len(inner) - 1, -1, -1):  # children stand behind their parent
                node = inner[split]
                left = patterns >> split & 1 == 1
                answer[node] = np.where(left, answer[nodes["left"][node]], answer[nodes["right"][node]])
            leaves[tree] = answer[0]
        held = np.array(sets, dtype=bool).reshape(-1, CODES + 1)
        return cls(feature, threshold, missing_left, set_of, held, leaves, np.ravel(boosting._baseline_prediction)[0])

    @classmethod
    def from_arrays(cls, kept: dict[str, np.ndarray]) -> tuple[SmallTrees, np.ndarray]:
        """The trees and the shares that GroupedShapley.to_arrays wrote."""
        return cls(*(kept[name] for name in PARTS)), kept["shares"]

    def patterns(self, X: np.ndarray) -> np.ndarray:
        """(trees, n) the pattern of each row of X (n, features) in each tree."""
        columns, missing = np.ascontiguousarray(X.T, dtype=float), np.isnan(X.T)
        any_missing = missing.any(axis=1)
        codes = {}
        for column in np.unique(self.feature[self.set_of >= 0]):
            code = np.where(missing[column], CODES, columns[column])
            codes[column] = np.clip(code, 0, CODES).astype(np.intp)
        found = np.zeros((len(self.feature), len(X)), dtype=np.uint8)
        for tree, feature in enumerate(self.feature):
            for split, column in enumerate(feature):
                if column < 0:
                    break
                if self.set_of[tree, split] >= 0:
                    left = self.sets[self.set_of[tree, split]][codes[column]]
                else:
                    left = columns[column] <= self.threshold[tree, split]
                    if any_missing[column] and self.missing_left[tree, split]:
                        left |= missing[column]
                found[tree] |= left.view(np.uint8) << split
        return found

    def predict(self, X: np.ndarray) -> np.ndarray:
        """(n,) what the boosting predicts."""
        return self.base + np.take_along_axis(self.leaves, self.patterns(X).astype(np.intp), axis=1).sum(axis=0)


class GroupedShapley:
    """Shapley values of `groups` in `trees` against the rows of a cell.

    group_of : (features,) number of each feature's group, 0 .. groups - 1.
    """

    def __init__(self, trees: SmallTrees, group_of: np.ndarray, groups: int) -> None:
        self.trees, self.groups = trees, groups
        self.group_of = np.asarray(group_of)
        # the groups that each tree asks about, -1 where fewer than SPLITS; and which of them each split belongs to
        asked = np.where(trees.feature >= 0, self.group_of[trees.feature], -1)
        self.slots = np.full(asked.shape, -1)
        self.slot_of = np.full(asked.shape, -1)
        for tree, mine in enumerate(asked):
            found = np.unique(mine[mine >= 0])
            self.slots[tree, : len(found)] = found
            self.slot_of[tree] = np.where(mine >= 0, np.searchsorted(found, mine), -1)

    def set_against(self, X: np.ndarray, members: list[np.ndarray]) -> GroupedShapley:
        """Learn who each cell is. members : for each cell the places in X of the rows that it stands for, at least one."""
        patterns = self.trees.patterns(X)
        shares = [[np.bincount(row[mine], minlength=PATTERNS) / len(mine) for row in patterns] for mine in members]
        return self.lay(np.array(shares, dtype=np.float32))

    def lay(self, shares: np.ndarray) -> GroupedShapley:
        """Lay down the tables. shares : (cells, trees, PATTERNS) share of a cell's rows that have each pattern."""
        self.shares = shares
        self.tables = np.zeros((shares.shape[1], len(shares), PATTERNS, SPLITS), dtype=np.float32)
        for tree in range(len(self.tables)):
            for slot, effect in enumerate(self._effects_of(tree)):
                self.tables[tree, :, :, slot] = shares[:, tree] @ effect.T
        return self

    def _effects_of(self, tree: int) -> list[np.ndarray]:
        """For each slot (PATTERNS of a row, PATTERNS of the row it is set against) the Shapley value."""
        slots = int((self.slots[tree] >= 0).sum())
        bits = [int(sum(1 << split for split in np.flatnonzero(self.slot_of[tree] == slot))) for slot in range(slots)]
        own, other = np.arange(PATTERNS)[:, None], np.arange(PATTERNS)[None, :]

        def worth(coalition: tuple[int, ...]) -> np.ndarray:
            mask = sum(bits[slot] for slot in coalition)
            return self.trees.leaves[tree][own & mask | other & ~mask]

        value = {chosen: worth(chosen) for size in range(slots + 1) for chosen in combinations(range(slots), size)}
        found = []
        for slot in range(slots):
            effect = np.zeros((PATTERNS, PATTERNS))
            for chosen in value:
                if slot not in chosen:
                    size = len(chosen)
                    weight = factorial(size) * factorial(slots - size - 1) / factorial(slots)
                    effect += weight * (value[tuple(sorted((*chosen, slot)))] - value[chosen])
            found.append(effect)
        return found

    def effects(self, X: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """(n, groups) days by which each group's own facts change the prediction from the mean of the row's cell."""
        out = np.zeros((self.groups, len(X)), dtype=np.float32)
        for start in range(0, len(X), ROWS):
            part = slice(start, start + ROWS)
            patterns = self.trees.patterns(X[part])
            place = cell[part].astype(np.intp) * PATTERNS
            for tree, table in enumerate(self.tables):
                found = table.reshape(-1, SPLITS)[place + patterns[tree]]
                for slot, group in enumerate(self.slots[tree]):
                    if group < 0:
                        break
                    out[group, part] += found[:, slot]
        return out.T.astype(float)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All that was learned."""
        return {name: np.array(getattr(self.trees, name)) for name in PARTS} | {"shares": self.shares}


def _as_given(boosting: HistGradientBoostingRegressor) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """The column of X behind each feature of the trees, and each categorical feature's codes: scikit-learn puts those first."""
    text = boosting.is_categorical_
    if text is None:
        return np.arange(boosting.n_features_in_), {}
    encoder = boosting._preprocessor.named_transformers_["encoder"]
    return np.concatenate([np.flatnonzero(text), np.flatnonzero(~text)]), dict(enumerate(encoder.categories_))


def _left_codes(predictor, node: np.void, codes: np.ndarray) -> np.ndarray:
    """(CODES + 1,) whether a split sends each code left; a missing or unmet one where missing ones go."""
    found = np.full(CODES + 1, bool(node["missing_go_to_left"]))
    bits = predictor.raw_left_cat_bitsets[node["bitset_idx"]]
    for place, code in enumerate(codes):
        if not np.isnan(code):
            found[int(code)] = bits[place // 32] >> np.uint32(place % 32) & 1
    return found
