"""Great Expectations 1.24.1 over a DuckDB connection that is already open. Imported at the first check only.

Three private places of Great Expectations are mended or made quiet here; tests/unit/store/test_gate.py fails when a
new version no longer takes it.
"""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import: nothing is reported to anyone

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import duckdb_engine
import great_expectations as gx
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.query_metrics.query_table.unexpected_rows_query_table import (
    UnexpectedRowsQueryTable,
)

COUNTS_ONLY = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
_their_execute_query = SqlAlchemyExecutionEngine.execute_query


def _execute_query(self: SqlAlchemyExecutionEngine, query: Any) -> Any:
    """As theirs, but the rows are taken before the connection is closed: DuckDB's are gone after it."""
    if self.dialect_name != "duckdb":
        return _their_execute_query(self, query)
    with self.get_connection() as connection:
        return connection.execute(query).freeze()()


def _no_rows(*_args: Any, **_kwargs: Any) -> list[dict]:
    """The offending rows themselves: never fetched, they are persons. Their count is asked apart."""
    return []


SqlAlchemyExecutionEngine.execute_query = _execute_query
UnexpectedRowsQueryTable._get_sqlalchemy_records_from_substituted_batch_subquery = staticmethod(_no_rows)
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # its warnings may quote values


class _Cursor(duckdb_engine.CursorWrapper):
    """SQLAlchemy remembers the types of columns for good; DuckDB's own type objects, kept so, are told as leaks at exit."""

    @property
    def description(self) -> list[tuple] | None:
        told = self.__getattr__("description")
        return told and [(name, str(kind), *rest) for name, kind, *rest in told]


class _Connection(duckdb_engine.ConnectionWrapper):
    """A cursor of the night's connection, in the shape that SQLAlchemy wants."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        super().__init__(cursor)
        self._cursor = cursor

    def cursor(self) -> _Cursor:
        return _Cursor(self._cursor, self)


@dataclass(frozen=True)
class Answer:
    """kept: the promise holds. count: rows that break it (1 for a whole-table promise). fault: why it could not be asked."""

    kept: bool
    count: int
    fault: str = ""


def validate(
    con: duckdb.DuckDBPyConnection, relation: str, expectations: list[dict[str, Any]]
) -> list[Answer]:
    """Ask `expectations` (dicts of type, kwargs) of a view or table of `con`; answers in the same order."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    # a cursor of the night's own connection: same views, same memory limit, no second database
    source = context.data_sources.add_sql(
        "night",
        connection_string="duckdb:///:memory:",
        create_temp_table=False,
        kwargs={"creator": lambda: _Connection(con.cursor())},
    )
    batch = (
        source.add_table_asset(relation, table_name=relation)
        .add_batch_definition_whole_table("all")
        .get_batch()
    )
    # yes or no first: asking for counts sends one more query for every expectation
    answers = dict(_asked(batch, expectations, range(len(expectations)), "BOOLEAN_ONLY"))
    broken = [place for place, answer in answers.items() if not answer.kept and not answer.fault]
    if broken:
        answers |= dict(_asked(batch, expectations, broken, COUNTS_ONLY))
    unanswered = Answer(False, 0, "Great Expectations gave no answer")
    return [answers.get(place, unanswered) for place in range(len(expectations))]


def _asked(
    batch: Any, expectations: list[dict[str, Any]], places: Iterable[int], result_format: Any
) -> Iterator[tuple[int, Answer]]:
    # results come back in another order: each expectation carries its place along
    placed = [
        {
            "type": expectations[place]["type"],
            "kwargs": expectations[place]["kwargs"],
            "meta": {"place": place},
        }
        for place in places
    ]
    suite = gx.ExpectationSuite(name="suite", expectations=placed)
    for one in batch.validate(suite, result_format=result_format).results:
        yield one.expectation_config.meta["place"], _answer(one)


def _answer(one: Any) -> Answer:
    if fault := _fault(one.exception_info):
        return Answer(False, 0, fault)
    result = one.result or {}
    count = result.get("unexpected_count")
    if one.expectation_config.type == "unexpected_rows_expectation":
        count = result.get("observed_value")
    if count is None and one.success is None:
        return Answer(False, 0, "Great Expectations gave no verdict")
    return Answer(bool(one.success), int(count) if count is not None else int(not one.success))


def _fault(info: dict[str, Any] | None) -> str:
    """The first error in exception_info, which is one record or one a metric; its first line, no values."""
    if not info:
        return ""
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if isinstance(record, dict) and record.get("raised_exception"):
            text = str(record.get("exception_message") or "unknown error")
            return text.strip().splitlines()[0][:200]
    return ""
