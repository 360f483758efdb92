"""The order of an ingest: every file staged first, so that a file that stops the run leaves all tables as they were."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import date

import duckdb
import polars as pl

from pipeline.config.home import Home
from pipeline.config.region import Region
from pipeline.ingest.clean import define_raw
from pipeline.ingest.contract import EXTRACTS
from pipeline.ingest.deliveries import code_version, delivered_files
from pipeline.ingest.identities import IdentityTexts
from pipeline.ingest.report import FileReport, IngestReport, report_of
from pipeline.ingest.returned import define_returns
from pipeline.ingest.stage import Staged, stage_file, staged_before, version_of
from pipeline.ingest.waiting import count_accepted, count_folded, count_periods, count_waiting
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from pipeline.store.ledger import Ledger
from pipeline.store.tables import Lake, literal

SQL_TABLES = (
    "units",
    "persons",
    "certificates",
    "certificate_periods",
    "contacts",
    "coordination",
    "benefits",
    "questionnaires",
    "enrolments",
)
TABLES = tuple(f"ingest.{name}" for name in (*SQL_TABLES, "diagnosis_groups"))
STATE = "staged/ingest.json"


def run(
    home: Home,
    region: Region,
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    as_of: date,
    ledger: Ledger | None = None,
    returns: pl.DataFrame | None = None,
) -> IngestReport:
    """Bring the ingest tables to what a night at `as_of` knows.

    returns : filled-in worklists (patient_id, unit_id, spell_start, status, offered_on, answer, external_consent,
        note, returned_on), all of them each time; None = none.

    A file that was staged before with the same bytes, settings, code and key is not read again; when nothing at all
    is new the tables are left as they are.

    Raises UsageError: a file that cannot be read whole, a rule over its limit, a required table that never came.
    """
    settings = region.ingest
    keyring = Keyring.open(home.vault)
    vault = Vault(home, keyring)
    files = delivered_files(home, settings, as_of)
    identities = IdentityTexts(con, keyring, settings.reserve_numbers)
    key_print = keyring.subkey("fingerprint").hex()[:16]
    staged = []
    for file in files:
        begun = time.perf_counter()
        version = version_of(file, settings, key_print)
        one = staged_before(home, file, version)
        if one is None:
            one = stage_file(con, home, settings, file, identities, vault, version, lake.gate)
            if ledger is not None:
                ledger.line("ingest", f"raw.{file.table}", one.received, one.kept, time.perf_counter() - begun)
        staged.append(one)

    state = _state(region, as_of, staged, returns, keyring)
    if before := _same_as_before(home, lake, state):
        for table in TABLES:
            lake.view(table)
        return before
    lake.note(STATE, None)  # a crash from here on means making the tables again
    identities.forget()
    define_raw(con, staged)
    lake.counted |= {f"raw.{name}": sum(one.kept for one in staged if one.table == name) for name in EXTRACTS}
    returned = define_returns(con, home, vault, identities, returns, as_of, lake.gate)
    for name in SQL_TABLES:
        lake.run(f"ingest.{name}")
    lake.write("ingest.diagnosis_groups", _groups(region))
    report = _report(as_of, staged, returned)
    count_folded(con, home, vault, staged, report.files)
    count_waiting(con, report.files)
    count_periods(con, home, vault, staged, report.files, report.deliveries[-1], settings.waiting_days)
    count_accepted(con, report.files)
    said = {"state": state, "report": report.as_record()}
    lake.note(STATE, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    return report


def _report(as_of: date, staged: list[Staged], returned: int) -> IngestReport:
    files = [
        FileReport(one.delivery, one.file, one.table, one.received, one.repeated, dict(one.rules), notes=dict(one.warnings))
        for one in staged
    ]
    came = {one.table for one in staged}
    absent = [name for name in EXTRACTS if name not in came]
    return IngestReport(as_of, sorted({one.delivery for one in staged}), files, absent, returned)


def _groups(region: Region) -> str:
    rows = sorted({(prefix.replace(".", "").upper(), group) for group, of in region.groups.items() for prefix in of})
    values = ", ".join(f"({literal(prefix)}, {literal(group)})" for prefix, group in rows)
    return f"select * from (values {values}) as g (prefix, target_group)" if rows else (
        "select cast(null as varchar) as prefix, cast(null as varchar) as target_group limit 0"
    )


def _state(
    region: Region, as_of: date, staged: list[Staged], returns: pl.DataFrame | None, keyring: Keyring
) -> str:
    """A digest of all that the tables are made from; keyed, because the returned worklists hold identity numbers."""
    digest = hashlib.sha256(keyring.subkey("state"))
    said = [as_of, region.groups, region.ingest.waiting_days, code_version()]
    said += [(one.file, sorted(one.version.items())) for one in staged]
    digest.update(repr(said).encode())
    if returns is not None:
        digest.update(returns.write_csv().encode())
    return digest.hexdigest()


def _same_as_before(home: Home, lake: Lake, state: str) -> IngestReport | None:
    path = home.lake / STATE
    if not path.is_file() or not all(lake.file(table).is_file() for table in TABLES):
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    return report_of(said["report"]) if said["state"] == state else None
