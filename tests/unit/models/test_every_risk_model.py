"""One test over the registry: a newcomer's model is under test before its author writes one."""

import json

import numpy as np
import pytest

from models.registry import RISK_MODELS
from models.risk.encoder import FrameEncoder
from tests.unit.models.renewals import world

KEYS = (
    "spell_id", "person_key", "as_of", "unit_id", "duration_days", "cause", "net_days_365", "followed_days",
    "true_90", "true_180",
)  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    rows = world(4000, 1)
    encoder = FrameEncoder().fit(rows, skip=KEYS)
    X = encoder.transform(rows)
    known = {"duration": rows["duration_days"].to_numpy(), "event": rows["cause"].to_numpy() > 0}
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    made = {
        name: build(encoder.names_, encoder.categorical_).fit(X, **known, sample_weight=weight)
        for name, build in RISK_MODELS.items()
    }
    return made, X


@pytest.mark.parametrize("name", RISK_MODELS)
def test_a_curve_starts_at_one_never_rises_and_stays_a_chance(name, fitted):
    made, X = fitted
    curve = made[name].predict_survival(X[:500], np.arange(366))
    assert curve.shape == (500, 366)
    assert np.allclose(curve[:, 0], 1)
    assert (np.diff(curve, axis=1) <= 1e-6).all()
    assert curve.min() >= 0 and curve.max() <= 1


@pytest.mark.parametrize("name", RISK_MODELS)
def test_a_curve_does_not_depend_on_which_days_are_asked_for(name, fitted):
    made, X = fitted
    whole = made[name].predict_survival(X[:50], np.arange(366))
    some = made[name].predict_survival(X[:50], np.array([30, 90]))
    assert np.allclose(whole[:, [30, 90]], some, atol=1e-5)


@pytest.mark.parametrize("name", RISK_MODELS)
def test_nobody_is_expected_to_end_before_the_certified_end(name, fitted):
    made, X = fitted
    far = X[X[:, made[name].names.index("certified_days_ahead")] >= 30]
    curve = made[name].predict_survival(far, np.array([29, 365]))
    assert curve[:, 0].min() > 0.999
    assert curve[:, 1].max() < 0.999


@pytest.mark.parametrize("name", RISK_MODELS)
def test_missing_facts_and_unseen_levels_still_give_a_curve(name, fitted):
    made, X = fitted
    blank = np.full_like(X[:3], np.nan)
    assert np.isfinite(made[name].predict_survival(blank, np.arange(366))).all()


@pytest.mark.parametrize("name", RISK_MODELS)
def test_a_model_kept_as_json_and_trees_predicts_as_before(name, fitted):
    made, X = fitted
    kept = json.loads(json.dumps(made[name].to_dict()))
    again = RISK_MODELS[name].from_dict(kept, made[name].boosters())
    days = np.array([7, 90, 365])
    assert np.allclose(
        again.predict_survival(X[:100], days), made[name].predict_survival(X[:100], days), atol=1e-6
    )


@pytest.mark.parametrize("name", RISK_MODELS)
def test_what_is_kept_holds_no_more_numbers_than_a_model_needs(name, fitted):
    made, _ = fitted
    # 4 000 people were fitted on: a list of that length would be their data
    assert max(_lengths(made[name].to_dict()), default=0) < 4000


def _lengths(kept):
    if isinstance(kept, dict):
        for value in kept.values():
            yield from _lengths(value)
    elif isinstance(kept, list):
        yield len(kept)
        for value in kept:
            yield from _lengths(value)
