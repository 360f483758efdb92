"""The verbs around the night: doctor, card, quarantine and init, as an operator meets them."""

import datetime as dt
import json
import subprocess
import sys

import pytest

from pipeline.config.home import CHECKOUT
from tests.flow import regions
from tests.flow.test_bad_input import HOLD, told


def test_doctor_says_that_a_run_is_at_work_and_changes_nothing(home):
    half = home.lake / "spells" / ".spells.parquet.kx29_ab1"
    half.write_text("being written")
    before = regions.digests(home)
    running = subprocess.Popen([sys.executable, "-c", HOLD, str(home.path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout.readline() == "held\n"
        half.write_text("being written")  # the run swept what lay there before it
        done = regions.rehabrisk("doctor", home=home.path)
        assert done.returncode == 0 and "lock: a run is at work" in done.stdout and "FAULT" not in done.stdout
        assert half.read_text() == "being written"
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    done = regions.rehabrisk("doctor", home=home.path)
    assert done.returncode == 0 and "lock: free" in done.stdout
    assert half.is_file() and regions.digests(home) == before


def test_quiet_is_quiet_and_the_exit_code_says_it(home):
    done = regions.rehabrisk("doctor", "--quiet", home=home.path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    home.vault.chmod(0o755)
    done = regions.rehabrisk("doctor", "--quiet", home=home.path)
    assert (done.returncode, done.stdout) == (1, "")
    for verb in ("card", "quarantine"):
        done = regions.rehabrisk(verb, "--quiet", home=home.path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_fresh_home_is_well_and_both_verbs_say_that_the_first_night_trains(tmp_path):
    fresh = tmp_path / "a home"
    done = regions.rehabrisk("init", "--quiet", home=fresh)
    assert (done.returncode, done.stdout) == (0, "")
    doctor = regions.rehabrisk("doctor", home=fresh)
    assert doctor.returncode == 0 and "the first night trains one" in doctor.stdout
    told(regions.rehabrisk("card", home=fresh), 2, f"`rehabrisk nightly --home '{fresh}'`: the first night trains one")
    told(regions.rehabrisk("init", fresh, home=tmp_path), 2, "two homes are named")


def test_card_and_quarantine_as_of_a_night(finished):
    place = finished.home.path
    card = regions.rehabrisk("card", home=place).stdout
    assert "Model card" in card and card == regions.rehabrisk("card", home=place, as_of="2026-01-12").stdout
    told(regions.rehabrisk("card", home=place, as_of="2025-12-31"), 2, "no model was in use on 2025-12-31")
    assert regions.rehabrisk("quarantine", home=place, as_of="2025-12-31").stdout == "nothing is in quarantine\n"
    assert " (line" in regions.rehabrisk("quarantine", home=place, as_of="2026-01-12").stdout


def test_what_the_card_warns_of_reaches_the_nights_summary_the_monitor_and_doctor(home):
    version = (home.models / "current").read_text(encoding="utf-8").strip()
    file = home.models / version / "validation.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["suspect_leak"] is False
    file.write_text(json.dumps(found | {"suspect_leak": True, "early_auc": [0.91, 0.88, 0.94]}), encoding="utf-8")
    tomorrow = regions.AS_OF + dt.timedelta(days=1)
    done = regions.rehabrisk("nightly", home=home.path, as_of=tomorrow)
    assert done.returncode == 0, done.stderr
    alarms = next(line for line in done.stdout.splitlines() if line.startswith("  alarms "))
    assert "model: AUC 0.91 (0.88-0.94)" in alarms
    (kept,) = json.loads((home.monitor / f"{tomorrow}.json").read_text(encoding="utf-8"))["alarms"]
    assert kept["what"] == "model"
    doctor = regions.rehabrisk("doctor", home=home.path)
    assert doctor.returncode == 1 and f"FAULT model {version}: AUC 0.91" in doctor.stdout
    assert f"`rehabrisk card --version {version} --home {home.path}`" in doctor.stdout


@pytest.mark.parametrize("verb", ["nightly", "promote", "card", "quarantine", "doctor", "init", "simulate", "evaluate", "score"])
def test_every_verb_of_a_home_takes_the_contracts_options(verb):
    done = regions.rehabrisk(verb, "--as-of", "no date", "--quiet", "--home", "/nowhere/at/all", *{"promote": ["v"], "evaluate": ["s"], "simulate": ["--persons", "9"]}.get(verb, []))
    assert done.returncode == 2 and "No such option" not in done.stderr, done.stderr
    assert done.stderr.startswith("rehabrisk: ")
