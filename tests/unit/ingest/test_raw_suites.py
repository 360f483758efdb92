"""The suites of raw.<extract> stand before the clean tables: what breaks them stops the night, and again the next time."""

import json
import shutil
from datetime import date

import polars as pl
import pytest

from pipeline import ingest
from pipeline.config.region import load_region
from pipeline.errors import GateFailed
from pipeline.store.engine import connect
from pipeline.store.gate import SCHEMAS, Gate
from pipeline.store.tables import Lake
from tests.unit.ingest.conftest import ANNA, BO, FILES

DAY = date(2026, 1, 12)


def gated_night(region, schemas, day=DAY, returns=None):
    settings = load_region(region.home.region_file)
    con = connect(region.home, settings.engine)
    gate = Gate(schemas)
    ingest.run(region.home, settings, con, Lake(con, region.home.lake, None, gate), day, None, returns)
    return gate


@pytest.fixture
def schemas(tmp_path):
    return shutil.copytree(SCHEMAS, tmp_path / "schemas")


def promise_only_women(schemas):
    path = schemas / "raw.persons.json"
    suite = json.loads(path.read_text())
    for one in suite["expectations"]:
        if one["kwargs"].get("column") == "sex":
            one["kwargs"]["value_set"] = ["F"]
    path.write_text(json.dumps(suite))


def test_every_file_is_held_to_its_suite_once_and_not_again_while_it_stays_the_same(region, schemas):
    region.deliver()
    first = [one for one in gated_night(region, schemas).results if one.table.startswith("raw.")]
    assert {one.table: one.rows for one in first} == {
        "raw.persons": 2, "raw.units": 2, "raw.certificates": 2, "raw.certificate_periods": 2,
    }  # fmt: skip
    again = gated_night(region, schemas, date(2026, 1, 13))
    assert not [one for one in again.results if one.table.startswith("raw.")]


def test_a_broken_promise_stops_the_night_with_table_rule_and_count_and_leaves_the_tables(region, schemas):
    region.deliver()
    gated_night(region, schemas)
    before = (region.home.lake / "persons" / "persons.parquet").read_bytes()
    promise_only_women(schemas)
    region.deliver(persons=f"patient_id;sex\n{ANNA};F\n{BO};M\n")
    for _ in range(2):
        with pytest.raises(GateFailed, match=r"raw\.persons .*sex: expect_column_values_to_be_in_set \(1 of 2 rows\)"):
            gated_night(region, schemas)
    assert (region.home.lake / "persons" / "persons.parquet").read_bytes() == before


def test_rows_set_aside_are_not_asked_about(region, schemas):
    promise_only_women(schemas)
    persons = f"patient_id;name;sex\n{ANNA};Anna;F\n{BO};Bo;M\n{BO};Another;M\n"  # two names: both set aside
    region.deliver(files={**FILES, "persons": persons})
    results = gated_night(region, schemas).results
    assert next(one.rows for one in results if one.table == "raw.persons") == 1


def returned(returned_on):
    told = {"unit_id": "U1", "status": "done", "answer": "accepted", "note": ""}
    days = {"spell_start": date(2026, 1, 5), "offered_on": date(2026, 1, 7), "returned_on": returned_on}
    kinds = {"returned_on": pl.Date, "external_consent": pl.Boolean}
    return pl.DataFrame([{"patient_id": ANNA, **told, **days, "external_consent": None}], schema_overrides=kinds)


def test_returned_lists_are_held_to_their_suite(region, schemas):
    region.deliver()
    results = gated_night(region, schemas, returns=returned(date(2026, 1, 9))).results
    assert [one.rows for one in results if one.table == "raw.returns"] == [1]
    with pytest.raises(GateFailed, match=r"raw\.returns .*returned_on: expect_column_values_to_not_be_null \(1 of 1 rows\)"):
        gated_night(region, schemas, returns=returned(None))
