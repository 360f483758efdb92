"""The study scenario: as many patients, arms and centres as were reported, and the reported means expected."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.config.home import Home
from pipeline.simulate import certificates, people, study
from pipeline.simulate.figures import load
from pipeline.simulate.people import NEVER
from pipeline.simulate.region import simulate
from pipeline.simulate.spells import net_days
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
    listed = read(home, "persons").group_by("listed_unit_id").len()
    assert units.join(listed, left_on="unit_id", right_on="listed_unit_id").filter(pl.col("list_size").cast(int) == pl.col("len")).height == 7
    assert len(read(home, "persons")) == 4000
    assert set(enrolments["patient_id"]) <= set(read(home, "persons")["patient_id"])


def test_the_expected_net_days_are_those_reported():
    without, with_it = expected("sll-2012", 100_000, seed=8)
    assert without == pytest.approx(165.6, abs=1.5)
    assert with_it == pytest.approx(112.6, abs=1.5)
    assert with_it - without == pytest.approx(-53, abs=1)


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
    own = study_spells(home).filter(pl.col("answer") == "accepted")
    nothing = own["effect"] == 1.0
    assert 0.2 < nothing.mean() < 0.6
    assert ((own["days_treated"] == own["days_untreated"]) | ~nothing).all()
    assert (own["days_treated"] <= own["days_untreated"]).all()


def study_spells(home):
    """The spell of each patient that the study is about."""
    spells = pl.read_parquet(home.truth / "spells.parquet")
    at = pl.read_parquet(home.truth / "study.parquet").join(spells, on="patient_id")
    return at.filter(pl.col("start_date") <= pl.col("enrolled_on"), pl.col("end_date") >= pl.col("enrolled_on"))


def test_about_three_in_four_have_earlier_sick_leave_in_the_extracts(home):
    own = study_spells(home).select("patient_id", own_start="start_date")
    periods = read(home, "certificate_periods").join(read(home, "certificates"), on="certificate_id")
    before = periods.join(own, on="patient_id").filter(pl.col("end_date").str.to_date() < pl.col("own_start"))
    assert 0.65 < before["patient_id"].n_unique() / 548 < 0.82


def test_what_happened_is_what_would_have_in_the_patients_own_arm(home):
    truth = pl.read_parquet(home.truth / "study.parquet")
    supported = truth["arm"] == "intervention"
    assert (truth["net_days"] == truth["net_days_treated"]).filter(supported).all()
    assert (truth["net_days"] == truth["net_days_untreated"]).filter(~supported).all()


def patients(supported, n=548, seed=3):
    """A study of n patients of whom so many are supported."""
    figures = load()
    chosen = figures.raw["scenarios"]["sll-2012"] | {"supported": supported, "patients": n}
    end = people.day_number(AS_OF)
    window = (end - 1095, end)
    group = people.make(figures, np.arange(n), n, *window, AS_OF, np.random.default_rng(seed))
    return figures, study.courses_of(figures, group, chosen, window, 6, np.random.default_rng([seed, 1]))


def test_a_patient_has_the_same_days_until_the_certificates_signed_by_enrolment_end_in_either_arm():
    seen = []
    for supported in (0, 548):
        _, made = patients(supported)
        spell, first, last, _ = made.cuts
        known = made.spells.study[spell] & (first <= made.spells.offered[spell] + 4)
        base = made.spells.start[spell[known]]
        periods = certificates.degree_periods(made.spells, spell[known], first[known], last[known])
        seen.append(np.column_stack([base[periods[0]] + periods[1], base[periods[0]] + periods[2], periods[3]]))
        assert known.mean() > 0.1
    assert np.array_equal(*seen)


def test_the_support_shortens_what_comes_after():
    (_, without), (_, with_it) = patients(0), patients(548)
    assert with_it.spells.days[with_it.spells.study].mean() < 0.85 * without.spells.days[without.spells.study].mean()
    assert np.array_equal(without.net_days_treated, with_it.net_days_treated)


def test_nothing_on_the_certificate_in_force_at_enrolment_tells_the_arms_apart():
    n = 20_000
    figures, made = patients(round(n * 379 / 548), n)
    rng = np.random.default_rng(4)
    pieces = certificates.sign(figures, made.group, made.spells, made.cuts, rng)
    signed = certificates.tables(figures, made.group, made.spells, pieces, "c", NEVER * certificates.DAY, rng)
    enrolled = pl.DataFrame({
        "patient_id": made.group.number, "supported": made.supported,
        "enrolled_on": people.iso(made.enrolled, NEVER),
    })  # fmt: skip
    at = (
        signed["certificates"].filter(pl.col("exclude") == "").join(signed["certificate_periods"], on="certificate_id")
        .join(enrolled, on="patient_id")
        .filter(
            pl.col("issued_at").dt.date() <= pl.col("enrolled_on"),
            pl.col("start_date") <= pl.col("enrolled_on"), pl.col("end_date") >= pl.col("enrolled_on"),
        )
        .with_columns(ahead=(pl.col("end_date") - pl.col("enrolled_on")).dt.total_days())
    )  # fmt: skip
    assert at["patient_id"].n_unique() > 0.9 * n
    seen = at.select(
        "degree", "ahead", pl.col("prognosis_days").fill_null(0), likely=pl.col("prognosis") == "LIKELY",
        unlikely=pl.col("prognosis") == "UNLIKELY",
    ).cast(pl.Float64)  # fmt: skip
    arm = at["supported"]
    for name in seen.columns:
        a, b = seen[name].filter(arm), seen[name].filter(~arm)
        assert abs(a.mean() - b.mean()) / seen[name].std() < 0.05, name


def test_a_step_of_degree_before_the_turn_stays_and_one_after_it_comes_sooner():
    _, made = patients(0)
    own = made.spells.take(made.spells.study)
    steps = {"step_1": 10, "step_2": 60, "untreated": 110, "degree": 100, "degree_1": 50, "degree_2": 25}
    own = replace(own.take([0]), **{name: np.array([value]) for name, value in steps.items()})
    first, second = own.steps(np.array([60]), 10)
    assert (first[0], second[0]) == (10, 35)
    assert net_days(own, np.array([60]), 0, 365, 10)[0] == 10 + 25 * 0.5 + 25 * 0.25
    assert net_days(own, np.array([110]), 0, 365)[0] == 10 + 50 * 0.5 + 50 * 0.25
