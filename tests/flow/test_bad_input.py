"""Every bad input through the real command line: exit code, one message with a remedy, nothing half-written, nobody named."""

import datetime as dt
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import polars as pl
import pytest

from pipeline.config.home import CHECKOUT, Home
from tests.flow import regions, spoilt
from tests.flow.spoilt import NEW, delivery

FULL = 40_000  # bytes a file may have on the disk that is full
HOLD = """
import sys, time
from pathlib import Path
from pipeline.config.home import Home
from pipeline.lock import only_run
with only_run(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def told(done, code: int, *words: str) -> None:
    """The exit code, one message on standard error with a remedy, no traceback, nobody's number or name."""
    said = done.stderr
    assert done.returncode == code, said
    assert said.startswith("rehabrisk: "), said
    assert said.count("rehabrisk: ") == 1 and said.count("\n  -> ") == 1, said
    assert len(said) < 900, said
    assert "Traceback" not in done.stdout + said and 'File "' not in said
    for word in words:
        assert word in said, f"{word!r} not in {said!r}"
    nobody_named(done.stdout + said)


def nobody_named(text: str) -> None:
    assert not re.search(r"(?<![\w.])(\d{8}|\d{6})[-+]?\d{4}(?!\w)", text), text
    assert not re.search(r"(Öst|Åsa|Zäta|Xerxes|Lövfall|Ödegren)-?\d*", text.replace("Östhammar", "")), text


BAD: list[tuple[Callable[[Home], None], int, tuple[str, ...]]] = [
    (spoilt.unknown_key, 2, ("region.toml, line 12", "spells.max_gap ", "max_gap_days")),
    (spoilt.wrong_type, 2, ("region.toml, line 15", "spells.max_gap_days", "a whole number")),
    (spoilt.out_of_range, 2, ("region.toml, line", "ingest.max_rejected_share", "from 0 to 1")),
    (spoilt.not_toml, 2, ("region.toml", "line 2")),
    (spoilt.settings_not_text, 2, ("region.toml", "UTF-8")),
    (spoilt.setting_for_no_table, 2, ("ingest.tables.patients", "no such table")),
    (spoilt.no_required_table, 2, ("required table certificates",)),
    (spoilt.missing_column, 2, (f"{NEW}/certificates.csv", "patient_id")),
    (spoilt.unknown_column, 2, (f"{NEW}/certificates.csv", "'physician'", "ingest.tables.certificates.columns")),
    (spoilt.no_header, 2, (f"{NEW}/persons.csv", "header")),
    (spoilt.other_separator, 2, (f"{NEW}/certificates.csv", "separator")),
    (spoilt.truncated_gzip, 2, (f"{NEW}/certificates.csv.gz", "cut short")),
    (spoilt.no_gzip_at_all, 2, (f"{NEW}/certificates.csv.gz",)),
    (spoilt.torn_parquet, 2, (f"{NEW}/certificates.parquet",)),
    (spoilt.wrong_encoding, 2, (f"{NEW}/persons.csv", "utf-8", "encoding")),
    (spoilt.manifest_of_other_bytes, 2, (f"{NEW}/certificates.csv", "sha256")),
    (spoilt.manifest_of_other_rows, 2, (f"{NEW}/certificates.csv", "50", "51")),
    (spoilt.manifest_names_more, 2, (f"{NEW}/manifest.json", "persons.csv")),
    (spoilt.manifest_torn, 2, (f"{NEW}/manifest.json",)),
    (spoilt.empty_delivery, 2, (f"delivery {NEW} is empty",)),
    (spoilt.empty_file, 2, (f"{NEW}/certificates.csv", "empty")),
    (spoilt.still_written, 2, (f"delivery {NEW} is still being written", "certificates.csv.part")),
    (spoilt.unknown_file, 2, (f"{NEW}/sickleave.csv",)),
    (spoilt.one_table_twice, 2, (f"{NEW}/certificates.parquet", "certificates.csv")),
    (spoilt.folder_that_is_no_date, 2, ("raw/2026-13-01",)),
    (spoilt.rule_fails_too_often, 2, (f"{NEW}/certificates.csv", "of 2000 rows", "lines 2, 3, 4", "date format")),
    (spoilt.open_quote, 2, (f"{NEW}/persons.csv", "quotation mark")),
    (spoilt.newer_model, 2, ("format 99", "promote an older model")),
    (spoilt.damaged_model, 2, ("cannot be used", "train anew")),
    (spoilt.evidence_missing, 2, ("nowhere.toml",)),
    (spoilt.evidence_unreadable, 2, ("own.toml", "cannot be used")),
    (spoilt.lost_key, 2, ("key",)),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "code", "words"), BAD, ids=[one[0].__name__.replace("_", " ") for one in BAD])
def test_bad_input_is_told_and_nothing_of_yesterday_changes(home, spoil, code, words):
    spoil(home)
    before = regions.results(home)
    done = regions.rehabrisk("nightly", home=home.path)
    told(done, code, *words)
    after = regions.results(home)
    assert {name for name in before | after if before.get(name) != after.get(name)} == set()


def test_a_failed_night_is_in_the_book_and_the_mended_one_runs(home):
    spoilt = delivery(home)
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole.replace(b"doctor_id", b"physician", 1))
    assert regions.rehabrisk("nightly", home=home.path).returncode == 2
    last = regions.records(home)[-1]
    assert last["outcome"] == "failed" and "physician" in last["fault"] and "Traceback" not in last["fault"]
    spoilt.rename(spoilt.with_suffix(".csv.part"))
    time.sleep(1)  # the name of a record has seconds
    assert regions.rehabrisk("nightly", home=home.path).returncode == 2
    last = regions.records(home)[-1]
    assert last["outcome"] == "failed" and "still being written" in last["fault"]
    doctor = regions.rehabrisk("doctor", home=home.path)
    assert doctor.returncode == 1 and "still being written" in doctor.stdout
    spoilt.write_bytes(whole)
    spoilt.with_suffix(".csv.part").unlink()
    assert regions.night(home)["outcome"] == "done"


def test_a_night_stopped_by_hand(home):
    delivery(home)
    before = regions.results(home)
    running = subprocess.Popen(
        regions.command("nightly", home=home.path), cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout.readline() == "ingest\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    told(subprocess.CompletedProcess([], running.returncode, out, err), 1, "stopped by hand", "run it again")
    assert regions.results(home) == before
    assert regions.records(home)[-1]["outcome"] == "failed"


def test_no_home(tmp_path):
    told(regions.rehabrisk("nightly", home=tmp_path / "nowhere"), 2, "is not a home", "rehabrisk init")
    assert list(tmp_path.iterdir()) == []


def test_a_home_without_deliveries(tmp_path):
    assert regions.rehabrisk("init", tmp_path / "h").returncode == 0
    told(regions.rehabrisk("nightly", home=tmp_path / "h"), 2, "no delivery under")
    told(regions.rehabrisk("init", tmp_path / "h"), 2, "is a home already")


def test_a_folder_that_was_there_keeps_its_mode_and_what_a_home_holds_is_its_owners(tmp_path):
    tmp_path.chmod(0o755)  # as the checkout's data/
    assert regions.rehabrisk("init", tmp_path).returncode == 0
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize("stage", ["spells", "features", "train", "score", "worklist", "monitor"])
def test_a_stage_before_the_one_it_needs(home, stage):
    for folder in (home.lake, home.scores, home.worklists):
        shutil.rmtree(folder)
    done = regions.rehabrisk(stage, home=home.path)
    told(done, 2, stage, "has not been made yet", "rehabrisk nightly")


def test_a_stage_of_another_night_than_the_lake_holds(home):
    before = regions.results(home)
    for stage in ("features", "score", "worklist", "monitor"):
        done = regions.rehabrisk(stage, home=home.path, as_of="2025-12-01")
        told(done, 2, "holds the night of 2026-01-12, not of 2025-12-01", "nightly --as-of 2025-12-01")
    assert regions.results(home) == before


def test_a_second_run_at_the_same_time(home):
    delivery(home)
    before = regions.digests(home)
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(home.path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "held\n"
        for verb in ("nightly", "score"):
            told(regions.rehabrisk(verb, home=home.path), 2, "another run is at work", "wait")
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    assert regions.digests(home) == before


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


def test_a_full_disk(home):
    """Files may grow to a few blocks only: what a write meets is what it meets on a disk without room."""
    for table in ("contacts", "certificates"):
        delivery(home, table, rows=3000)
    before = regions.results(home)
    done = regions.rehabrisk("nightly", home=home.path, preexec_fn=_small_files)
    told(done, 1, "the disk is full", "free some space")
    assert regions.results(home) == before
    assert [path.name for path in home.path.rglob(".*") if path.name != ".lock"] == []
    assert regions.night(home)["outcome"] == "done"


def test_a_disk_that_fills_up_in_the_middle_of_the_night(home):
    """The room that is left takes the delivery and no more."""
    delivery(home, rows=50)
    before = regions.digests(home, "scores", "worklists", "models")
    room = (home.lake / "certificates" / "certificates.parquet").stat().st_size * 3 // 4
    done = regions.rehabrisk(
        "nightly", home=home.path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    )
    told(done, 1, "the disk is full")
    assert regions.digests(home, "scores", "worklists", "models") == before
    for file in home.lake.rglob("*.parquet"):
        pl.read_parquet(file)


@pytest.mark.parametrize("as_of", ["1999-01-01", "2022-06-01"])
def test_a_night_before_all_data(home, as_of):
    before = regions.digests(home, "lake/spells", "lake/ongoing", "scores", "worklists", "monitor", "models")
    told(regions.rehabrisk("nightly", home=home.path, as_of=as_of), 2, "before all data", "--as-of")
    assert regions.digests(home, "lake/spells", "lake/ongoing", "scores", "worklists", "monitor", "models") == before


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "20260112x", "12/01/2026", ""])
def test_an_as_of_that_is_no_date(finished, text):
    told(regions.rehabrisk("nightly", home=finished.home.path, as_of=text), 2, "is not a date", "YYYY-MM-DD")


@pytest.mark.parametrize("words", [("nigthly",), ("nightly", "--fast"), ("nightly", "--as-of"), ("init",), ("simulate",)])
def test_an_unknown_verb_or_option(words):
    done = regions.rehabrisk(*words)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "Error" in done.stderr


def test_too_little_data_to_train_falls_back_on_national_figures(tmp_path):
    home = regions.region(tmp_path / "home", 400)
    done = regions.rehabrisk("nightly", home=home.path)
    assert done.returncode == 0, done.stderr
    assert "too little of the region's own past" in done.stdout and "national figures" in done.stdout
    meta = json.loads((home.models / (home.models / "current").read_text().strip() / "meta.json").read_text())
    assert meta["kind"].startswith("national")
    assert (home.models / meta["version"] / "card.md").is_file()
    scored = regions.scores(home)
    assert scored["model_version"].unique().to_list() == [meta["version"]]
    assert scored["p_90"].is_between(0, 1).all() and scored["reasons"].list.len().max() >= 1
    assert regions.worklists(home)
    # every night tries again, and keeps no second copy of the same figures
    again = regions.night(home, regions.AS_OF + dt.timedelta(days=1))
    assert "train" in again["stages"] and again["model"] == meta["version"]
    assert len(list(home.models.glob("*/meta.json"))) == 1


def test_a_promoted_model_that_is_gone(home):
    shutil.rmtree(home.worklists / "2026-01-12")
    version = (home.models / "current").read_text(encoding="utf-8").strip()
    shutil.rmtree(home.models / version)
    told(regions.rehabrisk("nightly", home=home.path), 2, f"no model {version}")


def test_a_folder_where_a_file_should_be(home):
    (home.raw / "2026-01-12" / "units.csv").unlink()
    (home.raw / "2026-01-12" / "units.csv").mkdir()
    told(regions.rehabrisk("nightly", home=home.path), 2, "2026-01-12/units.csv")
