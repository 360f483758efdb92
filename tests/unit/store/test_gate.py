"""store.gate: which tables are let in. Fails when a new Great Expectations no longer takes the mends of store/expectations.py."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import GateFailed, NightFailed
from pipeline.store.gate import CHECKED, Gate

ROOT = Path(__file__).parents[3]
GOOD = """select * from (values
    (1, 'A10', 25, date '2026-01-01', date '2026-01-31'),
    (2, 'B20', 100, date '2026-02-01', date '2026-02-01'),
    (3, null, null, date '2026-03-01', date '2026-03-02')
) as t (person_key, diagnosis, degree, start_date, end_date)"""
RULES = [
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
    {
        "type": "expect_table_columns_to_match_set",
        "kwargs": {
            "column_set": ["person_key", "diagnosis", "degree", "start_date", "end_date"],
            "exact_match": True,
        },
    },
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "person_key"}},
    {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "degree", "value_set": [25, 50, 75, 100]},
    },
    {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "degree", "min_value": 1, "max_value": 100},
    },
    {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": "select 1 as bad from {batch} where end_date < start_date"},
        "description": "end_date is not before start_date",
    },
    {
        "type": "unexpected_rows_expectation",
        "kwargs": {
            "unexpected_rows_query": "select 1 as bad from {batch} where not regexp_full_match(diagnosis, '[A-Z][0-9]{{2}}')"
        },
        "description": "diagnosis is a letter and two digits",
    },
    {
        "type": "unexpected_rows_expectation",
        "kwargs": {
            "unexpected_rows_query": "select 1 as bad from {batch} group by hash(person_key) having count(*) > 1"
        },
        "description": "one row per person_key",
    },
]


@pytest.fixture
def con():
    return duckdb.connect(config={"threads": 1})


@pytest.fixture
def check(con, tmp_path):
    def run(sql, rules=RULES, **meta):
        (tmp_path / "room.table.json").write_text(
            json.dumps({"name": "x", "expectations": rules, "meta": meta})
        )
        con.execute(f"copy ({sql}) to '{tmp_path}/t.parquet' (format parquet)")
        return Gate(tmp_path).check(con, "room.table", tmp_path / "t.parquet")

    return run


def broken(check, *args, **kwargs):
    with pytest.raises(GateFailed) as stop:
        check(*args, **kwargs)
    return str(stop.value)


def test_a_table_that_keeps_every_promise_is_let_in_and_no_check_ended_in_an_error(check):
    result = check(GOOD, types={"degree": "INTEGER", "start_date": "DATE"})
    assert (result.rows, result.checked, result.failures) == (3, 10, ())


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (
            "(null, 'A10', 25, date '2026-01-01', date '2026-01-01')",
            "person_key: expect_column_values_to_not_be_null",
        ),
        ("(4, 'A10', 30, date '2026-01-01', date '2026-01-01')", "degree: expect_column_values_to_be_in_set"),
        (
            "(4, 'A10', 125, date '2026-01-01', date '2026-01-01')",
            "degree: expect_column_values_to_be_between",
        ),
        ("(4, 'A10', 25, date '2026-01-02', date '2026-01-01')", "end_date is not before start_date"),
        ("(4, 'a10', 25, date '2026-01-01', date '2026-01-01')", "diagnosis is a letter and two digits"),
        ("(3, 'A10', 25, date '2026-01-01', date '2026-01-01')", "one row per person_key"),
    ],
)
def test_one_bad_row_stops_the_table_and_the_message_says_which_rule_and_how_many(check, row, rule):
    message = broken(check, f"{GOOD} union all values {row}")
    assert f"{rule} (1 of 4 rows)" in message
    assert "data/schemas/room.table.json" in message


def test_every_broken_rule_is_named_and_none_of_the_values(check):
    message = broken(
        check,
        "select 7351 as person_key, 'secret' as diagnosis, 33 as degree, date '2026-01-02' as start_date, date '2026-01-01' as end_date",
    )
    assert "breaks 3 of 8 rules" in message
    assert "secret" not in message
    assert "7351" not in message


def test_a_missing_column_is_bad_data_and_not_an_error_of_the_engine(check):
    message = broken(check, f"select * exclude (degree) from ({GOOD})")
    assert "degree: column is missing" in message


def test_a_column_too_many_stops_the_table(check):
    assert "expect_table_columns_to_match_set" in broken(check, f"select *, 1 as extra from ({GOOD})")


def test_a_column_of_another_type_stops_the_table(check):
    assert "degree: type is INTEGER, not DATE" in broken(check, GOOD, types={"degree": "DATE"})


def test_an_empty_table_is_stopped_only_where_rows_are_promised(check):
    nothing = f"select * from ({GOOD}) where false"
    assert "expect_table_row_count_to_be_between" in broken(check, nothing)
    assert check(nothing, RULES[1:]).failures == ()


def test_a_rule_that_is_only_a_warning_lets_the_table_in_and_is_told(check):
    rule = {**RULES[5], "severity": "warning"}
    result = check("select date '2026-01-02' as start_date, date '2026-01-01' as end_date", [rule])
    assert result.failures == ()
    assert result.warnings == (("end_date is not before start_date", "", 1),)


def test_a_check_that_cannot_be_carried_out_is_a_fault_of_the_engine_not_bad_data(check):
    rule = {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": "select 1 as bad from {batch} where no_such_function(degree)"},
    }
    with pytest.raises(NightFailed, match="could not be carried out") as stop:
        check(GOOD, [rule])
    assert not isinstance(stop.value, GateFailed)


def test_a_table_without_a_suite_is_not_let_in(con, tmp_path):
    with pytest.raises(NightFailed, match="has no suite"):
        Gate(tmp_path).check(con, "room.other", tmp_path / "t.parquet")


def test_a_relation_of_the_connection_can_be_checked_and_nothing_is_left_behind(con, tmp_path):
    (tmp_path / "room.table.json").write_text(json.dumps({"name": "x", "expectations": RULES}))
    con.execute(f"create schema room; create table room.table as {GOOD}")
    assert Gate(tmp_path).check(con, "room.table", "room.table").rows == 3
    assert CHECKED not in [name for (name,) in con.execute("select view_name from duckdb_views()").fetchall()]


def test_the_offending_rows_themselves_are_never_fetched(con, monkeypatch):
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    from pipeline.store import expectations

    fetched = []

    def spy(self, query):
        answer = expectations._execute_query(self, query)
        rows = answer.fetchall()
        fetched.extend(rows)
        return expectations._execute_query(self, query)

    monkeypatch.setattr(SqlAlchemyExecutionEngine, "execute_query", spy)
    con.execute(
        "create table t as select 'secret' as person_key, 33 as degree, 'x' as diagnosis, "
        "date '2026-01-02' as start_date, date '2026-01-01' as end_date"
    )
    expectations.validate(con, "t", RULES)
    assert fetched
    assert "secret" not in str(fetched)


def test_a_process_that_has_checked_a_table_ends_without_a_word_on_stderr(tmp_path):
    (tmp_path / "room.table.json").write_text(json.dumps({"name": "x", "expectations": RULES}))
    script = f"""
import duckdb
from pathlib import Path
from pipeline.store.gate import Gate
con = duckdb.connect()
con.execute("create schema room")
con.execute({"create table room.table as " + GOOD!r})
Gate(Path({str(tmp_path)!r})).check(con, "room.table", "room.table")
"""
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (told.stdout, told.stderr) == ("", "")
