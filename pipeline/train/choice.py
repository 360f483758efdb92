"""Which model is taken: the simplest that no other beats by more than chance, on months that none was fitted on."""

from __future__ import annotations

import copy

import numpy as np
import polars as pl

from models.measures.accuracy import briers
from models.measures.bootstrap import person_intervals
from models.registry import CHAMPION, RISK_MODELS
from models.risk.encoder import FrameEncoder
from models.risk.outlook import PASSES
from models.risk.person_period import HORIZON
from models.risk.srs import PublishedSRS
from pipeline.train.validation import MIN_EACH, Tested
from pipeline.train.windows import calibrating

LEVEL = 0.6827  # two-sided, one standard error either way: the one-standard-error rule of Breiman et al. 1984, Classification and Regression Trees, 3.4.3


def choose(differences: dict[tuple[str, str], tuple[float, float, float]]) -> str:
    """The simplest model that none of the others beats by more than a standard error.

    differences : (one, other) -> Brier score of one less the other's, with its interval; one is beaten where all of it is above nought.

    >>> choose({("kaplan_meier", "cox"): (0.02, 0.01, 0.03), ("cox", "discrete_time_hazard"): (0.001, -0.002, 0.004)})
    'cox'
    """
    beaten = {one for (one, _), (_, low, _) in differences.items() if low > 0}
    return next((name for name in RISK_MODELS if name not in beaten), CHAMPION)


def on_tuning_months(
    models: dict, encoder: FrameEncoder, tune: pl.DataFrame, *, srs: PublishedSRS | None = None, most: int, seed: int
) -> tuple[dict, dict]:
    """What the choice rests on, and the differences that `choose` asks for.

    The champion was recalibrated on these months; here each half of their persons is judged by a recalibration learnt from the other half. That its number
    of trees was found on them is left: one number. srs : beside the champion on the moments that it covers; it scores no others, so it cannot be
    chosen, but one that beats the champion there is told.
    """
    grid, at = np.arange(HORIZON + 1), PASSES[0]
    some = tune.filter(pl.col("day") < at)
    some = some.sample(min(some.height, most), seed=seed, shuffle=True)
    X = encoder.transform(some)
    curves = {name: model.predict_survival(X, grid) for name, model in models.items() if name != CHAMPION}
    curves[CHAMPION] = crossed(models[CHAMPION], encoder, tune, some, seed)
    tested = {name: Tested(some, one) for name, one in curves.items()}
    found, differences = _differences(tested, at, seed)
    told = {"briers": found, "differences": [[*pair, *value] for pair, value in differences.items()], "srs": None}
    if srs:
        published = srs.curves(some, grid)
        covered = np.isfinite(published[:, -1])
        rows = some.filter(pl.Series(covered))
        both = {CHAMPION: Tested(rows, curves[CHAMPION][covered]), "srs": Tested(rows, published[covered])}
        _, against = _differences(both, at, seed)
        told["srs"] = against.get((CHAMPION, "srs"))
    return told, differences


def crossed(model, encoder: FrameEncoder, tune: pl.DataFrame, some: pl.DataFrame, seed: int) -> np.ndarray:
    """(n, HORIZON + 1) curves of `some` of the tuning moments, recalibrated on the persons of the other half of `tune`."""
    first = tune["person_key"].unique().sort().shuffle(seed).gather_every(2)
    curves = np.empty((some.height, HORIZON + 1), dtype=np.float32)
    for here in (pl.col("person_key").is_in(first.implode()), ~pl.col("person_key").is_in(first.implode())):
        learnt, asked = tune.filter(~here), some.select(here).to_series().to_numpy()
        other = copy.copy(model)
        if (learnt["cause"] > 0).any():
            other.recalibrate(encoder.transform(learnt), **calibrating(learnt))
        curves[asked] = other.predict_survival(encoder.transform(some.filter(pl.Series(asked))), np.arange(HORIZON + 1))
    return curves


def _differences(tested: dict[str, Tested], at: int, seed: int) -> tuple[dict, dict]:
    """name -> Brier score (None where too few passed, or did not), and (one, other) -> the difference with its interval."""
    first = next(iter(tested.values()))
    passing, _, weight, place = first.at(at)
    used = weight > 0
    if min(passing[used].sum(), (~passing[used]).sum()) < MIN_EACH:
        return dict.fromkeys(tested), {}
    y, chances = passing[used], {name: one.at(at)[1][used] for name, one in tested.items()}

    def less(drawn: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        own = {name: briers(y, chance, drawn) for name, chance in chances.items()}
        return {(one, other): own[one] - own[other] for one in own for other in own if one != other}

    differences = person_intervals(less, weight[used], first.person[place][used], level=LEVEL, seed=seed)
    return {name: float(briers(y, chance, weight[used][None, :])[0]) for name, chance in chances.items()}, differences
