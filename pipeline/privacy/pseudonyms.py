"""Keyed pseudonyms: who holds no key cannot go from a person_key to a person, nor try all numbers there are.

A plain hash would not do: there are about 10^9 identity numbers, tried in seconds (EDPB 01/2025, ENISA 2019).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.errors import NightFailed, UsageError

KEY_BYTES = 32
KEY_FILE = "key"


class Keyring:
    """One secret key and what is derived from it. Open it with `Keyring.open`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:  # a key in a log or traceback would be out
        return "Keyring(...)"

    @classmethod
    def open(cls, vault: Path) -> Keyring:
        """The key of `vault` (HOME/vault), made at first use: 32 random bytes, file 0600 in a folder 0700.

        Raises UsageError: the file is readable by others, has the wrong length, or is gone while
        encrypted files are still there (a new key could never read them, and every pseudonym would change).
        """
        vault.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(vault.stat().st_mode) & 0o077:
            vault.chmod(0o700)
        path = vault / KEY_FILE
        if not path.exists():
            if any(vault.glob("*.enc")):
                raise UsageError(
                    f"{path} is missing, but {vault} holds files encrypted with it",
                    remedy="put the key file back from your backup; a new key cannot read them",
                )
            _create(path)
        return cls(_read(path))

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for one purpose ("pseudonym", "vault", "study:<id>"), HKDF-SHA256 (RFC 5869).

        Subkeys tell nothing of each other: a study's pseudonyms cannot be matched to the lake's.
        """
        return HKDF(SHA256(), KEY_BYTES, salt=b"rehabrisk", info=purpose.encode()).derive(self._key)

    def person_keys(self, identities: Sequence[str], purpose: str = "pseudonym") -> np.ndarray:
        """int64 pseudonyms of canonical identities, in order.

        First 8 bytes of HMAC-SHA-256, big endian, signed. Among 10 million persons two share
        a key with a chance of 3 in a million; if it happens the run stops.
        """
        inner, outer = _prepared(self.subkey(purpose))
        distinct = dict.fromkeys(identities)
        digests = []
        for one in distinct:
            within, around = inner.copy(), outer.copy()
            within.update(one.encode())
            around.update(within.digest())
            digests.append(around.digest()[:8])
        joined = b"".join(digests)
        keys = np.frombuffer(joined, dtype=">i8").astype(np.int64)
        refuse_collisions(keys)
        if len(distinct) == len(identities):
            return keys
        place = {one: index for index, one in enumerate(distinct)}
        return keys[np.fromiter((place[one] for one in identities), dtype=np.int64, count=len(identities))]


def _prepared(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """HMAC-SHA-256 (RFC 2104) with the key taken in already: setting it up anew for each text takes twice the time."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in block)), hashlib.sha256(bytes(byte ^ 0x5C for byte in block))


def refuse_collisions(keys: np.ndarray) -> None:
    """Stop when two of these pseudonyms, each of another identity, are equal."""
    if missing := len(keys) - len(np.unique(keys)):
        raise NightFailed(
            f"{missing} of {len(keys)} persons would share a pseudonym with another person",
            remedy="nothing was written; make a new key in an empty home and load all deliveries again",
        )


def _create(path: Path) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was first; its key is the key
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(
            f"the key file {path} can be read by others than its owner",
            remedy=f"chmod 600 {path}, and ask who may have copied it",
        )
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise UsageError(
            f"the key file {path} has {len(key)} bytes, not {KEY_BYTES}",
            remedy="put it back from your backup; if nothing was ever ingested here, delete it",
        )
    return key
