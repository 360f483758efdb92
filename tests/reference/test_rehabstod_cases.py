"""Rehabstöd's counting held against the engine's own cases and its answers to generated ones, read beside the checkout."""

import datetime as dt
import json
from collections import Counter

import duckdb
import polars as pl
import pytest

from pipeline.config.region import TableFormat
from pipeline.ingest.contract import EXTRACTS
from pipeline.ingest.typed import value
from pipeline.spells.rehabstod import certificate_spans, chain_days, merged, patient_view, unit_view
from tests.reference.conftest import CASES
from tests.spec.spells.selection import selected

SCHEMA = {
    "certificate_id": pl.String, "patient_id": pl.String, "issued_at": pl.Datetime("us"), "start_date": pl.Date,
    "end_date": pl.Date, "degree": pl.Int64,
}  # fmt: skip
FAR_AHEAD = dt.date(2100, 1, 1)
NAMED = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))
RANDOM = json.loads((CASES / "golden_random.json").read_text(encoding="utf-8"))


def of_kind(*kinds):
    found = [case for case in NAMED if case["kind"] in kinds]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


def day(text):
    return text and dt.date.fromisoformat(text)


def frame(case):
    return pl.DataFrame(
        [
            (one["id"], one["patient"], one["issued_at"] and dt.datetime.fromisoformat(one["issued_at"]),
             day(period["start"]), day(period["end"]), period["degree"])
            for one in case["certificates"] for period in one["periods"]
        ],
        schema=SCHEMA, orient="row",
    )  # fmt: skip


def unit(case):
    return unit_view(frame(case), day(case["active_date"]), case["max_gap_days"], case["max_days_since_end"])


def patient(case):
    return patient_view(frame(case), day(case["active_date"]), case["max_gap_days"])


NAMES = {
    "patient": "patient_id", "start": "start_date", "end": "end_date", "days": "days", "n_certificates": "n_certificates",
    "active_certificate": "active_certificate_id", "active_degree": "degree", "ongoing": "ongoing",
}  # fmt: skip


def told(spells):
    return [{name: str(row[ours]) for name, ours in NAMES.items()} for row in spells.to_dicts()]


def asserted(spells):
    """What the case says of each spell: a null is not asserted."""
    return [{name: str(row[name]) for name in NAMES if row.get(name) is not None} for row in spells]


def same(made, wanted):
    made, wanted = sorted(told(made), key=str), sorted(asserted(wanted), key=lambda row: (row["patient"], row["start"]))
    made = sorted(made, key=lambda row: (row["patient"], row["start"]))
    assert [{name: row[name] for name in want} for row, want in zip(made, wanted, strict=True)] == wanted


@of_kind("unit")
def test_a_units_spells(case):
    made = unit(case)
    same(made, case["expected"])
    assert made.height == case["expected_count"]
    assert not set(made["patient_id"]) & set(case.get("expected_absent", ()))


@of_kind("patient")
def test_a_patients_spells(case):
    made = patient(case)
    same(made, case["expected"])
    assert made["start_date"].is_sorted(descending=True)


@of_kind("patient_count")
def test_how_many_spells_a_patient_has_those_to_come_too(case):
    assert patient_view(frame(case), FAR_AHEAD, case["max_gap_days"]).height == case["expected_count"]


@of_kind("days")
def test_the_days_of_a_chain(case):
    assert chain_days(frame(case), day(case["active_date"]), case["max_gap_days"]) == case["expected"][0]["days"]


@of_kind("certificate")
def test_a_certificates_span_and_whether_it_is_in_force(case):
    made = certificate_spans(frame(case), day(case["active_date"])).to_dicts()
    (want,) = case["expected"]
    assert [(str(row["start_date"]), str(row["end_date"]), row["active"]) for row in made] == [
        (want["start"], want["end"], want["ongoing"])
    ]


@of_kind("creator")
def test_which_certificate_is_in_force_before_any_gap_is_looked_at(case):
    made = unit_view(frame(case), day(case["active_date"]), 10_000)
    if case["expected"]:
        same(made, case["expected"])
    assert made.height == (case.get("expected_kept") or len(case["expected"]))


@of_kind("interval_merge")
def test_periods_made_one(case):
    made = merged(frame(case)).sort("start_date")
    assert [[str(row[0]), str(row[1])] for row in made.select("start_date", "end_date").rows()] == case["expected_intervals"]


@of_kind("diagnosis_clean")
def test_a_diagnosis_as_it_is_kept(case):
    column = next(one for one in EXTRACTS["certificates"].columns if one.kind == "icd")
    text = case["input_text"].strip()  # every text is trimmed when it is read
    kept = duckdb.execute(f"select {value(column, 'given', TableFormat())} from (select $1 as given)", [text]).fetchall()
    assert kept == [(case["expected_text"],)]


@of_kind("selection")
def test_which_certificates_reach_the_screen(case, run_table):
    assert selected(case, run_table) == sorted(case["expected_ids"])


@pytest.mark.parametrize("view", ["unit", "patient"])
def test_what_the_engine_gave_for_every_named_case(view):
    answered = [case for case in NAMED if case["active_date"] and view in case.get("engine_output", {})]
    assert len(answered) >= 49
    for case in answered:
        same(unit(case) if view == "unit" else patient(case), case["engine_output"][view])


def test_what_the_engine_gave_for_generated_cases_in_both_views():
    for case in RANDOM:
        same(unit(case), case["expected"])
        same(patient(case), case["patient_view"])


def test_every_case_is_of_a_kind_that_is_tested_and_how_many_there_are(capsys):
    kinds = Counter(case["kind"] for case in NAMED)
    asked_of_the_engine_alone = {"chain_left", "chain_right", "chain_unit"}
    assert set(kinds) - asked_of_the_engine_alone == {
        "unit", "patient", "patient_count", "days", "certificate", "creator", "interval_merge", "diagnosis_clean", "selection",
    }  # fmt: skip
    with capsys.disabled():
        print(f"\n{len(NAMED)} cases of Rehabstöd's engine ({', '.join(f'{n} {k}' for k, n in kinds.items())}) and {len(RANDOM)} generated")
