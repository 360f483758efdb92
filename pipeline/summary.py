"""The end of a night in a dozen lines: what a human wants to know before going to bed."""

from __future__ import annotations

import polars as pl

from pipeline.config.home import Home
from pipeline.console import Console


def show(console: Console, home: Home, record: dict, again: bool = False) -> None:
    """Print the summary of a nightly run's record (pipeline/books.py), with paths where the home is now.

    again : the record is an earlier run's, told once more.
    """
    ingest = record["ingest"]
    lists = record["worklists"]
    rejected = ingest["quarantined"] + record["returns"]["rejected"]
    rows = [
        ("as of", record["as_of"]),
        ("deliveries", ", ".join(ingest["deliveries"])),
        ("rows received", _number(ingest["received"])),
        ("lists read back", _read_back(record["returns"])),
        ("quarantined", _number(rejected) + _hint(rejected, "`rehabrisk quarantine` says why")),
        ("waiting", _number(ingest["waiting"])),
        ("ongoing spells", _number(record["ongoing"])),
        ("model", record["model"]),
        *([("not taken into use", record["not_promoted"])] if record.get("not_promoted") else []),
        ("may be offered", _number(record["eligible"])),
        ("may not", ", ".join(f"{_number(count)} {why}" for why, count in record["ineligible"].items()) or "none"),
        ("on lists", _counted(lists["rows"], "spell") + f" at {_counted(lists['units'], 'unit')}"),
        ("top unit", lists["top_unit"]),
        ("protected identity", f"{_number(lists['protected'])} kept off the lists" if lists["protected"] else "none ongoing"),
        ("alarms", "; ".join(record["alarms"]) or "none"),
        ("lists", str(home.worklists / record["as_of"])),
        ("scores", str(home.scores / f"as_of={record['as_of']}" / "scores.parquet")),
        ("took then" if again else "took", f"{_number(round(record['seconds']))} s, at most {_number(record['peak_memory_mb'])} MB"),
    ]
    console.summary(f"Night of {record['as_of']}", rows)


def lists_told(decisions: pl.DataFrame, entries: pl.DataFrame) -> dict:
    """What a night's record says of its lists: rows, units, the unit with most to save, how many are never listed."""
    by_unit = (
        entries.group_by("list_unit_id", "list_unit_name")
        .agg(rows=pl.len(), saved=pl.col("preventable_days").filter(pl.col("within_capacity")).sum())
        .sort("saved", "list_unit_id", descending=[True, False])
    )
    top = by_unit.row(0, named=True) if by_unit.height else None
    return {
        "rows": entries.height,
        "units": by_unit.height,
        "protected": decisions.filter(pl.col("ineligible_because") == "protected_identity").height,
        "top_unit": f"{top['list_unit_name'] or top['list_unit_id']}: {top['rows']} on its list, "
        f"{_counted(round(top['saved']), 'net day')} expected saved within this week's places"
        if top
        else "no unit has a list",
    }


def _read_back(told: dict) -> str:
    """What came of the lists that coordinators put back, by rows.

    >>> _read_back({"files": 1, "received": 9, "accepted": 3, "untouched": 5, "repeated": 0, "rejected": 1})
    '9 rows in 1 file: 3 accepted, 5 untouched, 1 rejected'
    """
    if not told["files"]:
        return "none"
    became = [f"{_number(told[name])} {name}" for name in ("accepted", "untouched", "repeated", "rejected") if told[name]]
    return f"{_counted(told['received'], 'row')} in {_counted(told['files'], 'file')}" + (f": {', '.join(became)}" if became else "")


def _counted(count: int, what: str) -> str:
    return f"{_number(count)} {what}{'' if count == 1 else 's'}"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _hint(count: int, text: str) -> str:
    return f"  ({text})" if count else ""
