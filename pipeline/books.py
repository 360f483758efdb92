"""The book of runs: what each run read, with which code, and what came of it; runs/<run id>.json."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from pipeline.config.home import Home
from pipeline.store.files import write_text_whole
from pipeline.store.tables import MARK

CODE = Path(__file__).parents[1]
SUFFIXES = (".py", ".sql", ".toml", ".json", ".html")


@lru_cache(maxsize=1)
def code_version() -> str:
    """Version of the product and a digest of the files that run: a changed line is another version."""
    digest = hashlib.sha256()
    for folder in ("pipeline", "models", "data/schemas"):
        for file in sorted((CODE / folder).rglob("*")):
            if file.suffix in SUFFIXES:
                digest.update(file.relative_to(CODE).as_posix().encode())
                digest.update(file.read_bytes())
    return f"{version('rehabrisk')}+{digest.hexdigest()[:8]}"


def digest_of(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digests(root: Path, *found: Path | str) -> dict[str, str]:
    """Digest by path relative to `root`, of given files or of a pattern's."""
    files: list[Path] = []
    for one in found:
        files += sorted(root.glob(one)) if isinstance(one, str) else [one]
    return {file.relative_to(root).as_posix(): digest_of(file) for file in files if file.is_file()}


def text_of(file: Path) -> str:
    """A small file's text, blank when it is not there."""
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def run_id(started: datetime, command: str) -> str:
    """A run's name: by time, to the microsecond, so that no two runs in a home share one."""
    return f"{started:%Y%m%dT%H%M%S_%f}-{command}"


def keep(home: Home, name: str, record: dict) -> Path:
    """Write runs/<run id>.json whole."""
    text = json.dumps(record, indent=1, ensure_ascii=False, default=str)
    return write_text_whole(home.runs / f"{name}.json", text + "\n")


def keep_refused(home: Home, started: datetime, asked: date | None, fault: Exception) -> Path:
    """Write the record of a night that was refused before it began."""
    name = run_id(started, "nightly")
    return keep(
        home,
        name,
        {
            "run_id": name,
            "command": "nightly",
            "started": started.isoformat(timespec="seconds"),
            "as_of": asked.isoformat() if asked else "",
            "code": code_version(),
            "outcome": "failed",
            "fault": str(fault),
        },
    )


def records(home: Home) -> list[dict]:
    """All runs, oldest first; a record that cannot be read is left out."""
    found = []
    for file in sorted(home.runs.glob("*.json")):
        try:
            found.append(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, OSError):
            continue
    return sorted(found, key=lambda one: one.get("started", ""))


def same_night(home: Home, fingerprint: dict) -> dict | None:
    """The last whole night with the same inputs, settings, code and model, if its outputs are untouched."""
    mark = text_of(home.lake / MARK)  # gone while the lake is another night's, or a stage's by itself
    record = next((one for one in records(home) if mark and one.get("run_id") == mark), None)
    if record is None or record.get("outcome") != "done" or record.get("fingerprint") != fingerprint:
        return None
    outputs = record["outputs"]
    whole = all(
        (home.path / name).is_file() and digest_of(home.path / name) == digest for name, digest in outputs.items()
    )
    return record if whole else None
