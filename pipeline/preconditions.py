"""What must hold before a run changes anything: asked early, so that yesterday's results stay where they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from pipeline.config.home import Home
from pipeline.config.region import Region, SpellRules
from pipeline.errors import SettingsError, UsageError
from pipeline.store.tables import Lake

# stage -> a table that the stages before it leave
BEFORE = {
    "spells": "ingest.certificate_periods",
    "features": "spells.ongoing",
    "train": "spells.spells",
    "score": "features.spell_features",
    "worklist": "score.scores",
    "monitor": "worklist.entries",
    "compare": "spells.unit_spells",
    "statistics": "spells.ongoing",
}
OF_ONE_NIGHT = ("features", "score", "worklist", "monitor", "compare", "statistics")
# what ingest takes depends on the night: a later delivery must not reach spells or a model of an earlier one
OF_THE_SAME_INGEST = ("spells", "train")
INGEST_NOTE = "staged/ingest.json"
SPELLS_NOTE = "spells/rules.json"  # of the spells that the lake holds


def own_evidence(home: Home, region: Region, read: Callable[[Path], object]) -> Path | None:
    """The region's own table of evaluations, named from its home and tried with `read`; None: the one shipped.

    Raises SettingsError: it is not there, or cannot be used.
    """
    if not region.benefit.evidence:
        return None
    file = home.path / region.benefit.evidence
    try:
        read(file)
    except (OSError, ValueError, KeyError) as why:
        wrong = "which is not there" if isinstance(why, OSError) else f"which cannot be used: {why}"
        raise SettingsError(
            f"{home.region_file}: benefit.evidence names {file}, {wrong}",
            remedy="mend it after models/benefit/evidence.toml, or leave the setting blank for the table that is shipped",
        ) from None
    return file


def require_before(lake: Lake, stage: str, as_of: date) -> None:
    """Refuse a stage by itself where the lake lacks what it reads, or holds another night than the one asked about."""
    needed = BEFORE.get(stage)
    if needed and not (lake.file(needed).is_file() and (lake.root / INGEST_NOTE).is_file()):
        raise UsageError(f"{stage} needs table {needed}, which has not been made yet", remedy="run `rehabrisk nightly`")
    if stage in OF_THE_SAME_INGEST:
        told = json.loads((lake.root / INGEST_NOTE).read_text(encoding="utf-8"))
        _same_night(date.fromisoformat(told["report"]["as_of"]), as_of, f"run `rehabrisk ingest --as-of {as_of}` first")
    if stage not in OF_ONE_NIGHT:
        return
    lake.view("moments.nightly")
    held = lake.con.execute("select max(as_of) from moments.nightly").fetchall()[0][0]
    _same_night(held, as_of, f"run `rehabrisk nightly --as-of {as_of}`")


def note_rules(lake: Lake, rules: SpellRules) -> None:
    """Keep with the spells what they were made by."""
    lake.note(SPELLS_NOTE, json.dumps(_rules(rules)) + "\n")


def require_same_rules(lake: Lake, rules: SpellRules) -> None:
    """Refuse to lay spells beside the lake's that region.toml would now make otherwise."""
    note = lake.root / SPELLS_NOTE
    held = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else _rules(rules)
    for name, value in _rules(rules).items():
        if held[name] != value:
            raise UsageError(
                f"the lake's spells were made with {name} {held[name]}, and region.toml now says {value}",
                remedy="run the night anew, or put the setting back",
            )


def _rules(rules: SpellRules) -> dict[str, int]:
    return {"max_gap_days": rules.max_gap_days, "days_since_end": rules.days_since_end}


def _same_night(held: date, as_of: date, remedy: str) -> None:
    if held != as_of:
        raise UsageError(
            f"the lake holds the night of {held}, not of {as_of}", remedy=f"{remedy}, or give --as-of {held}"
        )


def require_something_known(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Refuse a night that lies before all data; ingest.certificate_periods must be there."""
    known = con.execute(
        "select count(*) from ingest.certificate_periods "
        "where known_from <= $1 and (known_until is null or known_until > $1)",
        [as_of],
    ).fetchall()[0][0]
    if not known:
        first = con.execute("select min(known_from) from ingest.certificate_periods").fetchall()[0][0]
        raise UsageError(
            f"nothing was known on {as_of}: it lies before all data",
            remedy=f"give --as-of {first} or later: the first certificate was known then" if first else "give a later --as-of",
        )
