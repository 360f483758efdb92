"""`rehabrisk statistics`: the spells of the night that the lake holds, counted as the statistics service counts them."""

from __future__ import annotations

import time
from pathlib import Path

from pipeline import books, ingest
from pipeline.errors import NightFailed, UsageError
from pipeline.lock import only_run
from pipeline.preconditions import require_before, require_same_rules
from pipeline.privacy.access_log import AccessLog
from pipeline.privacy.disclosure import SMALLEST
from pipeline.run import Session
from pipeline.statistics.count import BOTH, REGION, YEAR, Statistics, count, months_before
from pipeline.statistics.write_pages import LANGUAGES, units_told, write_statistics
from pipeline.store.tables import Lake


def statistics(session: Session, out: Path | None, language: str | None) -> list[Path]:
    """Count, hide small cells and write CSV and pages. Returns the files.

    Raises UsageError for a language that is not spoken, a lake without that night's spells, or too few spells to show any.
    """
    if language not in (None, *LANGUAGES):
        raise UsageError(f"the statistics are not written in {language!r}", remedy=f"use one of {', '.join(LANGUAGES)}")
    begun, outcome = time.perf_counter(), "failed"
    with only_run(session.home):
        try:
            files = _made(session, out, language or session.region.language)
            outcome = "done"
        finally:
            session.close()
            _note(session, outcome, time.perf_counter() - begun)
    return files


def _made(session: Session, out: Path | None, language: str) -> list[Path]:
    require_before(session.lake, "statistics", session.as_of)
    require_same_rules(session.lake, session.region.spells)
    for table in (*ingest.TABLES, "moments.nightly", "spells.spells", "spells.ongoing"):
        session.lake.view(table)
    session.lake.view("moments.asked", session.lake.file("moments.nightly"))
    lake = Lake(session.con, session.home.lake / "statistics", session.ledger, session.gate)
    gap = session.region.spells.max_gap_days
    lake.run("statistics.spells", max_gap_days=gap)
    lake.run("statistics.grouped", since=months_before(session.as_of)[0])
    found = count(lake.read("statistics.grouped"), session.as_of)
    for line in reconciled(session, found):
        session.console.note(f"  {line}")
    AccessLog(session.home).write(session.started, "statistics", "statistics", "statistics")
    folder = (out or session.home.statistics) / session.as_of.isoformat()
    units = lake.read("ingest.units", "unit_id, name, list_size")
    files = write_statistics(found, units, folder, language, session.region.name, gap)
    told = units_told(found, units["unit_id"])
    session.console.note(
        f"  units: {told['alone']} with a page; {told['together']} without, counted together as fewer than {SMALLEST} women or men are "
        f"on sick leave there or to hide such a unit; {told['without']} without, as none of these spells is theirs"
    )
    session.console.note(f"  {folder / 'region.html'}")
    return files


def reconciled(session: Session, found: Statistics) -> list[str]:
    """The region's totals against the night's own spells, step by step, in words.

    Raises NightFailed when they do not meet: a certified day is in a spell by either rule, so the persons on leave are the same.
    """
    con = session.con
    spells, persons = con.execute("select count(*), count(distinct person_key) from statistics.spells where ongoing").fetchall()[0]
    night = con.execute("select count(*) from spells.ongoing where ongoing").fetchall()[0][0]
    year = f"start_date >= date '{found.months[-YEAR]}' and start_date < date '{session.as_of.replace(day=1)}'"
    started = con.execute(f"select count(*) from statistics.spells where {year}").fetchall()[0][0]
    ours = con.execute(f"select count(*) from spells.spells where {year}").fetchall()[0][0]
    blank = "(sex is null or sex not in ('F', 'M'))"
    left_out, left_out_started = (
        con.execute(f"select count(*) from statistics.grouped where {which} and {blank}").fetchall()[0][0] for which in ("ongoing", year)
    )
    told, told_started = (
        found.cells.filter(place=REGION, measure=measure, grouping="total", sex=BOTH)["spells"].item() for measure in ("ongoing", "started")
    )
    if persons != night or told + left_out != spells or told_started + left_out_started != started:
        raise NightFailed(
            f"statistics count {persons} persons on sick leave and tell of {told} ongoing spells and {told_started} started ones, "
            f"where the night has {night} persons, {spells} and {started}",
            remedy="this is a fault of the program: nothing was written; tell its makers",
        )
    return [
        f"ongoing: {spells} spells of {persons} persons, as in spells.ongoing; {spells - persons} more spells than persons, at a second care provider",
        f"told of: {told}; {left_out} ongoing left out for want of a known sex",
        f"started in twelve months: {started} spells, care provider by care provider, where spells.spells has {ours}; told of: {told_started}; "
        f"{left_out_started} left out",
    ]


def _note(session: Session, outcome: str, seconds: float) -> None:
    """The run in the book of runs."""
    run_id = books.run_id(session.started, "statistics")
    record = {
        "run_id": run_id, "command": "statistics", "outcome": outcome, "code": books.code_version(),
        "started": session.started.isoformat(timespec="seconds"), "as_of": session.as_of.isoformat(),
        "tables": session.ledger.as_rows(), "seconds": round(seconds, 2),
    }  # fmt: skip
    books.keep(session.home, run_id, record)
