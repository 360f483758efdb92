"""Reasons say what the full model's expectation does when a fact is exchanged for that of comparable spells."""

import json

import numpy as np
import pytest

from models.risk.encoder import FrameEncoder
from models.risk.explain import ShapleyExplainer
from models.risk.fact_groups import grouped
from models.risk.hazard import DiscreteTimeHazard
from models.risk.outlook import expected_days
from tests.unit.models.renewals import world
from tests.unit.models.test_every_risk_model import KEYS


@pytest.fixture(scope="module")
def explained():
    rows = world(4000, 1)
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    X = encoder.transform(rows)
    model = DiscreteTimeHazard(encoder.names_, encoder.categorical_, max_iter=60).fit(
        X, duration=rows["duration_days"].to_numpy(), event=rows["cause"].to_numpy() > 0
    )

    def days_left(Z):
        return expected_days(model.predict_survival(Z, np.arange(366)))

    groups = grouped(encoder.names_)
    explainer = ShapleyExplainer(encoder.names_, encoder.categorical_)
    return explainer.fit(X[:2500], days_left=days_left, groups=groups), X[2500:], days_left, groups


def test_removing_the_stated_reason_moves_the_models_days_left_by_about_that_much(explained):
    explainer, X, days_left, groups = explained
    X = X[:150]
    stated = explainer.effects(X)[1]
    order = np.argsort(-np.abs(np.column_stack([stated[g] for g in stated])), axis=1)[:, 0]
    names, whole, rng = list(stated), days_left(X), np.random.default_rng(7)
    said, moved = [], []
    cell = explainer._cells(X)
    for place, name in enumerate(names):
        mine = np.flatnonzero(order == place)
        if not len(mine):
            continue
        columns = [explainer.names.index(c) for c in groups[name]]
        others = np.stack([
            days_left(explainer._exchanged(X, columns, cell, mine, rng)) for _ in range(10)
        ])  # fmt: skip
        said.append(stated[name][mine])
        moved.append(whole[mine] - others.mean(axis=0))
    said, moved = np.concatenate(said), np.concatenate(moved)
    assert np.corrcoef(said, moved)[0, 1] > 0.9
    assert np.polyfit(said, moved, 1)[0] == pytest.approx(1, abs=0.15)
    assert np.mean(np.sign(said) == np.sign(moved)) > 0.9


def test_how_faithful_reasons_are_is_measured_on_spells_kept_apart(explained):
    faithful = explained[0].faithful_
    assert faithful["spells"] == 100
    assert faithful["explained"] > 0.85
    assert faithful["correlation"] > 0.85
    assert faithful["slope"] == pytest.approx(1, abs=0.15)


def test_a_fact_that_the_model_does_not_use_is_never_worth_a_day():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(1000), rng.normal(size=1000), rng.normal(size=1000)])
    made = ShapleyExplainer(("day", "used_days", "idle_days"), np.zeros(3, bool)).fit(
        X, days_left=lambda Z: 50 + 10 * Z[:, 1], groups={"used": ("used_days",), "idle": ("idle_days",)}
    )
    means, found = made.effects(X)
    assert np.abs(found["idle"]).max() < 1.0  # a smaller effect is not said
    assert np.abs(found["idle"]).mean() < 0.1
    assert np.corrcoef(found["used"], X[:, 1])[0, 1] > 0.95
    assert means == pytest.approx(50, abs=1)


def test_effects_are_the_same_after_being_kept(explained):
    explainer, X, _, _ = explained
    again = ShapleyExplainer.from_dict(json.loads(json.dumps(explainer.to_dict())), explainer.boosters())
    (means, said), (means_again, said_again) = explainer.effects(X[:50]), again.effects(X[:50])
    assert np.allclose(means, means_again)
    for group, days in said.items():
        assert np.allclose(days, said_again[group])


def test_the_mean_of_comparable_spells_and_the_effects_add_up_to_the_models_days_left(explained):
    explainer, X, days_left, _ = explained
    means, said = explainer.effects(X[:400])
    whole = days_left(X[:400])
    missed = whole - means - sum(said.values())
    assert abs(missed.mean()) < 3
    assert missed.std() < 0.4 * whole.std()


def test_of_two_facts_that_matter_together_each_gets_half():
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(4000), rng.integers(0, 2, 4000), rng.integers(0, 2, 4000)])
    made = ShapleyExplainer(("day", "a_days", "b_days"), np.zeros(3, bool)).fit(
        X, days_left=lambda Z: 40 + 40 * Z[:, 1] * Z[:, 2], groups={"a": ("a_days",), "b": ("b_days",)}
    )
    both = (X[:, 1] == 1) & (X[:, 2] == 1)
    _, said = made.effects(X)
    # the mean is 50, both make 80: thirty days, shared alike
    assert said["a"][both].mean() == pytest.approx(15, abs=1.5)
    assert said["b"][both].mean() == pytest.approx(15, abs=1.5)
