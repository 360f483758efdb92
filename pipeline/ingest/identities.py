"""From identity texts to pseudonyms: each distinct text is read and keyed once a delivery, never a row at a time."""

from __future__ import annotations

import hmac
from datetime import date

import duckdb
import numpy as np
import polars as pl

from pipeline.config.region import ReserveNumber
from pipeline.errors import NightFailed
from pipeline.ingest.typed import quoted, text_literal
from pipeline.privacy.identity import normalise
from pipeline.privacy.pseudonyms import Keyring

AT_ONCE = 500_000
RULES = {"format": "no identity number"}  # normalise's word -> the rule's name; the others are the same
PROBLEMS = ("no identity number", "impossible date", "check digit")


class IdentityTexts:
    """The temporary table identity_texts: text, identity (null where it is the text itself), person_key, problem,
    birth_date, sex.

    It lives in the engine's memory, or in its spill folder inside the vault, until `forget` or the connection's end.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, keyring: Keyring, reserve_numbers: tuple[ReserveNumber, ...]
    ) -> None:
        self.con = con
        self.keyring = keyring
        self.reserve_numbers = reserve_numbers
        self.delivery: date | None = None

    def learn(self, source: str, columns: list[str], delivery: date) -> None:
        """Add every text of these columns of `source`. Ten digits are read as of the delivery's date."""
        if self.delivery != delivery:
            self.con.execute(
                "create or replace temp table identity_texts (text varchar, identity varchar, person_key bigint, "
                f"problem enum ({', '.join(map(text_literal, PROBLEMS))}), birth_date date, sex enum ('F', 'M'))"
            )
            self.delivery = delivery
        added = False
        for column in columns:
            fresh = (
                f"select distinct s.text from (select nullif(trim({quoted(column)}), '') as text from {source}) as s "
                "anti join identity_texts as k on k.text = s.text where s.text is not null"
            )
            texts = pl.from_arrow(self.con.sql(fresh).to_arrow_table())["text"].drop_nulls()
            for start in range(0, len(texts), AT_ONCE):
                self.add(texts.slice(start, AT_ONCE), delivery)
                added = True
        if added:
            self._refuse_shared_keys()

    def learn_keyed(self, source: str, columns: list[str]) -> None:
        """Make keyed_texts (text, code) of these columns: what a sender calls a doctor may be a personal number."""
        self.con.execute("create or replace temp table keyed_texts (text varchar, code varchar)")
        every = " union ".join(f"select nullif(trim({quoted(column)}), '') as text from {source}" for column in columns)
        if not every:
            return
        texts = pl.from_arrow(self.con.sql(f"select distinct text from ({every}) where text is not null").to_arrow_table())
        key = self.keyring.subkey("doctor")
        codes = ["d" + hmac.digest(key, text.encode(), "sha256").hex()[:15] for text in texts["text"]]
        self.con.register("_keyed", texts.with_columns(code=pl.Series(codes, dtype=pl.String)).to_arrow())
        self.con.execute("insert into keyed_texts select text, code from _keyed")
        self.con.unregister("_keyed")

    def forget(self) -> None:
        """Give the memory back: once all files are staged only keys are needed."""
        for table in ("identity_texts", "keyed_texts"):
            self.con.execute(f"drop table if exists {table}")
        self.delivery = None

    def add(self, texts: pl.Series, delivery: date) -> None:
        """Normalise and key these texts, none of them known yet."""
        self._insert(self.keyed(texts, delivery))

    def keyed(self, texts: pl.Series, delivery: date) -> pl.DataFrame:
        """One row a text, in order, with the columns of identity_texts."""
        read = normalise(texts, delivery, self.reserve_numbers)
        good = read["identity"].is_not_null()
        keys = np.zeros(read.height, dtype=np.int64)
        keys[good.to_numpy()] = self.keyring.person_keys(read["identity"].drop_nulls().to_list())
        return read.select(
            "text",
            pl.when(pl.col("identity") != pl.col("text")).then(pl.col("identity")).alias("identity"),
            pl.when(good).then(pl.Series(keys)).alias("person_key"),
            pl.col("problem").replace(RULES),
            "birth_date",
            "sex",
        )

    def _insert(self, frame: pl.DataFrame) -> None:
        self.con.register("_identities", frame.to_arrow())
        self.con.execute("insert into identity_texts select * from _identities")
        self.con.unregister("_identities")

    def _refuse_shared_keys(self) -> None:
        # numbers instead of texts: a group for every inhabitant must fit the engine's memory
        shared = self.con.execute(
            "select count(*) from (select person_key from (select person_key, hash(coalesce(identity, text)) as h "
            "from identity_texts where person_key is not null) group by person_key having min(h) <> max(h))"
        ).fetchall()[0][0]
        if shared:
            raise NightFailed(
                f"{shared} pseudonyms would be shared by two persons",
                remedy="nothing was written; make a new key in an empty home and load all deliveries again",
            )
