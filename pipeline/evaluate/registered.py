"""Which protocol was in force when a study's outcomes were first read: HOME/studies/<study>/outcomes_read.json.

Nothing is forbidden: a protocol may be changed. But a change made after the outcomes were seen is told in the report,
and the book of it is only ever added to.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.evaluate.protocol_file import Read
from pipeline.store.files import write_text_whole


def file_of(home: Home, study: str) -> Path:
    """The study's book. It lies in the home, whatever --out says."""
    return home.studies / study / "outcomes_read.json"


def history(home: Home, study: str) -> list[dict]:
    """Every protocol under which outcomes were read, first one first. Raises UsageError when the book is torn."""
    file = file_of(home, study)
    if not file.is_file():
        return []
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise UsageError(
            f"{file} cannot be read", remedy="put it back from a backup: it says whether the protocol was changed"
        ) from None


def outcomes_are_read(home: Home, read: Read, as_of: date, when: datetime) -> list[dict]:
    """Note that outcomes are about to be read under this protocol, once a protocol. Returns the history with it."""
    told = history(home, read.protocol.study)
    if read.sha256 not in {one["sha256"] for one in told}:
        told.append(
            {
                "sha256": read.sha256,
                "registered": read.protocol.registered.isoformat(),
                "first_read": when.isoformat(timespec="seconds"),
                "data_as_of": as_of.isoformat(),
            }
        )
        write_text_whole(file_of(home, read.protocol.study), json.dumps(told, indent=1) + "\n")
    return told


def status(told: list[dict], sha256: str) -> str:
    """`before` (nobody has read outcomes), `first` (under this protocol first), or `changed` (under another one first)."""
    if not told:
        return "before"
    return "first" if told[0]["sha256"] == sha256 else "changed"
