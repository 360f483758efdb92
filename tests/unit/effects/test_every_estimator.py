"""One test over the whole registry of estimators."""

import inspect
import json

import numpy as np
import pytest

from models.effects.design import design
from models.effects.result import Effect
from models.registry import EFFECTS

N = 120


def data():
    rng = np.random.default_rng(7)
    x, treated = rng.normal(size=N), rng.integers(0, 2, N)
    X = design({"treated": treated, "x": x}, N)
    only_x = design({"x": x}, N)
    times = {"duration": rng.integers(1, 40, N), "event": rng.integers(0, 3, N)}
    y = rng.normal(size=N) + treated
    cluster = np.repeat(np.arange(10), 12)
    return {
        "mean-difference": ((y, treated), {"cluster": cluster}),
        "ols": ((y, X), {"cluster": cluster}),
        "did": ((y, treated, np.tile([0, 1], N // 2)), {}),
        "staggered-did": ((y, np.repeat(np.arange(30), 4), np.tile([1, 2, 3, 4], 30), np.repeat([0, 2, 3], 40)), {}),
        "ipw": ((y, treated, only_x), {}),
        "aipw": ((y, treated, only_x), {"folds": 3}),
        "standardise": ((y, treated, only_x), {}),
        "match": ((y, treated, only_x), {"replace": True}),
        "rmst": ((), {**times, "treated": treated, "tau": 20}),
        "kaplan-meier": ((), {**times, "treated": treated}),
        "aalen-johansen": ((), {**times, "treated": treated}),
        "time-lost": ((), {**times, "treated": treated, "tau": 20}),
        "pseudo": ((), {**times, "X": X, "tau": 20}),
        "cox": ((), {**times, "X": X}),
        "fine-gray": ((), {**times, "X": X}),
        "andersen-gill": ((), {**times, "X": X, "person": cluster}),
        "mean-cumulative": ((), {**times, "treated": treated}),
        "aft": ((), {**times, "X": X}),
        "discrete-hazard": ((), {**times, "X": X}),
        "negative-binomial": ((np.maximum(0, np.round(np.exp(y) * rng.gamma(1, 1, N))), X), {}),
        "wild-bootstrap": ((y, X), {"cluster": cluster}),
        "randomisation": ((y, treated), {"draws": 199}),
        "sequential-trials": ((np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30), rng.random(N) < 0.2, rng.random(N) < 0.1, only_x), {"lags": 2}),
        "net-benefit": ((y, x, treated), {"worth": [1, 2]}),
        "decision-curve": ((rng.random(N),), {"outcome": treated, "thresholds": [0.2, 0.5]}),
        "rate": ((y, x), {"draws": 50}),
    }  # fmt: skip


GIVEN = data()


def test_every_estimator_is_tried():
    assert set(GIVEN) == set(EFFECTS)


@pytest.mark.parametrize("name", list(GIVEN))
def test_an_estimator_answers_with_an_effect_that_is_plain_json(name):
    arrays, options = GIVEN[name]
    found = EFFECTS[name](*arrays, **options)
    assert isinstance(found, Effect)
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert np.isfinite(told["estimate"])
    assert told["se"] is None or told["se"] > 0
    assert told["n"] > 0
    assert found.assumes
    if told["ci_low"] is not None:
        assert told["ci_low"] <= told["estimate"] <= told["ci_high"]


@pytest.mark.parametrize("name", list(GIVEN))
def test_an_estimator_says_where_it_comes_from(name):
    assert inspect.getdoc(EFFECTS[name])


@pytest.mark.parametrize("name", [name for name in GIVEN if name not in ("staggered-did", "sequential-trials")])
def test_the_order_of_the_rows_does_not_matter(name):
    if name == "aipw":
        return  # folds are drawn by row
    arrays, options = GIVEN[name]
    order = np.random.default_rng(1).permutation(N)

    def shuffled(value):
        if hasattr(value, "rows"):
            return value.rows(order)
        return value[order] if isinstance(value, np.ndarray) else value

    again = EFFECTS[name](*map(shuffled, arrays), **{key: shuffled(value) for key, value in options.items()})
    first = EFFECTS[name](*arrays, **options)
    assert again.estimate == pytest.approx(first.estimate, rel=1e-6, abs=1e-9)
    if name not in ("randomisation", "rate"):  # their draws are of rows
        assert again.se == pytest.approx(first.se, rel=1e-6, nan_ok=True)
