"""What was rejected and why: written beside the night, counted for anyone, decrypted for the operator alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.privacy.vault import Vault
from pipeline.store.files import write_whole

if TYPE_CHECKING:
    from pipeline.ingest.deliveries import DeliveredFile
    from pipeline.ingest.source import Source

PURPOSE = "quarantine"
SCHEMA = {"delivery": pl.Date, "file": pl.String, "line": pl.Int64, "rule": pl.String, "raw": pl.String}
NEVER_CAME = ".never_came"
TWO_NUMBERS = ".two_numbers"


@dataclass(frozen=True)
class Rejected:
    """One rejected row: its place among the rows read, or the record of a line that was no row."""

    rule: str
    row: int = -1
    record: int | None = None


def keep_rejected(home: Home, vault: Vault, file: DeliveredFile, rejected: list[Rejected], source: Source) -> None:
    """Write the rejected rows of one file, raw text encrypted; removes the list when nothing is rejected any more."""
    path = home.quarantine / file.delivery.isoformat() / f"{file.table}.parquet"
    if not rejected:
        path.unlink(missing_ok=True)
        return
    ordered = sorted(rejected, key=lambda one: (one.row if one.record is None else one.record, one.rule))
    lines = source.lines(ordered)
    frame = pl.DataFrame(
        {
            "delivery": [file.delivery] * len(ordered),
            "file": [file.path.name] * len(ordered),
            "line": [line for line, _ in lines],
            "rule": [one.rule for one in ordered],
            "raw": vault.encrypt_text([text for _, text in lines], PURPOSE),
        },
        schema=SCHEMA,
    )
    write_whole(path, frame.sort("line", maintain_order=True).write_parquet)


def keep_later(
    home: Home, vault: Vault, delivery: date, table: str, file: str, rows: pl.DataFrame, rule: str, suffix: str
) -> None:
    """Rows rejected after their file was staged: line and raw (clear text without identity). None left: the list goes."""
    path = home.quarantine / delivery.isoformat() / f"{table}{suffix}.parquet"
    if rows.is_empty():
        path.unlink(missing_ok=True)
        return
    if path.is_file() and _same(pl.read_parquet(path), rows, vault):
        return  # encrypted anew it would differ in every byte
    frame = rows.select(
        delivery=pl.lit(delivery), file=pl.lit(file), line=pl.col("line").cast(pl.Int64), rule=pl.lit(rule),
        raw=pl.Series(vault.encrypt_text(rows["raw"].to_list(), PURPOSE), dtype=pl.String),
    )
    write_whole(path, frame.write_parquet)


def _same(kept: pl.DataFrame, rows: pl.DataFrame, vault: Vault) -> bool:
    if kept["line"].to_list() != rows["line"].to_list():
        return False
    return vault.decrypt_text(kept["raw"].to_list(), PURPOSE) == rows["raw"].to_list()


def read_quarantine(home: Home, delivery: date | None = None) -> pl.DataFrame:
    """All rejected rows: delivery, table, file, line, rule, raw (encrypted). Raises UsageError: no such delivery."""
    folder = home.quarantine / delivery.isoformat() if delivery else home.quarantine
    if delivery and not (home.raw / delivery.isoformat()).is_dir():
        raise UsageError(f"no delivery {delivery.isoformat()}", remedy=f"look in {home.raw} for the deliveries there are")
    frames = [_with_table(path) for path in sorted(folder.rglob("*.parquet"))] if folder.is_dir() else []
    empty = pl.DataFrame(schema={"delivery": pl.Date, "table": pl.String, **SCHEMA})
    return pl.concat([empty.select("delivery", "table", "file", "line", "rule", "raw"), *frames])


def _with_table(path: Path) -> pl.DataFrame:
    table = path.stem.removesuffix(NEVER_CAME).removesuffix(TWO_NUMBERS)
    return pl.read_parquet(path).select("delivery", pl.lit(table).alias("table"), "file", "line", "rule", "raw")


def counts(home: Home, delivery: date | None = None) -> pl.DataFrame:
    """delivery, table, file, rule, rows, lines (the first three): what may be shown to anyone."""
    return (
        read_quarantine(home, delivery)
        .group_by("delivery", "table", "file", "rule")
        .agg(rows=pl.len(), lines=pl.col("line").sort().head(3))
        .sort("delivery", "table", "rule")
    )


def show(
    home: Home, vault: Vault, delivery: date | None = None, table: str | None = None, rule: str | None = None
) -> pl.DataFrame:
    """The rejected rows with their raw text in clear. The caller writes the access log before it shows them."""
    rows = read_quarantine(home, delivery)
    if table:
        rows = rows.filter(pl.col("table") == table)
    if rule:
        rows = rows.filter(pl.col("rule") == rule)
    return rows.with_columns(raw=pl.Series(vault.decrypt_text(rows["raw"].to_list(), PURPOSE), dtype=pl.String))
