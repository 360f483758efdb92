"""SQL files, their headers and their values; the lake's Parquet files."""

from datetime import date

import duckdb
import polars as pl
import pytest

from pipeline.errors import GateFailed, NightFailed
from pipeline.store.ledger import Ledger
from pipeline.store.tables import SQL_ROOT, Lake, header, key_of, with_values


@pytest.fixture
def lake(tmp_path):
    con = duckdb.connect()
    for room in ("ingest", "features", "score"):
        con.execute(f"create schema {room}")
    return Lake(con, tmp_path, Ledger())


class ShutGate:
    def check(self, con, table, parquet):
        raise GateFailed(f"{table} is wrong", remedy="mend it")


def test_a_header_is_read_with_its_continuation_lines(tmp_path):
    file = tmp_path / "x.sql"
    file.write_text(
        "-- table:   spells.x\n-- grain:   one row per person_key, as_of\n-- inputs:  ingest.a, spells.b\n"
        "-- params:  as_of (date), max_gap_days (days, region.toml [spells])\n-- known:   always\n"
        "-- why:     because\n--          it is so\nselect 1"
    )
    found = header(file)
    assert found.inputs == ("ingest.a", "spells.b")
    assert found.params == ("as_of", "max_gap_days")
    assert found.why == "because it is so"


def test_no_params_and_no_inputs_are_written_none(tmp_path):
    file = tmp_path / "x.sql"
    file.write_text("-- table: a.x\n-- grain: one row\n-- inputs: none\n-- params: none\n-- known: x\n-- why: y\nselect 1")
    assert header(file).inputs == ()
    assert header(file).params == ()


def test_values_become_literals_and_quotes_cannot_break_out():
    sql = with_values("select $day, $n, $share, $text, $nothing", {
        "day": date(2026, 1, 12), "n": 5, "share": 0.25, "text": "it's", "nothing": None,
    })  # fmt: skip
    assert sql == "select date '2026-01-12', 5, 0.25, 'it''s', null"
    assert duckdb.sql(sql).fetchall() == [(date(2026, 1, 12), 5, 0.25, "it's", None)]


def test_a_value_that_was_not_given_is_an_error():
    with pytest.raises(KeyError):
        with_values("select $day", {})


@pytest.mark.parametrize("path", sorted(SQL_ROOT.rglob("*.sql")), ids=lambda path: path.stem)
def test_every_sql_file_names_the_columns_that_tell_its_rows_apart(path):
    assert key_of(header(path).grain)


def test_rooms_tables_of_one_name_do_not_share_a_file(lake):
    assert lake.file("ingest.certificates") != lake.file("features.certificates")


def test_a_written_table_can_be_read_and_is_in_the_ledger(lake):
    lake.write("ingest.units", pl.DataFrame({"unit_id": ["A", "B"]}), rows_in=3)
    assert lake.read("ingest.units")["unit_id"].to_list() == ["A", "B"]
    assert [(line.table, line.rows_in, line.rows_out) for line in lake.ledger.lines] == [("ingest.units", 3, 2)]


def test_a_table_that_does_not_pass_its_gate_does_not_replace_the_old_one(lake):
    lake.write("ingest.units", pl.DataFrame({"unit_id": ["A"]}))
    lake.gate = ShutGate()
    with pytest.raises(GateFailed):
        lake.write("ingest.units", pl.DataFrame({"unit_id": [None]}))
    assert lake.read("ingest.units")["unit_id"].to_list() == ["A"]
    assert [one.name for one in lake.file("ingest.units").parent.iterdir()] == ["units.parquet"]


def test_a_table_that_was_never_made_is_told_with_what_makes_it(lake):
    with pytest.raises(NightFailed, match=r"ingest\.units has not been made yet"):
        lake.view("ingest.units")


def units(*ids):
    return pl.DataFrame({"unit_id": ids})


def test_tables_made_together_are_put_in_place_together(lake):
    lake.write_together(
        lambda files: [units(table).write_parquet(file) for table, file in files.items()], {"ingest.units": 3, "score.x": 4}
    )
    assert [lake.read(table)["unit_id"].to_list() for table in ("ingest.units", "score.x")] == [["ingest.units"], ["score.x"]]
    assert [(line.table, line.rows_in, line.rows_out) for line in lake.ledger.lines] == [("ingest.units", 3, 1), ("score.x", 4, 1)]


def test_of_tables_made_together_none_is_put_in_place_where_one_does_not_pass(lake):
    class ShutToTheLast:
        def check(self, con, table, parquet):
            if table == "score.x":
                raise GateFailed("wrong", remedy="mend it")

    lake.gate = ShutToTheLast()
    with pytest.raises(GateFailed):
        lake.write_together(lambda files: [units("A").write_parquet(file) for file in files.values()], {"ingest.units": 1, "score.x": 1})
    assert not [one for one in lake.root.rglob("*") if one.is_file()]


def test_the_file_of_a_view_is_told_whichever_lake_made_it_and_of_nothing_else(lake, tmp_path):
    lake.write("ingest.units", units("A"))
    other = Lake(lake.con, tmp_path / "other's")
    assert other.source("ingest.units") == lake.file("ingest.units")
    other.write("ingest.units", units("B"))
    assert lake.source("ingest.units") == tmp_path / "other's" / "units" / "units.parquet"
    lake.con.execute("create or replace view ingest.units as select 'C' as unit_id")
    lake.con.execute("create table score.made as select 1 as a")
    assert [lake.source(table) for table in ("ingest.units", "score.made", "score.never")] == [None, None, None]
