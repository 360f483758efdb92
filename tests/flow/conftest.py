"""One trained home a session; a test that changes it works on a copy. Samples beside the checkout are used where they are."""

import datetime as dt
from pathlib import Path

import pytest

from pipeline import run
from pipeline.config.home import Home
from tests.flow import regions
from tests.flow.dirt import add_marked_rows

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
collect_ignore = [] if SAMPLES.is_dir() else ["test_region_y_ingest.py", "test_foreign_regions.py"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """From nothing to lists by the real command line, on a delivery full of faults. Not to be changed."""
    place = tmp_path_factory.mktemp("region")
    home = Home(place / "home")
    beside = place / "tmp"
    beside.mkdir()
    for words, how in (
        (("init", home.path), {}),
        (("simulate",), {"home": home.path, "persons": 4000, "as_of": regions.AS_OF, "seed": 7, "dirty": 0.02}),
    ):
        done = regions.rehabrisk(*words, **how)
        assert done.returncode == 0, done.stderr
    add_marked_rows(home.raw / regions.AS_OF.isoformat())
    done = regions.rehabrisk("nightly", home=home.path, env={"TMPDIR": str(beside)})
    assert done.returncode == 0, done.stderr
    return regions.Night(home, done.stdout, done.stderr, [one.name for one in beside.rglob("*")])


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory):
    """A region with the patients of sll-2012, ingested; no outcome has been read. Not to be changed."""
    home = regions.region(tmp_path_factory.mktemp("study") / "home", persons=2_500, seed=1, scenario="sll-2012")
    run.stage(run.Session(home, None, regions.QUIET, dt.datetime(2026, 1, 13, 4, 5)), "ingest")
    return home


@pytest.fixture
def home(finished, tmp_path):
    """A copy of the finished home, free to change."""
    return regions.copied(finished.home, tmp_path / "home")
