"""privacy.pseudonyms: the key, and what is derived from it."""

import hashlib
import hmac
import stat

import numpy as np
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.errors import NightFailed, UsageError
from pipeline.privacy.pseudonyms import Keyring, refuse_collisions

IDENTITIES = ["200002299806", "19810829M071", "200002299806"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_made_at_first_use_and_only_the_owner_can_read_it(tmp_path):
    vault = tmp_path / "vault"
    Keyring.open(vault)
    assert (mode(vault), mode(vault / "key")) == (0o700, 0o600)
    assert len((vault / "key").read_bytes()) == 32


def test_the_same_key_gives_the_same_pseudonyms_night_after_night(tmp_path):
    first = Keyring.open(tmp_path / "vault").person_keys(IDENTITIES)
    again = Keyring.open(tmp_path / "vault").person_keys(IDENTITIES)
    assert first.tolist() == again.tolist()
    assert first.dtype == np.int64
    assert first[0] == first[2] != first[1]


def test_another_home_gives_other_pseudonyms(tmp_path):
    here = Keyring.open(tmp_path / "a").person_keys(IDENTITIES)
    there = Keyring.open(tmp_path / "b").person_keys(IDENTITIES)
    assert not set(here.tolist()) & set(there.tolist())


def test_each_purpose_has_its_own_pseudonyms(tmp_path):
    keyring = Keyring.open(tmp_path / "vault")
    assert keyring.person_keys(IDENTITIES)[0] != keyring.person_keys(IDENTITIES, "study:sll-2012")[0]


def test_a_pseudonym_is_the_first_eight_bytes_of_the_keyed_hash():
    ring = Keyring(b"\x01" * 32)
    subkey = HKDF(SHA256(), 32, salt=b"rehabrisk", info=b"pseudonym").derive(b"\x01" * 32)
    digest = hmac.new(subkey, b"200002299806", hashlib.sha256).digest()
    assert ring.person_keys(["200002299806"])[0] == int.from_bytes(digest[:8], "big", signed=True)


def test_no_identities_give_no_pseudonyms():
    assert Keyring(b"\x01" * 32).person_keys([]).shape == (0,)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path, bits):
    Keyring.open(tmp_path)
    (tmp_path / "key").chmod(bits)
    with pytest.raises(UsageError, match="chmod 600"):
        Keyring.open(tmp_path)


def test_a_key_of_the_wrong_length_is_refused(tmp_path):
    Keyring.open(tmp_path)
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(UsageError, match="5 bytes, not 32"):
        Keyring.open(tmp_path)


def test_a_lost_key_is_not_replaced_by_a_new_one_while_encrypted_files_remain(tmp_path):
    (tmp_path / "persons.enc").write_bytes(b"...")
    with pytest.raises(UsageError, match="is missing"):
        Keyring.open(tmp_path)
    assert not (tmp_path / "key").exists()


def test_two_persons_with_one_pseudonym_stop_the_run():
    with pytest.raises(NightFailed, match="1 of 3 persons"):
        refuse_collisions(np.array([1, 2, 2]))


def test_a_keyring_does_not_show_its_key():
    assert "x" * 5 not in repr(Keyring(b"x" * 32))
