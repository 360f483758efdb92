"""A study from extracts to report: the region's own night, its study, nothing of it told twice."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from tests.flow.regions import copied

RUN = CliRunner()


@pytest.fixture(scope="module")
def home(enrolled, tmp_path_factory):
    return copied(enrolled, tmp_path_factory.mktemp("study") / "home")


def run(home, *words):
    RUN.invoke(app, ["evaluate", "sll-2012", "--home", str(home.path), "--quiet", *words], catch_exceptions=False)
    return home.studies / "sll-2012"


@pytest.fixture(scope="module")
def planned(home):
    return json.loads((run(home, "--plan") / "plan" / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def studied(home, planned):
    return json.loads((run(home) / "results.json").read_text(encoding="utf-8"))


def test_the_plan_is_made_before_any_outcome_is_read(home, planned):
    assert planned["kind"] == "plan" and planned["protocol"]["status"] == "before"
    assert planned["n"]["all"] == 548 and planned["power"]["least_detectable"] > 15
    assert not {"primary", "means", "crude", "secondary"} & set(planned)


def test_the_flow_has_548_patients_379_supported_169_not_and_seven_centres(studied):
    assert studied["flow"]["analysed"] == {"treated": 379, "control": 169, "both": 548, "clusters": 7}
    assert studied["flow"]["found"] == 548


def test_the_interval_holds_the_truth_that_the_region_was_made_with(home, studied):
    truth = pl.read_parquet(home.truth / "study.parquet")
    effect = (truth["net_days_treated"] - truth["net_days_untreated"]).mean()
    told = studied["primary"]["estimate"]
    assert told["ci_low"] < effect < told["ci_high"]


def test_net_days_are_those_that_the_region_was_made_with(home, studied):
    truth = pl.read_parquet(home.truth / "study.parquet").group_by("arm").agg(pl.col("net_days").mean())
    means = {row["arm"]: row["mean"] for row in studied["means"]}
    for arm, mean in truth.iter_rows():
        assert means["treated" if arm == "intervention" else "control"] == pytest.approx(mean, rel=0.04)


def test_the_outcomes_were_read_once_under_this_protocol(home, studied):
    told = json.loads((home.studies / "sll-2012" / "outcomes_read.json").read_text())
    assert len(told) == 1 and studied["protocol"]["status"] == "first"


def test_every_outcome_of_the_protocol_is_there(studied):
    assert set(studied["secondary"]) == {"return", "degree", "relapse", "questionnaire", "visits", "cost"}
    assert len(studied["subgroups"]) == 4 and len(studied["sensitivity"]["gaps"]) == 3
    assert {"wild_rademacher", "wild_webb", "variances", "randomisation"} <= set(studied["few_clusters"])


def test_the_report_lies_in_the_home_and_no_identity_is_in_it(home, studied):
    folder = home.studies / "sll-2012"
    assert (folder / "report.html").is_file() and (folder / "figures" / "flow.png").is_file()
    keys = pl.read_parquet(home.lake / "enrolments" / "enrolments.parquet")["person_key"].to_list()
    text = (folder / "results.json").read_text(encoding="utf-8")
    assert not any(str(key) in text for key in keys)


def test_an_unknown_study_or_language_is_told_with_exit_code_2(home, tmp_path):
    from pipeline.errors import UsageError

    for words in (["evaluate", "nowhere"], ["evaluate", "sll-2012", "--language", "de"]):
        with pytest.raises(UsageError):
            RUN.invoke(app, [*words, "--home", str(home.path)], catch_exceptions=False)
