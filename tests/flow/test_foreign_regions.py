"""Regions made by programs that are not ours, from their extracts as they are to ranked lists."""

import json
import shutil
from datetime import date

import polars as pl
import pytest

from pipeline.config.home import CHECKOUT, Home
from pipeline.store.files import private_folder
from tests.flow import regions

SAMPLES = CHECKOUT.parent / "shared" / "samples"
EXAMPLES = CHECKOUT / "pipeline" / "config"
QUICK = "\n[training]\nmax_moments = 3500\nmin_moments = 800\n"


def foreign(name, settings, place):
    home = Home(place)
    private_folder(home.path)
    text = settings.read_text(encoding="utf-8")
    home.region_file.write_text(text.replace("\n[training]\n", QUICK) if "\n[training]\n" in text else text + QUICK)
    shutil.copytree(SAMPLES / name / "raw", home.raw)
    return home


@pytest.mark.parametrize(
    ("name", "settings", "as_of"),
    [
        ("region-y", EXAMPLES / "examples" / "region-y.toml", date(2025, 11, 24)),
        ("region-z", EXAMPLES / "region.toml", date(2026, 1, 12)),
    ],
)
def test_a_foreign_regions_night_ends_in_lists(name, settings, as_of, tmp_path):
    home = foreign(name, settings, tmp_path / "home")
    done = regions.rehabrisk("nightly", home=home.path)
    assert done.returncode == 0, done.stderr
    lists = sorted((home.worklists / as_of.isoformat()).glob("*.csv"))
    rows = pl.concat([pl.read_csv(file, separator=";", infer_schema=False) for file in lists])
    scores = pl.read_parquet(home.scores / f"as_of={as_of}" / "scores.parquet")
    on_lists = scores.filter("eligible")
    assert rows.height == on_lists.height > 30
    assert len(lists) == on_lists["unit_id"].n_unique() > 8
    assert rows["patient_id"].n_unique() == rows.height
    model = (home.models / "current").read_text().strip()
    at_90 = json.loads((home.models / model / "validation.json").read_text())
    assert {"kaplan_meier", "cox", "discrete_time_hazard"} <= set(at_90["models"])
