"""A night killed at any point leaves yesterday's lists whole, and the next run gives what an undisturbed one gives."""

import datetime as dt
import io
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest

from pipeline.config.home import CHECKOUT, Home
from pipeline.store.tables import MARK, TONIGHT
from tests.flow import regions

TOMORROW = regions.AS_OF + dt.timedelta(days=1)
YESTERDAYS = ("scores/as_of=2026-01-12", "worklists/2026-01-12", "models")
WHAT_A_NIGHT_GIVES = ("lake", "scores", "worklists", "models", "monitor")


def with_news(home: Home) -> Home:
    """A delivery of the next day: a certificate prolonged for each of the last hundred signed."""
    old = home.raw / regions.AS_OF.isoformat()
    new = home.raw / TOMORROW.isoformat()
    certificates = regions.extract(old, "certificates").filter(pl.col("patient_id").str.len_chars() == 12)
    periods = regions.extract(old, "certificate_periods")
    good = certificates.filter(certificates["issued_at"].str.slice(0, 10) < "2026-01-12").sort("issued_at").tail(100)
    good = good.filter(good["certificate_id"].is_in(periods["certificate_id"].to_list()))
    prolonged = good.with_columns(
        certificate_id="n" + pl.col("certificate_id"), replaces_id=pl.lit(None, dtype=pl.String),
        issued_at=pl.lit("2026-01-12T16:00:00"), received_at=pl.lit("2026-01-13T01:00:00"), revoked_at=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    regions.deliver(new, "certificates", prolonged)
    regions.deliver(new, "certificate_periods", prolonged.select(
        "certificate_id", start_date=pl.lit("2026-01-13"), end_date=pl.lit("2026-02-02"), degree=pl.lit("100")
    ))  # fmt: skip
    regions.sign(new)
    return home


@pytest.fixture(scope="module")
def eve(finished, tmp_path_factory):
    """The finished home with the next day's delivery, not yet read. Not to be changed."""
    return with_news(regions.copied(finished.home, tmp_path_factory.mktemp("crash") / "eve"))


@pytest.fixture(scope="module")
def undisturbed(eve, tmp_path_factory):
    """What the next night gives when nothing happens to it."""
    home = regions.copied(eve, tmp_path_factory.mktemp("crash") / "undisturbed")
    regions.night(home)
    given = night_gives(home)
    assert any(name.startswith("worklists/2026-01-13/") for name in given)
    return given


def start(home: Home) -> subprocess.Popen:
    return subprocess.Popen(
        regions.command("nightly", home=home.path), cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill_once(home: Home, sign) -> bool:
    """Start a night and SIGKILL it as soon as `sign()` is true; False when it ended first."""
    running, seen = start(home), False
    try:
        until = time.monotonic() + 300
        while running.poll() is None and not seen and time.monotonic() < until:
            if seen := sign():
                running.send_signal(signal.SIGKILL)
            time.sleep(0.002)
    finally:
        if running.poll() is None:
            running.kill()
        code = running.wait()
    return seen and code == -signal.SIGKILL


def newer(path: Path):
    """True once the file has been made anew."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    return lambda: path.exists() and path.stat().st_mtime_ns != before


def beside(folder: Path):
    """True while something is being written there, under its temporary name."""
    before = set(folder.glob(".*"))
    return lambda: not before.issuperset(folder.glob(".*"))


def is_whole(home: Home) -> None:
    """Every file in its place can be read to its end; yesterday's is unchanged."""
    for file in [*home.lake.rglob("*.parquet"), *home.scores.rglob("*.parquet"), *home.quarantine.rglob("*.parquet")]:
        if not file.name.startswith("."):
            pl.read_parquet(io.BytesIO(file.read_bytes()))
    for unit, rows in regions.worklists(home).items():
        assert rows.height > 0, unit
    tomorrow = home.worklists / TOMORROW.isoformat()
    if tomorrow.exists():  # all lists or none
        assert {file.suffix for file in tomorrow.iterdir()} == {".csv", ".xlsx", ".html"}
        assert len({file.stem for file in tomorrow.iterdir()}) * 3 == len(list(tomorrow.iterdir()))


POINTS = {
    "while the delivery is read": lambda home: newer(home.lake / "staged" / "certificates" / "2026-01-13.parquet"),
    "while clean tables are made": lambda home: newer(home.lake / TONIGHT / "certificate_periods" / "certificate_periods.parquet"),
    "while features are made": lambda home: newer(home.lake / TONIGHT / "features.history" / "history.parquet"),
    "when scores are there and lists are not": lambda home: newer(home.scores / "as_of=2026-01-13" / "scores.parquet"),
    "while lists are written": lambda home: beside(home.worklists),
    "while tables are put in place": lambda home: lambda: not (home.lake / MARK).exists(),
}


def night_gives(home: Home) -> dict[str, str]:
    """Digests of all that a night leaves, but for the mark that names the run."""
    given = regions.digests(home, *WHAT_A_NIGHT_GIVES)
    assert given.pop(f"lake/{MARK}")
    return given


@pytest.fixture(scope="module")
def survivor(eve, tmp_path_factory):
    """One home, killed at a later point each time, then left alone. Each kill is followed by what must hold."""
    home = regions.copied(eve, tmp_path_factory.mktemp("crash") / "survivor")
    before = regions.digests(home, *YESTERDAYS)
    for point, sign in POINTS.items():
        assert kill_once(home, sign(home)), f"{point}: the night ended before it was killed"
        assert regions.digests(home, *YESTERDAYS) == before, point
        is_whole(home)
    # what a kill leaves is a matter of milliseconds; these are sure to be there
    half = home.worklists / ".2026-01-13.kx29_ab1"
    half.mkdir(exist_ok=True)
    (half / "unit.csv").write_text("a name")
    (home.lake / "spells" / ".spells.parquet.kx29_ab1").write_text("half")
    doctor = regions.rehabrisk("doctor", home=home.path)
    ran = [one for one in regions.records(home) if one["as_of"] == "2026-01-13"]
    done = regions.rehabrisk("nightly", home=home.path)
    assert done.returncode == 0, done.stderr
    return home, before, doctor.stdout, ran


def test_a_night_killed_again_and_again_gives_what_an_undisturbed_one_gives(survivor, undisturbed):
    assert night_gives(survivor[0]) == undisturbed


def test_yesterdays_lists_and_scores_stay_through_all_of_it(survivor):
    home, before, *_ = survivor
    assert before.items() <= regions.digests(home, *YESTERDAYS).items()


def test_nothing_a_killed_night_was_writing_stays(survivor):
    """A half-written list holds names, and the engine's spill may hold numbers."""
    home = survivor[0]
    assert [path.name for path in home.path.rglob(".*") if path.name != ".lock"] == []
    assert not home.tmp.exists()


def test_a_killed_run_holds_no_lock_and_is_not_taken_for_a_done_one(survivor):
    _, _, doctor, ran = survivor
    assert "lock: free" in doctor
    assert ran == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_night_killed_at_any_time_is_made_good_by_the_next(eve, undisturbed, tmp_path, seed):
    home = regions.copied(eve, tmp_path / "home")
    before = regions.digests(home, *YESTERDAYS)
    at = time.monotonic() + random.Random(seed).uniform(0.3, 8.0)
    kill_once(home, lambda: time.monotonic() > at)
    assert regions.digests(home, *YESTERDAYS).items() >= before.items()
    is_whole(home)
    regions.night(home)
    assert night_gives(home) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("table", ["moments.training/training.parquet", "outcomes.remaining/remaining.parquet"])
def test_a_night_killed_while_it_learns_has_no_half_a_model(finished, tmp_path, table):
    home = regions.copied(finished.home, tmp_path / "home")
    shutil.rmtree(home.models)
    shutil.rmtree(home.lake / "training")
    wanted = regions.digests(finished.home, *YESTERDAYS)
    assert kill_once(home, newer(home.lake / "training" / table))
    assert not home.models.exists() or not list(home.models.glob("*/meta.json"))
    regions.night(home)
    named = {name: digest for name, digest in wanted.items() if not name.endswith(("model.skops", "meta.json"))}
    assert named.items() <= regions.digests(home, *YESTERDAYS).items()
