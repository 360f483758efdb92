"""Which model is taken."""

import numpy as np
import polars as pl

from models.registry import CHAMPION, RISK_MODELS
from models.risk.encoder import FrameEncoder
from pipeline.train.choice import choose, crossed, on_tuning_months
from pipeline.train.windows import outcome
from tests.unit.models.renewals import world

OURS = ("kaplan_meier", "cox", CHAMPION)


def less(**briers):
    """Differences of such scores that are sure to within 0.004."""
    named = dict(zip(OURS, briers.values(), strict=True))
    return {(one, other): (a - b, a - b - 0.004, a - b + 0.004) for one, a in named.items() for other, b in named.items() if one != other}


def test_the_champion_must_win_by_more_than_chance_or_the_simplest_that_is_not_beaten_is_taken():
    assert choose(less(km=0.20, cox=0.19, boosted=0.18)) == CHAMPION
    assert choose(less(km=0.20, cox=0.182, boosted=0.18)) == "cox"
    assert choose(less(km=0.20, cox=0.18, boosted=0.19)) == "cox"
    assert choose(less(km=0.182, cox=0.181, boosted=0.18)) == "kaplan_meier"


def test_one_that_is_beaten_by_a_rival_alone_is_not_taken_either():
    # the table does not lose to the champion by enough, but it does to Cox
    assert choose(less(km=0.186, cox=0.181, boosted=0.183)) == "cox"


def fitted(n=3000):
    rows = world(n, 3).drop("true_90", "true_180").with_columns(weight=pl.lit(1.0))
    fit, tune = rows[: n // 2], rows[n // 2 :]
    encoder = FrameEncoder().fit(fit, skip=("spell_id", "person_key", "as_of", "unit_id", "duration_days", "cause", "net_days_365", "followed_days", "weight"))
    models = {
        name: build(encoder.names_, encoder.categorical_, seed=1, **({"max_iter": 20} if name == CHAMPION else {})).fit(encoder.transform(fit), **outcome(fit))
        for name, build in RISK_MODELS.items()
    }
    models[CHAMPION].recalibrate(encoder.transform(tune), **outcome(tune))
    return models, encoder, tune


def test_nobodys_own_outcome_moves_the_recalibration_that_judges_them():
    models, encoder, tune = fitted()
    asked = tune.sample(50, seed=1)
    before = crossed(models[CHAMPION], encoder, tune, asked, 1)
    first = tune["person_key"].unique().sort().shuffle(1).gather_every(2)
    here = asked["person_key"].is_in(first.implode()).to_numpy()
    turned = tune.with_columns(pl.when(pl.col("person_key").is_in(first.implode())).then(1).otherwise("duration_days").alias("duration_days"))
    after = crossed(models[CHAMPION], encoder, turned, asked, 1)
    assert 0 < here.sum() < 50
    assert np.array_equal(before[here], after[here]) and not np.array_equal(before[~here], after[~here])


def test_the_choice_tells_scores_and_each_difference_with_its_interval_and_keeps_the_model_as_it_was():
    models, encoder, tune = fitted()
    kept = models[CHAMPION].recalibration_.to_dict()
    told, differences = on_tuning_months(models, encoder, tune, most=30_000, seed=1)
    assert models[CHAMPION].recalibration_.to_dict() == kept
    assert set(told["briers"]) == set(OURS) and len(differences) == 6 and told["srs"] is None
    for (one, other), (value, low, high) in differences.items():
        assert low <= value <= high
        assert np.isclose(value, told["briers"][one] - told["briers"][other])
