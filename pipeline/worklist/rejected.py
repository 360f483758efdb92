"""Rows of returned lists that could not be understood: kept in quarantine, their text encrypted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.config.home import Home
from pipeline.privacy.vault import Vault
from pipeline.store.files import write_whole
from pipeline.worklist.returns import ReturnReport

NAME = "worklist_returns.parquet"
PURPOSE = "quarantine"  # what `rehabrisk quarantine --show` opens texts with
SCHEMA = {"delivery": pl.Date, "file": pl.String, "line": pl.Int64, "rule": pl.String, "raw": pl.String}


def keep_rejected_returns(home: Home, vault: Vault, report: ReturnReport, as_of: date) -> int:
    """Write quarantine/<day>/worklist_returns.parquet for each day that rows became known; returns rows rejected.

    Rows of a file that does not tell its day are kept under as_of. A day whose lists were mended loses its file; days
    after as_of, and files that would not change, are left alone.
    """
    rejected = report.rejected.with_columns(pl.col("known_on").fill_null(as_of)).select(
        pl.col("known_on").alias("delivery"), "file", "line", "rule", pl.col("text").alias("raw")
    )
    days = {day: part for (day,), part in rejected.sort("file", "line", "rule").group_by("delivery")}
    for path in home.quarantine.glob(f"*/{NAME}"):
        day = date.fromisoformat(path.parent.name)
        if day <= as_of and day not in days:
            path.unlink()
    for day, part in days.items():
        path = home.quarantine / day.isoformat() / NAME
        if not _kept_already(path, part, vault):
            sealed = pl.Series("raw", vault.encrypt_text(part["raw"].to_list(), PURPOSE), dtype=pl.String)
            write_whole(path, part.with_columns(sealed).cast(SCHEMA).write_parquet)
    return rejected.height


def _kept_already(path: Path, part: pl.DataFrame, vault: Vault) -> bool:
    if not path.is_file():
        return False
    kept = pl.read_parquet(path)
    opened = pl.Series("raw", vault.decrypt_text(kept["raw"].to_list(), PURPOSE), dtype=pl.String)
    return kept.with_columns(opened).equals(part)
