"""Studies on data that are no region's: a table from an installed package, or a CSV file beside the protocol."""

from __future__ import annotations

import importlib

import polars as pl

from pipeline.errors import UsageError
from pipeline.evaluate.protocol_file import Read


def read_package_or_file(read: Read) -> pl.DataFrame:
    """The table with a column `arm`. Raises UsageError when the package is not installed or lacks the data."""
    population, arms = read.protocol.population, read.protocol.arms
    if population.source == "csv":
        file = read.path.parent / population.data
        if not file.is_file():
            raise UsageError(f"{file} is not there", remedy="population.data is a path seen from the protocol")
        frame = pl.read_csv(file, infer_schema_length=None)
    else:
        frame = _from_package(population.package, population.data)
    if arms.column not in frame.columns:
        raise UsageError(f"the data have no column {arms.column}", remedy="name the column of arms in arms.column")
    return frame.with_columns(pl.col(arms.column).cast(pl.String).alias("arm"))


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
