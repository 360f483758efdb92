"""Small synthetic regions for whole-night tests, the real command line, and what is compared before and after."""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import housekeeping, run
from pipeline.config.home import CHECKOUT, Home
from pipeline.console import Console
from pipeline.store.tables import MARK

AS_OF = dt.date(2026, 1, 12)
QUIET = Console(quiet=True)
# learnt from few moments, so that a night with training takes seconds
SMALL = {"max_moments": 3500, "min_moments": 800}
RESULTS = ("lake", "scores", "worklists")


@dataclass(frozen=True)
class Night:
    """A finished night: its home, what it printed, and the temporary files it left outside the home."""

    home: Home
    stdout: str
    stderr: str
    left_behind: list[str]


def region(folder: Path, persons: int = 4_000, **how) -> Home:
    """A home with a synthetic region's first delivery."""
    home = Home(folder)
    housekeeping.init(home, QUIET)
    housekeeping.simulate(
        home, persons, how.pop("as_of", AS_OF), seed=how.pop("seed", 7), years=how.pop("years", 3.0),
        scenario=how.pop("scenario", None), dirty=how.pop("dirty", 0.0), console=QUIET,
    )  # fmt: skip
    return home


def command(*words, **how) -> list[str]:
    """The real command line, as an argument list."""
    options = [part for name, value in how.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return [sys.executable, "-m", "pipeline", *map(str, words), *options]


def rehabrisk(*words, preexec_fn=None, env=None, **how) -> subprocess.CompletedProcess:
    """Run a verb in a process of its own, as the scheduler would."""
    return subprocess.run(
        command(*words, **how), cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False,
        preexec_fn=preexec_fn, env={**os.environ, **(env or {})},
    )  # fmt: skip


def night(home: Home, as_of: dt.date | None = None) -> dict:
    """A night in this process; returns its record."""
    run.nightly(run.Session(home, as_of, QUIET, dt.datetime.now()))
    return records(home)[-1]


def records(home: Home) -> list[dict]:
    """runs/*.json, oldest first."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(home.runs.glob("*.json"))]


def copied(home: Home, folder: Path) -> Home:
    """A home of its own, with times of files kept, so that nothing looks new."""
    shutil.copytree(home.path, folder, copy_function=shutil.copy2)
    return Home(folder)


def settings(home: Home, **changed) -> None:
    """Set `name = value` in place of the commented default in region.toml."""
    text = home.region_file.read_text(encoding="utf-8")
    for name, value in changed.items():
        lines = [line for line in text.splitlines() if line.lstrip("# ").startswith(f"{name} =")]
        assert len(lines) == 1, f"{name} stands on {len(lines)} lines"
        text = text.replace(lines[0], f"{name} = {json.dumps(value)}")
    home.region_file.write_text(text, encoding="utf-8")


def digests(home: Home, *parts: str) -> dict[str, str]:
    """Digest of every file below these folders of the home; all of it when none is named."""
    found = {}
    for part in parts or (".",):
        for file in sorted((home.path / part).rglob("*")):
            if file.is_file():
                name = file.relative_to(home.path).as_posix()
                found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def results(home: Home) -> dict[str, str]:
    """Tables, scores and lists. Files read but not yet made into tables are no result, nor is the run's name."""
    told = ("lake/staged/", f"lake/{MARK}")
    return {name: digest for name, digest in digests(home, *RESULTS).items() if not name.startswith(told)}


def extract(folder: Path, table: str) -> pl.DataFrame:
    """A delivered CSV file, all columns as text."""
    return pl.read_csv(folder / f"{table}.csv", separator=";", infer_schema=False, truncate_ragged_lines=True)


def deliver(folder: Path, table: str, rows: pl.DataFrame) -> None:
    """Write a CSV file of a delivery. An old manifest no longer holds and is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.write_csv(folder / f"{table}.csv", separator=";", quote_style="never")
    (folder / "manifest.json").unlink(missing_ok=True)


def sign(folder: Path) -> None:
    """Write manifest.json anew for the files as they are."""
    told = {
        file.name: {"rows": file.read_bytes().count(b"\n") - 1, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        for file in sorted(folder.glob("*.csv"))
    }
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")


def worklists(home: Home, as_of: dt.date = AS_OF) -> dict[str, pl.DataFrame]:
    """Each unit's CSV list as text, by unit."""
    return {
        file.stem: pl.read_csv(file, separator=";", infer_schema=False)
        for file in sorted((home.worklists / as_of.isoformat()).glob("*.csv"))
    }


def scores(home: Home, as_of: dt.date = AS_OF) -> pl.DataFrame:
    """scores.parquet of a night."""
    return pl.read_parquet(home.scores / f"as_of={as_of.isoformat()}" / "scores.parquet")
