"""What lies in raw/: deliveries by date, which file brings which table, and whether it is all there.

Raises UsageError, naming the file and the remedy, before anything is read.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline.config.home import Home
from pipeline.config.region import IngestSettings, Region, TableFormat
from pipeline.errors import InputError, SettingsError, UsageError
from pipeline.ingest.contract import EXTRACTS

SUFFIXES = {".csv": "csv", ".txt": "csv", ".parquet": "parquet", ".sas7bdat": "sas", ".sav": "spss"}
STILL_COMING = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".writing", ".download")
BESIDE = ("manifest.json",)
RETURNED = "worklist_returns"
DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class DeliveredFile:
    """One file of one delivery: the table it brings and how it is read."""

    delivery: date
    table: str
    path: Path
    kind: str
    form: TableFormat

    @property
    def shown(self) -> str:
        """How messages and reports name it."""
        return f"{self.delivery.isoformat()}/{self.path.name}"

    @property
    def sha256(self) -> str:
        """Of the file's bytes as they are now."""
        stat = self.path.stat()
        return _sha256(self.path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, mtime: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dates_of(home: Home) -> list[date]:
    """The deliveries' dates, oldest first. Raises UsageError: none, or a folder that is no date."""
    found = []
    folders = [one for one in home.raw.iterdir() if one.is_dir()] if home.raw.is_dir() else []
    for folder in folders:
        if folder.name == RETURNED or folder.name.startswith("."):
            continue
        try:
            if not DATED.fullmatch(folder.name):
                raise ValueError
            found.append(date.fromisoformat(folder.name))
        except ValueError:
            raise InputError(
                f"raw/{folder.name} is no delivery: its name is no date",
                remedy="name the folder by the delivery's date, YYYY-MM-DD, or take it out of raw/",
            ) from None
    if not found:
        raise UsageError(
            f"no delivery under {home.raw}",
            remedy="put the extracts into a folder named by their date: raw/YYYY-MM-DD/",
        )
    return sorted(found)


def newest_delivery(home: Home) -> date:
    """The newest delivery's date: the default as-of."""
    return dates_of(home)[-1]


def considered(home: Home, as_of: date) -> list[date]:
    """Deliveries a night at `as_of` knows: dated up to it; if none is, the earliest alone."""
    dates = dates_of(home)
    return [one for one in dates if one <= as_of] or dates[:1]


def delivered_files(home: Home, settings: IngestSettings, as_of: date) -> list[DeliveredFile]:
    """Every file of the deliveries considered, by delivery and in the order of contract.EXTRACTS.

    Raises UsageError: unknown, doubled, half-transferred or missing files, an empty delivery, a manifest that differs.
    """
    check_settings(settings)
    found = []
    for delivery in considered(home, as_of):
        found += _files_of_delivery(home.raw / delivery.isoformat(), delivery, settings)
    present = {file.table for file in found}
    for name, extract in EXTRACTS.items():
        if extract.required and name not in present:
            pattern = settings.tables.get(name, TableFormat()).file or f"{name}.csv"
            raise InputError(
                f"no delivery up to {as_of.isoformat()} brings the required table {name}",
                remedy=f"deliver it as {pattern}, or set its file pattern in region.toml ([ingest.tables.{name}] file)",
            )
    return found


def _files_of_delivery(folder: Path, delivery: date, settings: IngestSettings) -> list[DeliveredFile]:
    names = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    for name in names:
        if name.lower().endswith(STILL_COMING):
            raise InputError(
                f"delivery {folder.name} is still being written: {name}",
                remedy="run it again when the transfer is done; if it broke off, remove that file and send it again",
            )
    tables = [name for name in names if name not in BESIDE and not name.lower().startswith("readme")]
    if not tables:
        raise InputError(f"delivery {folder.name} is empty", remedy="put its files there, or remove the folder")
    found: dict[str, DeliveredFile] = {}
    for name in tables:
        table = _table_of(name, settings)
        shown = f"{folder.name}/{name}"
        if table is None or (folder / name).is_dir():
            known = ", ".join(EXTRACTS)
            raise InputError(
                f"{shown} is none of the known extracts ({known})",
                remedy="set its pattern in region.toml ([ingest.tables.<table>] file), or take it out of the delivery",
            )
        if table in found:
            raise InputError(
                f"{shown} and {found[table].path.name} both bring {table}",
                remedy="a delivery holds one file a table: keep one, or narrow the file pattern in region.toml",
            )
        form = settings.tables.get(table, TableFormat())
        kind = form.format or SUFFIXES.get(Path(name.lower().removesuffix(".gz")).suffix, "csv")
        found[table] = DeliveredFile(delivery, table, folder / name, kind, form)
    _check_manifest(folder, {file.path.name: file for file in found.values()})
    return [found[name] for name in EXTRACTS if name in found]


def _table_of(name: str, settings: IngestSettings) -> str | None:
    for table in EXTRACTS:
        pattern = settings.tables.get(table, TableFormat()).file
        if pattern:
            if fnmatchcase(name, pattern) or fnmatchcase(name, pattern + ".gz"):
                return table
        elif name.lower().removesuffix(".gz") in {table + suffix for suffix in SUFFIXES}:
            return table
    return None


def manifest_of(folder: Path) -> dict[str, dict]:
    """What manifest.json says of each file; empty without one. Raises InputError: not readable."""
    path = folder / "manifest.json"
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
        if not all(isinstance(one, dict) for one in said.values()):
            raise ValueError
    except (ValueError, AttributeError):
        raise InputError(
            f"{folder.name}/manifest.json is not of the form {{\"file\": {{\"rows\": 1, \"sha256\": \"…\"}}}}",
            remedy="ask the sender for it again, or remove it",
        ) from None
    return said


def _check_manifest(folder: Path, files: dict[str, DeliveredFile]) -> None:
    for name, said in manifest_of(folder).items():
        if name not in files:
            raise InputError(
                f"{folder.name}/manifest.json names {name}, which is not in the delivery",
                remedy="wait until the transfer is done, or ask the sender for the file",
            )
        wanted = str(said.get("sha256") or "").lower()
        if wanted and wanted != files[name].sha256:
            raise InputError(
                f"{folder.name}/{name} is not the file of its manifest: sha256 differs",
                remedy="wait until the transfer is done or ask for the file again, then run it again",
            )


def check_settings(settings: IngestSettings) -> None:
    """Refuse settings for tables, columns or codes that do not exist."""
    for table, form in settings.tables.items():
        place = f"region.toml, [ingest.tables.{table}]"
        if table not in EXTRACTS:
            raise SettingsError(f"{place}: no such table", remedy=f"tables are: {', '.join(EXTRACTS)}")
        columns = {column.name: column for column in EXTRACTS[table].columns}
        for name in [*form.columns.values(), *form.codes]:
            if name and name not in columns:
                raise SettingsError(f"{place}: no column {name}", remedy=f"columns are: {', '.join(columns)}")
        for name, codes in form.codes.items():
            allowed = ("0", "1") if columns[name].kind == "flag" else columns[name].allowed
            for code in codes.values():
                if allowed and code not in allowed:
                    raise SettingsError(f"{place}: {name} has no code {code!r}", remedy=f"codes are: {', '.join(allowed)}")


def files_of(home: Home, region: Region, as_of: date) -> list[dict]:
    """Name, size, mtime (ns) and sha256 of every file a night at `as_of` would read; plain values, for the run's record."""
    found = []
    for file in delivered_files(home, region.ingest, as_of):
        stat = file.path.stat()
        found.append({"file": file.shown, "size": stat.st_size, "mtime": stat.st_mtime_ns, "sha256": file.sha256})
    return found


def code_version() -> str:
    """A digest of the code that reads files, so that a changed rule reads them again."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *here.glob("*.sql"), *(here.parent / "privacy").glob("*.py")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def settings_version(settings: IngestSettings, table: str) -> str:
    """A digest of the settings that decide how this table is read."""
    form = settings.tables.get(table, TableFormat())
    said = repr((form, settings.max_period_days, settings.reserve_numbers))
    return hashlib.sha256(said.encode()).hexdigest()


def refuse_a_changed_file(file: DeliveredFile, before: os.stat_result) -> None:
    """Stop when the file grew or changed while it was read."""
    after = file.path.stat()
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise InputError(
            f"{file.shown} is still being written: it changed while it was read",
            remedy="run it again when the transfer is done",
        )
