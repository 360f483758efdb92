"""From past moments to a candidate with its figures."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.risk.srs import PublishedSRS
from pipeline.config.region import TrainingSettings
from pipeline.errors import UsageError
from pipeline.train.too_little import TooLittleData
from pipeline.train.training import train
from pipeline.train.windows import split_windows
from tests.unit.models import renewals
from tests.unit.train.invented import AS_OF, SETTINGS, UNTIL, candidate, features, history

COVERED = ("F32", "F41", "F43", "M54", "M75", "M79")


def test_the_card_figures_hold_champion_and_both_challengers():
    found = candidate().validation["models"]
    assert set(found) == {"discrete_time_hazard", "cox", "kaplan_meier"}
    for one in found.values():
        value, low, high = one["90"]["auc"]
        assert low < value < high
        assert 0.6 < value < 0.9
        assert one["90"]["o_e"][0] == pytest.approx(1, abs=0.12)


def test_boosting_beats_the_table_on_the_wall_in_this_world():
    found = candidate().validation["models"]
    assert found["discrete_time_hazard"]["90"]["brier"][0] < found["kaplan_meier"]["90"]["brier"][0]


def test_the_choice_reads_the_tuning_months_and_never_the_test_months():
    """Outcomes of the test months dealt out anew change the figures on the card and not the winner, nor why it won."""
    world = history(2500, days=1000)
    windows = split_windows(world["as_of"].min(), UNTIL, tune_months=SETTINGS.tune_months, test_months=SETTINGS.test_months)
    in_test = pl.col("as_of") >= windows.test_from
    turned = pl.concat([
        world.filter(~in_test), world.filter(in_test).with_columns(pl.col("duration_days", "cause").reverse())
    ])  # fmt: skip
    found, other = (train(one, SETTINGS, AS_OF, UNTIL, "abc123", 1) for one in (world, turned))
    assert other.validation["chosen_by"] == found.validation["chosen_by"]
    assert other.meta["kind"] == found.meta["kind"]
    assert other.validation["models"]["cox"]["90"] != found.validation["models"]["cox"]["90"]


def test_keys_and_outcomes_are_no_features():
    names = set(candidate().meta["features"])
    assert not names & {
        "spell_id",
        "person_key",
        "as_of",
        "unit_id",
        "duration_days",
        "cause",
        "net_days_365",
        "weight",
    }
    assert {"day", "degree", "certified_days_ahead"} <= names


def test_the_same_moments_and_seed_give_the_same_scores():
    again = train(history().reverse(), SETTINGS, AS_OF, UNTIL, "abc123", 1)
    first, second = (one.risk.outlook(features()) for one in (candidate(), again))
    assert np.allclose(first.passes, second.passes)
    assert np.allclose(first.net_days, second.net_days)


def test_too_few_moments_or_ends_is_said_with_numbers():
    with pytest.raises(TooLittleData, match="500 moments") as stop:
        train(history(500), SETTINGS, AS_OF, UNTIL, "abc123", 1)
    assert isinstance(stop.value, UsageError)
    with pytest.raises(TooLittleData, match="with 0 ended spells"):
        train(history(1500).with_columns(cause=pl.lit(0)), SETTINGS, AS_OF, UNTIL, "abc123", 1)


def test_a_feature_that_knows_the_future_is_suspected():
    leaking = history(7000, days=1000).with_columns(leak_days=pl.col("duration_days") + pl.col("day"))
    found = train(leaking, TrainingSettings(max_moments=12_000, min_moments=1000), AS_OF, UNTIL, "abc123", 1).validation
    assert found["early_auc"][0] > 0.9
    assert found["suspect_leak"]


def test_an_honest_world_is_not_suspected():
    honest = history(7000, days=1000)
    found = train(honest, TrainingSettings(max_moments=12_000, min_moments=1000), AS_OF, UNTIL, "abc123", 1).validation
    assert found["early_auc"][1] < 0.8
    assert not found["suspect_leak"]
    # too few to tell: nothing is said of them
    assert candidate().validation["early_auc"] is None and not candidate().validation["suspect_leak"]


def test_what_is_known_after_data_until_is_not_learned_from():
    later = history(200, seed=3).with_columns(as_of=pl.lit(UNTIL + dt.timedelta(days=20)))
    whole = pl.concat([history(2500, days=1000), later])
    assert train(whole, SETTINGS, AS_OF, UNTIL, "abc123", 1).meta["moments"] <= 2500


def test_net_days_are_right_in_the_mean():
    new = history(6000, seed=21).filter(pl.col("followed_days") == 365)
    expected = candidate().risk.outlook(new).net_days
    assert expected.mean() == pytest.approx(new["net_days_365"].mean(), rel=0.06)


def test_published_srs_is_set_beside_the_others_on_the_moments_it_covers():
    rate = float(np.log(0.005))
    models = {code: {"breaks_days": [15, 1600], "log_hazard_per_day": {"(Intercept)": [rate]}} for code in COVERED}
    longer = replace(SETTINGS, test_months=18)  # figures are given of a hundred persons who passed, and who did not
    trained = train(history(), longer, AS_OF, UNTIL, "abc123", 1, PublishedSRS(models))
    found = trained.validation["beside_srs"]
    share = history()["diagnosis_3"].is_in(COVERED).mean()
    assert found["covered"] == pytest.approx(share, abs=0.05)
    assert list(found["models"]) == ["kaplan_meier", "cox", "discrete_time_hazard", "srs", "srs_certified"]
    assert len({one["moments"] for one in found["models"].values()}) == 1
    assert found["models"]["srs"]["brier"][0] > found["models"]["discrete_time_hazard"]["brier"][0]
    # it takes part in the choice, on what it covers: the boosted model is better there by more than chance
    assert trained.validation["chosen_by"]["srs"][2] < 0


def test_what_is_shipped_is_right_on_the_months_after_a_change_that_the_last_months_had():
    """From the tuning months on, half of the certificates that would have been renewed are not."""

    def ended_sooner(rows):
        ahead = rows["certified_days_ahead"].to_numpy().clip(1)
        cut = (np.random.default_rng(8).random(rows.height) < 0.5) & (ahead < rows["duration_days"].to_numpy())
        return rows.with_columns(duration_days=pl.Series(np.where(cut, ahead, rows["duration_days"])), cause=pl.Series(np.where(cut, 1, rows["cause"])))

    world = history(16_000, days=1000)
    windows = split_windows(world["as_of"].min(), UNTIL, tune_months=SETTINGS.tune_months, test_months=SETTINGS.test_months)
    changed = pl.col("as_of") >= windows.tune_from
    past = pl.concat([world.filter(~changed), ended_sooner(world.filter(changed)).cast(dict(world.schema))])
    risk = train(past, replace(SETTINGS, max_moments=16_000), AS_OF, UNTIL, "abc123", 1).risk
    later = ended_sooner(renewals.world(12_000, 77)).filter(pl.col("day") < 90)
    expected = risk.outlook(later.with_columns(as_of=pl.lit(AS_OF))).passes[:, 0]
    observed = (later["duration_days"] > 90 - later["day"]).to_numpy()
    assert observed.mean() / expected.mean() == pytest.approx(1, abs=0.04)


def test_a_fact_that_hardly_anybody_has_is_no_end_of_training():
    """Known of one person: of three quarters of the persons, and of the tuning moments, it is blank."""
    world = history()
    few = world.sort("as_of", "person_key")["person_key"].head(1)
    seldom = pl.when(pl.col("person_key").is_in(few.implode())).then(pl.col("day")).otherwise(None)
    found = train(world.with_columns(seldom_days=seldom), SETTINGS, AS_OF, UNTIL, "abc123", 1)
    assert "seldom_days" in found.meta["features"]
    outlook = found.risk.outlook(features().with_columns(seldom_days=pl.lit(3)))
    assert np.isfinite(outlook.passes).all() and np.isfinite(outlook.p_90_ends).any()
