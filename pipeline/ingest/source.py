"""A delivered file as a from-clause of text columns, and the way back from a row to its line."""

from __future__ import annotations

import csv
import dataclasses
import os
import re
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipeline.config.region import TableFormat
from pipeline.errors import InputError
from pipeline.ingest.contract import Extract
from pipeline.ingest.deliveries import DeliveredFile
from pipeline.ingest.foreign import as_parquet, source_of
from pipeline.ingest.plain import PlainText, open_text
from pipeline.ingest.quarantine import Rejected
from pipeline.ingest.typed import quoted, text_literal

SHAPE_RULES = {"MISSING COLUMNS": "line with too few fields", "TOO MANY COLUMNS": "line with too many fields"}


class Source:
    """`rejecting` collects lines that are no row, `skipping` passes over them; both are from-clauses of text columns.

    `whole` is `skipping` of the file itself, private columns and all.
    """

    names: list[str]
    form: TableFormat
    rejecting: str
    skipping: str
    whole: str

    def keep_places(self, names: list[str], folder: Path) -> None:
        """From here on both clauses hold these columns and file_row_number."""

    def forget_places(self) -> None:
        """Remove what `keep_places` kept; only `whole` and `lines` can be asked from here on."""

    def before_reading(self) -> None:
        """Forget the lines that an earlier reading rejected."""

    def check_all_read(self, rows: int) -> int:
        """Rows received, rejected lines included. Raises InputError when lines are missing."""
        return rows

    def unreadable(self) -> list[Rejected]:
        """Lines that are no row."""
        return []

    def line_numbers(self, rejected: list[Rejected]) -> list[int]:
        """Where they stand in the file, ascending."""
        return sorted(line for line, _ in self.lines(rejected[:1000]))

    def lines(self, rejected: list[Rejected]) -> list[tuple[int, str]]:
        """(line, raw text) of each, in order."""
        raise NotImplementedError

    def close(self) -> None:
        """Remove temporary files."""


class TextSource(Source):
    """CSV, by way of a plain UTF-8 file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, file: DeliveredFile, text: PlainText) -> None:
        self.con, self.text, self.shown = con, text, file.shown
        self.form = file.form
        self.names = _header(text, file)
        columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in self.names)
        # no new_line: DuckDB 2.0.0 reads no row at all when it is told '\\r\\n', and finds it by itself
        options = (
            f"delim = {text_literal(file.form.separator)}, quote = '\"', escape = '\"', header = true, "
            f"auto_detect = false, columns = {{{columns}}}, strict_mode = true"
        )
        place = text_literal(str(text.path))
        self.rejecting = (
            f"read_csv({place}, {options}, store_rejects = true, rejects_limit = 0, "
            "rejects_table = 'ingest_rejects', rejects_scan = 'ingest_scans')"
        )
        self.skipping = self.whole = f"read_csv({place}, {options}, ignore_errors = true)"
        self._rejects: list[tuple[int, str]] = []
        self._copy: Path | None = None

    def keep_places(self, names: list[str], folder: Path) -> None:
        # the engine numbers no CSV rows, and keeps their order only as far as the first join: so they are kept once
        # as they come, and read from there
        self.before_reading()
        copy = folder / f"rows-{os.getpid()}-{self.text.path.stem}.parquet"
        columns = ", ".join(map(quoted, names))
        self._copy = copy
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # the engine would let others read it
        self.con.execute(
            f"copy (select {columns} from {self.rejecting}) to {text_literal(str(copy))} "
            "(format parquet, compression snappy, use_tmp_file false)"
        )
        self.rejecting = self.skipping = f"read_parquet({text_literal(str(copy))}, file_row_number = true)"

    def forget_places(self) -> None:
        if self._copy:
            self._copy.unlink(missing_ok=True)

    def before_reading(self) -> None:
        if self._copy is None:
            self._forget_rejects()

    def _forget_rejects(self) -> None:
        for table in ("ingest_rejects", "ingest_scans"):
            self.con.execute(f"drop table if exists {table}")

    def check_all_read(self, rows: int) -> int:
        found = self.con.execute(
            "select line_byte_position - 1, min(error_type) from ingest_rejects group by 1 order by 1"
        ).fetchall()
        self._forget_rejects()
        wanted = rows + len(found)
        if self.text.records - 1 != wanted:
            self.text.whole_records = True  # slower: quoted line ends and blank lines are looked for
        if self.text.records - 1 != wanted:
            raise InputError(
                f"{self.shown}: {self.text.lines - 1} lines after the header, but {rows} rows and {len(found)} rejected "
                "lines could be read",
                remedy=(
                    "look for a quotation mark that is never closed, or for another encoding or separator than "
                    f"region.toml declares ({self.form.encoding}, {self.form.separator!r})"
                ),
            )
        records = self.text.holding([int(offset) for offset, _ in found])
        self._rejects = sorted(
            (record, SHAPE_RULES.get(kind, "unreadable line")) for record, (_, kind) in zip(records, found, strict=True)
        )
        # rows read before each rejected line: a row's record is its own number plus the rejected ones before it
        self._before = np.array([record - 1 - place for place, (record, _) in enumerate(self._rejects)], dtype=np.int64)
        return wanted

    def unreadable(self) -> list[Rejected]:
        return [Rejected(rule=rule, record=record) for record, rule in self._rejects]

    def lines(self, rejected: list[Rejected]) -> list[tuple[int, str]]:
        return self.text.at([self._record(one) for one in rejected])

    def _record(self, one: Rejected) -> int:
        if one.record is not None:
            return one.record
        return one.row + 1 + int(np.searchsorted(self._before, one.row, side="right"))

    def close(self) -> None:
        self.forget_places()
        if self.text.temporary:
            self.text.path.unlink(missing_ok=True)


class TypedSource(Source):
    """Parquet, SAS or SPSS. A row's line is its number in the file, its raw text the values joined by `;`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, file: DeliveredFile, parquet: Path) -> None:
        self.con, self.parquet, self.temporary = con, parquet, parquet != file.path
        clause, self.names, iso = source_of(con, parquet, file.shown)
        self.rejecting = self.skipping = self.whole = clause
        ours = {file.form.columns.get(name, name) for name in iso}
        # typed dates and times come out as ISO text, whatever the region writes in its text files
        self.form = dataclasses.replace(file.form, date_format="%Y-%m-%d", timestamp_format="") if ours else file.form
        if file.kind != "parquet":
            self.form = dataclasses.replace(self.form, decimal=".")

    def lines(self, rejected: list[Rejected]) -> list[tuple[int, str]]:
        rows = pl.DataFrame({"row": pl.Series([one.row for one in rejected], dtype=pl.Int64)})
        self.con.register("_rows", rows.to_arrow())
        text = ", ".join(f"coalesce(cast({quoted(name)} as varchar), '')" for name in self.names)
        found = dict(
            self.con.execute(
                f"select file_row_number, concat_ws(';', {text}) from read_parquet({text_literal(str(self.parquet))}, "
                "file_row_number = true) where file_row_number in (select row from _rows)"
            ).fetchall()
        )
        self.con.unregister("_rows")
        return [(one.row + 1, found[one.row]) for one in rejected]

    def close(self) -> None:
        if self.temporary:
            self.parquet.unlink(missing_ok=True)


def open_source(con: duckdb.DuckDBPyConnection, file: DeliveredFile, folder: Path) -> Source:
    """Open any delivered file. Raises InputError: unreadable, cut short, empty, wrong encoding, doubled column."""
    if file.kind == "csv":
        return TextSource(con, file, open_text(file.path, file.form.encoding, folder, file.shown))
    if file.path.stat().st_size == 0:
        raise InputError(f"{file.shown} is empty", remedy="ask the sender for the file, or remove it")
    return TypedSource(con, file, as_parquet(file.path, file.kind, file.form.encoding, folder, file.shown))


def _header(text: PlainText, file: DeliveredFile) -> list[str]:
    ((_, line),) = text.at([0])
    return [name.strip() for name in next(csv.reader([line], delimiter=file.form.separator), [])]


def columns_present(names: list[str], extract: Extract, file: DeliveredFile) -> dict[str, str]:
    """Canonical -> the file's own name of each column it has.

    Raises InputError: a column comes twice, is unknown (declare it, or declare it as "" to leave it out), or is missing.
    """
    place = f"region.toml, [ingest.tables.{extract.name}.columns]"
    known = {column.name for column in extract.columns}
    present: dict[str, str] = {}
    for name in names:
        canonical = file.form.columns.get(name, name)
        if canonical == "":
            continue
        if canonical not in known:
            shown = repr(name) if _looks_like_a_name(names, name, file, known) else "not shown: is this line a header?"
            raise InputError(
                f"{file.shown}: column {names.index(name) + 1} ({shown}) is not known; wanted are {', '.join(sorted(known))}",
                remedy=f'say in {place} what it is (its name = a column named above, or "" to leave it out); '
                "check separator and encoding too",
            )
        if canonical in present:
            raise InputError(
                f"{file.shown}: two columns are {canonical}", remedy=f'leave one out in {place}: its name = ""'
            )
        present[canonical] = name
    theirs = {ours: one for one, ours in file.form.columns.items()}
    missing = [column.name for column in extract.columns if column.needed and column.name not in present]
    if missing:
        named = ", ".join(f"{name} (here {theirs[name]!r})" if name in theirs else name for name in missing)
        raise InputError(
            f"{file.shown}: the header lacks {named}",
            remedy=f"ask the sender for it, or say in {place} which of the file's columns it is",
        )
    declared = [theirs[name] for name in known - set(present) if name in theirs]
    if declared:
        raise InputError(
            f"{file.shown}: the header lacks {', '.join(map(repr, sorted(declared)))}, which region.toml declares",
            remedy=f"ask the sender for it, or take it out of {place}",
        )
    return present


def _looks_like_a_name(names: list[str], name: str, file: DeliveredFile, known: set[str]) -> bool:
    """False where a file without header would put a person's data into the message."""
    some_known = any(file.form.columns.get(one, one) in known for one in names)
    return some_known and name.isprintable() and len(name) <= 40 and not re.search(r"\d{3}", name)
