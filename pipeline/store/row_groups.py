"""Parquet written a stretch of rows at a time, by another thread than the one that makes them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 122_880  # of a row group, as DuckDB writes them


class RowGroups:
    """A Parquet file that grows by tables of one schema; row groups are of one size: the same rows make the same bytes.

    few : columns of few different values, kept once each with codes for them.
    searched : columns whose least and greatest value in a row group let a reader pass it over.
    """

    def __init__(self, file: Path, columns: pa.Schema, few: list[str], searched: list[str]) -> None:
        self._writer = pq.ParquetWriter(
            file, columns, compression="zstd", compression_level=1, use_dictionary=few, write_statistics=searched, store_schema=False
        )
        self._held = pa.Table.from_batches([], columns)
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def add(self, rows: pa.Table) -> None:
        """Rows that come after those before."""
        self._held = pa.concat_tables([self._held, rows])
        while self._held.num_rows >= ROWS:
            self._write(self._held.slice(0, ROWS))
            self._held = self._held.slice(ROWS)

    def _write(self, rows: pa.Table) -> None:
        self._written()
        self._writing = self._thread.submit(lambda: self._writer.write_table(rows.combine_chunks()))

    def _written(self) -> None:
        if self._writing:
            self._writing.result()

    def __enter__(self) -> RowGroups:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        with self._thread, self._writer:
            if kind is None:
                self._write(self._held)
                self._written()
