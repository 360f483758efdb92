"""Any delivered text file as plain UTF-8 that DuckDB reads in parallel, and where each of its records begins.

DuckDB knows UTF-8, UTF-16 and Latin-1; read as the wrong one it may return no rows and no error. So bytes are
checked here, once, and files that are gzip'd, in another encoding or of mixed line ends are streamed into a
private file under the vault's tmp folder.
"""

from __future__ import annotations

import bisect
import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.errors import InputError

CHUNK = 1 << 23
UTF8 = ("utf-8", "ascii")


@dataclass
class PlainText:
    """A UTF-8 file of records (record 0 is the header) with line ends `newline`.

    `chunks`: (offset, lines before it) of each chunk read, so that a line is found without reading all before it.
    """

    path: Path
    newline: str
    lines: int
    chunks: list[tuple[int, int]]
    temporary: bool
    whole_records: bool = False  # True: quoted fields hold line ends, or there are blank lines, which are no records

    @property
    def records(self) -> int:
        """Records, the header included; 0 when a quotation mark is never closed."""
        return len(self._starts) if self.whole_records else self.lines

    @cached_property
    def _starts(self) -> np.ndarray:
        """Offset of each record, found by the parity of quotes; blank lines are left out."""
        pieces, odd, last = [np.zeros(1, dtype=np.int64)], 0, 0
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                data = np.frombuffer(chunk, dtype=np.uint8)
                inside = (np.cumsum(data == 34) + odd) & 1
                odd = int(inside[-1])
                pieces.append(np.flatnonzero((data == 10) & (inside == 0)) + last + 1)
                last += len(data)
        if odd:
            return np.zeros(0, dtype=np.int64)
        starts = np.concatenate(pieces)
        starts = starts[starts < last]
        lengths = np.diff(np.append(starts, last))
        line_ends = np.full(len(starts), len(self.newline))
        line_ends[-1] *= data[-1] == 10
        return starts[lengths > line_ends]

    def at(self, records: list[int]) -> list[tuple[int, str]]:
        """(line number, text without its line end) of these records, in order."""
        found = []
        with self.path.open("rb") as file:
            for start, line in self._places(file, records):
                file.seek(start)
                text = self._one(file, start)
                found.append((line, text))
        return found

    def holding(self, offsets: list[int]) -> list[int]:
        """The record that holds each byte, or the next one when the byte is a line end."""
        found = []
        with self.path.open("rb") as file:
            for offset in offsets:
                file.seek(offset)
                near = file.read(64)
                place = offset + len(near) - len(near.lstrip(b"\r\n"))
                found.append(self._record_of(file, place))
        return found

    def _record_of(self, file, place: int) -> int:
        if self.whole_records:
            return int(np.searchsorted(self._starts, place, side="right")) - 1
        start, before = self.chunks[bisect.bisect_right(self.chunks, (place, self.lines + 1)) - 1]
        file.seek(start)
        return before + file.read(place - start).count(b"\n")

    def _places(self, file, records: list[int]) -> Iterator[tuple[int, int]]:
        if self.whole_records:
            for record in records:
                start = int(self._starts[record])
                yield start, self._line_of(file, start)
            return
        befores = [before for _, before in self.chunks]
        held, ends = -1, np.zeros(0, dtype=np.int64)
        for record in records:
            # a line that begins in one chunk may begin right after the last line end of the chunk before
            chunk = bisect.bisect_left(befores, record) - 1 if record else 0
            chunk = max(chunk, 0)
            start, before = self.chunks[chunk]
            if held != chunk:
                until = self.chunks[chunk + 1][0] if chunk + 1 < len(self.chunks) else self.path.stat().st_size
                file.seek(start)
                ends = np.flatnonzero(np.frombuffer(file.read(until - start), dtype=np.uint8) == 10)
                held = chunk
            yield (start + int(ends[record - before - 1]) + 1 if record else 0), record + 1

    def _line_of(self, file, place: int) -> int:
        start, before = self.chunks[bisect.bisect_right(self.chunks, (place, self.lines + 1)) - 1]
        file.seek(start)
        return before + file.read(place - start).count(b"\n") + 1

    def _one(self, file, start: int) -> str:
        if self.whole_records:
            after = int(np.searchsorted(self._starts, start, side="right"))
            raw = file.read(int(self._starts[after]) - start) if after < len(self._starts) else file.read()
        else:
            raw = file.readline()
        return raw.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n")


def open_text(path: Path, encoding: str, folder: Path, shown: str) -> PlainText:
    """Read all of `path` once: checked, measured, and rewritten under `folder` where DuckDB could not read it as is.

    Raises InputError: cut short or damaged gzip, no bytes, or bytes that are not of the declared encoding.
    """
    if path.stat().st_size == 0:
        raise InputError(f"{shown} is empty", remedy="ask the sender for the file, or take the delivery out of raw/")
    target = folder / f"plain-{os.getpid()}-{path.name}.txt"
    try:
        direct = path.suffix != ".gz" and codecs.lookup(encoding).name in UTF8
        if direct:
            text = _measure(path, path, shown, encoding, None)
            if text.newline != "mixed":
                return text
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _measure(path, target, shown, encoding, target)
    except BaseException as fault:
        target.unlink(missing_ok=True)
        raise _explained(fault, encoding, shown) from None


def _explained(fault: BaseException, encoding: str, shown: str) -> BaseException:
    if isinstance(fault, EOFError | gzip.BadGzipFile | zlib.error):
        return InputError(
            f"{shown} is cut short or damaged: it cannot be unpacked to its end",
            remedy="wait until the transfer is done or ask for the file again, then run it again",
        )
    if isinstance(fault, UnicodeDecodeError):
        return InputError(
            f"{shown} is not {encoding}: {fault.reason}",
            remedy=f"set the encoding of this table in region.toml ([ingest.tables.…] encoding), now {encoding!r}",
        )
    if isinstance(fault, LookupError):
        return InputError(
            f"{shown}: no encoding is called {encoding!r}",
            remedy="use a name like utf-8, iso-8859-1 or windows-1252 in region.toml ([ingest.tables.…] encoding)",
        )
    return fault


def _measure(path: Path, target: Path, shown: str, encoding: str, write_to: Path | None) -> PlainText:
    opener = gzip.open if path.suffix == ".gz" else open
    decoder = codecs.getincrementaldecoder(encoding)()
    own = codecs.lookup(encoding).name in UTF8
    doubt = None if own or codecs.lookup(encoding).name.startswith("utf") else codecs.getincrementaldecoder("utf-8")()
    foreign = False
    lines = returns = offset = 0
    tail = b""
    chunks = []
    out = None
    try:
        if write_to:
            out = os.fdopen(os.open(write_to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        with opener(path, "rb") as file:
            while True:
                chunk = file.read(CHUNK)
                if doubt and not chunk.isascii():
                    foreign = True
                    try:
                        doubt.decode(chunk, final=not chunk)
                    except UnicodeDecodeError:
                        doubt = None
                plain = chunk
                if not (chunk.isascii() and chunk) or not own:
                    decoded = decoder.decode(chunk, final=not chunk)
                    plain = chunk if own else decoded.encode("utf-8")
                if not chunk and not plain:
                    break
                if out:
                    plain = plain.replace(b"\r\n", b"\n")
                    if plain.endswith(b"\r"):  # its line feed begins the next chunk
                        plain += file.read(1) or b""
                        plain = plain.replace(b"\r\n", b"\n")
                    out.write(plain)
                chunks.append((offset, lines))
                ends = plain.count(b"\n")
                lines += ends
                returns += tail == b"\r" and plain.startswith(b"\n")
                returns += plain.count(b"\r\n") if b"\r" in plain else 0
                offset += len(plain)
                tail = plain[-1:] or tail
                if not chunk:
                    break
    finally:
        if out:
            out.close()
    if doubt and foreign:
        raise UnicodeDecodeError(encoding, b"", 0, 1, "its letters beyond A-Z are UTF-8")
    if offset == 0 or (offset <= 3 and lines == 0):
        raise InputError(f"{shown} is empty", remedy="ask the sender for the file, or take the delivery out of raw/")
    newline = "\n" if returns == 0 else "\r\n" if returns == lines else "mixed"
    return PlainText(target, newline, lines + (tail != b"\n"), chunks, write_to is not None)
