"""Training refuses features that count what became known after their moment, and names them."""

import datetime as dt
import json
import shutil

import polars as pl
import pytest

from pipeline import run
from pipeline.config.region import load_region
from pipeline.console import Console
from pipeline.errors import InputError, NightFailed
from pipeline.ingest import TABLES
from pipeline.leak_guard import differing, told_later
from pipeline.run_training import take_into_use
from pipeline.score.load import model_for
from pipeline.store import tables
from pipeline.store.gate import SCHEMAS
from pipeline.train.artefact import promote, save
from pipeline.train.training import shipped
from tests.flow import regions

FILTERED = """            and base.as_of >= contacts.known_from
            and cast(contacts.started_at as date) <= base.as_of
"""


@pytest.fixture(scope="module")
def before_training(tmp_path_factory):
    """A region's lake as it stands before training, the sources of its tables, and its home."""
    place = tmp_path_factory.mktemp("leak")
    home = regions.region(place / "home", persons=1_500)
    regions.settings(home, **regions.SMALL)
    for stage in ("ingest", "spells", "features"):
        run.stage(run.Session(home, None, regions.QUIET, dt.datetime.now()), stage)
    shutil.copytree(tables.SQL_ROOT, place / "sql", ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".sql")])
    return home, place / "sql"


def train(home):
    run.stage(run.Session(home, None, regions.QUIET, dt.datetime.now()), "train")


def test_a_feature_whose_rows_became_known_after_the_moment_stops_training(before_training, monkeypatch):
    home, sql = before_training
    file = sql / "features" / "contacts.sql"
    honest = file.read_text(encoding="utf-8")
    assert FILTERED in honest
    file.write_text(honest.replace(FILTERED, "", 1), encoding="utf-8")
    monkeypatch.setattr(tables, "SQL_ROOT", sql)
    with pytest.raises(InputError, match=r"features see the future: .*contacts_365d_count \(\d+\)"):
        train(home)
    file.write_text(honest, encoding="utf-8")
    assert not list(home.models.glob("*/meta.json"))


def test_an_answer_written_into_a_known_case_later_stops_training(before_training, monkeypatch):
    home, sql = before_training
    file = sql / "spells" / "coordination_state.sql"
    honest = file.read_text(encoding="utf-8")
    dated = "case when c.answer_known_from is null or c.answer_known_from <= o.as_of then c.answer end as answer"
    assert dated in honest
    file.write_text(honest.replace(dated, "c.answer"), encoding="utf-8")
    monkeypatch.setattr(tables, "SQL_ROOT", sql)
    with pytest.raises(InputError, match=r"features see the future: .*(in_coordination|declined_before) \(\d+\)"):
        train(home)
    file.write_text(honest, encoding="utf-8")
    assert not list(home.models.glob("*/meta.json"))


@pytest.mark.parametrize("table", TABLES)
def test_every_column_that_can_be_filled_in_later_is_declared(table):
    types = json.loads((SCHEMAS / f"{table}.json").read_text(encoding="utf-8"))["meta"]["types"]
    row_from, later = told_later(table)
    told_with_the_row = {"offered_on", "answered_on", "issued_at", "started_at", "start_date", "end_date", "birth_month"}
    dated = {name for name, kind in types.items() if kind in ("DATE", "TIMESTAMP")} - told_with_the_row - {row_from}
    assert dated <= set(later)
    assert {one for one in (row_from, *later, *later.values()) if one} <= set(types)


@pytest.fixture(scope="module")
def trained(before_training, tmp_path_factory):
    """A copy of it with a candidate, and the candidate's version."""
    home = regions.copied(before_training[0], tmp_path_factory.mktemp("trained") / "home")
    train(home)
    (version,) = (file.parent.name for file in home.models.glob("*/meta.json"))
    return home, version


def test_the_features_that_ship_are_let_through(trained):
    assert trained[1]


def test_a_difference_is_counted_by_feature_and_rounding_is_none():
    now = pl.DataFrame({"person_key": [1, 2, 3], "as_of": 1, "degree": [50, None, 25], "share": [0.1, 0.2, 0.3], "word": ["a", "b", "c"]})
    then = now.with_columns(
        degree=pl.Series([50, 75, 25]), share=pl.col("share") + 1e-13, word=pl.Series(["a", "b", None])
    ).filter(pl.col("person_key") != 1)
    assert differing(now, now) == {}
    assert differing(now, then) == {"spell": 1, "degree": 1, "word": 1}


@pytest.fixture
def suspected(trained, tmp_path):
    """A copy in which the candidate's figures are too good to be true."""
    home = regions.copied(trained[0], tmp_path / "home")
    file = home.models / trained[1] / "validation.json"
    found = json.loads(file.read_text(encoding="utf-8")) | {"suspect_leak": True, "early_auc": [0.91, 0.88, 0.94]}
    file.write_text(json.dumps(found), encoding="utf-8")
    return home, trained[1]


class Said(Console):
    """Keeps what is said on standard error."""

    def __init__(self):
        super().__init__(quiet=True)
        self.errors = []

    def error(self, fault):
        self.errors.append(str(fault))


def test_the_night_does_not_take_a_suspected_model_into_use(suspected):
    home, version = suspected
    region, console = load_region(home.region_file), Said()
    with pytest.raises(NightFailed, match=rf"(?s){version} may see the future .*AUC 0\.91.*rehabrisk promote {version}"):
        take_into_use(home, region, version, regions.AS_OF, console)
    assert model_for(home, regions.AS_OF) is None
    assert any("AUC 0.91" in one for one in console.errors)


def test_beside_a_model_in_use_a_suspected_one_is_put_aside_and_told(suspected):
    home, version = suspected
    held = save(shipped(regions.AS_OF, "test", "a short past"), home)
    promote(home, held)
    region = load_region(home.region_file)
    # the model in use reckons its spells as the region does; otherwise it is none to go on with
    assert version in take_into_use(home, region, version, regions.AS_OF, Said())["not_promoted"]
    assert model_for(home, regions.AS_OF).version == held


def test_an_unsuspected_model_is_taken_into_use(trained, tmp_path):
    home = regions.copied(trained[0], tmp_path / "home")
    assert take_into_use(home, load_region(home.region_file), trained[1], regions.AS_OF, Said()) == {}
    assert model_for(home, regions.AS_OF).version == trained[1]
