"""privacy.vault: names and numbers, encrypted."""

import stat
from datetime import date

import polars as pl
import pytest

from pipeline.config.home import Home
from pipeline.errors import InputError, NightFailed
from pipeline.privacy import vault as module
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import FORMER, PERSONS, Vault

BORN = date(1980, 2, 29)


def persons(*rows):
    return pl.DataFrame(rows, schema=PERSONS, orient="row")


def links(*rows):
    return pl.DataFrame(rows, schema=FORMER, orient="row")


ANNA = (1, "200002299806", "Anna Åberg", BORN)
BO = (-2, "19810829M071", "Bo", None)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def vault(home):
    return Vault(home, Keyring.open(home.vault))


def test_what_was_put_in_comes_out_and_only_for_those_asked_for(vault):
    assert vault.upsert(persons(ANNA, BO)) == 2
    assert vault.identities().sort("identity").rows() == [BO, ANNA]
    assert vault.identities([1, 77]).rows() == [ANNA]


def test_an_empty_vault_has_the_right_columns(vault):
    assert vault.identities().schema == pl.Schema(PERSONS)
    assert vault.former().schema == pl.Schema(FORMER)


def test_no_name_or_number_can_be_read_in_the_file_and_only_the_owner_can_open_it(vault, home):
    vault.upsert(persons(ANNA))
    file = home.vault / "persons.enc"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Anna" not in file.read_bytes()
    assert b"200002299806" not in file.read_bytes()
    assert b"PAR1" not in file.read_bytes()


def test_the_same_persons_again_change_no_byte(vault, home):
    vault.upsert(persons(ANNA, BO))
    before = (home.vault / "persons.enc").read_bytes()
    assert vault.upsert(persons(BO, ANNA)) == 0
    assert (home.vault / "persons.enc").read_bytes() == before


def test_a_new_name_replaces_the_old_and_a_blank_one_keeps_it(vault):
    vault.upsert(persons(ANNA, BO))
    assert vault.upsert(persons((1, ANNA[1], "Anna Öberg", BORN), (-2, BO[1], None, BORN))) == 2
    assert vault.identities().rows() == [(-2, BO[1], "Bo", BORN), (1, ANNA[1], "Anna Öberg", BORN)]


def test_one_pseudonym_for_two_numbers_is_refused_and_nothing_is_written(vault):
    vault.upsert(persons(ANNA))
    with pytest.raises(NightFailed, match="1 pseudonyms"):
        vault.upsert(persons((1, "199406069804", "Else", None)))
    assert vault.identities().rows() == [ANNA]


def test_a_table_of_several_chunks_reads_back_whole(vault, monkeypatch):
    monkeypatch.setattr(module, "ROWS_A_CHUNK", 7)
    many = pl.DataFrame(
        {
            "person_key": range(50),
            "identity": [f"{n:012d}" for n in range(50)],
            "name": None,
            "birth_date": None,
        }
    )
    vault.upsert(many)
    assert vault.identities()["person_key"].to_list() == list(range(50))


@pytest.mark.parametrize("place", [0, 8, 11, 20, 40, -1])
def test_a_file_with_one_changed_byte_is_refused(vault, home, place):
    vault.upsert(persons(ANNA, BO))
    file = home.vault / "persons.enc"
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"persons\.enc cannot be decrypted"):
        vault.identities()


@pytest.mark.parametrize("change", [lambda whole: whole[:-5], lambda whole: whole + b"x", lambda whole: b""])
def test_a_file_that_was_cut_short_or_grew_is_refused(vault, home, change):
    vault.upsert(persons(ANNA))
    file = home.vault / "persons.enc"
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(InputError, match="cannot be decrypted"):
        vault.identities()


def test_a_file_of_one_table_cannot_stand_in_for_another(vault, home):
    vault.upsert(persons(ANNA))
    (home.vault / "former.enc").write_bytes((home.vault / "persons.enc").read_bytes())
    with pytest.raises(InputError, match="cannot be decrypted"):
        vault.former()


def test_another_key_reads_nothing(vault, home):
    vault.upsert(persons(ANNA))
    with pytest.raises(InputError, match="another key"):
        Vault(home, Keyring(b"\x01" * 32)).identities()


def test_a_changed_number_leads_to_the_person_today_over_several_changes(vault):
    vault.link_former(links((10, "a", 20)))
    vault.link_former(links((20, "b", 30)))
    assert vault.former().rows() == [(10, "a", 30), (20, "b", 30)]


def test_the_newest_link_wins_and_undoes_its_reverse(vault):
    assert vault.link_former(links((10, "a", 20))) == 1
    assert vault.link_former(links((10, "a", 20))) == 0
    vault.link_former(links((20, "b", 10)))
    assert vault.former().rows() == [(20, "b", 10)]


def test_former_numbers_in_a_circle_are_refused_with_their_count(vault):
    vault.link_former(links((10, "a", 20), (20, "b", 30), (30, "c", 10)))
    with pytest.raises(InputError, match="3 former numbers lead round in a circle"):
        vault.former()


def test_a_text_reads_back_for_its_purpose_only(vault):
    sealed = vault.encrypt_text(["åäö;1", None, ""], "quarantine")
    assert vault.decrypt_text(sealed, "quarantine") == ["åäö;1", None, ""]
    assert "åäö" not in sealed[0]
    for broken, purpose in ((sealed, "note"), ([sealed[0][:-8]], "quarantine"), (["???"], "quarantine")):
        with pytest.raises(InputError, match="cannot be decrypted"):
            vault.decrypt_text(broken, purpose)


def test_two_equal_texts_do_not_look_equal(vault):
    first, second = vault.encrypt_text(["same", "same"], "note")
    assert first != second
