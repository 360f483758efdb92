"""data/schemas: every suite can be asked, and the raw ones say what ingest reads."""

import json

import duckdb
import pytest

from pipeline.ingest.contract import EXTRACTS
from pipeline.store.gate import NEEDS_ROWS, SCHEMAS

SUITES = sorted(SCHEMAS.glob("*.json"))
KNOWN = {
    "expect_table_row_count_to_be_between",
    "expect_table_columns_to_match_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_between",
    "unexpected_rows_expectation",
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_a_suite_is_named_as_its_table_and_asks_only_what_the_gate_knows_to_answer_by_counts(path):
    suite = read(path)
    assert suite["name"] == path.stem
    assert suite["meta"]["about"]
    assert {one["type"] for one in suite["expectations"]} <= KNOWN
    for one in suite["expectations"]:
        if one["type"] == NEEDS_ROWS[-1]:
            assert one["description"], "a rule in SQL needs words for the operator"
            assert one["kwargs"]["unexpected_rows_query"].startswith("select 1 as bad from ")


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_a_rule_names_only_columns_its_table_promises_or_may_have(path):
    suite = read(path)
    sets = [
        one["kwargs"] for one in suite["expectations"] if one["type"] == "expect_table_columns_to_match_set"
    ]
    assert len(sets) == 1
    if sets[0]["exact_match"]:
        named = {one["kwargs"]["column"] for one in suite["expectations"] if "column" in one["kwargs"]}
        assert named | set(suite["meta"]["types"]) <= set(sets[0]["column_set"])


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_the_sql_of_every_rule_can_be_parsed_by_the_engine(path):
    for one in read(path)["expectations"]:
        if query := one["kwargs"].get("unexpected_rows_query"):
            told = (
                duckdb.connect()
                .execute("select json_serialize_sql(?)", [query.format(batch="a_table")])
                .fetchone()
            )
            assert '"error":false' in told[0]


@pytest.mark.parametrize("extract", EXTRACTS.values(), ids=lambda extract: extract.name)
def test_the_contract_with_the_sender_is_what_ingest_reads(extract):
    meta = read(SCHEMAS / f"raw.{extract.name}.json")["meta"]
    assert meta["required"] == extract.required
    assert meta["key"] == list(extract.key)
    assert {
        name: (said["type"], said["needed"], tuple(said.get("codes", ())))
        for name, said in meta["columns"].items()
    } == {column.name: (column.kind, column.needed, column.allowed) for column in extract.columns}
