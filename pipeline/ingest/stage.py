"""One delivered file to typed, pseudonymous rows in HOME/lake/staged, and its faults to quarantine.

Kept beside each staged file: <delivery>.json (what was read, with which settings, and the counts) and, when
needed, <delivery>.marks.parquet (rows set aside after reading: repeats and conflicts of one key).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipeline.config.home import Home
from pipeline.config.region import IngestSettings
from pipeline.errors import InputError
from pipeline.ingest import source as sources
from pipeline.ingest.contract import EXTRACTS, Extract
from pipeline.ingest.deliveries import (
    DeliveredFile,
    code_version,
    manifest_of,
    refuse_a_changed_file,
    settings_version,
)
from pipeline.ingest.identities import IdentityTexts
from pipeline.ingest.quarantine import Rejected, keep_rejected
from pipeline.ingest.typed import read_sql, staged_columns, text_literal
from pipeline.privacy.vault import Vault
from pipeline.store.files import PARQUET, private_folder, write_text_whole, write_whole
from pipeline.store.tables import Gate

REPEATED = "repeated"
CONFLICT = "same key, other content"


@dataclass
class Staged:
    """What one file became. received = rows kept + repeated + the sum of `rules` (rows still waiting are kept)."""

    delivery: date
    table: str
    file: str
    received: int
    repeated: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    version: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    fresh: bool = True

    @property
    def kept(self) -> int:
        """Rows accepted, waiting ones included."""
        return self.received - self.repeated - sum(self.rules.values())

    @property
    def parquet(self) -> Path:
        """Its rows, rejected ones included but emptied; `place` of its Extract says where each stood in the file."""
        return self.folder / f"{self.delivery.isoformat()}.parquet"

    @property
    def marks(self) -> Path:
        """Rows set aside after reading: row, mark."""
        return self.folder / f"{self.delivery.isoformat()}.marks.parquet"

    @property
    def record(self) -> Path:
        """This, as JSON."""
        return self.folder / f"{self.delivery.isoformat()}.json"


def staged_before(home: Home, file: DeliveredFile, version: dict[str, str]) -> Staged | None:
    """What an earlier run staged from this very file, settings and code; None when it must be read."""
    folder = home.lake / "staged" / file.table
    record = folder / f"{file.delivery.isoformat()}.json"
    if not record.is_file() or not record.with_suffix(".parquet").is_file():
        return None
    said = json.loads(record.read_text(encoding="utf-8"))
    if said["version"] != version or said["file"] != file.shown:
        return None
    return Staged(**{**said, "delivery": file.delivery, "folder": folder, "fresh": False})


def version_of(file: DeliveredFile, settings: IngestSettings, key_print: str) -> dict[str, str]:
    """Everything that decides what a file becomes."""
    return {
        "sha256": file.sha256,
        "settings": settings_version(settings, file.table),
        "code": code_version(),
        "key": key_print,
    }


def stage_file(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    settings: IngestSettings,
    file: DeliveredFile,
    identities: IdentityTexts,
    vault: Vault,
    version: dict[str, str],
    gate: Gate | None = None,
) -> Staged:
    """Read one file. Nothing is kept of it unless all of it could be read and no rule failed too often.

    Raises UsageError: unreadable, cut short, wrong encoding or header, unlike its manifest, or over a limit.
    GateFailed: the accepted rows break a promise of the suite raw.<table>.
    """
    before = file.path.stat()
    extract = EXTRACTS[file.table]
    folder = private_folder(home.lake / "staged" / file.table)
    made = Staged(file.delivery, file.table, file.shown, 0, version=version, folder=folder)
    source = sources.open_source(con, file, home.tmp)
    try:
        present = sources.columns_present(source.names, extract, file)
        wanted = [present[column.name] for column in extract.of_kind("identity") if column.name in present]
        if wanted:
            named = {present[column.name] for column in extract.of_kind("private") if column.name in present}
            source.keep_places([name for name in present.values() if name not in named], home.tmp)
        identities.learn(source.skipping, wanted, file.delivery)
        identities.learn_keyed(
            source.skipping, [present[column.name] for column in extract.of_kind("keyed") if column.name in present]
        )
        sql = read_sql(extract, source.rejecting, present, source.form, settings, file.delivery)

        def write(beside: Path) -> None:
            source.before_reading()
            con.execute(f"copy ({sql}) to {text_literal(str(beside))} ({PARQUET}, compression snappy)")
            rows = _count(con, beside)
            made.received = source.check_all_read(rows)
            _check_manifest(file, made.received)
            source.forget_places()
            marks = _marks(con, beside, extract, source.whole, present)
            rejected = _rejected(con, beside, extract, marks) + source.unreadable()
            made.rules = dict(sorted(Counter(one.rule for one in rejected).items()))
            made.repeated = int((marks["mark"] == REPEATED).sum())
            refuse_a_changed_file(file, before)
            _check_limits(made, rejected, settings, source)
            _keep_marks(made, marks)
            if gate:
                gate.check(con, f"raw.{extract.name}", _accepted(made, beside, extract))
            keep_rejected(home, vault, file, rejected, source)
            if extract.name == "persons":
                made.warnings = _sex_warnings(con, beside)
                _to_vault(con, vault, beside, marks, source.whole, present, folder, file.delivery)

        made.record.unlink(missing_ok=True)  # a crash from here on means reading it again
        write_whole(made.parquet, write)
    finally:
        source.close()
    said = {name: value for name, value in asdict(made).items() if name not in ("folder", "fresh")}
    said["delivery"] = made.delivery.isoformat()
    write_text_whole(made.record, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    return made


def _count(con: duckdb.DuckDBPyConnection, parquet: Path) -> int:
    return con.execute(f"select count(*) from read_parquet({text_literal(str(parquet))})").fetchall()[0][0]


def _check_manifest(file: DeliveredFile, received: int) -> None:
    said = manifest_of(file.path.parent).get(file.path.name, {}).get("rows")
    if said is not None and said != received:
        raise InputError(
            f"{file.shown} has {received} rows, its manifest says {said}",
            remedy="wait until the transfer is done or ask for the file again, then run it again",
        )


def _marks(
    con: duckdb.DuckDBPyConnection, parquet: Path, extract: Extract, source: str, present: dict[str, str]
) -> pl.DataFrame:
    """row, mark of rows whose key comes more than once: exact repeats but the first, conflicts all of them."""
    place = text_literal(str(parquet))
    key = ", ".join(extract.staged_key)
    # numbers first: few keys are doubled, and text keys of millions of rows are costly to hold
    hashes = con.execute(f"select hash({key}) as h from read_parquet({place}) where rule is null").fetchnumpy()["h"]
    hashes.sort()
    con.register("_doubled", pl.DataFrame({"h": np.unique(hashes[1:][hashes[1:] == hashes[:-1]])}).to_arrow())
    row = "" if extract.place == "row" else f", {extract.place} as row"
    doubled = con.sql(
        f"select * exclude (delivery, rule, file_row_number){row} from read_parquet({place}, file_row_number = true) "
        f"where rule is null and hash({key}) in (select h from _doubled)"
    ).to_arrow_table()
    con.unregister("_doubled")
    rows = pl.from_arrow(doubled)
    empty = pl.DataFrame(schema={"row": pl.Int64, "mark": pl.String})
    if rows.is_empty():
        return empty
    seen = copies_of(rows, extract.staged_key)
    conflict = pl.col("copies") < pl.col("of_key")
    if extract.name == "persons" and "name" in present:
        named = _other_names(con, source, present, seen["person_key"].unique())
        conflict = conflict | pl.col("person_key").is_in(named.implode())
    mark = pl.when(conflict).then(pl.lit(CONFLICT)).when(pl.col("row") > pl.col("first")).then(pl.lit(REPEATED))
    return seen.select("row", mark=mark).drop_nulls().sort("row") if seen.height else empty


def copies_of(rows: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """Rows whose key comes more than once, with copies (of the whole row), of_key and first (the first copy's row)."""
    content = [name for name in rows.columns if name != "row"]
    return rows.with_columns(
        copies=pl.len().over(content), of_key=pl.len().over(key), first=pl.col("row").min().over(content)
    ).filter(pl.col("of_key") > 1)


def _other_names(
    con: duckdb.DuckDBPyConnection, source: str, present: dict[str, str], keys: pl.Series
) -> pl.Series:
    """Of these persons, those who come under more than one name: names are never staged, so they are asked here."""
    con.register("_keys", pl.DataFrame({"person_key": keys}).to_arrow())
    own, name = (f'trim("{present[column]}")' for column in ("patient_id", "name"))
    found = con.sql(
        f"select i.person_key from {source} join identity_texts as i on i.text = {own} "
        f"where i.person_key in (select person_key from _keys) group by 1 having count(distinct coalesce({name}, '')) > 1"
    ).to_arrow_table()
    con.unregister("_keys")
    return pl.from_arrow(found)["person_key"]


def _rejected(con: duckdb.DuckDBPyConnection, parquet: Path, extract: Extract, marks: pl.DataFrame) -> list[Rejected]:
    by_rule = con.execute(
        f"select {extract.place}, rule from read_parquet({text_literal(str(parquet))}, file_row_number = true) "
        "where rule is not null order by 1"
    ).fetchall()
    conflicts = marks.filter(pl.col("mark") == CONFLICT).rows()
    return [Rejected(rule=rule, row=row) for row, rule in [*by_rule, *conflicts]]


def _check_limits(
    made: Staged, rejected: list[Rejected], settings: IngestSettings, source: sources.Source
) -> None:
    limit = max(settings.max_rejected_rows, settings.max_rejected_share * made.received)
    for rule, count in made.rules.items():
        if count <= limit:
            continue
        lines = source.line_numbers([one for one in rejected if one.rule == rule])[:3]
        raise InputError(
            f"{made.file}: rule '{rule}' fails for {count} of {made.received} rows, more than the {limit:.0f} allowed; "
            f"the first on lines {', '.join(map(str, lines))}",
            remedy=(
                "look at those lines: is a column, a code or a date format declared wrongly in region.toml "
                f"([ingest.tables.{made.table}])? If the rows are truly bad, ask the sender, or raise ingest.max_rejected_rows"
            ),
        )


def _keep_marks(made: Staged, marks: pl.DataFrame) -> None:
    if marks.is_empty():
        made.marks.unlink(missing_ok=True)
    else:
        write_whole(made.marks, marks.write_parquet)


def _accepted(made: Staged, parquet: Path, extract: Extract) -> str:
    """The rows that clean tables are made of, as a from-clause."""
    columns = ", ".join(staged_columns(extract))
    set_aside = f" and {extract.place} not in (select row from read_parquet({text_literal(str(made.marks))}))"
    return (
        f"(select {columns} from read_parquet({text_literal(str(parquet))}, file_row_number = true) where rule is null"
        f"{set_aside if made.marks.is_file() else ''})"
    )


def _sex_warnings(con: duckdb.DuckDBPyConnection, parquet: Path) -> dict[str, int]:
    count = con.execute(
        f"select count(*) from read_parquet({text_literal(str(parquet))}) where sex <> number_sex"
    ).fetchall()[0][0]
    return {"sex unlike the number's": count} if count else {}


def _to_vault(
    con: duckdb.DuckDBPyConnection,
    vault: Vault,
    parquet: Path,
    marks: pl.DataFrame,
    source: str,
    present: dict[str, str],
    folder: Path,
    delivery: date,
) -> None:
    """Identities, names and former numbers of the accepted persons; what a newer delivery said is left alone."""
    con.register("_marks", marks.to_arrow())
    place = text_literal(str(parquet))
    accepted = (
        f"select person_key, former_key from read_parquet({place}) "
        "where rule is null and row not in (select row from _marks)"
    )
    newer = [text_literal(str(one)) for one in folder.glob("????-??-??.parquet") if one.stem > delivery.isoformat()]
    if newer:
        accepted += (
            f" and person_key not in (select person_key from read_parquet([{', '.join(newer)}]) where rule is null)"
        )
    own, former, name = (f'trim("{present[one]}")' if one in present else "null" for one in ("patient_id", "former_id", "name"))
    persons = pl.from_arrow(
        con.sql(
            f"select i.person_key, coalesce(i.identity, i.text) as identity, nullif({name}, '') as name, i.birth_date "
            f"from {source} join identity_texts as i on i.text = {own} "
            f"where i.person_key in (select person_key from ({accepted})) order by 1, 3 nulls first"
        ).to_arrow_table()
    )
    # grouped here: the engine would hold every name of the region for the few who come twice
    last = (persons["person_key"] != persons["person_key"].shift(-1)).fill_null(True)
    if not last.all():
        persons = persons.filter(last)
    links = con.sql(
        "select distinct f.person_key as former_key, coalesce(f.identity, f.text) as former_id, i.person_key "
        f"from (select * from {source} where {former} <> '') "
        f"join identity_texts as i on i.text = {own} join identity_texts as f on f.text = {former} "
        f"join ({accepted}) as a on a.person_key = i.person_key and a.former_key = f.person_key"
    ).to_arrow_table()
    con.unregister("_marks")
    vault.upsert(persons)
    if links.num_rows:
        vault.link_former(pl.from_arrow(links))
