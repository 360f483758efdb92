"""The study scenario: as many patients, arms and centres as were reported, and the reported means expected."""

from datetime import date

import polars as pl
import pytest

from pipeline.config.home import Home
from pipeline.simulate.region import simulate
from pipeline.simulate.study import expected

AS_OF = date(2025, 6, 30)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("study"))
    simulate(home, 4000, AS_OF, seed=5, scenario="sll-2012")
    return home


def read(home, table):
    return pl.read_csv(home.raw / AS_OF.isoformat() / f"{table}.csv", separator=";", infer_schema=False)


def test_there_are_548_patients_379_supported_at_seven_centres(home):
    enrolments = read(home, "enrolments")
    assert dict(enrolments["arm"].value_counts().iter_rows()) == {"intervention": 379, "control": 169}
    assert enrolments["unit_id"].n_unique() == 7
    units = read(home, "units").filter(pl.col("unit_id").is_in(enrolments["unit_id"].implode()))
    assert set(units["kind"]) == {"primary"} and len(units) == 7
    assert len(read(home, "persons")) == 4000
    assert set(enrolments["patient_id"]) <= set(read(home, "persons")["patient_id"])


def test_the_expected_net_days_are_those_reported():
    without, with_it = expected("sll-2012", 40_000, seed=8)
    assert without == pytest.approx(165.6, abs=3)
    assert with_it == pytest.approx(112.6, abs=3)


def test_everyone_is_on_certified_sick_leave_at_enrolment_and_followed_for_a_year(home):
    truth = pl.read_parquet(home.truth / "study.parquet")
    spells = pl.read_parquet(home.truth / "spells.parquet")
    at = truth.join(spells, on="patient_id").filter(
        pl.col("start_date") <= pl.col("enrolled_on"), pl.col("end_date") > pl.col("enrolled_on")
    )
    assert at["patient_id"].n_unique() == 548
    assert truth["enrolled_on"].max() < date(2024, 6, 30)


def test_the_supported_are_in_the_coordinators_register_and_the_controls_are_not(home):
    enrolments = read(home, "enrolments")
    cases = read(home, "coordination").filter(pl.col("answer") == "accepted")
    joined = enrolments.join(cases, on="patient_id", how="left")
    there = joined.group_by("patient_id", "arm").agg(pl.col("case_id").is_not_null().any())
    assert there.filter(pl.col("arm") == "intervention")["case_id"].all()


def test_quality_of_life_is_asked_at_the_start_and_after_half_a_year_and_a_year(home):
    answers = read(home, "questionnaires").join(read(home, "enrolments"), on="patient_id")
    days = answers.select(
        (pl.col("answered_on").str.to_date() - pl.col("enrolled_on").str.to_date())
        .dt.total_days()
        .alias("day"),
        "item",
    ).filter(pl.col("item") == "index")
    for around in (0, 182, 365):
        assert days["day"].is_between(around - 10, around + 20).sum() > 548 * 0.6


def test_who_gains_nothing_in_the_reports_gains_nothing_here(home):
    truth = pl.read_parquet(home.truth / "study.parquet")
    gain = truth["net_days_untreated"] - truth["net_days_treated"]
    assert (gain >= -1e-9).all()
    assert 0.2 < (gain == 0).mean() < 0.8
