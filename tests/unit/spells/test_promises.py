"""What the gate holds segments and spells to: a fault planted in rows of many row groups is caught."""

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.errors import GateFailed
from pipeline.store.gate import Gate

DAY = dt.date(2026, 1, 1)
PERSONS = 20_000
SPELLS = {
    "spell_id": "x", "unit_id": "U1", "days": 7, "net_days": 7.0, "degree": 100, "n_certificates": 1, "n_doctors": 1,
    "diagnosis": "F430", "occupation": "WORK", "ongoing": False, "day": 9,
}  # fmt: skip
SEGMENTS = {"degree": 100, "certificate_id": "c", "unit_id": "U1"}
TABLES = pytest.mark.parametrize("table, plain", [("spells.spells", SPELLS), ("spells.certificate_segments", SEGMENTS)])


def rows(plain):
    """Of each person, at two moments, two stretches of days."""
    every = [
        (person, as_of, start)
        for person in range(-PERSONS // 2, PERSONS // 2)
        for as_of in (DAY, DAY + dt.timedelta(30))
        for start in (DAY - dt.timedelta(60), DAY - dt.timedelta(53))
    ]
    frame = pl.DataFrame(every, schema={"person_key": pl.Int64, "as_of": pl.Date, "start_date": pl.Date}, orient="row")
    numbers = {name: pl.lit(value, pl.Int32 if type(value) is int else None) for name, value in plain.items()}
    return frame.with_columns(end_date=pl.col("start_date") + pl.duration(days=6), **numbers)


def checked(frame, table, folder):
    file = folder / "x.parquet"
    frame.write_parquet(file, row_group_size=5000)
    con = duckdb.connect(config={"threads": 2})
    return Gate().check(con, table, Path(file))


@TABLES
def test_rows_in_order_are_let_through(tmp_path, table, plain):
    assert not checked(rows(plain), table, tmp_path).failures


@TABLES
@pytest.mark.parametrize("fault", ["twice", "out of order", "a day shared"])
def test_a_row_twice_out_of_order_or_over_another_is_caught(tmp_path, table, plain, fault):
    whole = rows(plain)
    at = 4 * (PERSONS // 2) + 1  # the second of a person's
    if fault == "twice":
        whole = pl.concat([whole[: at + 1], whole[at:]])
    elif fault == "out of order":
        whole = pl.concat([whole[:at], whole[at + 1 : -1], whole[at : at + 1], whole[-1:]])
    else:
        shared = pl.when(pl.int_range(pl.len()) == at).then(pl.col("start_date") - pl.duration(days=1)).otherwise("start_date")
        whole = whole.with_columns(start_date=shared)
    with pytest.raises(GateFailed, match="no two of a moment share a day"):
        checked(whole, table, tmp_path)
