"""Which moments are learned from, and what each of them counts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import InputError

NEEDED = ("spell_id", "person_key", "as_of", "unit_id", "day", "duration_days", "cause")
FIRST_DAYS_SHARE = 0.7  # of the moments kept when there are too many: this share on the first days


@dataclass(frozen=True)
class Step:
    """A line of the flow of exclusions: why, and how many moments, spells and persons are left."""

    why: str
    moments: int
    spells: int
    persons: int


def choose_moments(
    frame: pl.DataFrame, *, max_moments: int, per_spell: int, first_days: int, seed: int
) -> tuple[pl.DataFrame, list[Step]]:
    """Thin `frame` and add `weight`, so that the weighted moments still mean "an ongoing spell on a random day".

    At most `per_spell` moments of a spell on days 1..first_days and as many later, drawn evenly; of those at most
    `max_moments`, days 1..first_days drawn more often. Every drawn moment weighs one over its chance of being drawn; a `weight` column already there
    is multiplied in.

    Raises InputError : a column is missing, or a duration is below 1.
    """
    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise InputError(
            f"training moments lack {', '.join(missing)}", remedy="run `rehabrisk features` anew"
        )
    steps = [_step("moments with a known outcome period", frame)]
    # the same rows in another order must give the same draw
    kept = frame.filter(pl.col("day") >= 1, pl.col("duration_days").is_not_null()).sort(
        "person_key", "as_of", "spell_id"
    )
    if bad := kept.filter(pl.col("duration_days") < 1).height:
        raise InputError(
            f"{bad} training moments have a duration below 1 day", remedy="look at outcomes.remaining"
        )
    steps.append(_step("on day 1 or later of a spell", kept))
    given = pl.col("weight").cast(pl.Float64) if "weight" in kept.columns else pl.lit(1.0)
    rng = np.random.default_rng(seed)
    kept = kept.with_columns(weight=given, _draw=pl.Series(rng.random(kept.height)))
    part = ["spell_id", pl.col("day") <= first_days]
    in_spell = pl.len().over(part)
    kept = kept.with_columns(weight=pl.col("weight") * pl.max_horizontal(in_spell / per_spell, 1.0)).filter(
        pl.col("_draw").rank("ordinal").over(part) <= per_spell
    )
    steps.append(_step(f"at most {per_spell} of a spell on days 1-{first_days}, and later", kept))
    if kept.height > max_moments:
        kept = _thin(kept, max_moments, first_days, rng)
        steps.append(_step(f"at most {max_moments} in all, days 1-{first_days} more often", kept))
    return kept.drop("_draw"), steps


def _thin(kept: pl.DataFrame, most: int, first_days: int, rng: np.random.Generator) -> pl.DataFrame:
    early = (kept["day"] <= first_days).to_numpy()
    wanted = min(int(early.sum()), max(int(most * FIRST_DAYS_SHARE), most - int((~early).sum())))
    odds = np.where(early, wanted / max(early.sum(), 1), min((most - wanted) / max((~early).sum(), 1), 1.0))
    drawn = rng.random(kept.height) < odds
    return kept.with_columns(weight=pl.col("weight") / pl.Series(np.maximum(odds, 1e-12))).filter(
        pl.Series(drawn)
    )


def _step(why: str, frame: pl.DataFrame) -> Step:
    return Step(why, frame.height, frame["spell_id"].n_unique(), frame["person_key"].n_unique())
