"""The order of rooms in an evaluation: the night's own SQL asked about time zero, then the outcomes behind their door."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from models.benefit.evidence import EvidenceBenefit
from models.effects.design import CannotEstimate
from pipeline import books, ingest
from pipeline.console import Console
from pipeline.errors import UsageError
from pipeline.evaluate import registered
from pipeline.evaluate.attrition import Count, flow
from pipeline.evaluate.data import Data
from pipeline.evaluate.other_data import read_package_or_file
from pipeline.evaluate.protocol import PREVENTABLE, Protocol
from pipeline.evaluate.protocol_file import Read, find, read_protocol
from pipeline.evaluate.results import planned, studied
from pipeline.evaluate.targeting import with_preventable_days
from pipeline.evaluate.words import LANGUAGES
from pipeline.evaluate.write_study import hold, write_study
from pipeline.lock import only_run
from pipeline.outcomes.delay import reporting_delay
from pipeline.privacy.access_log import AccessLog
from pipeline.run import Session
from pipeline.run_order import FEATURE_TABLES
from pipeline.run_training import AGE_LIMIT_YEARS
from pipeline.spells.clean import make_clean_spells, make_spells
from pipeline.store.tables import Lake

MONTHS = 30  # days


@dataclass(frozen=True)
class Study:
    """What a run of a study needs to know."""

    session: Session
    read: Read
    language: str
    out: Path

    @property
    def protocol(self) -> Protocol:
        return self.read.protocol

    @property
    def console(self) -> Console:
        return self.session.console


def evaluate(session: Session, name: str, plan: bool, out: Path | None, language: str | None) -> Path:
    """Run a study, or with `plan` only what can be said before an outcome is read. Returns the report's path.

    Raises UsageError for a protocol that cannot be read, a language that is not spoken, or data that cannot answer.
    """
    if language not in (None, *LANGUAGES):
        raise UsageError(f"the report is not written in {language!r}", remedy=f"use one of {', '.join(LANGUAGES)}")
    read = read_protocol(find(name))
    study = Study(session, read, language or session.region.language, out or session.home.studies / read.protocol.study)
    hold(study.out / "plan" if plan else study.out)
    begun, outcome = time.perf_counter(), "failed"
    with only_run(session.home):
        try:
            report = _plan(study) if plan else _whole(study)
            outcome = "done"
        except CannotEstimate as fault:
            raise UsageError(f"study {read.protocol.study}: {fault}", remedy="look at arms and covariates in the protocol") from None
        finally:
            session.close()
            _note(study, plan, outcome, time.perf_counter() - begun)
    study.console.note(f"  {report}")
    return report


def _note(study: Study, plan: bool, outcome: str, seconds: float) -> None:
    """The run in the book of runs."""
    session = study.session
    run_id = books.run_id(session.started, "evaluate")
    record = {
        "run_id": run_id, "command": "evaluate", "study": study.protocol.study, "plan": plan, "outcome": outcome,
        "started": session.started.isoformat(timespec="seconds"), **_versions(study), "protocol_sha256": study.read.sha256,
        "tables": session.ledger.as_rows(), "seconds": round(seconds, 2),
    }  # fmt: skip
    books.keep(session.home, run_id, record)


def _plan(study: Study) -> Path:
    frame, lines = _cohort(study)
    history = registered.history(study.session.home, study.protocol.study)
    results = planned(Data(frame, lines), study.read, _versions(study), history)
    return write_study(results, study.out / "plan", study.language)


def _whole(study: Study) -> Path:
    frame, lines = _cohort(study)
    session = study.session
    data = Data(frame, lines)
    if study.protocol.population.source in ("enrolments", "weekly"):
        # the mark is set before the first outcome is read: a run that fails afterwards has read them too
        history = registered.outcomes_are_read(session.home, study.read, session.as_of, session.started)
        AccessLog(session.home).write(session.started, "evaluation", f"evaluate {study.protocol.study}", "follow-up")
        data = _outcomes(study, frame, lines)
    else:
        history = registered.outcomes_are_read(session.home, study.read, session.started.date(), session.started)
    results = studied(data, study.read, _versions(study), history)
    return write_study(results, study.out, study.language)


def _versions(study: Study) -> dict[str, str]:
    needs_night = study.protocol.population.source in ("enrolments", "weekly")
    return {
        "code": books.code_version(),
        "as_of": study.session.as_of.isoformat() if needs_night else "",
        "run": f"{study.session.started:%Y-%m-%d %H:%M}",
    }


# ---------------------------------------------------------------- time zero


def _cohort(study: Study) -> tuple[pl.DataFrame, list[Count]]:
    population = study.protocol.population
    if population.source in ("package", "csv"):
        return flow(read_package_or_file(study.read), study.protocol)
    lake = _lake(study)
    if population.source == "enrolments":
        lake.run("evaluate.enrolled", study_id=population.study_id)
        made = "evaluate.enrolled"
    else:
        lake.run(
            "evaluate.weekly",
            first=population.since, last=min(population.until, study.session.as_of),
            every_days=population.every_days, window_days=study.protocol.arms.window_days,
            cut=study.session.as_of,
        )  # fmt: skip
        made = "evaluate.weekly"
    if not lake.rows(made):
        raise UsageError(f"study {study.protocol.study}: nobody was found", remedy=_where_they_are(study))
    return flow(_at_time_zero(study, lake, made), study.protocol)


def _where_they_are(study: Study) -> str:
    """What to do where a protocol finds nobody."""
    if study.protocol.population.source == "weekly":
        return "look at since, until and every_days under population in the protocol, and at what the extracts cover"
    known = study.session.con.execute("select distinct study_id from ingest.enrolments order by 1").fetchall()
    if known:
        return f"set population.study_id to a study of the enrolments delivered: {', '.join(str(name) for (name,) in known)}"
    return (
        "no `enrolments` file has been delivered, and this protocol is of those in it: put one beside the other extracts and run "
        "`rehabrisk ingest`, or try it on made-up ones: `rehabrisk simulate --scenario sll-2012 --persons 700` in a new home; "
        "`rehabrisk evaluate emulated-trial` needs no such file"
    )


def _at_time_zero(study: Study, lake: Lake, made: str) -> pl.DataFrame:
    """The spells and features of the night, asked about each person's time zero."""
    lake.view("evaluate.time_zero", lake.file(made))
    lake.view("moments.asked", lake.file(made))
    make_spells(lake, study.session.region.spells.max_gap_days, days_since_end=0)
    for table in FEATURE_TABLES:
        lake.run(table)
    starts = [(unit, day) for unit, day in study.protocol.arms.starts.items()]
    schema = {"unit_id": pl.String, "starts_on": pl.Date}
    study.session.con.register("_starts", pl.DataFrame(starts, schema=schema, orient="row").to_arrow())
    study.session.con.execute("create or replace table evaluate.starts as select * from _starts")
    lake.run("evaluate.cohort", stepped=bool(starts))
    cohort = lake.read("evaluate.cohort")
    if study.protocol.targeting.by != PREVENTABLE:
        return cohort
    has_contacts = study.session.lake.rows("ingest.contacts") > 0
    return with_preventable_days(cohort, EvidenceBenefit.from_toml(study.session.evidence), has_contacts)


def _lake(study: Study) -> Lake:
    session = study.session
    for table in ingest.TABLES:
        if not session.lake.file(table).is_file():
            raise UsageError(
                f"{session.home.path} has no clean tables yet", remedy="run `rehabrisk ingest` or `rehabrisk nightly` first"
            )
        session.lake.view(table)
    return Lake(session.con, session.home.lake / "studies" / study.protocol.study, session.ledger, session.gate)


# ---------------------------------------------------------------- what came of it


def _outcomes(study: Study, frame: pl.DataFrame, lines: list[Count]) -> Data:
    session, protocol = study.session, study.protocol
    lake = Lake(session.con, session.home.lake / "studies" / protocol.study, session.ledger, session.gate)
    # only the analysed are followed; keys alone come back from the judgement of who they are
    session.con.register("_kept", frame.select("person_key", "as_of").to_arrow())
    lake.view("evaluate.cohort", lake.file("evaluate.cohort"))
    lake.write("evaluate.analysed", "select cohort.* from evaluate.cohort as cohort inner join _kept using (person_key, as_of)")
    lake.view("evaluate.cohort", lake.file("evaluate.analysed"))
    delay = reporting_delay(session.con, session.as_of).days
    rule = session.region.spells.max_gap_days
    at = {"cut": session.as_of, "delay_days": delay, "follow_days": protocol.follow_up.days, "age_limit_years": AGE_LIMIT_YEARS}
    followed = _followed(lake, at, rule)
    lake.run("evaluate.months", months_before=protocol.follow_up.months_before, months_after=protocol.follow_up.days // MONTHS)
    lake.run("evaluate.relapses", follow_days=protocol.follow_up.days)
    asked = protocol.outcomes.questionnaire
    lake.run("evaluate.answers", cut=session.as_of, slack_days=asked.slack_days if asked else 60)
    months, relapses, answers = (lake.read(f"evaluate.{name}") for name in ("months", "relapses", "answers"))
    gaps = {}
    for days in protocol.sensitivity.gap_days:
        beside = Lake(session.con, lake.root / f"gap-{days}", session.ledger, session.gate)
        gaps[days] = frame.join(_followed(beside, at, days, lake), on=("person_key", "as_of"), how="left", maintain_order="left")
    whole = frame.join(followed, on=("person_key", "as_of"), how="left", maintain_order="left")
    return Data(whole, lines, months, relapses, answers, gaps, delay_days=delay)


def _followed(lake: Lake, at: dict[str, date | int], gap_days: int, asked: Lake | None = None) -> pl.DataFrame:
    """Everyone's spells as known at the cut, by one rule of the gap, and what they say about the time after."""
    final = Lake(lake.con, lake.root / "final", lake.ledger, lake.gate)
    lake.view("moments.training", (asked or lake).file("evaluate.analysed"))
    lake.run("moments.final", cut=at["cut"])
    lake.view("moments.asked", lake.file("moments.final"))
    make_clean_spells(final, gap_days)
    lake.view("spells.final_segments", final.file("spells.certificate_segments"))
    lake.view("spells.final_spells", final.file("spells.spells"))
    lake.run("evaluate.followed", max_gap_days=gap_days, **at)
    return lake.read("evaluate.followed")


def followed(study: Study) -> Data:
    """The study's people and what came of them, without a report: for those who check the study against its truth."""
    frame, lines = _cohort(study)
    return _outcomes(study, frame, lines)
