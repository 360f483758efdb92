"""A unit's list as CSV: `;`, UTF-8 with BOM, canonical heads and codes.

Decimals have a point, as in the rest of the canonical form: this file is for programs and for putting back. A
Swedish spreadsheet shows them as text; the .xlsx beside it has the same numbers as numbers, in its reader's form.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.store.cells import guarded
from pipeline.worklist.words import COLUMNS, DECIMALS


def write_csv(rows: pl.DataFrame, path: Path) -> None:
    """Write the contract's columns of `rows`, in order; days with one decimal, chances with three."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\r\n")
        out.writerow(COLUMNS)
        for row in rows.select(*COLUMNS).iter_rows(named=True):
            out.writerow([_cell(name, value) for name, value in row.items()])


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{DECIMALS[name]}f}"
    if isinstance(value, date):
        return value.isoformat()
    return guarded(value) if isinstance(value, str) else str(value)
