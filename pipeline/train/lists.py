"""What a list with so many places a week is judged by: of whom it holds, how many pass day 90, and of those who pass, how many it holds.

The test moments are a sample of all days of all spells, so no one day's list can be rebuilt from them. What can be is the average weekday's: at a
unit with N ongoing spells before the day and k places, the k / N of its moments with the highest chance. Lists here are ordered by the chance of
passing; the night orders by preventable days (pipeline/worklist).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.measures.bootstrap import person_intervals
from pipeline.train.validation import MIN_EACH, MIN_PERSONS, Tested, hidden_groups

WITHIN = 90  # days that are counted of those listed


@dataclass(frozen=True)
class Places:
    """places a week by unit, `otherwise` at a unit not named; drawn: the share of all days of ongoing spells that the moments given to `train` are."""

    otherwise: float = 5.0
    units: dict[str, float] = field(default_factory=dict)
    drawn: float = 1.0


def shares(asked: pl.DataFrame, days: int, places: Places) -> dict[str, float]:
    """unit -> share of its ongoing spells that a week's places hold. asked : the moments of `days` days (unit_id, weight).

    >>> asked = pl.DataFrame({"unit_id": ["A"] * 20 + ["B"], "weight": 1.0})
    >>> shares(asked, 2, Places(otherwise=2.0))
    {'A': 0.2, 'B': 1.0}
    """
    met = asked.group_by("unit_id").agg(pl.col("weight").cast(pl.Float64).sum() / days / places.drawn).sort("unit_id")
    return {unit: min(1.0, places.units.get(unit, places.otherwise) / ongoing) for unit, ongoing in met.iter_rows() if unit is not None}


def listed(chance: np.ndarray, unit: np.ndarray, weight: np.ndarray, share: dict[str, float], *, seed: int) -> np.ndarray:
    """(n,) how much of each moment the lists hold, 0..1: at each unit the highest chances until its share of the weight is full.

    Equal chances by lot; the moment at the line is held in part.
    """
    held = np.zeros(len(chance))
    lot = np.random.default_rng(seed).random(len(chance))
    for name in np.unique(unit):
        here = np.flatnonzero(unit == name)
        order = here[np.lexsort((lot[here], -chance[here]))]
        before = np.append(0.0, np.cumsum(weight[order]))[:-1]
        held[order] = np.clip((share.get(name, 0.0) * weight[here].sum() - before) / weight[order], 0, 1)
    return held


def by_lists(
    tested: dict[str, Tested], best: str, share: dict[str, float], until: dt.date, cells: dict[str, np.ndarray], *, passed: int = 90, seed: int = 1
) -> dict | None:
    """Figures of the lists of each model's ranking, and of names drawn by lot; with 95 % intervals by persons, the lists held.

    cells : name -> (n,) text of the test rows; by each, the share offered, precision and sensitivity of the lists of `best`. None where too few passed.
    Keys: offered, models (name -> precision, sensitivity, days and `less`, the best one's precision less its), cells.
    `days`: certified days times today's degree within WITHIN days, of moments whose every such day was seen.
    """
    passing, _, weight, place = tested[best].at(passed)
    if min(passing[weight > 0].sum(), (~passing[weight > 0]).sum()) < MIN_EACH:
        return None
    rows = tested[best].rows[place]
    unit, sampled = rows["unit_id"].fill_null("").to_numpy(), rows["weight"].cast(pl.Float64).to_numpy()
    held = {name: listed(one.at(passed)[1], unit, sampled, share, seed=seed) for name, one in tested.items()}
    held["by_lot"] = np.array([share.get(one, 0.0) for one in unit])
    person, y = tested[best].person[place], passing.astype(float)

    def reached(drawn: np.ndarray) -> dict[str, np.ndarray]:
        precise = {name: (drawn @ (one * y)) / (drawn @ one) for name, one in held.items()}
        return (
            {f"precision {name}": one for name, one in precise.items()}
            | {f"sensitivity {name}": (drawn @ (one * y)) / (drawn @ y) for name, one in held.items()}
            | {f"less {name}": precise[best] - one for name, one in precise.items() if name != best}
        )

    found = person_intervals(reached, weight, person, seed=seed)
    seen = (rows["as_of"] <= until - dt.timedelta(days=WITHIN)).to_numpy()
    if seen.sum() >= MIN_EACH:
        degree = rows["degree"].cast(pl.Float64).fill_null(100).to_numpy() / 100 if "degree" in rows.columns else np.ones(len(place))
        days = np.minimum(rows["duration_days"].to_numpy(), WITHIN) * degree
        means = lambda drawn: {f"days {name}": (drawn @ (one * days)) / (drawn @ one) for name, one in held.items()}  # noqa: E731
        found |= person_intervals(means, sampled * seen, person, seed=seed)
    return {
        "offered": float(np.average(held[best], weights=sampled)),
        "units": len(np.unique(unit)),
        "models": {name: {key: found.get(f"{key} {name}") for key in ("precision", "sensitivity", "days", "less")} for name in held},
        "cells": {
            name: _by_cell(values[place].astype(str), held[best], y, weight, sampled, person, seed) for name, values in cells.items()
        },
    }


def _by_cell(names, held, y, weight, sampled, person, seed) -> list[dict]:
    """Small cells are hidden, with the next smallest (`hidden_groups`); so are shares of fewer than five listed, or passing, persons."""
    inside = {cell: names == cell for cell in sorted(set(names.tolist()))}
    sizes = {cell: len(np.unique(person[here])) for cell, here in inside.items()}
    hidden, out = hidden_groups(sizes), []
    for cell, here in inside.items():
        if cell in hidden:
            out.append({"cell": cell, "persons": "too few"})
            continue
        w, l, own = weight[here], held[here], person[here]  # noqa: E741
        of_all = lambda drawn, l=l: {"offered": (drawn @ l) / drawn.sum(axis=1)}  # noqa: E731, E741
        found = person_intervals(of_all, sampled[here], own, repeats=100, seed=seed)
        some = {"precision": l > 0, "sensitivity": y[here] > 0}
        enough = [key for key, who in some.items() if len(np.unique(own[who & (w > 0)])) >= MIN_PERSONS]

        def both(drawn: np.ndarray, l=l, y=y[here]) -> dict[str, np.ndarray]:  # noqa: E741
            caught = drawn @ (l * y)
            return {"precision": _over(caught, drawn @ l), "sensitivity": _over(caught, drawn @ y)}

        two = person_intervals(both, w, own, repeats=100, seed=seed)
        out.append({"cell": cell, "persons": sizes[cell], **found, **{key: two[key] for key in enough}})
    return out


def _over(top: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(top, below, out=np.full(len(top), np.nan), where=below > 0)
