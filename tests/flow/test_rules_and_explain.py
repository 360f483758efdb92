"""The rules beside each other, and one person explained, by the real command line."""

import subprocess

import polars as pl
import pytest

from pipeline.config.home import CHECKOUT
from pipeline.privacy.access_log import AccessLog
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from tests.flow import regions


@pytest.fixture
def on_a_list(home):
    """Someone on tonight's lists: key, identity number, name."""
    key = int(pl.read_parquet(next(home.scores.glob("as_of=*")) / "scores.parquet").filter("eligible")["person_key"].sort()[0])
    row = Vault(home, Keyring.open(home.vault)).identities([key]).row(0, named=True)
    return key, row["identity"], row["name"]


def explained(home, person, typed=None, **how):
    return subprocess.run(
        [*regions.command("explain", home=home.path, **how), "--", person],
        cwd=CHECKOUT, capture_output=True, text=True, input=typed, timeout=300, check=False,
    )  # fmt: skip


def test_explain_tells_the_same_by_key_and_by_number_names_no_one_and_logs_each_look(home, on_a_list):
    key, number, name = on_a_list
    before = regions.digests(home, "lake", "scores", "worklists", "runs")
    by_key = explained(home, str(key))
    typed = explained(home, "-", typed=f"{number[2:8]}-{number[8:]}\n", purpose="quality")
    given = explained(home, number)
    assert by_key.returncode == typed.returncode == given.returncode == 0, by_key.stderr + typed.stderr
    assert by_key.stdout == typed.stdout == given.stdout
    assert "Sjukfall enligt vår regel" in by_key.stdout and "plats" in by_key.stdout
    assert "history" in given.stderr and not typed.stderr
    for told in (by_key, typed, given):
        assert number not in told.stdout + told.stderr and name not in told.stdout + told.stderr
    log = AccessLog(home).read().tail(3)
    assert log["action"].unique().to_list() == ["explain"] and log["patient"].unique().to_list() == [key]
    assert log["purpose"].to_list() == ["administration", "quality", "administration"]
    assert regions.digests(home, "lake", "scores", "worklists", "runs") == before
    assert not home.tmp.exists()


@pytest.mark.parametrize("person", ["19121212-1212", "nobody", "123456789012345678", "9" * 30])
def test_someone_unknown_is_told_without_a_word_of_what_was_asked(home, person):
    logged = AccessLog(home).read().height
    told = explained(home, "-", typed=person)
    assert told.returncode == 2 and not told.stdout
    assert person not in told.stderr and "Traceback" not in told.stderr
    assert AccessLog(home).read().height == logged


@pytest.mark.parametrize(
    ("typed", "said"),
    [("191212121213", "wrong check digit"), ("121212-1213", "wrong check digit"), ("191213311212", "day of birth"), ("191212121212", "nobody")],
)
def test_a_fault_of_the_number_itself_is_told_without_the_number(home, typed, said):
    told = explained(home, "-", typed=typed)
    assert told.returncode == 2 and said in told.stderr
    assert typed not in told.stderr and typed[-4:] not in told.stderr


def test_a_day_or_a_purpose_that_cannot_be_is_refused(home, on_a_list):
    key = str(on_a_list[0])
    later = explained(home, key, as_of="2026-01-13")
    assert later.returncode == 2 and "2026-01-12" in later.stderr
    for purpose, said in (("curiosity", "'curiosity' is no purpose"), ("", "no purpose is given")):
        told = explained(home, key, purpose=purpose)
        assert told.returncode == 2 and said in told.stderr and "--purpose one of care, quality" in told.stderr
    assert "Inget intyg var känt" in explained(home, key, as_of="2000-01-01").stdout


def test_comparing_the_rules_changes_nothing_and_ours_differs_from_itself_for_nobody(home):
    before = regions.digests(home)
    told = regions.rehabrisk("spells", "--compare", home=home.path)
    assert told.returncode == 0, told.stderr
    ours = next(line for line in told.stdout.splitlines() if line.startswith("vår regel"))
    ongoing = pl.read_parquet(home.lake / "ongoing" / "ongoing.parquet").filter("ongoing").height
    spells = pl.read_parquet(home.lake / "spells" / "spells.parquet").filter(pl.col("start_date") <= regions.AS_OF).height
    payer = next(line for line in told.stdout.splitlines() if line.startswith("Försäkringskassan"))
    assert int(payer.split()[3]) < spells
    assert ours.split()[2:] == [str(spells), str(ongoing), "0", "0", "0", "0", "–", "–", "0"]
    assert regions.digests(home) == before


@pytest.mark.parametrize("rule", ["rehabstod", "statistics", "fk"])
def test_a_region_that_reports_by_another_rule_has_those_spells_beside_its_own(home, rule):
    spells = home.lake / "spells" / "spells.parquet"
    before = spells.read_bytes()
    regions.settings(home, rule=rule)
    told = regions.rehabrisk("spells", home=home.path)
    assert told.returncode == 0, told.stderr
    made = pl.read_parquet(home.lake / "reported_spells" / "reported_spells.parquet")
    assert made["rule"].unique().to_list() == [rule]
    clean = pl.read_parquet(spells)
    theirs, ours = (set(frame.filter("ongoing")["person_key"]) for frame in (made, clean))
    assert theirs and (theirs < ours if rule == "fk" else theirs >= ours)
    assert spells.read_bytes() == before
    regions.settings(home, rule="clean")
    assert regions.rehabrisk("spells", home=home.path).returncode == 0
    assert not (home.lake / "reported_spells" / "reported_spells.parquet").exists()
