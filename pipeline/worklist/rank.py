"""Rank the eligible spells of each unit: most preventable days first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from pipeline.config.region import WorklistRules
from pipeline.errors import NightFailed

NEEDED = ("spell_id", "list_unit_id", "as_of", "preventable_days", "p_90")
ADDED = {
    "rank": pl.Int64,
    "within_capacity": pl.Boolean,
    "drawn": pl.Boolean,
    "draw_chance": pl.Float64,
    "change": pl.String,
}


def rank(
    scores: pl.DataFrame,
    rules: WorklistRules,
    capacity: Mapping[str, float | None] | pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Order each unit's spells by the days that coordination is expected to save.

    Parameters
    ----------
    scores : one row a spell with spell_id, list_unit_id, as_of (one date), preventable_days (net days, may be
        negative) and p_90 (0-1); rows whose `eligible` is false are left out where that column exists.
    capacity : new patients a week by unit, as a mapping or a frame (unit_id, capacity_per_week); a unit that is
        absent or null has rules.default_capacity.
    previous : earlier lists (spell_id, list_unit_id, as_of, rank); each unit is compared with its own newest before
        this as_of, so a unit that had no list last night is compared with the night it last had one, and nights
        run since for later dates change nothing.

    Returns
    -------
    The rows kept (at most rules.max_rows a unit), all columns given and: rank (1 = call first), within_capacity, drawn (a place given by lot), draw_chance (the chance this
    row had of standing above the line: 1 for sure places, 0 below the draw), change (new / up / down / same).
    Ties go to the higher p_90, then the lower spell_id, so the order of the input changes nothing.

    With rules.random_share s, round(s * places) of a unit's places are drawn without replacement among the rows
    that follow the sure ones, twice as many rows as places: half of them would have been called anyway, and a
    chance of one half tells most about the effect. The draw is seeded by rules.seed, as_of and unit.

    Raises
    ------
    NightFailed : a column is missing, or a score is null or out of range; the message counts and names no one.

    >>> from datetime import date
    >>> two = pl.DataFrame({"spell_id": ["a", "b"], "list_unit_id": "U", "as_of": date(2026, 1, 12),
    ...                     "preventable_days": [2.0, 9.0], "p_90": [0.9, 0.4]})
    >>> rank(two, WorklistRules())["spell_id"].to_list()
    ['b', 'a']
    """
    check(scores)
    kept = scores.filter(pl.col("eligible")) if "eligible" in scores.columns else scores
    kept = kept.filter(pl.col("list_unit_id").is_not_null()).sort(
        "list_unit_id", "preventable_days", "p_90", "spell_id",
        descending=[False, True, True, False],
    )  # fmt: skip
    places = _places(capacity, rules)
    lists = [
        _one_unit(part, places.get(unit, _whole(rules.default_capacity, rules)), rules, unit)
        for (unit,), part in kept.group_by("list_unit_id", maintain_order=True)
    ]
    if not lists:
        return kept.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in ADDED.items())
    return _compared(pl.concat(lists), previous)


def check(scores: pl.DataFrame) -> None:
    """Stop unless `scores` keeps its promise. Messages count rows and name no one."""
    if missing := [name for name in NEEDED if name not in scores.columns]:
        raise NightFailed(f"the scores lack {', '.join(missing)}", remedy="run `rehabrisk score`")
    good = (
        pl.col("preventable_days").is_finite() & pl.col("p_90").is_between(0, 1)
        & pl.col("spell_id").is_not_null() & pl.col("as_of").is_not_null()
    )  # fmt: skip
    if bad := scores.height - scores.filter(good).height:
        raise NightFailed(
            f"{bad} of {scores.height} spells have no usable score",
            remedy="run `rehabrisk doctor`, and `rehabrisk train` if the model is at fault",
        )
    if scores["as_of"].n_unique() > 1 or scores["spell_id"].n_unique() < scores.height:
        raise NightFailed(
            "the scores hold several dates, or a spell twice", remedy="rank one date's scores at a time"
        )


def _whole(capacity: float, rules: WorklistRules) -> int:
    """Whole places in the weeks the list is for; half a place rounds up, as nobody calls half a person."""
    return int(capacity * rules.weeks_capacity + 0.5)


def _places(
    capacity: Mapping[str, float | None] | pl.DataFrame | None, rules: WorklistRules
) -> dict[str, int]:
    if capacity is None:
        return {}
    if isinstance(capacity, pl.DataFrame):
        capacity = dict(capacity.select("unit_id", "capacity_per_week").iter_rows())
    return {
        unit: _whole(each, rules)
        for unit, each in capacity.items()
        if each is not None and np.isfinite(each) and each >= 0
    }


def _one_unit(best_first: pl.DataFrame, places: int, rules: WorklistRules, unit: str) -> pl.DataFrame:
    n = best_first.height
    by_lot = min(round(rules.random_share * places), max(n - places + round(rules.random_share * places), 0))
    sure = min(places - by_lot, n)
    pool = min(2 * by_lot, n - sure)
    won = _draw(pool, min(by_lot, pool), best_first["as_of"][0], unit, rules.seed)
    at = np.arange(n)
    drawn = np.zeros(n, dtype=bool)
    drawn[sure + won] = True
    chance = np.where(at < sure, 1.0, 0.0)
    if pool:
        chance[sure : sure + pool] = len(won) / pool
    above = drawn | (at < sure)
    marked = best_first.with_columns(
        within_capacity=pl.Series(above), drawn=pl.Series(drawn), draw_chance=pl.Series(chance)
    )
    # stable: sure and drawn rows first, each part still best first
    order = np.argsort(~above, kind="stable")
    return marked[order].head(rules.max_rows).with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def _draw(pool: int, places: int, as_of: date, unit: str, seed: int) -> np.ndarray:
    digest = hashlib.sha256(f"{seed}|{as_of.isoformat()}|{unit}".encode()).digest()
    lots = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return np.sort(lots.choice(pool, size=places, replace=False)) if places else np.array([], dtype=int)


def _compared(lists: pl.DataFrame, previous: pl.DataFrame | None) -> pl.DataFrame:
    """Add `change` since the unit's newest earlier list."""
    before = pl.DataFrame(schema={"spell_id": pl.String, "list_unit_id": pl.String, "rank_before": pl.Int64})
    if previous is not None and not previous.is_empty():
        older = previous.filter(pl.col("as_of") < lists["as_of"][0])
        newest = pl.col("as_of") == pl.col("as_of").max().over("list_unit_id")
        before = older.filter(newest).select(
            "spell_id", "list_unit_id", pl.col("rank").cast(pl.Int64).alias("rank_before")
        )
    both = lists.join(before, on=["spell_id", "list_unit_id"], how="left", maintain_order="left")
    then, now = pl.col("rank_before"), pl.col("rank")
    change = (
        pl.when(then.is_null()).then(pl.lit("new"))
        .when(now < then).then(pl.lit("up"))
        .when(now > then).then(pl.lit("down"))
        .otherwise(pl.lit("same"))
    )  # fmt: skip
    return both.with_columns(change=change).drop("rank_before")
