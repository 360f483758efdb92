"""Parquet written a stretch of rows at a time."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.store.row_groups import ROWS, RowGroups

COLUMNS = pa.schema([("number", pa.int64()), ("text", pa.string())])


def rows(first, last):
    numbers = range(first, last)
    return pa.table({"number": pa.array(numbers, pa.int64()), "text": [f"t{number % 3}" for number in numbers]})


def written(file, *tables):
    with RowGroups(file, COLUMNS, few=["text"], searched=["number"]) as kept:
        for one in tables:
            kept.add(one)
    return file


def test_row_groups_are_of_one_size_and_the_bytes_the_same_however_the_rows_came(tmp_path):
    whole = written(tmp_path / "whole", rows(0, 2 * ROWS + 7))
    parts = written(tmp_path / "parts", rows(0, 5), rows(5, ROWS + 1), rows(ROWS + 1, 2 * ROWS), rows(2 * ROWS, 2 * ROWS + 7))
    about = pq.ParquetFile(whole).metadata
    assert [about.row_group(group).num_rows for group in range(about.num_row_groups)] == [ROWS, ROWS, 7]
    assert pq.read_table(whole).equals(rows(0, 2 * ROWS + 7))
    assert whole.read_bytes() == parts.read_bytes()


def test_no_rows_make_a_file_without_rows(tmp_path):
    file = written(tmp_path / "none")
    made = duckdb.read_parquet(str(file))
    assert made.columns == ["number", "text"] and made.fetchall() == []


def test_a_full_disk_is_told():
    with pytest.raises(OSError, match="No space left"):
        written(Path("/dev/full"), rows(0, 2 * ROWS))
