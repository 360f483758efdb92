"""An empty DuckDB with the rooms' schemas: fill tables, run one SQL file, compare rows."""

import datetime as dt

import duckdb
import hypothesis
import polars as pl
import pytest

from pipeline.store.engine import ROOMS
from pipeline.store.tables import SQL_ROOT, header, with_values

# a busy machine is no fault
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


class Runner:
    """`run_table.fill("ingest.persons", frame)`, then `run_table("spells.spells", as_of="2026-01-20")`."""

    def __init__(self):
        self.con = duckdb.connect(config={"threads": 1})
        for room in ROOMS:
            self.con.execute(f"create schema if not exists {room}")

    def fill(self, table, frame):
        self.con.register("_frame", frame.to_arrow())
        self.con.execute(f"create or replace table {table} as select * from _frame")
        self.con.unregister("_frame")

    def __call__(self, table, **values):
        room, name = table.split(".")
        path = SQL_ROOT / room / f"{name}.sql"
        dated = {
            key: dt.date.fromisoformat(value) if isinstance(value, str) and _is_date(value) else value
            for key, value in values.items()
        }
        wanted = {key: dated[key] for key in header(path).params}
        self.con.execute(f"create or replace table {table} as {with_values(path.read_text(), wanted)}")
        return pl.from_arrow(self.con.sql(f"select * from {table}").to_arrow_table())


def _is_date(text):
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.fixture
def run_table():
    return Runner()
