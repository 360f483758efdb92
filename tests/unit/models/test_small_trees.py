"""The tables' Shapley values are those of the definition, worked out coalition by coalition on the boosting itself."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.small_trees import SPLITS, GroupedShapley, SmallTrees

GROUP_OF = np.array([0, 1, 1, 2, 3])


@pytest.fixture(scope="module")
def grown():
    """Numbers with holes and two categories, one of them in a group with a number; and a boosting of them."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(600, 5))
    X[:, 2], X[:, 3] = rng.integers(0, 7, 600), rng.integers(0, 40, 600)
    X[rng.random((600, 5)) < 0.1] = np.nan
    code = np.nan_to_num(X[:, 3], nan=5)
    y = 10 * np.nan_to_num(X[:, 0]) * (np.nan_to_num(X[:, 2]) > 3) + code % 7 * np.nan_to_num(X[:, 1], nan=2)
    boosting = HistGradientBoostingRegressor(
        max_iter=40, max_leaf_nodes=SPLITS + 1, min_samples_leaf=5, early_stopping=False,
        categorical_features=np.array([False, False, True, True, False]), random_state=1,
    ).fit(X, y)  # fmt: skip
    return X, boosting


def test_the_arrays_answer_as_the_boosting_does_also_what_it_never_saw(grown):
    X, boosting = grown
    strange = X[:50].copy()
    strange[:, 3] = 77  # a code that was not there
    for rows in (X, strange):
        assert np.allclose(SmallTrees.of(boosting).predict(rows), boosting.predict(rows))


def test_effects_are_the_shapley_values_of_the_definition_against_every_row_of_the_cell(grown):
    X, boosting = grown
    asked, others = X[:4], X[100:130]
    made = GroupedShapley(SmallTrees.of(boosting), GROUP_OF, 4).set_against(X, [np.arange(100, 130), np.arange(200)])

    def worth(row, coalition):
        mixed = others.copy()
        own = np.isin(GROUP_OF, coalition)
        mixed[:, own] = row[own]
        return boosting.predict(mixed).mean()

    for row, found in zip(asked, made.effects(asked, np.zeros(4, int)), strict=True):
        for group in range(4):
            rest = [one for one in range(4) if one != group]
            expected = sum(
                factorial(size) * factorial(3 - size) / factorial(4) * (worth(row, [*some, group]) - worth(row, some))
                for size in range(4)
                for some in map(list, combinations(rest, size))
            )
            assert found[group] == pytest.approx(expected, abs=1e-4)


def test_effects_add_up_from_the_mean_of_the_cell_to_the_prediction(grown):
    X, boosting = grown
    members = [np.arange(100, 130), np.arange(200)]
    made = GroupedShapley(SmallTrees.of(boosting), GROUP_OF, 4).set_against(X, members)
    cell = np.arange(600) % 2
    means = np.array([boosting.predict(X[mine]).mean() for mine in members])
    assert np.allclose(means[cell] + made.effects(X, cell).sum(axis=1), boosting.predict(X), atol=1e-3)
