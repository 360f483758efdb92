"""Parquet, SAS and SPSS files as text columns in the file's order, so that one set of rules reads every format."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import InputError
from pipeline.ingest.typed import quoted, text_literal

CHUNK_ROWS = 200_000


def as_parquet(path: Path, kind: str, encoding: str, folder: Path, shown: str) -> Path:
    """The Parquet file itself, or a SAS or SPSS file rewritten as one of text columns under `folder`.

    Raises InputError: the file cannot be read as what its name says.
    """
    if kind == "parquet":
        return path
    import pyreadstat

    read = pyreadstat.read_sas7bdat if kind == "sas" else pyreadstat.read_sav
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"plain-{os.getpid()}-{path.name}.parquet"
    pieces = []
    given = {"encoding": encoding} if encoding != "utf-8" else {}
    try:
        for chunk, _ in pyreadstat.read_file_in_chunks(read, str(path), chunksize=CHUNK_ROWS, **given):
            piece = target.with_suffix(f".{len(pieces)}")
            texts = pl.DataFrame({name: _texts(chunk[name].to_list(), name) for name in chunk.columns})
            texts.write_parquet(piece)
            piece.chmod(0o600)
            pieces.append(piece)
        if not pieces:
            frame, _ = read(str(path), **given)
            target.touch(mode=0o600)
            pl.DataFrame({name: _texts([], name) for name in frame.columns}).write_parquet(target)
            return target
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError):
        raise InputError(
            f"{shown} cannot be read as {kind.upper()}: it is damaged, cut short or in another encoding",
            remedy="ask the sender for the file again, or set format and encoding of the table in region.toml",
        ) from None
    if len(pieces) == 1:
        return pieces[0].rename(target)
    pl.scan_parquet(pieces).sink_parquet(target)
    target.chmod(0o600)
    for piece in pieces:
        piece.unlink()
    return target


def _texts(values: list, name: str) -> pl.Series:
    return pl.Series(name, [_text(value) for value in values], dtype=pl.String)


def _text(value: object) -> str | None:
    if value is None or value != value:  # NaN and NaT are blank
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):  # a date of SPSS or SAS comes as its midnight
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return str(value)


def source_of(con: duckdb.DuckDBPyConnection, parquet: Path, shown: str) -> tuple[str, list[str], set[str]]:
    """(from-clause of text columns, column names, names whose dates are typed and so now ISO).

    Raises InputError: no Parquet file.
    """
    place = text_literal(str(parquet))
    try:
        columns = con.execute(f"describe select * from read_parquet({place})").fetchall()
    except duckdb.Error:
        raise InputError(
            f"{shown} is no whole Parquet file",
            remedy="wait until the transfer is done or ask for the file again, then run it again",
        ) from None
    texts = []
    for name, kind, *_ in columns:
        one = quoted(name)
        if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
            whole = f"{one} = round({one}) and abs({one}) < 1e15"
            text = f"case when {whole} then cast(cast({one} as bigint) as varchar) else cast({one} as varchar) end"
        elif kind == "BOOLEAN":
            text = f"case {one} when true then '1' when false then '0' end"
        elif kind.startswith("TIMESTAMP"):
            text = f"cast(cast({one} as timestamp) as varchar)"
        else:
            text = f"cast({one} as varchar)"
        texts.append(f"{text} as {one}")
    iso = {name for name, kind, *_ in columns if kind == "DATE" or kind.startswith("TIMESTAMP")}
    return f"(select {', '.join(texts)}, file_row_number from read_parquet({place}, file_row_number = true))", [name for name, *_ in columns], iso
