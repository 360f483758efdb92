"""Does a unit code its diagnoses as it did? A change there moves its patients' target groups, chances and places."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import chi2_contingency

FEWEST_SPELLS = 30  # of a unit, on both nights
FEWEST_PERSONS = 5  # of a chapter; fewer are counted with the others
WEEKS = 6  # between the nights compared: most ongoing spells have been certified anew
CHANCE = 1e-5  # a region has a hundred units, and a year many nights
MOVED = 0.3  # share of the unit's spells that must be coded otherwise
OTHER = "other"


def coding_figures(features: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Unit -> chapter of the main diagnosis -> ongoing spells, of units with FEWEST_SPELLS or more."""
    counted = features.select("unit_id", chapter=pl.col("diagnosis_chapter").cast(pl.String).fill_null(OTHER)).drop_nulls("unit_id")
    out = {}
    for (unit,), rows in sorted(counted.group_by("unit_id"), key=lambda one: str(one[0])):
        if rows.height < FEWEST_SPELLS:
            continue
        counts = dict(sorted(rows["chapter"].value_counts().iter_rows()))
        few = sum(n for n in counts.values() if n < FEWEST_PERSONS)
        kept = {chapter: n for chapter, n in counts.items() if n >= FEWEST_PERSONS and chapter != OTHER}
        out[str(unit)] = kept | {OTHER: few + counts.get(OTHER, 0) * (counts.get(OTHER, 0) >= FEWEST_PERSONS)}
    return out


def coding_alarms(figures: dict, earlier: list[dict]) -> list[dict]:
    """Units whose chapters are others than on the last night at least WEEKS earlier; two-sample chi-square."""
    before = date.fromisoformat(figures["as_of"]) - timedelta(weeks=WEEKS)
    then = next((one for one in reversed(earlier) if "coding" in one and one["as_of"] <= before.isoformat()), None)
    alarms = []
    for unit, now in figures["coding"].items() if then else ():
        was = then["coding"].get(unit)
        if was is None:
            continue
        chapters = sorted(set(now) | set(was))
        table = np.array([[one.get(chapter, 0) for chapter in chapters] for one in (was, now)], dtype=float)
        table = table[:, table.sum(axis=0) > 0]
        shares = table / table.sum(axis=1, keepdims=True)
        moved = float(np.abs(shares[0] - shares[1]).sum() / 2)
        if table.shape[1] > 1 and moved > MOVED and chi2_contingency(table).pvalue < CHANCE:
            alarms.append({
                "what": f"coding at {unit}",
                "seen": f"{moved:.0%} of its spells lie in other chapters of diagnoses than on {then['as_of']}",
                "next_step": "ask the unit, or its record system, what changed; until then its patients' groups and places are doubtful",
            })  # fmt: skip
    return alarms
