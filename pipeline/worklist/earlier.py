"""Each unit's newest earlier list, read back from the nights that made them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

MOST_NIGHTS = 366  # further back no spell of tonight is to be found but the longest


def earlier_lists(scores: Path, as_of: date, units: Iterable[str | None]) -> pl.DataFrame | None:
    """The newest list before `as_of` of each of `units`, from scores/as_of=<date>/lists.parquet; None where there is none.

    Nights on or after as_of are never looked at, so a date run again gives the changes it gave. Nights are read from
    the newest back until every unit is found, MOST_NIGHTS at most.

    Returns
    -------
    spell_id, list_unit_id, as_of, rank; one as_of a unit.
    """
    before = [
        file
        for file in scores.glob("as_of=*/lists.parquet")
        if file.parent.name.removeprefix("as_of=") < as_of.isoformat()
    ]
    wanted, found = {unit for unit in units if unit is not None}, []
    for file in sorted(before, reverse=True)[:MOST_NIGHTS]:
        if not wanted:
            break
        night = pl.read_parquet(file).filter(pl.col("list_unit_id").is_in(list(wanted)))
        found.append(night)
        wanted -= set(night["list_unit_id"])
    return pl.concat(found) if found else None
