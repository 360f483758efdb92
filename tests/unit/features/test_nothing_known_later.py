"""Time travel at the level of tables: rows known after a moment change no table asked about that moment."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Runner
from tests.spec.known import GROUPS, typed
from tests.tables import rows

BEGIN = dt.date(2025, 11, 1)
FEATURES = ("spell_course", "certificates", "diagnoses", "history", "contacts", "benefits", "person")
TABLES = (
    "spells.certificate_segments",
    "spells.spells",
    "spells.ongoing",
    "spells.coordination_state",
    *(f"features.{name}" for name in FEATURES),
    "features.spell_features",
)
VALUES = {"max_gap_days": 5, "days_since_end": 7}
PEOPLE = st.integers(1, 3)
CODES = st.sampled_from([None, "F430", "M545", "J069", "F322"])


def day(low, high):
    return st.integers(low, high).map(lambda n: BEGIN + dt.timedelta(n))


def at_noon(when):
    return dt.datetime.combine(when, dt.time(12))


@st.composite
def region(draw):
    """Rows of every ingest table that has a time of knowledge, known from October to February."""
    made = {name: [] for name in ("certificates", "certificate_periods", "contacts", "coordination", "benefits")}
    for number in range(draw(st.integers(1, 8))):
        start, key = draw(day(-20, 90)), draw(PEOPLE)
        known_from = start + dt.timedelta(draw(st.integers(-2, 30)))
        until = draw(st.none() | st.integers(1, 40).map(lambda n, at=known_from: at + dt.timedelta(n)))
        shared = {
            "certificate_id": f"c{number}", "person_key": key, "unit_id": draw(st.sampled_from(["U1", "U2"])),
            "doctor_id": draw(st.sampled_from(["D1", None])), "issued_at": at_noon(start),
            "known_from": known_from, "known_until": until, "diagnosis_1": draw(CODES), "occupation": "WORK",
        }  # fmt: skip
        made["certificates"].append(
            {**shared, "diagnosis_2": draw(CODES), "prognosis": "AFTER_DAYS", "prognosis_days": 30}
        )
        length = draw(st.sampled_from([1, 7, 14, 28]))
        degree = draw(st.sampled_from([50, 100]))
        end = start + dt.timedelta(length - 1)
        made["certificate_periods"].append({**shared, "start_date": start, "end_date": end, "degree": degree})
    for number in range(draw(st.integers(0, 5))):
        when = draw(day(-20, 100))
        known = when + dt.timedelta(draw(st.integers(-5, 20)))
        key = draw(PEOPLE)
        made["contacts"].append(
            {"contact_id": f"k{number}", "person_key": key, "started_at": at_noon(when), "known_from": known,
             "kind": "visit", "profession": "physician", "diagnoses": draw(CODES)}
        )  # fmt: skip
        made["benefits"].append(
            {"person_key": key, "start_date": when, "end_date": when + dt.timedelta(9), "degree": 50,
             "kind": draw(st.sampled_from(["sickness", "disability"])), "known_from": known}
        )  # fmt: skip
        made["coordination"].append(
            {"case_id": f"k{number}", "person_key": key, "offered_on": when, "answer": "accepted",
             "started_on": when, "known_from": known}
        )  # fmt: skip
    return made


def fill(engine, found, seen_by=None):
    """Everything, or only what had been seen by then: later rows away, later ends not yet written."""
    for name, found_rows in found.items():
        frame = pl.DataFrame(found_rows, infer_schema_length=None) if found_rows else None
        table = f"ingest.{name}"
        if frame is None:
            frame = pl.DataFrame({"person_key": []}, schema={"person_key": pl.Int64})
        frame = typed(table, frame)
        if seen_by is not None:
            frame = frame.filter(pl.col("known_from") <= seen_by)
            if "known_until" in frame.columns:
                later = pl.col("known_until") > seen_by
                frame = frame.with_columns(known_until=pl.when(later).then(None).otherwise("known_until"))
        engine.fill(table, frame)


def ask(engine, as_of):
    engine.fill("moments.asked", engine("moments.nightly", as_of=as_of))
    return {name: (made := engine(name, **VALUES)).sort(made.columns) for name in TABLES}


@pytest.fixture(scope="module")
def engine():
    engine = Runner()
    engine.fill("ingest.diagnosis_groups", rows(GROUPS))
    engine.fill("ingest.units", typed("ingest.units", rows("unit_id | kind\nU1 | primary\nU2 | other")))
    people = rows("person_key | sex | birth_month\n1 | F | 1980-03-01\n2 | M | 1990-12-01")
    engine.fill("ingest.persons", typed("ingest.persons", people))
    return engine


@settings(max_examples=40, deadline=None)
@given(found=region(), as_of=day(0, 80))
def test_rows_known_later_change_no_spell_and_no_feature(engine, found, as_of):
    fill(engine, found)
    with_the_future = ask(engine, as_of)
    fill(engine, found, seen_by=as_of)
    without = ask(engine, as_of)
    for name in TABLES:
        assert with_the_future[name].equals(without[name]), name


@settings(max_examples=25, deadline=None)
@given(found=region(), as_of=day(0, 80), other=day(0, 80))
def test_a_moment_among_others_gets_the_answer_it_gets_alone(engine, found, as_of, other):
    fill(engine, found)
    alone = ask(engine, as_of)
    both = pl.concat([engine("moments.nightly", as_of=one) for one in {as_of, other}])
    engine.fill("moments.asked", both)
    for name in TABLES:
        made = engine(name, **VALUES).filter(pl.col("as_of") == as_of)
        assert made.sort(made.columns).equals(alone[name]), name


@settings(max_examples=25, deadline=None)
@given(found=region(), as_of=day(0, 80))
def test_a_past_moment_is_drawn_just_when_the_night_meets_an_ongoing_spell(engine, found, as_of):
    fill(engine, found)
    drawn = engine("moments.training", first=as_of, last=as_of, person_share=1.0, day_share=1.0)
    met = ask(engine, as_of)["spells.ongoing"].filter("ongoing")
    assert sorted(drawn["person_key"]) == sorted(met["person_key"])
