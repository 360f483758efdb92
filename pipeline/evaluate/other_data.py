"""Studies on data that are no region's: a table from an installed package, or a CSV file beside the protocol."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import polars as pl

from pipeline.errors import UsageError
from pipeline.evaluate.arrays import column
from pipeline.evaluate.protocol_file import Read


def read_package_or_file(read: Read) -> pl.DataFrame:
    """The table with a column `arm`. Raises UsageError when the package is not installed or lacks the data."""
    population, arms = read.protocol.population, read.protocol.arms
    if population.source == "csv":
        file = read.path.parent / population.data
        if not file.is_file():
            raise UsageError(f"{file} is not there", remedy="population.data is a path seen from the protocol")
        frame = _from_csv(file)
    else:
        frame = _from_package(population.package, population.data)
    if arms.column not in frame.columns:
        raise UsageError(f"the data have no column {arms.column}", remedy="name the column of arms in arms.column")
    for name in filter(None, (read.protocol.outcomes.primary, read.protocol.adjust.time)):
        if not (column(frame, name).dtype.is_numeric() or frame[name].dtype == pl.Boolean):
            raise UsageError(f"{name} is not a number in every row of {population.data}", remedy="mend the file, or name another column")
    return frame.with_columns(pl.col(arms.column).cast(pl.String).alias("arm"))


def _from_csv(file: Path) -> pl.DataFrame:
    """Comma-separated, or with semicolons and decimal commas as Swedish Excel saves it; empty and NA are unknown."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        head = text.partition("\n")[0]
        separator = ";" if head.count(";") > head.count(",") else ","
        comma = separator == ";" and re.search(r"\d,\d", text) is not None
        return pl.read_csv(
            text.encode(), separator=separator, decimal_comma=comma, infer_schema_length=None, null_values=["", "NA"], try_parse_dates=True
        )
    except (UnicodeDecodeError, pl.exceptions.PolarsError):  # whose words may hold what stands in the file
        raise UsageError(
            f"{file} is no table that can be read", remedy="save it as CSV in UTF-8, one line of names, as many fields in every row"
        ) from None


def _from_package(package: str, data: str) -> pl.DataFrame:
    try:
        module = importlib.import_module(package)
    except ImportError:
        raise UsageError(
            f"the package {package} is not installed", remedy=f"run `python -m pip install {package}`, then again"
        ) from None
    try:
        return pl.from_pandas(module.data(data))
    except Exception:
        raise UsageError(f"{package} has no data {data!r}", remedy="look into its documentation for the name") from None
