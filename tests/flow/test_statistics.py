"""`rehabrisk statistics` on a night's spells: files, totals that meet the night's spells, and what stops it."""

import csv
import datetime as dt

import duckdb
import pytest

from pipeline import run
from tests.flow import regions

FOLDER = "statistics/2026-01-12"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    home = regions.region(tmp_path_factory.mktemp("statistics") / "home", persons=5_000)
    for stage in ("ingest", "spells"):
        run.stage(run.Session(home, None, regions.QUIET, dt.datetime.now()), stage)
    return home, regions.rehabrisk("statistics", home=home.path)


def rows(home):
    with (home.path / FOLDER / "statistics.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_totals_are_those_of_the_nights_spells(told):
    home, done = told
    assert done.returncode == 0, done.stderr
    night = duckdb.sql(f"select count(*) from '{home.lake}/ongoing/ongoing.parquet' where ongoing").fetchall()[0][0]
    ours = duckdb.sql(
        f"select count(*), count(distinct person_key) from '{home.lake}/statistics/statistics.spells/spells.parquet' where ongoing"
    ).fetchall()[0]
    assert f"ongoing: {ours[0]} spells of {night} persons, as in spells.ongoing" in done.stdout
    assert ours[1] == night
    left_out = int(done.stdout.split("told of: ")[1].split("; ")[1].split()[0])
    region = [row for row in rows(home) if row["unit_id"] == "region" and row["grouping"] == "total" and row["measure"] == "ongoing"]
    assert {row["sex"]: int(row["spells"]) for row in region}["all"] == ours[0] - left_out


def test_started_spells_are_told_beside_those_of_our_own_rule(told):
    home, done = told
    year = "start_date between '2025-01-01' and '2025-12-31'"
    ours, theirs = (
        duckdb.sql(f"select count(*) from '{home.lake}/{file}' where {year}").fetchall()[0][0]
        for file in ("spells/spells.parquet", "statistics/statistics.spells/spells.parquet")
    )
    assert ours < theirs
    line = next(line for line in done.stdout.splitlines() if "started in twelve months" in line)
    assert f"{theirs} spells" in line and f"spells.spells has {ours};" in line
    region = next(row for row in rows(home) if [row[name] for name in ("unit_id", "measure", "grouping", "sex")] == ["region", "started", "total", "all"])
    assert f"told of: {region['spells']};" in line


def test_a_units_numbers_are_in_the_csv_and_on_its_page(told):
    home, _ = told
    units = {row["unit_id"] for row in rows(home)} - {"region", "others"}
    assert units
    assert {file.stem for file in (home.path / FOLDER).glob("*.html")} == {*units, "region"}
    for unit in units:
        page = (home.path / FOLDER / f"{unit}.html").read_text(encoding="utf-8")
        total = next(row["spells"] for row in rows(home) if (row["unit_id"], row["measure"], row["grouping"], row["sex"]) == (unit, "started", "total", "all"))
        assert f"<b>{total}</b>" in page
        assert "Kvinnor" in page and "<script" not in page and "http:" not in page and "https:" not in page


def test_it_is_told_how_many_units_have_a_page(told):
    home, done = told
    units = duckdb.sql(f"select count(*) from '{home.lake}/units/units.parquet'").fetchall()[0][0]
    line = next(line for line in done.stdout.splitlines() if line.startswith("  units: "))
    counts = [int(part.split()[0]) for part in line.removeprefix("  units: ").split("; ")]
    assert counts[0] == len([*(home.path / FOLDER).glob("*.html")]) - 1
    assert sum(counts) == units and counts[1] > 0


def test_files_are_the_owners_alone(told):
    home, _ = told
    files = [*(home.path / FOLDER).iterdir()]
    assert files and all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert (home.path / FOLDER).stat().st_mode & 0o777 == 0o700


def test_again_in_english_the_pages_change_and_the_numbers_stay(told):
    home, _ = told
    before = rows(home)
    done = regions.rehabrisk("statistics", home=home.path, language="en")
    assert done.returncode == 0, done.stderr
    assert "Women" in (home.path / FOLDER / "region.html").read_text(encoding="utf-8")
    key = ("unit_id", "measure", "grouping", "level", "sex", "spells")
    assert [[row[name] for name in key] for row in rows(home)] == [[row[name] for name in key] for row in before]


@pytest.mark.parametrize(
    ("how", "said"),
    [({"language": "fi"}, "not written in 'fi'"), ({"as_of": "2026-01-10"}, "the lake holds the night of 2026-01-12")],
)
def test_wrong_use_is_told_and_nothing_is_written(told, tmp_path, how, said):
    done = regions.rehabrisk("statistics", home=told[0].path, out=tmp_path / "out", **how)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_gap_changed_since_the_night_is_told_and_nothing_is_counted_by_it(told, tmp_path):
    home, _ = told
    regions.settings(home, max_gap_days=90)
    for command in (("statistics",), ("spells", "--compare")):
        done = regions.rehabrisk(*command, home=home.path, **({"out": tmp_path / "out"} if command == ("statistics",) else {}))
        assert done.returncode == 2, done.stdout
        assert "max_gap_days 5, and region.toml now says 90" in done.stderr
    assert not (tmp_path / "out").exists()
    regions.settings(home, max_gap_days=5)


def test_a_folder_that_cannot_be_made_is_told_by_its_name(told, tmp_path):
    (tmp_path / "taken").touch()
    done = regions.rehabrisk("statistics", home=told[0].path, out=tmp_path / "taken")
    assert done.returncode == 2
    assert str(tmp_path / "taken") in done.stderr and "fault of the program" not in done.stderr


def test_a_home_without_a_night_says_what_to_run(tmp_path):
    home = regions.region(tmp_path / "home", persons=50)
    done = regions.rehabrisk("statistics", home=home.path)
    assert done.returncode == 2
    assert "rehabrisk nightly" in done.stderr
