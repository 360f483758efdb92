"""Small tables written as text: `given` fills an input, `expect` compares an output."""

import datetime as dt

import polars as pl
from polars.testing import assert_frame_equal

DATES = ("_on", "_until", "_from", "_start", "_end", "_date", "as_of", "birth_month")
STAMPS = ("_at",)


def rows(text: str) -> pl.DataFrame:
    """Parse `name | name` lines; blank cells are null; types follow the column's name or its values."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    names, body = lines[0], lines[1:]
    return pl.DataFrame({name: _typed(name, [row[at] for row in body]) for at, name in enumerate(names)})


def _typed(name: str, cells: list[str]) -> pl.Series:
    values = [None if cell == "" else cell for cell in cells]
    if name.endswith(STAMPS):
        parsed = [v and dt.datetime.fromisoformat(v) for v in values]
        return pl.Series(name, parsed, dtype=pl.Datetime("us"))
    if name.endswith(DATES):
        return pl.Series(name, [v and dt.date.fromisoformat(v) for v in values], dtype=pl.Date)
    present = [v for v in values if v is not None]
    if present and all(v in ("true", "false") for v in present):
        return pl.Series(name, [None if v is None else v == "true" for v in values], dtype=pl.Boolean)
    for kind, dtype in ((int, pl.Int64), (float, pl.Float64)):
        try:
            return pl.Series(name, [None if v is None else kind(v) for v in values], dtype=dtype)
        except ValueError:
            continue
    return pl.Series(name, values, dtype=pl.String)


def given(table: str, text: str, run_table) -> None:
    """Fill `table` with the rows of `text`."""
    run_table.fill(table, rows(text))


def expect(actual: pl.DataFrame, text: str) -> None:
    """Compare the named columns, in any row order; types may differ, values may not."""
    want = rows(text)
    got = actual.select(want.columns)
    assert_frame_equal(
        got.sort(got.columns), want.sort(want.columns), check_dtypes=False, abs_tol=1e-9
    )
