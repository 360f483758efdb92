"""Which rows wait for a person, a unit or a certificate, which were taken up, and which have waited too long."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl

from pipeline.config.home import Home
from pipeline.ingest.contract import EXTRACTS
from pipeline.ingest.quarantine import NEVER_CAME, TWO_NUMBERS, keep_later
from pipeline.ingest.report import FileReport
from pipeline.ingest.source import SHAPE_RULES
from pipeline.ingest.stage import CONFLICT, REPEATED, Staged
from pipeline.privacy.vault import Vault

EXPIRED = "certificate never came"
# of a certificate: its person and unit have come (one that was never in force stands too)
STANDS = (
    "exists (select 1 from ingest.persons as q where q.person_key = c.person_key) "
    "and exists (select 1 from ingest.units as u where u.unit_id = c.unit_id)"
)


def count_waiting(con: duckdb.DuckDBPyConnection, reports: list[FileReport]) -> None:
    """Add to each report what its rows wait for, what was taken up later and what a later delivery revoked."""
    several = len({one.delivery for one in reports}) > 1
    for table in {one.table for one in reports}:
        waits = EXTRACTS[table].waits
        if "person" in waits:
            unit = (
                "u.unit_id is null and x.unit_id is not null" if "unit" in waits else "false"
            )
            units = "left join ingest.units as u on u.unit_id = x.unit_id" if "unit" in waits else ""
            found = con.execute(
                f"select x.delivery, count(*) filter (where p.person_key is null), "
                f"count(*) filter (where p.person_key is not null) from raw.{table} as x "
                f"left join ingest.persons as p on p.person_key = x.person_key {units} "
                f"where p.person_key is null or ({unit}) group by 1"
            ).fetchall()
            for delivery, persons, units_ in found:
                _add(reports, delivery, table, "waits", {"its person": persons, "its unit": units_})
            if several:
                _taken_up(con, reports, table)
    if several:
        _revoked(con, reports)


def _taken_up(con: duckdb.DuckDBPyConnection, reports: list[FileReport], table: str) -> None:
    for delivery, rows in con.execute(
        f"select x.delivery, count(*) from raw.{table} as x join ingest.persons as p on p.person_key = x.person_key "
        "where p.delivered_on > x.delivery group by 1"
    ).fetchall():
        _add(reports, delivery, table, "notes", {"taken up when the person came": rows})


def _revoked(con: duckdb.DuckDBPyConnection, reports: list[FileReport]) -> None:
    for delivery, rows in con.execute(
        "select n.delivery, count(distinct n.certificate_id) from raw.all_certificates as n "
        "join raw.all_certificates as o on o.certificate_id = n.certificate_id and o.delivery < n.delivery "
        "where n.certificate_id in (select certificate_id from raw.newest_certificates) "
        "and n.revoked_at is not null and o.revoked_at is null group by 1"
    ).fetchall() if _several(reports, "certificates") else []:
        _add(reports, delivery, "certificates", "notes", {"revoked since an earlier delivery": rows})


def _several(reports: list[FileReport], table: str) -> bool:
    return sum(one.table == table for one in reports) > 1


def count_periods(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    vault: Vault,
    staged: list[Staged],
    reports: list[FileReport],
    newest: date,
    waiting_days: int,
) -> None:
    """Periods without an accepted certificate wait `waiting_days` by delivery dates, then go to quarantine."""
    # numbers instead of texts: ten million text keys would not fit the engine's memory
    con.execute(
        "create or replace temp table orphans as select p.delivery, p.row, p.certificate_id, p.start_date, p.end_date, "
        "p.degree from raw.certificate_periods as p anti join "
        "(select hash(certificate_id) as h from raw.certificates) as c on c.h = hash(p.certificate_id)"
    )
    for one in staged:
        if one.table != "certificate_periods":
            continue
        orphans = pl.from_arrow(
            con.sql(f"select * from orphans where delivery = date '{one.delivery.isoformat()}' order by row").to_arrow_table()
        )
        expired = (newest - one.delivery).days > waiting_days
        _add(reports, one.delivery, one.table, "waits", {"its certificate": 0 if expired else orphans.height})
        _add(reports, one.delivery, one.table, "rules", {EXPIRED: orphans.height if expired else 0})
        gone = orphans if expired else orphans.clear()
        text = pl.concat_str(
            "certificate_id", pl.col("start_date").cast(pl.String), pl.col("end_date").cast(pl.String),
            pl.col("degree").cast(pl.String), separator=";",
        )
        rows = gone.select(line=_lines(home, one, gone["row"]), raw=text)
        keep_later(home, vault, one.delivery, one.table, one.file.split("/", 1)[1], rows, EXPIRED, NEVER_CAME)
    con.execute("drop table orphans")
    if not any(one.waits for one in reports if one.table == "certificates"):
        return
    for delivery, rows in con.execute(
        "select p.delivery, count(*) from raw.certificate_periods as p where p.certificate_id in "
        f"(select c.certificate_id from raw.certificates as c where not ({STANDS})) and p.certificate_id not in "
        f"(select c.certificate_id from raw.certificates as c where {STANDS}) group by 1"
    ).fetchall():
        _add(reports, delivery, "certificate_periods", "waits", {"its certificate, which waits": rows})


def count_accepted(con: duckdb.DuckDBPyConnection, reports: list[FileReport]) -> None:
    """Count the rows that stand behind the clean tables, or gave way to a newer delivery's, and hold the sums to the files.

    Raises NightFailed: received is not accepted + repeated + waiting + quarantined of some file.
    """
    for table in {one.table for one in reports}:
        known = ["true"]
        if "person" in EXTRACTS[table].waits:
            known.append("exists (select 1 from ingest.persons as p where p.person_key = x.person_key)")
        if "unit" in EXTRACTS[table].waits:
            known.append("(x.unit_id is null or exists (select 1 from ingest.units as u where u.unit_id = x.unit_id))")
        if table == "certificate_periods":
            known.append(f"hash(x.certificate_id) in (select hash(c.certificate_id) from raw.certificates as c where {STANDS})")
        stand = _by_delivery(con, f"raw.{table} as x where {' and '.join(known)}")
        # a single delivery's rows give way to none; former numbers of a person give way to today's
        several = _several(reports, table) or table == "persons"
        newest, every = (_by_delivery(con, f"raw.{what}{table}") if several else {} for what in ("", "all_"))
        aside = {}
        if con.execute(
            f"select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = 'folded_{table}'"
        ).fetchall()[0][0]:
            aside = _by_delivery(con, f"raw.folded_{table}")
        for one in reports:
            if one.table == table:
                gone = every.get(one.delivery, 0) - newest.get(one.delivery, 0)
                if several:
                    gone -= aside.get(one.delivery, 0)
                one.accepted = stand.get(one.delivery, 0) + gone
                one.check()


def _by_delivery(con: duckdb.DuckDBPyConnection, source: str) -> dict[date, int]:
    return dict(con.execute(f"select delivery, count(*) from {source} group by 1").fetchall())


def count_folded(
    con: duckdb.DuckDBPyConnection, home: Home, vault: Vault, staged: list[Staged], reports: list[FileReport]
) -> None:
    """Add to each report the rows that one delivery brought under two numbers of a person; conflicts go to quarantine."""
    kept = {name for (name,) in con.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()}
    for one in staged:
        if "person_key" not in EXTRACTS[one.table].staged_key or one.table == "persons":
            continue
        rows = pl.DataFrame(schema={"line": pl.Int64, "raw": pl.String})
        if f"folded_{one.table}" in kept:
            folded = pl.from_arrow(
                con.sql(
                    f"select * from raw.folded_{one.table} where delivery = date '{one.delivery.isoformat()}' order by row"
                ).to_arrow_table()
            )
            for report in reports:
                if (report.delivery, report.table) == (one.delivery, one.table):
                    conflicts = folded.filter(pl.col("mark") == CONFLICT)
                    report.repeated += folded.filter(pl.col("mark") == REPEATED).height
                    if conflicts.height:
                        report.rules[CONFLICT] = report.rules.get(CONFLICT, 0) + conflicts.height
                    said = [pl.col(name).cast(pl.String).fill_null("") for name in conflicts.columns
                            if name not in ("person_key", "delivery", "row", "mark")]
                    rows = conflicts.select(line=_lines(home, one, conflicts["row"]), raw=pl.concat_str(said, separator=";"))
        keep_later(home, vault, one.delivery, one.table, one.file.split("/", 1)[1], rows, CONFLICT, TWO_NUMBERS)


def _lines(home: Home, one: Staged, rows: pl.Series) -> pl.Series:
    """Line numbers of staged rows: the header and the rejected lines before them are counted in."""
    if not one.file.lower().removesuffix(".gz").endswith((".csv", ".txt")):
        return (rows + 1).alias("line")
    path = home.quarantine / one.delivery.isoformat() / f"{one.table}.parquet"
    shapes = pl.Series([], dtype=pl.Int64)
    if path.is_file():
        kept = pl.read_parquet(path, columns=["line", "rule"])
        shapes = kept.filter(pl.col("rule").is_in([*SHAPE_RULES.values(), "unreadable line"]))["line"].sort()
    before = pl.Series([line - 2 - place for place, line in enumerate(shapes)], dtype=pl.Int64)
    return (rows + 2 + before.search_sorted(rows, side="right").cast(pl.Int64)).alias("line")


def _add(reports: list[FileReport], delivery: date, table: str, where: str, counts: dict[str, int]) -> None:
    for one in reports:
        if one.delivery == delivery and one.table == table:
            getattr(one, where).update({what: rows for what, rows in counts.items() if rows})
