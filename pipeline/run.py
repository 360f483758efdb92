"""The order of rooms, the lock and the ledger. This file alone knows which room follows which."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from pipeline import books
from pipeline.config.home import Home
from pipeline.config.region import load_region
from pipeline.console import Console
from pipeline.errors import PipelineError, UsageError
from pipeline.faults import explained
from pipeline.lock import only_run
from pipeline.preconditions import own_evidence, require_before, require_something_known
from pipeline.run_order import FEATURE_TABLES, SPELL_TABLES
from pipeline.store.engine import connect
from pipeline.store.files import private_folder, write_whole
from pipeline.store.ledger import Ledger
from pipeline.store.memory import peak_mb, reset_peak
from pipeline.store.tables import Lake

STAGES = {
    "ingest": "Extracts to clean, pseudonymous tables.",
    "spells": "Certificates to spells, as known at the moment.",
    "features": "What was known about each ongoing spell.",
    "train": "Fit a candidate model on past moments, with its card.",
    "score": "Survival curves, net days, preventable days and reasons of every ongoing spell.",
    "worklist": "Ranked lists, one a unit, with identity put back.",
    "monitor": "Is tonight like other nights?",
}
FARTHEST_AHEAD_DAYS = 366
SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"


class Session:
    """One run in one home: settings, engine, lake and ledger, opened when first needed."""

    def __init__(self, home: Home, as_of: date | None, console: Console, started: datetime) -> None:
        self.home = home
        self.console = console
        self.started = started
        self.region = load_region(home.region_file)
        self.evidence = own_evidence(home, self.region, _benefit)
        self.ledger = Ledger(console.line)
        self.stages: dict[str, dict] = {}
        self.scores: pl.DataFrame | None = None
        self.publishing: list[Callable[[], list[Path]]] = []  # results, written when all is made and has passed
        self.asked = as_of

    @cached_property
    def as_of(self) -> date:
        """The night asked about; by default the newest delivery's date."""
        from pipeline import ingest

        newest = ingest.newest_delivery(self.home)
        if self.asked and (self.asked - newest).days > FARTHEST_AHEAD_DAYS:
            raise UsageError(
                f"{self.asked} lies more than a year after the newest delivery, {newest}",
                remedy="mend the date; a night so far ahead would find nobody on sick leave",
            )
        return self.asked or newest

    @cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        return connect(self.home, self.region.engine)

    @cached_property
    def gate(self):
        from pipeline.store.gate import Gate

        return Gate(SCHEMAS)

    @cached_property
    def lake(self) -> Lake:
        private_folder(self.home.lake)
        return Lake(self.con, self.home.lake, self.ledger, self.gate, whole_night=True)

    @cached_property
    def vault(self):
        from pipeline.privacy.pseudonyms import Keyring
        from pipeline.privacy.vault import Vault

        return Vault(self.home, Keyring.open(self.home.vault))

    @property
    def scores_folder(self) -> Path:
        return private_folder(self.home.scores / f"as_of={self.as_of.isoformat()}")

    def keep_scores(self, name: str, frame: pl.DataFrame) -> Path:
        """Write one file of scores/as_of=<date>."""
        return write_whole(
            self.scores_folder / name, lambda beside: frame.write_parquet(beside, compression="zstd")
        )

    def close(self) -> None:
        """Let go of the engine and wipe what it spilt."""
        if "lake" in self.__dict__:
            self.lake.discard()
        if "con" in self.__dict__:
            self.con.close()
        shutil.rmtree(self.home.tmp, ignore_errors=True)


def nightly(session: Session) -> None:
    """All rooms in order. The same inputs, settings, code and model again: nothing is done anew."""
    from pipeline.summary import show

    with only_run(session.home):
        try:
            fingerprint = _fingerprint(session)
        except PipelineError as fault:  # a delivery that is refused is a failed night too
            books.keep_refused(session.home, session.started, session.asked, fault)
            raise
        if before := books.same_night(session.home, fingerprint):
            session.console.note(f"Nothing new since run {before['run_id']}: all results are as they were.")
            show(session.console, session.home, before, again=True)
            return
        record = _recorded(session, "nightly", lambda: _night(session), fingerprint)
        show(session.console, session.home, record)


def _fingerprint(session: Session) -> dict:
    """All that decides what a night gives. Raises UsageError where the deliveries are not whole."""
    from pipeline import ingest

    return {
        "as_of": session.as_of.isoformat(),
        "files": ingest.files_of(session.home, session.region, session.as_of),
        "returns": books.digests(session.home.raw, "**/worklist_returns/**/*"),
        "settings": books.digest_of(session.home.region_file),
        "evidence": books.digest_of(session.evidence) if session.evidence else "",
        "code": books.code_version(),
        "model": books.text_of(session.home.models / "current"),
    }


def stage(session: Session, name: str) -> None:
    """One room, on the tables that the rooms before it have left in the lake."""
    with only_run(session.home):
        _recorded(session, name, lambda: _alone(session, name), None)


def _alone(session: Session, name: str) -> dict:
    require_before(session.lake, name, session.as_of)
    return _staged(session, name)


def _recorded(session: Session, command: str, work: Callable[[], dict], fingerprint: dict | None) -> dict:
    begun = time.perf_counter()
    run_id = books.run_id(session.started, command)
    record = {
        "run_id": run_id,
        "command": command,
        "started": session.started.isoformat(timespec="seconds"),
        "as_of": session.as_of.isoformat(),
        "code": books.code_version(),
        "python": sys.version.split()[0],
        "fingerprint": fingerprint,
    }
    try:
        record |= work()
        written = [file for write in session.publishing for file in write()]
        session.lake.publish(run_id if command == "nightly" else "")
        if command == "nightly":
            written.append(session.lake.file("spells.spells"))
        record |= {"outputs": books.digests(session.home.path, *written), "outcome": "done"}
        if fingerprint:  # training may have promoted a model
            fingerprint["model"] = books.text_of(session.home.models / "current")
    except BaseException as fault:
        record |= {"outcome": "failed", "fault": str(explained(fault))}
        raise
    finally:
        session.close()
        record |= {
            "tables": session.ledger.as_rows(),
            "stages": session.stages,
            "seconds": round(time.perf_counter() - begun, 2),
            "peak_memory_mb": max([peak_mb(), *(one["peak_mb"] for one in session.stages.values())]),
        }
        try:
            books.keep(session.home, run_id, record)
        except OSError:  # on a full disk the run's own failure is what must be told
            if record.get("outcome") == "done":
                raise
    return record


def _night(session: Session) -> dict:
    from pipeline.run_training import model_is_due

    # asked first: a model that cannot be used must stop the night before it changes a table
    due = model_is_due(session.home, session.region, session.as_of)
    found: dict = {}
    for name in ("ingest", "spells", "features"):
        found |= _staged(session, name)
    if due:
        found |= _staged(session, "train", promote_it=True)
    for name in ("score", "worklist", "monitor"):
        found |= _staged(session, name)
    return found


def _staged(session: Session, name: str, **how: bool) -> dict:
    begun, cpu = time.perf_counter(), time.process_time()
    reset_peak()
    with session.console.stage(name):
        found = _ROOMS[name](session, **how)
    session.stages[name] = {
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),  # of all threads
        "peak_mb": peak_mb(),
    }
    return found


# ---------------------------------------------------------------- the rooms, in order


def _ingest(session: Session) -> dict:
    from pipeline import ingest
    from pipeline.worklist.rejected import keep_rejected_returns
    from pipeline.worklist.returns import returned

    came_back = returned(session.home, session.as_of, session.region.ingest.reserve_numbers)
    keep_rejected_returns(session.home, session.vault, came_back, session.as_of)
    for file in came_back.files.iter_rows(named=True):
        counts = ", ".join(f"{file[name]} {name}" for name in file if name != "file")
        session.console.note(f"  {file['file']}: {counts}")
    for remedy in came_back.remedies():
        session.console.note(f"  {remedy}")
    rows = came_back.rows.rename({"known_on": "returned_on"})
    report = ingest.run(
        session.home, session.region, session.con, session.lake, session.as_of, session.ledger,
        rows if rows.height else None,
    )  # fmt: skip
    for line in report.lines():
        session.console.note(f"  {line}")
    return {"ingest": report.as_record(), "returns": came_back.totals()}


def _spells(session: Session) -> dict:
    from pipeline.monitor.volumes import refuse_a_fall
    from pipeline.run_spells import make_spells

    _views(session)
    require_something_known(session.con, session.as_of)
    _ask(session.lake, "moments.nightly", as_of=session.as_of)
    make_spells(session)
    ongoing = session.con.execute("select count(*) from spells.ongoing where ongoing").fetchall()[0][0]
    refuse_a_fall(session.home.monitor, session.as_of, ongoing, session.region.monitor.fewest_ongoing_share)
    return {"ongoing": ongoing}


def _features(session: Session) -> dict:
    _views(session)
    for table in FEATURE_TABLES:
        session.lake.run(table)
    return {}


def _train(session: Session, promote_it: bool = False) -> dict:
    from pipeline.run_training import learn, no_better_than_held, take_into_use, warn_of_leak
    from pipeline.train.artefact import save

    _views(session)
    candidate = learn(session.con, session.lake, session.home, session.region, session.as_of, books.code_version(), session.console)
    _views(session)  # the training lake's views give way to the night's
    if promote_it and no_better_than_held(candidate, session.home, session.as_of):
        return {}
    version = save(candidate, session.home)
    session.console.note(f"  model {version}; its card: {session.home.models / version / 'card.html'}")
    if promote_it:
        return {"trained": version} | take_into_use(session.home, session.region, version, session.as_of, session.console)
    warn_of_leak(session.home, version, session.console)
    session.console.note(f"  not in use before `rehabrisk promote {version}`")
    return {"trained": version}


def _score(session: Session) -> dict:
    from pipeline.score.load import model_for
    from pipeline.score.preventable import LAST, with_preventable_days
    from pipeline.score.scoring import score
    from pipeline.worklist.rules import decide

    _views(session)
    model = model_for(session.home, session.as_of)
    if model is None:
        raise UsageError("there is no model for this night", remedy="run `rehabrisk train`, then promote it")
    features = session.lake.read("features.spell_features").sort("spell_id")
    scores = with_preventable_days(
        score(features, model, session.region.language),
        features,
        _benefit(session.evidence),
        has_contacts=session.lake.rows("ingest.contacts") > 0,
    )
    session.lake.run("worklist.candidates", declined_days=session.region.worklist.declined_days)
    decisions = decide(session.lake.read("worklist.candidates"), scores, session.region.worklist, session.as_of)
    session.lake.write("score.scores", scores, rows_in=features.height)
    whole = scores.join(
        decisions.select("spell_id", "eligible", "ineligible_because"), on="spell_id", maintain_order="left"
    ).select(pl.exclude(LAST), *LAST)
    session.scores = whole
    session.publishing.append(lambda: [session.keep_scores("scores.parquet", whole)])
    why_not = whole.filter(~pl.col("eligible"))["ineligible_because"].value_counts().sort("count", "ineligible_because", descending=[True, False])
    return {
        "model": model.version,
        "eligible": int(whole["eligible"].sum()),
        "ineligible": dict(zip(why_not["ineligible_because"], why_not["count"], strict=True)),
    }


def _benefit(table: Path | None):
    from models.benefit.evidence import EvidenceBenefit

    return EvidenceBenefit.from_toml(table)


def _worklist(session: Session) -> dict:
    from pipeline.privacy.access_log import AccessLog
    from pipeline.summary import lists_told
    from pipeline.worklist.earlier import earlier_lists, emptied_lists
    from pipeline.worklist.entries import make_entries
    from pipeline.worklist.write_lists import write_lists

    _views(session)
    candidates = session.lake.read("worklist.candidates")
    scores = session.lake.read("score.scores")
    rules = session.region.worklist
    units = candidates["listed_unit_id" if rules.unit == "listed" else "unit_id"]
    previous = earlier_lists(session.home.scores, session.as_of, units)
    decisions, entries = make_entries(candidates, scores, rules, session.as_of, previous)
    entries = entries.join(session.lake.read("spells.shown_elsewhere"), on=("person_key", "as_of"), how="left", maintain_order="left")
    session.lake.write("worklist.entries", entries, rows_in=candidates.height)
    emptied = emptied_lists(session.home.scores, entries, session.lake.read("ingest.units"), session.as_of)
    folder = session.home.worklists / session.as_of.isoformat()

    def write() -> list[Path]:
        AccessLog(session.home).write(
            session.started, "nightly batch", "list", "care", entries["person_key"].to_list(), entries["list_unit_id"].to_list()
        )
        files = write_lists(entries, session.vault.identities, folder, session.region.language, emptied)
        return [*files, session.keep_scores("lists.parquet", entries.select("spell_id", "list_unit_id", "as_of", "rank"))]

    session.publishing.append(write)
    return {"worklists": lists_told(decisions, entries)}


def _monitor(session: Session) -> dict:
    from pipeline.run_monitor import watch

    _views(session)
    return watch(session)


_ROOMS: dict[str, Callable[..., dict]] = {
    "ingest": _ingest,
    "spells": _spells,
    "features": _features,
    "train": _train,
    "score": _score,
    "worklist": _worklist,
    "monitor": _monitor,
}


def _ask(lake: Lake, table: str, **values: object) -> None:
    """Make a moments table and let the SQL of every later room ask about it."""
    lake.run(table, **values)
    lake.view("moments.asked", lake.file(table))


def _views(session: Session) -> None:
    """Name everything that earlier rooms have left in the night's lake."""
    from pipeline.ingest import TABLES

    made = ("moments.nightly", *SPELL_TABLES, "spells.shown_elsewhere", *FEATURE_TABLES, "worklist.candidates", "score.scores", "worklist.entries")
    for table in (*TABLES, *made):
        if session.lake.file(table).is_file():
            session.lake.view(table)
    if session.lake.file("moments.nightly").is_file():
        session.lake.view("moments.asked", session.lake.file("moments.nightly"))
