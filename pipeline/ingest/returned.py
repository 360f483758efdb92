"""What coordinators filled in on worklists, pseudonymised: raw.returns for the lake, the notes for the vault."""

from __future__ import annotations

import hashlib
from datetime import date

import duckdb
import polars as pl

from pipeline.config.home import Home
from pipeline.ingest.identities import IdentityTexts
from pipeline.privacy.vault import Vault
from pipeline.store.files import write_whole
from pipeline.store.tables import Gate

SCHEMA = {
    "case_id": pl.String,
    "person_key": pl.Int64,
    "unit_id": pl.String,
    "spell_start": pl.Date,
    "status": pl.String,
    "offered_on": pl.Date,
    "answer": pl.String,
    "external_consent": pl.Boolean,
    "returned_on": pl.Date,
    "superseded_on": pl.Date,
}
SAID = ("status", "offered_on", "answer", "external_consent")
NOTES = "returned_notes.parquet"
PURPOSE = "note"


def define_returns(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    vault: Vault,
    identities: IdentityTexts,
    returns: pl.DataFrame | None,
    as_of: date,
    gate: Gate | None = None,
) -> int:
    """Make raw.returns: every word on each person, unit and spell, and until when it was the last. Returns its rows.

    Raises GateFailed: they break a promise of the suite raw.returns.

    returns : patient_id, unit_id, spell_start, status, offered_on, answer, external_consent, note, returned_on.
    Rows whose number is no identity number are left out: the worklist's reader has rejected them already.
    """
    frame = pl.DataFrame(schema={**SCHEMA, "note": pl.String})
    if returns is not None and not returns.is_empty():
        frame = _keyed(returns, identities, as_of)
    con.register("_returns", frame.select(list(SCHEMA)).to_arrow())
    con.execute("create or replace table raw.returns as select * from _returns")
    con.unregister("_returns")
    if gate and frame.height:
        gate.check(con, "raw.returns", "(select * from raw.returns)")
    _keep_notes(home, vault, frame)
    return frame.height


def _keyed(returns: pl.DataFrame, identities: IdentityTexts, as_of: date) -> pl.DataFrame:
    texts = returns["patient_id"].cast(pl.String).str.strip_chars()
    keys = identities.keyed(texts.unique().drop_nulls(), as_of).select("text", "person_key")
    keyed = returns.with_columns(text=texts).join(keys, on="text", how="left").filter(pl.col("person_key").is_not_null())
    former = dict(identities.con.execute("select former_key, person_key from raw.former").fetchall())
    keyed = keyed.with_columns(person_key=pl.col("person_key").replace(former)).with_columns(
        case_id=pl.struct("person_key", "unit_id", "spell_start").map_elements(_case_id, return_dtype=pl.String)
    )
    # who writes but a note on a later list has not taken back a no
    said = pl.any_horizontal(pl.col(*SAID).is_not_null()) | pl.col("note").is_null()
    words = keyed.sort("returned_on", maintain_order=True).with_columns(
        pl.col("note").forward_fill().last().over("case_id"), meant=said | ~said.any().over("case_id")
    )
    of_a_day = words.filter("meant").unique(["case_id", "returned_on"], keep="last", maintain_order=True)
    # the same word again is not a new one: what was said first keeps its day
    other = [pl.col(name).ne_missing(pl.col(name).shift(1).over("case_id")) for name in SAID]
    first = pl.col("case_id").is_first_distinct()
    new = of_a_day.filter(pl.any_horizontal(first, *other))
    told = new.with_columns(superseded_on=pl.col("returned_on").shift(-1).over("case_id"))
    wanted = [pl.col(name).cast(kind) for name, kind in SCHEMA.items()]
    return told.select(*wanted, pl.col("note").cast(pl.String)).sort("case_id", "returned_on")


def _case_id(row: dict) -> str:
    said = f"{row['person_key']}|{row['unit_id']}|{row['spell_start']}"
    return "w-" + hashlib.sha256(said.encode()).hexdigest()[:16]


def _keep_notes(home: Home, vault: Vault, frame: pl.DataFrame) -> None:
    path = home.vault / NOTES
    newest = frame.filter(pl.col("superseded_on").is_null())
    notes = newest.select("case_id", "note").filter(pl.col("note").fill_null("") != "")
    if path.is_file():
        kept = pl.read_parquet(path)
        if kept.with_columns(note=pl.Series(vault.decrypt_text(kept["note"].to_list(), PURPOSE), dtype=pl.String)).equals(notes):
            return
    elif notes.is_empty():
        return
    sealed = notes.with_columns(note=pl.Series(vault.encrypt_text(notes["note"].to_list(), PURPOSE), dtype=pl.String))
    write_whole(path, sealed.write_parquet)
