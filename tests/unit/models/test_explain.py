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


def test_exchanging_the_stated_reason_moves_the_full_models_days_left_by_about_that_much(explained):
    explainer, X, days_left, groups = explained
    asked, others, rng = X[:120], X[120:], np.random.default_rng(7)
    stated = np.column_stack(list(explainer.effects(asked)[1].values()))
    names, largest = list(explainer.groups_), np.abs(stated).argmax(axis=1)
    said, cell, theirs = stated[np.arange(120), largest], explainer._cells(asked), explainer._cells(others)
    moved = np.empty(120)
    for row, group in enumerate(largest):
        comparable = rng.choice(np.flatnonzero(theirs == cell[row]), 40)
        mixed = np.repeat(asked[row : row + 1], 40, axis=0)
        places = [explainer.names.index(column) for column in groups[names[group]]]
        mixed[:, places] = others[np.ix_(comparable, places)]
        moved[row] = days_left(asked[row : row + 1])[0] - days_left(mixed).mean()
    assert np.corrcoef(said, moved)[0, 1] > 0.95
    assert np.polyfit(said, moved, 1)[0] == pytest.approx(1, abs=0.15)
    assert np.median(np.abs(said - moved)) < 5
    assert np.mean(np.abs(said - moved) > np.abs(said) / 2) < 0.15


def test_how_faithful_reasons_are_is_measured_on_spells_kept_apart(explained):
    faithful = explained[0].faithful_
    assert faithful["spells"] == 60
    assert faithful["explained"] > 0.95
    assert 0 < faithful["missed"] < 5 and faithful["missed"] < faithful["missed_p90"] < 20
    assert faithful["correlation"] > 0.95
    assert faithful["slope"] == pytest.approx(1, abs=0.15)
    assert faithful["off"] < 6


def test_a_fact_that_the_model_does_not_use_is_never_worth_a_day():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(2000), rng.uniform(-2, 2, 2000), rng.uniform(-2, 2, 2000)])
    made = ShapleyExplainer(("day", "used_days", "idle_days"), np.zeros(3, bool)).fit(
        X, days_left=lambda Z: 50 + 10 * Z[:, 1], groups={"used": ("used_days",), "idle": ("idle_days",)}
    )
    means, found = made.effects(X)
    assert np.abs(found["idle"]).max() < 1.0  # a smaller effect is not said
    assert np.corrcoef(found["used"], X[:, 1])[0, 1] > 0.99
    assert means == pytest.approx(50, abs=1)


def test_effects_are_the_same_after_being_kept(explained):
    explainer, X, _, _ = explained
    again = ShapleyExplainer.from_dict(json.loads(json.dumps(explainer.to_dict())), explainer.boosters())
    (means, said), (means_again, said_again) = explainer.effects(X[:50]), again.effects(X[:50])
    assert np.allclose(means, means_again)
    for group, days in said.items():
        assert np.allclose(days, said_again[group])


def test_what_no_effect_accounts_for_is_a_few_days(explained):
    explainer, X, days_left, _ = explained
    means, said = explainer.effects(X)
    missed = days_left(X) - means - sum(said.values())
    assert abs(missed.mean()) < 1
    assert np.median(np.abs(missed)) < 5
    assert np.quantile(np.abs(missed), 0.9) < 15


def test_a_level_too_rare_for_a_code_is_a_fact_that_the_model_never_met(explained):
    explainer, X, _, _ = explained
    rare = X[:3].copy()
    rare[1, explainer.names.index("diagnosis_3")] = 0
    rare[2, explainer.names.index("diagnosis_3")] = np.nan  # not stated is another thing
    unmet = explainer.unmet(rare)
    assert unmet["diagnosis"].tolist() == [False, True, False]
    assert not unmet["sex"].any() and "age" not in unmet


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
