"""Tables: a SQL file with a true header in, one Parquet file out, whole or not at all.

Folder = schema, file = table: `pipeline/spells/ongoing.sql` makes `spells.ongoing`, kept at
`<lake>/ongoing/ongoing.parquet` and guarded by `data/schemas/spells.ongoing.json`.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb
import polars as pl
import pyarrow as pa

from pipeline.errors import NightFailed
from pipeline.store.files import PARQUET, private_folder, whole, write_text_whole, write_whole
from pipeline.store.ledger import Ledger

SQL_ROOT = Path(__file__).parents[1]
_HEADER = re.compile(r"^-- (\w+): *(.*)$")
_MORE = re.compile(r"^-- {2,}(.*)$")
TONIGHT = ".tonight"
MARK = "whole_night.txt"
Value = date | int | float | str | None


class Gate(Protocol):
    """What stands between a written table and its place in the lake (store/gate.py)."""

    def check(self, con: duckdb.DuckDBPyConnection, table: str, source: Path | str) -> object: ...


@dataclass(frozen=True)
class Header:
    """The comment block that opens a SQL file, as declared; tests/house keeps it true."""

    table: str
    grain: str
    inputs: tuple[str, ...]
    params: tuple[str, ...]
    known: str
    why: str


def header(path: Path) -> Header:
    """Read the `-- name: value` block at the top of a SQL file; continuation lines are indented."""
    fields: dict[str, str] = {}
    last = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        if found := _HEADER.match(line):
            last = found.group(1)
            fields[last] = found.group(2).strip()
        elif (more := _MORE.match(line)) and last:
            fields[last] += " " + more.group(1).strip()
    inputs = tuple(name.strip() for name in fields["inputs"].split(",") if name.strip() != "none")
    params = tuple(re.findall(r"(\w+) *\(", re.sub(r"\([^)]*\)", "(", fields["params"])))
    return Header(fields["table"], fields["grain"], inputs, params, fields["known"], fields["why"])


def key_of(grain: str) -> tuple[str, ...]:
    """The columns that tell a table's rows apart.

    >>> key_of("one row per person_key, as_of, start_date; no two overlap")
    ('person_key', 'as_of', 'start_date')
    """
    told = re.match(r"one row per ((?:\w+)(?:, \w+)*)", grain)
    return tuple(told.group(1).split(", ")) if told else ()


def literal(value: Value) -> str:
    """A value as a SQL literal that DuckDB and Spark read alike."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


def with_values(sql: str, values: Mapping[str, Value]) -> str:
    """Put values in the place of `$name`. Raises KeyError when one is missing.

    Literals, not bound parameters: `copy (...)` takes none, and the text run is the text explained.
    """
    return re.sub(r"\$([a-z]\w*)", lambda found: literal(values[found.group(1)]), sql)


class Lake:
    """The Parquet files under one folder, as views of a DuckDB connection.

    The night's lake is HOME/lake; training asks the same SQL about other moments and keeps its tables
    in a lake of its own, so neither can overwrite the other.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        root: Path,
        ledger: Ledger | None = None,
        gate: Gate | None = None,
        *,
        whole_night: bool = False,
    ) -> None:
        self.con = con
        self.root = root
        self.ledger = ledger
        self.gate = gate
        self.beside = root / TONIGHT if whole_night else None
        self.counted: dict[str, int] = {}  # rows of inputs whose view is costly to count

    def file(self, table: str) -> Path:
        """Where `room.name` is kept: clean tables and spells under their own name, as the contract says, others with
        their room's (features.certificates is not ingest.certificates).
        """
        place = self._place(table)
        tonight = self.beside / place if self.beside else None
        return tonight if tonight and tonight.is_file() else self.root / place

    @staticmethod
    def _place(table: str) -> Path:
        room, name = table.split(".")
        return Path(name if room in ("ingest", "spells") else table) / f"{name}.parquet"

    def note(self, name: str, text: str | None) -> None:
        """Keep a small text with the tables; None: it does not hold any more, for tables are about to change."""
        if text is not None:
            write_text_whole((self.beside or self.root) / name, text)
        elif not self.beside:
            (self.root / name).unlink(missing_ok=True)

    def publish(self, mark: str = "") -> None:
        """Put all that was made beside in place, and then `mark` as the sign that one whole night lies there.

        Until then the lake is yesterday's: a night that is stopped by its last gate has changed no table.
        """
        marked = self.root / MARK
        marked.unlink(missing_ok=True)
        if self.beside and self.beside.is_dir():
            made = [file for file in sorted(self.beside.rglob("*")) if file.is_file()]
            notes = [file for file in made if file.suffix != ".parquet"]
            for note in notes:  # a crash among the renames must not leave yesterday's note on tonight's tables
                (self.root / note.relative_to(self.beside)).unlink(missing_ok=True)
            for file in sorted(made, key=lambda one: one in notes):
                place = self.root / file.relative_to(self.beside)
                private_folder(place.parent)
                file.replace(place)
            self.discard()
        if mark:
            write_text_whole(marked, mark)

    def discard(self) -> None:
        """Forget what was made beside and not put in place."""
        if self.beside:
            shutil.rmtree(self.beside, ignore_errors=True)

    def view(self, table: str, file: Path | None = None) -> None:
        """Make `table` readable by name, from its own file or another one."""
        source = file or self.file(table)
        if not source.is_file():
            raise NightFailed(
                f"table {table} has not been made yet", remedy="run `rehabrisk nightly`, which makes it"
            )
        place = str(source).replace("'", "''")
        self.con.execute(f"create or replace view {table} as select * from read_parquet('{place}')")
        self.con.execute(f"comment on view {table} is '{place}'")

    def source(self, table: str) -> Path | None:
        """The file that `table` is a view of, whichever lake made it so; None where it is anything else."""
        room, name = table.split(".")
        asked = "select comment from duckdb_views() where schema_name = ? and view_name = ?"
        found = self.con.execute(asked, [room, name]).fetchall()
        return Path(found[0][0]) if found and found[0][0] else None

    def run(self, table: str, **values: Value) -> int:
        """Run the SQL file of `table` over its inputs and keep the answer. Returns rows out."""
        room, name = table.split(".")
        path = SQL_ROOT / room / f"{name}.sql"
        declared = header(path)
        wanted = {key: values[key] for key in declared.params}
        rows_in = sum(self.counted[one] if one in self.counted else self.rows(one) for one in declared.inputs)
        sql = with_values(path.read_text(encoding="utf-8"), wanted)
        return self.write(table, self._in_order(sql, key_of(declared.grain)), rows_in=rows_in)

    def _in_order(self, sql: str, key: tuple[str, ...]) -> str:
        """The same rows give the same bytes, whichever thread was first; a person's rows lie together."""
        columns = [name for name, *_ in self.con.execute(f"describe {sql}").fetchall()]
        first = ("person_key",) if "person_key" in columns and "person_key" not in key else ()
        return f"select * from ({sql}\n) order by {', '.join((*first, *key))}"

    def write(
        self, table: str, content: str | pl.DataFrame | pa.Table, *, rows_in: int | None = None
    ) -> int:
        """Keep a select statement's answer, a polars frame or an arrow table as `table`."""
        begun = time.perf_counter()

        def write(beside: Path) -> None:
            place = str(beside).replace("'", "''")
            # level 1: nearly as small as the default 3, for four fifths of the time
            options = f"({PARQUET}, compression zstd, compression_level 1)"
            if isinstance(content, str):
                self.con.execute(f"copy ({content}) to '{place}' {options}")
            else:
                given = content.to_arrow() if isinstance(content, pl.DataFrame) else content
                self.con.register("_given", given)
                self.con.execute(f"copy (select * from _given) to '{place}' {options}")
                self.con.unregister("_given")
            if self.gate:
                self.gate.check(self.con, table, beside)

        write_whole((self.beside or self.root) / self._place(table), write)
        return self._kept(table, rows_in, begun)

    def write_together(self, make: Callable[[Mapping[str, Path]], object], rows_in: Mapping[str, int]) -> None:
        """Keep the tables named in `rows_in`, which `make` writes in one pass, each as Parquet at the path it is given.

        The first is put in place when the last has been made and checked.
        """
        begun = time.perf_counter()
        with ExitStack() as stack:
            files = {table: stack.enter_context(whole((self.beside or self.root) / self._place(table))) for table in rows_in}
            make(files)
            for table, file in files.items():
                if self.gate:
                    self.gate.check(self.con, table, file)
        for table, rows in rows_in.items():
            self._kept(table, rows, begun)
            begun = time.perf_counter()  # the pass is told once, with the first of its tables

    def _kept(self, table: str, rows_in: int | None, begun: float) -> int:
        """A table's file is in place: make it readable, tell the ledger. Returns its rows."""
        self.view(table)
        rows = self.rows(table)
        if self.ledger is not None:
            self.ledger.line(table.split(".")[0], table, rows_in, rows, time.perf_counter() - begun)
        return rows

    def rows(self, table: str) -> int:
        """How many rows `table` has; from the file's footer where it is a plain view."""
        return self.con.execute(f"select count(*) from {table}").fetchall()[0][0]

    def read(self, table: str, columns: str = "*") -> pl.DataFrame:
        """The table as a polars frame."""
        return pl.from_arrow(self.con.sql(f"select {columns} from {table}").to_arrow_table())
