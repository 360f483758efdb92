"""Write every unit's list: the one place in the program where a pseudonym becomes a person again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipeline.errors import NightFailed, UsageError
from pipeline.store.files import file_stem, replace_folder
from pipeline.worklist.words import COLUMNS, DECIMALS, LANGUAGES
from pipeline.worklist.write_csv import write_csv
from pipeline.worklist.write_page import write_page
from pipeline.worklist.write_xlsx import write_xlsx

Identities = pl.DataFrame | Callable[[list[int]], pl.DataFrame]


def write_lists(
    entries: pl.DataFrame, identities: Identities, folder: Path, language: str = "sv", emptied: pl.DataFrame | None = None
) -> list[Path]:
    """Write <unit>.csv, .xlsx and .html for every unit with a list, and for those `emptied`.

    Parameters
    ----------
    entries : worklist.entries (entries.py).
    identities : person_key, identity (or patient_id), name, birth_date where known – a frame, or a function from
        person_keys to one.
    folder : home.worklists / <date>. It is written beside and renamed, so it is the old one or the new one, never a
        mixture; a folder of the same date is replaced. Folder 0700, files 0600.
    language : "sv" or "en", of .xlsx and .html; the .csv is canonical.
    emptied : list_unit_id, list_unit_name, as_of of units whose list has nobody on it any more (earlier.emptied_lists):
        they get a list that says so, in which the coordinator may still add anyone. No file could mean a failed night.

    Returns
    -------
    The files, in order of unit; none (and an empty folder) when there is no unit.

    Raises
    ------
    NightFailed : a person on a list has no identity in the vault; UsageError : unknown language.
    """
    if language not in LANGUAGES:
        raise UsageError(f"there is no worklist in {language!r}", remedy=f"use {' or '.join(LANGUAGES)}")
    rows = _with_identity(entries, identities)
    heads = entries.select("list_unit_id", "list_unit_name", "as_of").unique("list_unit_id")
    if emptied is not None:
        heads = pl.concat([heads, emptied.select(heads.columns)], how="vertical_relaxed")
    lists = rows.sort("rank").partition_by("list_unit_id", as_dict=True)
    names: list[str] = []

    def fill(beside: Path) -> None:
        for unit, unit_name, as_of in heads.sort("list_unit_id").iter_rows():
            part, stem = lists.get((unit,), rows.clear()), file_stem(unit)
            files = [beside / f"{stem}{suffix}" for suffix in (".csv", ".xlsx", ".html")]
            write_csv(part, files[0])
            write_xlsx(part, files[1], language, unit, as_of)
            write_page(part, files[2], language, unit, unit_name, as_of)
            for file in files:
                file.chmod(0o600)
                names.append(file.name)

    replace_folder(folder, fill)
    return [folder / name for name in names]


def _age_in_years() -> pl.Expr:
    born, at = pl.col("birth_date"), pl.col("as_of")
    later_month, same_month = at.dt.month() < born.dt.month(), at.dt.month() == born.dt.month()
    before = later_month | (same_month & (at.dt.day() < born.dt.day()))
    return at.dt.year() - born.dt.year() - before.cast(pl.Int32)


def _with_identity(entries: pl.DataFrame, identities: Identities) -> pl.DataFrame:
    keys = entries["person_key"].unique().sort().to_list()
    found = identities(keys) if callable(identities) else identities
    if "patient_id" not in found.columns:
        found = found.rename({"identity": "patient_id"})
    known = [name for name in ("person_key", "patient_id", "name", "birth_date") if name in found.columns]
    found = found.select(known).unique("person_key")
    rows = entries.join(found, on="person_key", how="left", maintain_order="left")
    if "birth_date" in known:  # the lake knows the month alone
        rows = rows.with_columns(age=pl.coalesce(_age_in_years(), "age"))
    if lost := rows["patient_id"].null_count():
        raise NightFailed(
            f"{lost} of {rows.height} persons on the lists are not in the vault",
            remedy="put HOME/vault back from the same backup as HOME/lake, or run `rehabrisk ingest` anew",
        )
    blank = [name for name in COLUMNS if name not in rows.columns]
    return (
        rows.with_columns(pl.lit(None).alias(name) for name in blank)
        .with_columns(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        # + 0: no minus before a nought
        .with_columns(pl.col(name).round(decimals) + 0.0 for name, decimals in DECIMALS.items())
    )
