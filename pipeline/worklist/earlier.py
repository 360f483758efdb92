"""Earlier lists, read back from the nights that made them: each unit's newest, and units that lately had one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

MOST_NIGHTS = 366  # further back no spell of tonight is to be found but the longest
EMPTIED_DAYS = 31  # an older list nobody calls from


def earlier_lists(scores: Path, as_of: date, units: Iterable[str | None]) -> pl.DataFrame | None:
    """The newest list before `as_of` of each of `units`, from scores/as_of=<date>/lists.parquet; None where there is none.

    Nights on or after as_of are never looked at, so a date run again gives the changes it gave. Nights are read from
    the newest back until every unit is found, MOST_NIGHTS at most.

    Returns
    -------
    spell_id, list_unit_id, as_of, rank; one as_of a unit.
    """
    wanted, found = {unit for unit in units if unit is not None}, []
    for file in _nights(scores, date.min, as_of)[:MOST_NIGHTS]:
        if not wanted:
            break
        night = pl.read_parquet(file).filter(pl.col("list_unit_id").is_in(list(wanted)))
        found.append(night)
        wanted -= set(night["list_unit_id"])
    return pl.concat(found) if found else None


def emptied_lists(scores: Path, entries: pl.DataFrame, units: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Units with nobody in `entries` that had somebody on a list in the EMPTIED_DAYS before as_of.

    units : unit_id, name. Returns list_unit_id, list_unit_name (null where the unit is not among `units`), as_of; by unit.
    """
    lately = _nights(scores, as_of - timedelta(EMPTIED_DAYS), as_of)
    had = pl.concat([pl.DataFrame(schema={"list_unit_id": pl.String}), *(pl.read_parquet(file, columns=["list_unit_id"]) for file in lately)])
    return (
        had.unique()
        .join(entries, on="list_unit_id", how="anti")
        .join(units.select(list_unit_id="unit_id", list_unit_name="name"), on="list_unit_id", how="left")
        .with_columns(as_of=pl.lit(as_of))
        .sort("list_unit_id")
    )


def _nights(scores: Path, first: date, before: date) -> list[Path]:
    """Lists of the nights from `first` to the one before `before`, newest first."""
    made = ((file.parent.name.removeprefix("as_of="), file) for file in scores.glob("as_of=*/lists.parquet"))
    return [file for night, file in sorted(made, reverse=True) if first.isoformat() <= night < before.isoformat()]
