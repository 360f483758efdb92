"""Half a year of weekly nights: each alarm fires at what it is for, and none where nothing has changed.

A model learnt in one simulated region is used in another: as it is, with one feature shifted, with one unit's diagnoses coded
otherwise, and in a third region whose spells are longer than those the model learnt from.
"""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from pipeline import run
from pipeline.ingest import TABLES
from pipeline.monitor.coding import coding_alarms, coding_figures
from pipeline.monitor.matured import came_true, matured, matured_alarms
from pipeline.monitor.volumes import compare, night_figures
from pipeline.run_order import FEATURE_TABLES
from pipeline.run_training import learn
from pipeline.simulate import figures, region
from pipeline.spells.clean import make_spells
from pipeline.store.tables import Lake
from tests.flow import regions

WEEKS = [regions.AS_OF - dt.timedelta(weeks=n) for n in range(35, -1, -1)]
CHANGED = WEEKS[-6]  # the features of the last six weeks are shifted
PERSONS = 12_000


def opened(folder, seed, persons=PERSONS):
    """A region's session after ingest."""
    home = regions.region(folder, persons=persons, seed=seed)
    regions.settings(home, **regions.SMALL)
    run.stage(run.Session(home, None, regions.QUIET, dt.datetime.now()), "ingest")
    session = run.Session(home, None, regions.QUIET, dt.datetime.now())
    for table in TABLES:
        if session.lake.file(table).is_file():
            session.lake.view(table)
    return session


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Learnt in a region of its own."""
    session = opened(tmp_path_factory.mktemp("learnt") / "home", seed=7)
    session.lake.run("moments.nightly", as_of=regions.AS_OF)
    session.lake.view("moments.asked", session.lake.file("moments.nightly"))
    make_spells(session.lake, 5, days_since_end=0)
    made = learn(session.con, session.lake, session.home, session.region, regions.AS_OF, "test", session.console)
    session.close()
    return made.risk


def weeks(session, folder) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Features of every ongoing spell of every week, the spells as finally known, and persons."""
    lake = Lake(session.con, folder / "weeks")
    persons = lake.read("ingest.persons", "person_key, sex, birth_month")
    lake.write("moments.training", persons.select("person_key").join(pl.DataFrame({"as_of": WEEKS}), how="cross"))
    lake.view("moments.asked", lake.file("moments.training"))
    make_spells(lake, 5, days_since_end=0)
    for table in FEATURE_TABLES:
        lake.run(table)
    features = lake.read("features.spell_features order by as_of, spell_id")
    final = lake.read(f"spells.spells where as_of = date '{regions.AS_OF}'", "person_key, start_date, end_date")
    session.close()
    return features, final, persons


def alarms(features, final, persons, model, folder) -> dict[dt.date, list[str]]:
    """Week -> what its night warned of."""
    out, earlier = {}, []
    for week in WEEKS:
        mine = features.filter(pl.col("as_of") == week)
        outlook = model.outlook(mine)
        scores = mine.select("spell_id", "person_key", "as_of", "day").with_columns(
            p_90=pl.Series(outlook.passes[:, 0]), net_days_left=pl.Series(outlook.net_days), preventable_days=1.0, eligible=True
        )
        made = night_figures(mine, scores, 0, week)
        made["coding"] = coding_figures(mine)
        made["came_true"] = came_true(matured(folder, final, persons, week))
        found = compare(made, earlier, mine) + coding_alarms(made, earlier) + matured_alarms(made["came_true"])
        assert all(one["next_step"] for one in found)
        out[week] = [one["what"] for one in found]
        earlier.append(made)
        night = folder / f"as_of={week}"
        night.mkdir(parents=True)
        scores.write_parquet(night / "scores.parquet")
    return out


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """Another region of the same world."""
    place = tmp_path_factory.mktemp("steady")
    return weeks(opened(place / "home", seed=8), place)


@pytest.mark.slow
def test_nothing_is_said_in_26_weeks_in_which_nothing_changed(steady, model, tmp_path):
    said = alarms(*steady, model, tmp_path)
    assert [(week, what) for week, what in said.items() if what and week > WEEKS[-27]] == []


@pytest.mark.slow
def test_a_shifted_feature_is_told_the_week_it_shifts(steady, model, tmp_path):
    features, *rest = steady
    shifted = features.with_columns(
        certified_days_ahead=pl.when(pl.col("as_of") >= CHANGED).then(pl.col("certified_days_ahead") * 2 + 7).otherwise("certified_days_ahead")
    )
    assert "certified_days_ahead" in alarms(shifted, *rest, model, tmp_path)[CHANGED]


@pytest.mark.slow
def test_a_unit_that_codes_otherwise_is_told_by_name_and_alone(steady, model, tmp_path):
    features, *rest = steady
    unit = features.filter(pl.col("as_of") == CHANGED)["unit_id"].mode().sort()[0]
    signed_since = (pl.col("as_of") - pl.duration(days=pl.col("since_signed_days"))) >= CHANGED
    recoded = features.with_columns(
        diagnosis_chapter=pl.when((pl.col("unit_id") == unit) & signed_since).then(pl.lit("R")).otherwise(pl.col("diagnosis_chapter"))
    )
    said = {what for found in alarms(recoded, *rest, model, tmp_path).values() for what in found}
    assert said == {f"coding at {unit}"}


@pytest.mark.slow
def test_longer_spells_than_the_model_learnt_from_are_told_when_their_day_90_has_come(model, tmp_path, monkeypatch):
    usual = figures.load()
    monkeypatch.setattr(region, "load", lambda: replace(usual, cumulative=usual.cumulative * 0.4))
    # enough persons a month that chance does not hide it, whichever model was learnt
    session = opened(tmp_path / "home", persons=3 * PERSONS, seed=9)
    said = alarms(*weeks(session, tmp_path), model, tmp_path / "scores")
    assert "calibration" in said[WEEKS[-1]]
