"""Reasons say what the full model's expectation does when a fact is exchanged for that of comparable spells."""

import json

import numpy as np
import pytest

from models.risk.encoder import FrameEncoder
from models.risk.explain import SubstitutionExplainer
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
    explainer = SubstitutionExplainer(encoder.names_, encoder.categorical_)
    return explainer.fit(X[:2500], days_left=days_left, groups=groups), X[2500:], days_left, groups


def test_removing_the_stated_reason_moves_the_models_days_left_by_about_that_much(explained):
    explainer, X, days_left, groups = explained
    X = X[:150]
    stated = explainer.effects(X)
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
            days_left(explainer._exchanged(X, columns, cell, rng, mine)) for _ in range(10)
        ])  # fmt: skip
        said.append(stated[name][mine])
        moved.append(whole[mine] - others.mean(axis=0))
    said, moved = np.concatenate(said), np.concatenate(moved)
    assert np.corrcoef(said, moved)[0, 1] > 0.9
    assert np.polyfit(said, moved, 1)[0] == pytest.approx(1, abs=0.15)
    assert np.mean(np.sign(said) == np.sign(moved)) > 0.9


def test_how_faithful_reasons_are_is_measured_on_spells_kept_apart(explained):
    faithful = explained[0].faithful_
    assert faithful["spells"] == 120
    assert faithful["correlation"] > 0.85
    assert faithful["slope"] == pytest.approx(1, abs=0.15)


def test_a_fact_that_the_model_does_not_use_has_no_effect():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(1000), rng.normal(size=1000), rng.normal(size=1000)])
    made = SubstitutionExplainer(("day", "used_days", "idle_days"), np.zeros(3, bool)).fit(
        X, days_left=lambda Z: 50 + 10 * Z[:, 1], groups={"used": ("used_days",), "idle": ("idle_days",)}
    )
    found = made.effects(X)
    assert np.abs(found["idle"]).max() < 1e-9
    assert np.corrcoef(found["used"], X[:, 1])[0, 1] > 0.95


def test_effects_are_the_same_after_being_kept(explained):
    explainer, X, _, _ = explained
    again = SubstitutionExplainer.from_dict(json.loads(json.dumps(explainer.to_dict())), explainer.boosters())
    for group, days in explainer.effects(X[:50]).items():
        assert np.allclose(days, again.effects(X[:50])[group])
