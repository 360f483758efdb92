"""The gate: a table takes the old one's place only when it keeps the promise of its suite in data/schemas.

A suite is a Great Expectations suite as JSON, one a table, named `<room>.<table>.json`. Great Expectations puts the questions
as SQL to the night's own DuckDB, so a table of ten million rows is never loaded. No value of a row is fetched: only counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipeline.errors import GateFailed, NightFailed

SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"
CHECKED = "gate_checked"  # the view under examination
NEEDS_ROWS = ("expect_column_values", "expect_column_pair_values", "unexpected_rows_expectation")


class Failure(NamedTuple):
    """One promise not kept: which (the rule in words where the suite has them), of which column, by how many rows."""

    expectation: str
    column: str
    count: int


@dataclass(frozen=True)
class GateResult:
    """What was asked of a table. `failures` stop the night, `warnings` are told only."""

    table: str
    rows: int
    checked: int
    failures: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()


class Gate:
    """Checks tables against the suites of one folder.

    The import of Great Expectations takes seconds, so it waits for the first check.
    """

    def __init__(self, schemas: Path = SCHEMAS) -> None:
        self.schemas = schemas
        self.results: list[GateResult] = []

    def check(self, con: duckdb.DuckDBPyConnection, table: str, source: Path | str) -> GateResult:
        """Hold `source` (a Parquet file, or the name of a relation in `con`) against the suite of `table`.

        Raises
        ------
        GateFailed : the table breaks a promise; names the table, the rule, how many rows, and the remedy.
        NightFailed : the table has no suite, or a question could not be put (a fault of the engine, not of the data).
        """
        suite = self._suite(table)
        _make_view(con, source)
        try:
            columns = {name: kind for name, kind, *_ in con.execute(f"describe {CHECKED}").fetchall()}
            rows = con.execute(f"select count(*) from {CHECKED}").fetchone()[0]
            result = _examine(con, table, suite, columns, rows)
        finally:
            con.execute(f"drop view if exists {CHECKED}")
        self.results.append(result)
        if result.failures:
            raise GateFailed(_told(result), remedy=_remedy(table))
        return result

    def _suite(self, table: str) -> dict[str, Any]:
        path = self.schemas / f"{table}.json"
        if not path.is_file():
            raise NightFailed(
                f"table {table} has no suite: {path} is missing", remedy="write one, or put the file back"
            )
        return json.loads(path.read_text(encoding="utf-8"))


def _make_view(con: duckdb.DuckDBPyConnection, source: Path | str) -> None:
    if isinstance(source, Path):
        place = str(source).replace("'", "''")
        source = f"read_parquet('{place}')"
    con.execute(f"create or replace view {CHECKED} as select * from {source}")


def _examine(
    con: duckdb.DuckDBPyConnection, table: str, suite: dict[str, Any], columns: dict[str, str], rows: int
) -> GateResult:
    found: list[tuple[str, Failure]] = []
    asked = []
    for one in suite["expectations"]:
        column = one["kwargs"].get("column", "")
        if column and column not in columns:
            # Great Expectations would call this an error of the engine; it is one of the table
            found.append((_severity(one), Failure("column is missing", column, rows)))
        elif rows or not one["type"].startswith(NEEDS_ROWS):
            asked.append(one)
    promised = suite.get("meta", {}).get("types", {})
    for column, kind in promised.items():
        if column in columns and columns[column] not in (kind, '"NULL"', "NULL"):
            found.append(("critical", Failure(f"type is {columns[column]}, not {kind}", column, rows)))
    if asked:
        found += [(_severity(one), failure) for one, failure in _ask(con, table, asked)]
    return GateResult(
        table,
        rows,
        len(suite["expectations"]) + len(promised),
        tuple(failure for severity, failure in found if severity == "critical"),
        tuple(failure for severity, failure in found if severity != "critical"),
    )


def _ask(
    con: duckdb.DuckDBPyConnection, table: str, expectations: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], Failure]]:
    """Put the questions; returns those answered with no."""
    from pipeline.store.expectations import validate

    answers = validate(con, CHECKED, expectations)
    broken = [(one, answer.fault) for one, answer in zip(expectations, answers, strict=True) if answer.fault]
    if broken:
        one, fault = broken[0]
        raise NightFailed(
            f"{table}: {len(broken)} of {len(expectations)} checks could not be carried out, "
            f"first {_rule(one)}: {fault}",
            remedy="this is a fault of the program or of its libraries, not of the data; "
            "install the versions in requirements.lock",
        )
    return [
        (one, Failure(_rule(one), one["kwargs"].get("column", ""), answer.count))
        for one, answer in zip(expectations, answers, strict=True)
        if not answer.kept
    ]


def _severity(one: dict[str, Any]) -> str:
    return one.get("severity", "critical")


def _rule(one: dict[str, Any]) -> str:
    return one.get("description") or one["type"]


def _told(result: GateResult) -> str:
    shown = [
        f"{failure.column + ': ' if failure.column else ''}{failure.expectation} ({failure.count} of {result.rows} rows)"
        for failure in result.failures[:5]
    ]
    more = len(result.failures) - len(shown)
    return (
        f"table {result.table} breaks {len(result.failures)} of {result.checked} rules: {'; '.join(shown)}"
        + (f"; and {more} more" if more else "")
    )


def _remedy(table: str) -> str:
    return f"the table of the run before is still in place; the rules are in data/schemas/{table}.json"
