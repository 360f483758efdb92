import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline import run
from pipeline.ingest import TABLES
from pipeline.monitor.coding import coding_alarms, coding_figures
from pipeline.monitor.matured import came_true, matured, matured_alarms, scored_before
from pipeline.monitor.volumes import compare, compare_with_learnt, night_figures
from pipeline.outcomes.delay import reporting_delay
from pipeline.run_order import FEATURE_TABLES
from pipeline.run_training import AGE_LIMIT_YEARS, learn
from pipeline.simulate import figures, people, region
from pipeline.spells.clean import make_clean_spells, make_spells
from pipeline.store.tables import Lake
from tests.flow import regions

WEEKS = [regions.AS_OF - dt.timedelta(weeks=n) for n in range(35, -1, -1)]
CHANGED = WEEKS[-10]  # what changes does so ten weeks before the end
PERSONS = 12_000
GAP = 5


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
    make_spells(session.lake, GAP, days_since_end=0)
    made = learn(session.con, session.lake, session.home, session.region, regions.AS_OF, "test", session.console)
    session.close()
    return made


def changing(monkeypatch, **changes):
    """The simulator's world in which something begins to be done otherwise on CHANGED."""
    usual = figures.load()
    changes = usual.raw["changes"] | {"signed_days_ahead": 0, "from_day": people.day_number(CHANGED)} | changes
    monkeypatch.setattr(region, "load", lambda: replace(usual, raw=usual.raw | {"changes": changes}))


def weeks(session, folder) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]:
    """Features of every ongoing spell of every week, what became of them, persons, and the reporting delay."""
    lake, final = Lake(session.con, folder / "weeks"), Lake(session.con, folder / "final")
    persons = lake.read("ingest.persons", "person_key, sex, birth_month")
    lake.write("moments.training", persons.select("person_key").join(pl.DataFrame({"as_of": WEEKS}), how="cross"))
    lake.run("moments.final", cut=regions.AS_OF)
    lake.view("moments.asked", lake.file("moments.final"))
    make_clean_spells(final, GAP)
    lake.view("spells.final_segments", final.file("spells.certificate_segments"))
    lake.view("spells.final_spells", final.file("spells.spells"))
    lake.view("moments.asked", lake.file("moments.training"))
    make_spells(lake, GAP, days_since_end=0)
    for table in FEATURE_TABLES:
        lake.run(table)
    delay = reporting_delay(session.con, regions.AS_OF)
    lake.run("outcomes.remaining", cut=regions.AS_OF, delay_days=delay.days, max_gap_days=GAP, age_limit_years=AGE_LIMIT_YEARS)
    features = lake.read("features.spell_features order by as_of, spell_id")
    outcomes = lake.read("outcomes.remaining", "person_key, as_of, duration_days")
    session.close()
    return features, outcomes, persons, delay


def alarms(features, outcomes, persons, delay, model, folder) -> dict[dt.date, list[str]]:
    """Week -> what its night warned of."""
    out, earlier = {}, []
    for week in WEEKS:
        mine = features.filter(pl.col("as_of") == week)
        outlook = model.risk.outlook(mine)
        scores = mine.select("spell_id", "person_key", "as_of", "day").with_columns(
            p_90=pl.Series(outlook.passes[:, 0]), net_days_left=pl.Series(outlook.net_days), preventable_days=1.0, eligible=True, model_version=pl.lit("m")
        )
        made = night_figures(mine, scores, 0, week)
        made["coding"] = coding_figures(mine)
        made["came_true"] = came_true(matured(scored_before(folder, week, delay.last_day(week, GAP)), outcomes, persons))
        found = compare(made, earlier, mine, scores) + coding_alarms(made, earlier) + matured_alarms(made["came_true"])
        found += compare_with_learnt(model.validation["reference"], mine, scores)
        assert all(one["next_step"] for one in found)
        out[week] = [one["what"] for one in found]
        earlier.append(made)
        night = folder / f"as_of={week}"
        night.mkdir(parents=True)
        scores.write_parquet(night / "scores.parquet")
    return out


@pytest.mark.slow
def test_nothing_is_said_in_26_weeks_in_which_nothing_changed(model, tmp_path):
    said = alarms(*weeks(opened(tmp_path / "home", seed=8), tmp_path), model, tmp_path / "scores")
    assert [(week, what) for week, what in said.items() if what and week > WEEKS[-27]] == []


@pytest.mark.slow
def test_certificates_signed_a_week_ahead_are_told_within_six_weeks(model, tmp_path, monkeypatch):
    changing(monkeypatch, signed_days_ahead=7)
    said = alarms(*weeks(opened(tmp_path / "home", seed=8), tmp_path), model, tmp_path / "scores")
    first = next(week for week, what in said.items() if "signing_delay_days" in what)
    assert CHANGED <= first <= CHANGED + dt.timedelta(weeks=6)


@pytest.mark.slow
def test_a_unit_that_codes_otherwise_is_told_by_name_and_alone(model, tmp_path, monkeypatch):
    changing(monkeypatch, recoded_unit=len(people.HOSPITAL))
    said = alarms(*weeks(opened(tmp_path / "home", seed=8), tmp_path), model, tmp_path / "scores")
    (unit,) = people.unit_ids(np.array([len(people.HOSPITAL)]))
    told = {what for found in said.values() for what in found}
    assert {what for what in told if what.startswith("coding")} == {f"coding at {unit}"}
    # one of four units: what is counted from its codes drifts in the whole region
    assert all("diagnos" in what for what in told - {f"coding at {unit}"})


@pytest.mark.slow
def test_longer_spells_than_the_model_learnt_from_are_told_when_their_day_90_has_come(model, tmp_path, monkeypatch):
    usual = figures.load()
    monkeypatch.setattr(region, "load", lambda: replace(usual, cumulative=usual.cumulative * 0.4))
    # enough persons a month that chance does not hide it, whichever model was learnt
    session = opened(tmp_path / "home", persons=3 * PERSONS, seed=9)
    said = alarms(*weeks(session, tmp_path), model, tmp_path / "scores")
    assert "calibration" in said[WEEKS[-1]]
