"""The simulator's promises: same seed same bytes, truth apart, chunks apart, faults counted, nothing from the future."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.simulate import figures, people, region
from pipeline.simulate.region import simulate

AS_OF = date(2025, 6, 30)


def read(home, table, day=AS_OF):
    return pl.read_csv(home.raw / day.isoformat() / f"{table}.csv", separator=";", infer_schema=False)


def fingerprint(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("clean"))
    simulate(home, 3000, AS_OF, seed=1)
    return home


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("dirty"))
    simulate(home, 3000, AS_OF, seed=1, dirty=0.05)
    return home


def test_the_same_seed_gives_the_same_bytes(clean, tmp_path):
    again = Home(tmp_path / "again")
    simulate(again, 3000, AS_OF, seed=1)
    assert fingerprint(again.raw) == fingerprint(clean.raw)
    assert fingerprint(again.truth) == fingerprint(clean.truth)


def test_some_reach_the_age_limit_where_asked_and_nobody_elses_rows_change(clean, tmp_path, monkeypatch):
    usual = figures.load()
    raw = usual.raw | {"age_limit": {"years": 67, "reached": True}}
    monkeypatch.setattr(region, "load", lambda: replace(usual, raw=raw))
    home = Home(tmp_path / "aged")
    simulate(home, 3000, AS_OF, seed=1)
    persons = read(home, "persons")
    others = set(read(clean, "persons")["patient_id"]) & set(persons["patient_id"])
    changed = persons.filter(~pl.col("patient_id").is_in(list(others)))
    assert 20 <= changed.height <= 45  # half of one in 48
    assert set(changed["patient_id"].str.slice(0, 4)) <= {"1957", "1958"}
    before, after = read(clean, "certificates"), read(home, "certificates")
    mine = pl.col("patient_id").is_in(list(others))
    assert after.filter(mine).equals(before.filter(mine))
    limit = pl.date(pl.col("patient_id").str.slice(0, 4).cast(pl.Int32) + 67, pl.col("patient_id").str.slice(4, 2).cast(pl.Int32), 1)
    periods = read(home, "certificate_periods").join(after.filter(~mine), on="certificate_id").select(
        "start_date", end=pl.col("end_date").str.to_date(), left=limit - pl.col("end_date").str.to_date()
    )
    assert periods.height > 0 and periods["left"].min() >= timedelta(days=1)
    assert len(before) > len(after)


def test_units_list_the_persons_that_are_listed_there(clean):
    units = read(clean, "units").filter(pl.col("list_size").is_not_null())
    listed = dict(read(clean, "persons").group_by("listed_unit_id").len().iter_rows())
    assert {unit: int(size) for unit, size in units.select("unit_id", "list_size").iter_rows()} == listed
    assert sum(listed.values()) == 3000


@pytest.mark.parametrize("persons", [4, 10_000, 13_000])
def test_lists_of_a_region_of_any_size_add_up_to_its_persons(persons):
    assert people.units_table(persons, 0, 0, 1)["list_size"].sum() == persons
    assert people.units_table(persons, 7, 550, 1)["list_size"].sum() == persons + 550


def test_another_seed_gives_another_region(clean, tmp_path):
    other = Home(tmp_path / "other")
    simulate(other, 3000, AS_OF, seed=2)
    assert not read(other, "certificates").equals(read(clean, "certificates"))


def test_the_truth_lies_apart_from_the_extracts(clean):
    assert {path.name for path in clean.raw.rglob("*.*")} == {f"{t}.csv" for t in region.TABLES} | {
        "manifest.json"
    }
    assert {path.name for path in clean.truth.iterdir()} == {
        "spells.parquet",
        "hazards.parquet",
        "faults.json",
        "region.json",
    }


def test_the_manifest_tells_rows_and_digests(clean):
    folder = clean.raw / AS_OF.isoformat()
    for name, told in json.loads((folder / "manifest.json").read_text()).items():
        content = (folder / name).read_bytes()
        assert told == {"rows": content.count(b"\n") - 1, "sha256": hashlib.sha256(content).hexdigest()}


def test_a_chunk_of_persons_is_the_same_whatever_follows_it(tmp_path, monkeypatch):
    monkeypatch.setattr(people, "CHUNK", 12_000)
    small, large = Home(tmp_path / "small"), Home(tmp_path / "large")
    simulate(small, 12_000, AS_OF, seed=3)
    simulate(large, 20_000, AS_OF, seed=3)
    for table in region.TABLES:
        part = read(small, table)
        assert read(large, table).head(len(part)).equals(part), table


def test_a_fault_is_a_row_beside_the_clean_ones_which_stay_as_they_are(clean, dirty):
    for table in region.TABLES:
        before = (clean.raw / AS_OF.isoformat() / f"{table}.csv").read_text().splitlines()
        after = (dirty.raw / AS_OF.isoformat() / f"{table}.csv").read_text().splitlines()
        faults = json.loads((dirty.truth / "faults.json").read_text())
        assert len(after) - len(before) == sum(
            n for kind, n in faults.items() if kind.startswith(f"{table}: ")
        )
        assert set(before) <= set(after)


def test_every_fault_counted_can_be_found(dirty):
    faults = json.loads((dirty.truth / "faults.json").read_text())
    folder = dirty.raw / AS_OF.isoformat()
    lines = (folder / "certificates.csv").read_text().splitlines()
    whole = [line.split(";") for line in lines if line.count(";") == lines[0].count(";")]
    assert len(lines) - len(whole) == faults["certificates: too few fields"]
    rows = pl.DataFrame(whole[1:], schema=whole[0], orient="row")
    assert (rows["issued_at"] > "2025-07-01").sum() == faults["certificates: issued after the delivery"]
    assert (
        rows["issued_at"].str.starts_with("2025-02-30").sum() == faults["certificates: unparsable timestamp"]
    )
    units = read(dirty, "units")["unit_id"]
    assert (~rows["unit_id"].is_in(units.implode())).sum() == faults["certificates: unknown unit (waiting)"]
    assert len(rows) - len(rows.unique()) == faults["certificates: exact repeat"]
    conflicting = rows.unique().filter(pl.col("certificate_id").is_duplicated())
    assert len(conflicting) == faults["certificates: same key, other content"]
    text = (folder / "certificate_periods.csv").read_text().splitlines()
    periods = pl.DataFrame(
        [p for p in (t.split(";") for t in text[1:]) if len(p) == 4], schema=text[0].split(";"), orient="row"
    )
    assert (~periods["degree"].is_in(["25", "50", "75", "100"])).sum() == faults[
        "certificate_periods: degree"
    ]
    assert (periods["end_date"] < periods["start_date"]).sum() == sum(
        faults[f"certificate_periods: {rule}"] for rule in ("end before start", "impossible date")
    ) - (periods.filter(pl.col("start_date") == "2025-02-30")["end_date"] >= "2025-02-30").sum()
    assert set(faults) >= {
        f"certificate_periods: {rule}" for rule in ("too long", "unknown certificate (waiting)")
    }


def test_no_two_certificates_share_an_id_and_every_period_has_its_certificate(clean):
    certificates, periods = read(clean, "certificates"), read(clean, "certificate_periods")
    assert certificates["certificate_id"].is_unique().all()
    assert not periods.select("certificate_id", "start_date").is_duplicated().any()
    assert set(periods["certificate_id"]) == set(certificates["certificate_id"])
    assert (periods["start_date"] <= periods["end_date"]).all()
    assert set(certificates["replaces_id"].drop_nulls()) <= set(certificates["certificate_id"])


def test_every_row_is_of_a_known_person_and_unit(clean):
    persons = read(clean, "persons")
    known = {*persons["patient_id"], *persons["former_id"].drop_nulls()}
    units = set(read(clean, "units")["unit_id"])
    for table in region.TABLES[2:]:
        frame = read(clean, table)
        assert "patient_id" not in frame.columns or set(frame["patient_id"]) <= known, table
        assert "unit_id" not in frame.columns or set(frame["unit_id"]) <= units, table


def test_nothing_in_the_extracts_was_known_after_the_delivery(clean):
    told = {
        "certificates": ("issued_at", "received_at", "revoked_at"),
        "contacts": ("started_at",),
        "coordination": ("offered_on", "started_on", "ended_on", "recorded_at"),
        "benefits": ("received_at",),
        "questionnaires": ("answered_on",),
        "persons": ("deceased_on", "emigrated_on"),
    }
    for table, columns in told.items():
        frame = read(clean, table)
        for column in columns:
            latest = frame[column].max()
            assert latest is None or latest[:10] <= AS_OF.isoformat(), (table, column)


def test_certificates_of_ongoing_spells_reach_beyond_the_delivery(clean):
    assert (read(clean, "certificate_periods")["end_date"] > AS_OF.isoformat()).sum() > 20


def test_a_second_delivery_brings_what_is_new_and_changed(clean, tmp_path):
    home = Home(tmp_path / "two")
    simulate(home, 3000, AS_OF, seed=1, deliveries=2)
    first = date(2025, 6, 16)
    for table, key in (
        ("certificates", "certificate_id"),
        ("persons", "patient_id"),
        ("contacts", "contact_id"),
    ):
        both = pl.concat([read(home, table, first), read(home, table)]).unique(key, keep="last")
        assert both.sort(key).equals(read(clean, table).sort(key)), table
    assert read(home, "certificates", first)["received_at"].max() < datetime(2025, 6, 17).isoformat()


def test_a_delivery_already_there_is_left_alone(clean):
    with pytest.raises(UsageError, match="already has a delivery"):
        simulate(clean, 3000, AS_OF, seed=9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"persons": 0},
        {"years": 0},
        {"dirty": 0.9},
        {"deliveries": 3},
        {"scenario": "sll-2013"},
        {"scenario": "sll-2012", "persons": 500},
    ],
)
def test_arguments_that_make_no_region_are_refused(tmp_path, wrong):
    with pytest.raises(UsageError):
        simulate(Home(tmp_path), **{"persons": 3000, "as_of": AS_OF, "seed": 1, **wrong})
    assert not (tmp_path / "raw").exists() or not list((tmp_path / "raw").iterdir())
