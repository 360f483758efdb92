"""The same way of learning on fewer persons: how far its chances could have come out otherwise, and whether more persons would help."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.registry import CHAMPION, RISK_MODELS
from models.risk.encoder import FrameEncoder
from models.risk.outlook import PASSES, chance_of_passing
from models.risk.person_period import HORIZON
from models.risk.uncertainty import ChanceUncertainty
from pipeline.train.validation import Tested, brier_at
from pipeline.train.windows import calibrating, outcome

PARTS = 4  # disjoint; two would tell a variance from one difference, eight would learn from too few
FEWER = (8, 16)  # one model each of an eighth and a sixteenth of the persons, for the learning curve
FEWEST_ENDS = 50  # to learn anything from
MOST = 4_000  # tuning moments that are asked about


def from_fewer(
    winner: str, tuned: dict, encoder: FrameEncoder, fit: pl.DataFrame, tune: pl.DataFrame, seed: int
) -> tuple[ChanceUncertainty, list[dict]]:
    """How sure the winner's chances are, and its learning curve: share of the persons, models, mean Brier score on the tuning months.

    Each part's persons are fitted and recalibrated on alone, with the whole's number of trees and with smallest leaf and ridge in proportion to
    the persons, or the parts would be smoother than the whole and seem surer.
    """
    some = tune.filter(pl.col("day") < PASSES[0])
    some = some.sample(min(some.height, MOST), seed=seed, shuffle=True)
    X, grid, day = encoder.transform(some), np.arange(HORIZON + 1), some["day"].to_numpy()
    people = pl.concat([fit["person_key"], tune["person_key"]]).unique().sort().shuffle(seed)

    def learnt(many: int, which: int) -> Tested | None:
        here = pl.col("person_key").is_in(people.gather_every(many, which).implode())
        rows, later = fit.filter(here), tune.filter(here)
        if (rows["cause"] > 0).sum() < FEWEST_ENDS or not (later["cause"] > 0).any():
            return None
        whole, how = tuned[winner], {}
        if winner == CHAMPION:
            how = {"max_iter": max(whole.n_iter_, 20), "min_samples_leaf": max(whole.min_samples_leaf // many, 5), "l2": whole.l2 / many}
        model = RISK_MODELS[winner](encoder.names_, encoder.categorical_, seed=seed, **how).fit(encoder.transform(rows), **outcome(rows))
        if winner == CHAMPION:
            model.recalibrate(encoder.transform(later), **calibrating(later))
        return Tested(some, model.predict_survival(X, grid))

    whole = Tested(some, tuned[winner].predict_survival(X, grid))
    parts = [learnt(PARTS, which) for which in range(PARTS)]
    if None in parts:
        return ChanceUncertainty(), []
    few = {many: [one] for many in FEWER if (one := learnt(many, 0)) is not None}
    curve = [
        {"share": 1 / many, "models": len(made), "brier": float(np.mean([brier_at(one, PASSES[0]) for one in made]))}
        for many, made in sorted((few | {PARTS: parts, 1: [whole]}).items(), reverse=True)
    ]
    chances = [chance_of_passing(one.curves, day, PASSES[0]) for one in (whole, *parts)]
    unsure = ChanceUncertainty(seed=seed).fit(
        X, chances[0], np.array(chances[1:]), person=some["person_key"].to_numpy(), sample_weight=some["weight"].to_numpy()
    )
    return unsure, curve if all(np.isfinite(one["brier"]) for one in curve) else []
