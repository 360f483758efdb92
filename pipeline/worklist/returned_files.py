"""Read a returned list, as spreadsheets save them, into rows of text under canonical heads."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.store.cells import unguarded
from pipeline.worklist.words import COLUMNS, LANGUAGES, words

NEEDED = ("patient_id", "status")
SEPARATORS = (";", ",", "\t")
MOST_BYTES = 50_000_000  # of one list unpacked: a larger one is no list
# what zip, XML and openpyxl raise on a file that is damaged, locked by a password, or something else altogether
NO_SPREADSHEET = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, OSError, EOFError, SyntaxError, KeyError, ValueError,
    IndexError, AttributeError, TypeError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class ReturnedFile:
    """One file's rows: (line in the file, canonical head -> text); unit_id and as_of where the file tells them."""

    unit_id: str
    as_of: date | None
    rows: list[tuple[int, dict[str, str]]]


class UnreadableList(Exception):
    """The file is no list; the text is the rule it breaks."""


def read_file(path: Path) -> ReturnedFile:
    """Read .csv or .xlsx.

    Raises
    ------
    UnreadableList : "unreadable file", or "no known heads" when no line has the heads of a list.
    """
    if path.suffix.lower() == ".xlsx":
        return _xlsx(path)
    lines = _csv(path)
    return ReturnedFile(unit_of(path), None, _under_heads(lines))


def unit_of(path: Path) -> str:
    """The unit a file is named after, without what people and browsers add to a copy's name.

    >>> unit_of(Path("SE2321000099-03E8 (1).csv")), unit_of(Path("SE2321000099-03E8 - kopia.csv"))
    ('SE2321000099-03E8', 'SE2321000099-03E8')
    """
    return re.sub(
        r"( \(\d+\)| - (kopia|copy).*|[ _](ifylld|filled|klar|done).*)+$", "", path.stem, flags=re.I
    ).strip()


def _csv(path: Path) -> list[tuple[int, list[str]]]:
    raw = path.read_bytes()
    try:
        text = _decoded(raw)
        head = text.split("\n", 1)[0]
        told = re.match(r"sep=(.)", head)  # what some spreadsheets write first
        separator = told[1] if told else max(SEPARATORS, key=head.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        lines, begins = [], 1
        for cells in reader:
            lines.append((begins, [unguarded(cell) for cell in cells]))
            begins = reader.line_num + 1
        return lines
    except (UnicodeDecodeError, csv.Error):
        raise UnreadableList("unreadable file") from None


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")  # "Unicode text" of some spreadsheets
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")  # "CSV" as Excel on Windows saves it


def _xlsx(path: Path) -> ReturnedFile:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
                raise UnreadableList("unreadable file")
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except NO_SPREADSHEET:
        raise UnreadableList("unreadable file") from None
    try:
        told = {one.name: one.value for one in book.custom_doc_props.props}
        as_of = _date_told(told.get("as_of"))
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what programs write there is not always true
        lines = [
            (at, [_text(cell) for cell in row]) for at, row in enumerate(sheet.iter_rows(values_only=True), 1)
        ]
    except NO_SPREADSHEET:
        raise UnreadableList("unreadable file") from None
    finally:
        book.close()
    return ReturnedFile(
        str(told.get("unit_id") or unit_of(path)),
        as_of,
        _under_heads(lines),
    )


def _date_told(value: object) -> date | None:
    """The list's own date; ValueError or TypeError when what stands there is none."""
    if value is None or value == "":
        return None
    return value.date() if isinstance(value, datetime) else date.fromisoformat(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _under_heads(lines: list[tuple[int, list[str]]]) -> list[tuple[int, dict[str, str]]]:
    for place, (_, cells) in enumerate(lines[:20]):  # people write above the heads
        heads = [_HEADS.get(cell.strip().lower()) for cell in cells]
        if all(name in heads for name in NEEDED):
            return [
                (line, {name: cell.strip() for name, cell in zip(heads, row, strict=False) if name})
                for line, row in lines[place + 1 :]
                if any(cell.strip() for cell in row)
            ]
    raise UnreadableList("no known heads")


_HEADS = {name: name for name in COLUMNS} | {
    head.lower(): name for language in LANGUAGES for name, head in words(language)["heads"].items()
}
