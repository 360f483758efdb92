"""The vault: the one place where a person_key can be turned back into a person, encrypted at rest.

AES-256-GCM (NIST SP 800-38D) by the `cryptography` package. A file is a header and chunks; each chunk has its own nonce, and
its associated data name the file, the format version, the chunk's place and the number of chunks, so that
a chunk that was changed, moved, left out or taken from another file is refused.
"""

from __future__ import annotations

import base64
import io
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.config.home import Home
from pipeline.errors import InputError, NightFailed
from pipeline.privacy.pseudonyms import Keyring
from pipeline.store.files import write_whole

VERSION = 1
MAGIC = b"RRVAULT"
HEAD = struct.Struct(">7sBI")  # magic, version, number of chunks
SIZE = struct.Struct(">Q")
NONCE = 12
ROWS_A_CHUNK = 250_000
PERSONS = {"person_key": pl.Int64, "identity": pl.String, "name": pl.String, "birth_date": pl.Date}
FORMER = {"former_key": pl.Int64, "former_id": pl.String, "person_key": pl.Int64}


class Vault:
    """Encrypted tables under HOME/vault, opened with the keyring's subkey "vault"."""

    def __init__(self, home: Home, keyring: Keyring) -> None:
        self.folder = home.vault
        self._cipher = AESGCM(keyring.subkey("vault"))

    def upsert(self, persons: pl.DataFrame) -> int:
        """Add or renew persons (person_key, identity, name, birth_date); returns rows added or changed.

        One row a person_key. A blank name or birth date keeps what was known. Nothing is written
        when nothing changes, so a repeated delivery leaves the file untouched.

        Raises NightFailed: a person_key already belongs to another identity (two persons, one pseudonym).
        """
        new = persons.select(pl.col(name).cast(kind) for name, kind in PERSONS.items())
        if not new["person_key"].is_sorted():
            new = new.sort("person_key")
        if new.height != new["person_key"].n_unique():
            raise NightFailed(
                f"{new.height - new['person_key'].n_unique()} persons came twice to the vault",
                remedy="this is a fault of the program; report it with the run's ledger",
            )
        old = self.identities()
        pieces, renewed, strange = [], 0, 0
        for came, known in _stretches(new, old):
            piece, changed, others = _merged(came, known)
            pieces.append(piece if changed else known)
            renewed, strange = renewed + changed, strange + others
        if strange:
            raise NightFailed(
                f"{strange} pseudonyms already belong to another identity number",
                remedy="nothing was written; make a new key in an empty home and load all deliveries again",
            )
        if renewed:
            self._write("persons.enc", pl.concat(pieces))
        return renewed

    def identities(self, person_keys: Iterable[int] | None = None) -> pl.DataFrame:
        """person_key, identity, name, birth_date of these persons (None = all); unknown keys give no row."""
        known = self._read("persons.enc", PERSONS)
        if person_keys is None:
            return known
        wanted = pl.DataFrame({"person_key": pl.Series(person_keys, dtype=pl.Int64)}).unique()
        return known.join(wanted, on="person_key", how="semi")

    def link_former(self, links: pl.DataFrame) -> int:
        """Remember that former_key (of former_id) is now person_key; returns links added or changed.

        The newest link of a former number wins, and undoes an older link that said the reverse.
        """
        new = links.select(pl.col(name).cast(kind) for name, kind in FORMER.items())
        new = new.filter(pl.col("former_key") != pl.col("person_key")).unique("former_key", keep="last")
        old = self._read("former.enc", FORMER)
        reverse = new.select(former_key="person_key", person_key="former_key")
        kept = old.join(new, on="former_key", how="anti").join(
            reverse, on=["former_key", "person_key"], how="anti"
        )
        renewed = new.join(old, on=list(FORMER), how="anti")
        if not renewed.is_empty():
            self._write("former.enc", pl.concat([kept, new]).sort("former_key"))
        return renewed.height

    def former(self) -> pl.DataFrame:
        """former_key, former_id, person_key: each former number with the person's current key, chains followed.

        Raises InputError: former numbers lead round in a circle.
        """
        links = self._read("former.enc", FORMER)
        step = links.select(person_key="former_key", further="person_key")
        for _ in range(16):
            longer = links.join(step, on="person_key", how="left")
            if longer["further"].null_count() == longer.height:
                return links
            links = longer.select("former_key", "former_id", person_key=pl.coalesce("further", "person_key"))
        circling = longer.height - longer["further"].null_count()
        raise InputError(
            f"persons.former_id: {circling} former numbers lead round in a circle",
            remedy="ask the sender which of the numbers is the person's number today",
        )

    def encrypt_text(self, texts: Sequence[str | None], purpose: str) -> list[str | None]:
        """Texts as base64 of nonce and ciphertext, for a Parquet or CSV column; None stays None.

        `purpose` ("quarantine", "note" …) is bound to each text: the same is needed to read it.
        """
        bound = f"text|{purpose}|{VERSION}".encode()
        sealed: list[str | None] = []
        for text in texts:
            if text is None:
                sealed.append(None)
                continue
            nonce = os.urandom(NONCE)
            body = nonce + self._cipher.encrypt(nonce, text.encode(), bound)
            sealed.append(base64.b64encode(body).decode())
        return sealed

    def decrypt_text(self, texts: Sequence[str | None], purpose: str) -> list[str | None]:
        """What `encrypt_text` was given. Raises InputError when a text was changed or is another key's or purpose's."""
        bound = f"text|{purpose}|{VERSION}".encode()
        opened: list[str | None] = []
        for place, text in enumerate(texts, 1):
            if text is None:
                opened.append(None)
                continue
            try:
                body = base64.b64decode(text, validate=True)
                opened.append(self._cipher.decrypt(body[:NONCE], body[NONCE:], bound).decode())
            except (InvalidTag, ValueError):
                raise _refused(f"encrypted text {place} of {len(texts)} ({purpose})") from None
        return opened

    def _write(self, name: str, frame: pl.DataFrame) -> None:
        count = max(1, -(-frame.height // ROWS_A_CHUNK))

        def write(beside: Path) -> None:
            with beside.open("wb") as file:
                file.write(HEAD.pack(MAGIC, VERSION, count))
                for index in range(count):
                    # Parquet only ever in memory: no plain bytes of the vault reach a disk
                    plain = io.BytesIO()
                    frame.slice(index * ROWS_A_CHUNK, ROWS_A_CHUNK).write_parquet(plain, compression="zstd")
                    nonce = os.urandom(NONCE)
                    sealed = self._cipher.encrypt(nonce, plain.getvalue(), _bound(name, index, count))
                    file.write(SIZE.pack(len(sealed)) + nonce + sealed)

        write_whole(self.folder / name, write, mode=0o600)

    def _read(self, name: str, columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
        path = self.folder / name
        if not path.exists():
            return pl.DataFrame(schema=columns)
        pieces = []
        try:
            with path.open("rb") as file:
                magic, version, count = HEAD.unpack(file.read(HEAD.size))
                if (magic, version) != (MAGIC, VERSION):
                    raise ValueError("another format")
                for index in range(count):
                    (size,) = SIZE.unpack(file.read(SIZE.size))
                    if size > path.stat().st_size:
                        raise ValueError("longer than its file")
                    nonce, sealed = file.read(NONCE), file.read(size)
                    plain = self._cipher.decrypt(nonce, sealed, _bound(name, index, count))
                    pieces.append(pl.read_parquet(io.BytesIO(plain)))
                if file.read(1):
                    raise ValueError("more than its chunks")
        except (InvalidTag, ValueError, struct.error):
            raise _refused(str(path)) from None
        return pl.concat(pieces)


def _stretches(new: pl.DataFrame, old: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Both, sorted by person_key, cut at the same keys: joined whole, a region's persons would not fit in memory."""
    begun = 0
    for start in range(0, new.height, ROWS_A_CHUNK):
        came, after = new.slice(start, ROWS_A_CHUNK), start + ROWS_A_CHUNK
        ends = old["person_key"].search_sorted(new["person_key"][after]) if after < new.height else old.height
        yield came, old.slice(begun, ends - begun)
        begun = ends


def _merged(new: pl.DataFrame, old: pl.DataFrame) -> tuple[pl.DataFrame, int, int]:
    """(old with what is new, sorted by person_key; rows added or changed; keys whose identity is another one)."""
    both = new.join(old, on="person_key", how="inner", suffix="_old")
    strange = both.filter(pl.col("identity") != pl.col("identity_old")).height
    merged = both.select(
        "person_key",
        "identity",
        name=pl.coalesce("name", "name_old"),
        birth_date=pl.coalesce("birth_date", "birth_date_old"),
    )
    changed = merged.join(old, on=list(PERSONS), how="anti", nulls_equal=True)
    renewed = pl.concat([new.join(old, on="person_key", how="anti"), changed])
    kept = old.join(renewed, on="person_key", how="anti")
    return pl.concat([kept, renewed]).sort("person_key"), renewed.height, strange


def _bound(name: str, index: int, count: int) -> bytes:
    return f"{name}|{VERSION}|{index}|{count}".encode()


def _refused(what: str) -> InputError:
    return InputError(
        f"{what} cannot be decrypted: it was changed, cut short, or written with another key",
        remedy="put vault/key and this file back from the same backup",
    )
