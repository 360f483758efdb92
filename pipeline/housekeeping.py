"""The verbs around the night: make a home, fill it with a synthetic region, look into quarantine, check its health."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from functools import partial
from importlib.metadata import version as installed
from pathlib import Path

import polars as pl

from pipeline import books
from pipeline.config.home import Home
from pipeline.config.region import EXAMPLE, load_region
from pipeline.console import Console
from pipeline.errors import PipelineError, UsageError
from pipeline.lock import is_held, only_run
from pipeline.preconditions import INGEST_NOTE
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from pipeline.store.files import private_folder, write_text_whole

ROOMY_GB = 2


def init(home: Home, console: Console) -> None:
    """Make the folders and a commented region.toml. Raises UsageError where there is one already."""
    if home.region_file.exists():
        raise UsageError(
            f"{home.path} is a home already", remedy="edit its region.toml, or choose another folder"
        )
    # all that may hold a person's data lies deeper; a home folder that was there, as the checkout's data/, keeps its mode
    for folder in home.folders:
        private_folder(folder)
    write_text_whole(home.region_file, EXAMPLE.read_text(encoding="utf-8"))
    console.note(f"made {home.path}; look at {home.region_file}, then put extracts under {home.raw}/<date>/")


def simulate(
    home: Home,
    persons: int,
    as_of: date,
    seed: int,
    years: float,
    scenario: str | None,
    dirty: float,
    console: Console,
) -> None:
    """A synthetic region's extracts under raw/<as_of>/, its truth under truth/."""
    from pipeline.simulate.region import simulate as make

    with only_run(home):
        made = make(home, persons, as_of, seed, years=years, scenario=scenario, dirty=dirty)
    counts = ", ".join(f"{rows:,} {table}".replace(",", " ", 1) for table, rows in made.rows.items())
    console.note(f"wrote {home.raw / as_of.isoformat()}: {counts}")
    if made.faults:
        console.note(f"{sum(made.faults.values())} faults put in, by kind in {home.truth / 'faults.json'}")


def promote(home: Home, model: str, since: date | None, console: Console) -> None:
    """Make a model the one that nights from `since` on use; by default from the newest delivery's."""
    from pipeline import ingest
    from pipeline.score.load import load
    from pipeline.train.artefact import promote as make_current

    with only_run(home):
        load(home, model)  # a model that cannot be read must not come into use
        since = since or ingest.newest_delivery(home)
        make_current(home, model, since)
    console.note(f"{model} is in use from the night of {since} on")


def card(home: Home, version: str | None, as_of: date | None, out: Path | None, console: Console) -> None:
    """Print a model's card; with `out` put card.html, card.md and validation.json there: no row of a person is in them."""
    from pipeline.score.load import current_version, version_for

    # a card is a written record: it is shown also where this program cannot use the model
    named = version or (version_for(home, as_of) if as_of else current_version(home))
    if named is None:
        raise _none_in_use(as_of)
    folder = home.models / named
    if Path(named).name != named or not (folder / "card.md").is_file():
        raise UsageError(f"no card of a model {named} in {home.models}", remedy="`rehabrisk models list` names the models there are")
    if out is None:
        console.note((folder / "card.md").read_text(encoding="utf-8"))
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in ("card.html", "card.md", "validation.json"):
        write_text_whole(out / name, (folder / name).read_text(encoding="utf-8"), mode=0o644)
    console.note(f"the card of {named} is in {out}")


def _in_use(home: Home, as_of: date | None):
    """The current model, or that of the night of `as_of`."""
    from pipeline.score.load import load_current, model_for

    if as_of is None:
        return load_current(home)
    model = model_for(home, as_of)
    if model is None:
        raise _none_in_use(as_of)
    return model


def _none_in_use(as_of: date) -> UsageError:
    return UsageError(f"no model was in use on {as_of}", remedy="give a later --as-of, or none for the current model")


def quarantine(
    home: Home, show: bool, delivery: date | None, as_of: date | None, user: str, now: datetime, console: Console
) -> None:
    """Counts by delivery, file and rule, and how many rows wait; with `show` the rows themselves, each look logged first."""
    from pipeline.ingest.quarantine import counts
    from pipeline.ingest.quarantine import show as decrypted
    from pipeline.privacy.access_log import AccessLog

    until = pl.col("delivery") <= (as_of or date.max)
    found = counts(home, delivery).filter(until)
    if waiting := _waiting(home, delivery, as_of):
        console.note(f"not in quarantine, but waiting for a person, a unit or a certificate: {waiting}")
    if not found.height:
        console.note("nothing is in quarantine")
        return
    for row in found.iter_rows(named=True):
        console.note(f"{row['delivery']}  {row['file']}  {row['rule']}: {_rows_told(row['rows'], row['lines'])}")
    if show:
        AccessLog(home).write(now, user, "quarantine --show", "administration")
        for row in decrypted(home, Vault(home, Keyring.open(home.vault)), delivery).filter(until).iter_rows(named=True):
            console.note(f"{row['file']}:{row['line']}  [{row['rule']}]  {row['raw']}")


def _waiting(home: Home, delivery: date | None, as_of: date | None) -> str:
    """How many rows waited after the last ingest, of the deliveries asked about; blank when none did."""
    note = home.lake / INGEST_NOTE
    if not note.is_file():
        return ""
    report = json.loads(note.read_text(encoding="utf-8"))["report"]
    told = [(date.fromisoformat(one["delivery"]), one["waiting"]) for one in report["files"]]
    rows = sum(count for on, count in told if on <= (as_of or date.max) and delivery in (None, on))
    counted = f"{rows:,} row{'s' if rows > 1 else ''}".replace(",", " ")
    return f"{counted}, as of {report['as_of']}" if rows else ""


def _rows_told(rows: int, lines: list[int]) -> str:
    """How many rows, and on which lines: all of them, or the first few.

    >>> _rows_told(1, [6]), _rows_told(2, [6, 9]), _rows_told(7, [6, 9, 12])
    ('1 row (line 6)', '2 rows (lines 6, 9)', '7 rows (lines 6, 9, 12 and more)')
    """
    named = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
    return f"{rows} row{'s' if rows > 1 else ''} ({named}{' and more' if rows > len(lines) else ''})"


def doctor(home: Home, as_of: date | None, console: Console) -> bool:
    """Say what is well and what is not, and change nothing, so that it may be asked while a run is at work; True: all is well."""
    checks = (_settings, _rights, _key, _disk, _idle, partial(_model, as_of=as_of), _last_run)
    well = True
    console.note(f"rehabrisk {installed('rehabrisk')}, code {books.code_version()}")
    for check in checks:
        try:
            console.note(f"  ok    {check(home)}")
        except PipelineError as fault:
            well = False
            console.note(f"  FAULT {fault}")
    return well


def _settings(home: Home) -> str:
    region = load_region(home.region_file)
    return f"settings: {region.name}, language {region.language}"


def _rights(home: Home) -> str:
    for folder in (home.vault, home.lake, home.scores, home.worklists, home.models):
        if folder.exists() and folder.stat().st_mode & 0o077:
            raise UsageError(f"{folder} can be read by others", remedy=f"chmod -R go= {folder}")
    return "rights: folders are the owner's alone"


def _key(home: Home) -> str:
    if not (home.vault / "key").exists():
        return "key: none yet, made by the first ingest"
    Keyring.open(home.vault)
    return "key: there, readable by its owner alone; keep a copy of HOME/vault apart from the rest"


def _disk(home: Home) -> str:
    free = shutil.disk_usage(home.path).free / 1e9
    if free < ROOMY_GB:
        raise UsageError(f"only {free:.1f} GB free under {home.path}", remedy="free some space before the night")
    return f"disk: {free:,.0f} GB free".replace(",", " ")


def _idle(home: Home) -> str:
    return "lock: a run is at work" if is_held(home) else "lock: free"


def _model(home: Home, as_of: date | None) -> str:
    from pipeline.monitor.model import model_alarms
    from pipeline.score.load import trained_on

    if not (home.models / "current").exists():
        return "model: none yet, the first night trains one"
    model = _in_use(home, as_of)
    for alarm in model_alarms(home.models, model.version):
        raise UsageError(f"model {model.version}: {alarm['seen']}", remedy=alarm["next_step"])
    return f"model: {model.version}, trained on {trained_on(model)}"


def _last_run(home: Home) -> str:
    nights = [one for one in books.records(home) if one.get("command") == "nightly"]
    if not nights:
        return "runs: none yet"
    last = nights[-1]
    if last["outcome"] != "done":
        raise UsageError(f"the last night, {last['run_id']}, failed: {last['fault']}", remedy="mend that, then run `rehabrisk nightly`")
    return f"runs: last night {last['run_id']} done in {last['seconds']:.0f} s"
