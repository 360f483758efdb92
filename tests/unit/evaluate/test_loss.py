"""Who leaves one arm may be unlike who leaves the other: the study's estimates stand, and their errors are no wider than they need be."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.evaluate import arrays, primary, secondary
from pipeline.evaluate.data import Data
from tests.unit.evaluate.made_up import ZERO, protocol

TRUE = -30.0


def study(n: int, seed: int) -> pl.DataFrame:
    """Older persons have more days; the old leave the control arm, the young the treated arm."""
    rng = np.random.default_rng(seed)
    age, a = rng.normal(45, 10, n), rng.permutation(np.arange(n) % 2)
    days = 160 + 3 * (age - 45) + TRUE * a + rng.normal(0, 20, n)
    lost = rng.random(n) < 1 / (1 + np.exp(0.6 + np.where(a == 1, 1, -1) * (age - 45) / 8))
    return pl.DataFrame(
        {"person_key": np.arange(n), "as_of": [ZERO] * n, "treated": a.astype(float), "age_years": age, "net_days": days,
         "outcome_seen": np.where(lost, "moved", "whole"), "again": (days > 160).astype(int)}
    )  # fmt: skip


@pytest.fixture
def asked(tmp_path):
    read = protocol(tmp_path, ("clusters: unit_id\n", "\n"), ("without_each_cluster: true", "without_each_cluster: false")).protocol
    return replace(read, adjust=replace(read.adjust, covariates=("age_years",)))


@pytest.mark.parametrize("method", ["none", "ancova", "ipw", "aipw"])
def test_loss_that_differs_between_the_arms_does_not_bend_the_estimate(asked, method):
    frame = study(20_000, 1)
    seen = frame.filter(pl.col("outcome_seen") == "whole")
    alone = primary.crude(frame, asked).estimate
    assert seen.height < 0.75 * frame.height and abs(alone - TRUE) > 15
    found = primary.estimate(frame, asked, method)
    assert found.effect.estimate == pytest.approx(TRUE, abs=1.5)


def test_aipw_counts_the_estimation_of_loss_in_and_so_is_narrower_than_with_weights_taken_as_known(asked):
    gaps, errors, wide = [], [], []
    for seed in range(40):
        frame = study(600, seed)
        y, seen = arrays.outcome(frame, asked)
        found = primary.estimate(frame, asked, "aipw").effect
        gaps.append(found.estimate - TRUE)
        errors.append(found.se)
        wide.append(primary.of_values(frame.filter(seen), y[seen], arrays.loss_weights(frame, seen, ("age_years",))[seen], asked, "none", ()).effect.se)
    assert 0.75 < np.mean(errors) / np.std(gaps, ddof=1) < 1.35
    assert np.mean(errors) < 0.8 * np.mean(wide)


def test_few_lost_in_an_arm_are_weighted_by_its_share_and_break_no_estimate(asked):
    frame = study(400, 2).with_columns(outcome_seen=pl.when(pl.col("person_key") < 12).then(pl.lit("moved")).otherwise(pl.lit("whole")))
    frame = frame.with_columns(age_years=pl.when(pl.col("person_key") < 12).then(90.0).otherwise(pl.col("age_years")))
    assert primary.estimate(frame, asked, "aipw").effect.estimate == pytest.approx(TRUE, abs=8)
    weights = arrays.loss_weights(frame, (frame["outcome_seen"] == "whole").to_numpy(), ("age_years",))
    assert len(np.unique(weights[weights > 0].round(6))) == 2


def test_new_sick_leave_is_weighted_for_loss_as_well(asked):
    frame = study(20_000, 3).with_columns(followed_days=pl.lit(0))
    relapses = frame.filter(pl.col("again") == 1).select("person_key", "as_of", after_days=pl.lit(200, pl.Int32), start_date=pl.lit(ZERO))
    told = secondary.relapse(secondary._kept(Data(frame, [], relapses=relapses)), asked)
    by_arm = {arm: 100 * part["again"].mean() for (arm,), part in frame.group_by("treated")}
    assert told["share"]["treated"] == pytest.approx(by_arm[1.0], abs=2) and told["share"]["control"] == pytest.approx(by_arm[0.0], abs=2)
