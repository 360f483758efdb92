"""The end of a night in a dozen lines: what a human wants to know before going to bed."""

from __future__ import annotations

from pipeline.config.home import Home
from pipeline.console import Console


def show(console: Console, home: Home, record: dict) -> None:
    """Print the summary of a nightly run's record (pipeline/books.py), with paths where the home is now."""
    ingest = record["ingest"]
    lists = record["worklists"]
    rows = [
        ("as of", record["as_of"]),
        ("deliveries", ", ".join(ingest["deliveries"])),
        ("rows received", _number(ingest["received"])),
        ("quarantined", _number(ingest["quarantined"]) + _hint(ingest["quarantined"], "`rehabrisk quarantine` says why")),
        ("waiting", _number(ingest["waiting"])),
        ("ongoing spells", _number(record["ongoing"])),
        ("model", record["model"]),
        ("may be offered", _number(record["eligible"])),
        ("may not", ", ".join(f"{_number(count)} {why}" for why, count in record["ineligible"].items()) or "none"),
        ("on lists", f"{_number(lists['rows'])} at {lists['units']} units"),
        ("top unit", lists["top_unit"]),
        ("protected identity", f"{_number(lists['protected'])} kept off the lists" if lists["protected"] else "none ongoing"),
        ("alarms", "; ".join(record["alarms"]) or "none"),
        ("lists", str(home.worklists / record["as_of"])),
        ("scores", str(home.scores / f"as_of={record['as_of']}" / "scores.parquet")),
        ("took", f"{record['seconds']:.0f} s, at most {record['peak_memory_mb']} MB"),
    ]
    console.summary(f"Night of {record['as_of']}", rows)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _hint(count: int, text: str) -> str:
    return f"  ({text})" if count else ""
