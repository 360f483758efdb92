"""certify: what is true of simulated studies, and what the certificate says of the estimators."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline import run_certify
from pipeline.__main__ import app
from pipeline.certify import certificate, simulation
from pipeline.certify.patients import YEAR, control_share, effects, gain_share, patients
from pipeline.certify.register import SCENARIOS
from pipeline.certify.scenario import NAIVE
from pipeline.certify.summary import COVERAGE, TYPE_I, summarise
from pipeline.certify.times import FASTER, OTHER_EXIT, TAU, censoring_truth, lean, return_time
from pipeline.console import Console
from pipeline.errors import UsageError

STUDIES = 60
TRIED = ("confounded", "6 centres drawn")


@pytest.fixture(scope="module")
def found():
    return simulation.run(TRIED, STUDIES, seed=20, cores=2)


def lines_of(found, *names):
    return [line for name in names for line in summarise(SCENARIOS[name], found[name, 1.0], found[name, 0.0])]


def spread(share):
    """Four Monte Carlo standard errors of a share: by chance alone one in 16 000 lies farther out."""
    return 4 * math.sqrt(share * (1 - share) / STUDIES)


@pytest.mark.parametrize("name", TRIED)
def test_a_default_covers_and_errs_as_often_as_it_says_within_chance(found, name):
    for line in lines_of(found, name):
        if line.kind != "default":
            continue
        assert line.failed == 0, line.estimator
        assert line.coverage >= COVERAGE[0] - spread(COVERAGE[0]), line.estimator
        assert line.type_i <= TYPE_I[1] + spread(TYPE_I[1]), line.estimator
        assert abs(line.bias) < 4 * line.bias_mc + 2, line.estimator  # matching leaves a day or two of confounding


def test_a_naive_estimator_fails(found):
    naive = {line.estimator: line for line in lines_of(found, *TRIED) if line.kind == NAIVE}
    assert naive["mean-difference"].coverage < 0.7
    assert naive["mean-difference, clusters not told"].type_i > 0.12
    assert {line.verdict for line in naive.values()} == {"fails, as it must"}


def test_the_numbers_are_the_same_at_any_number_of_cores(found):
    alone = simulation.run(("6 centres drawn",), 12, seed=20, cores=1)
    for world in simulation.WORLDS:
        np.testing.assert_array_equal(alone["6 centres drawn", world], found["6 centres drawn", world][:12])


def test_the_studies_of_two_scenarios_or_worlds_are_not_the_same():
    first = {
        simulation.generator(1, name, world, study).random() for name in SCENARIOS for world in simulation.WORLDS for study in (0, 1)
    }
    assert len(first) == 4 * len(SCENARIOS)


def test_the_truth_of_net_days_is_that_of_many_patients():
    p = patients(400_000, np.random.default_rng(1))
    saved = -YEAR * gain_share(p).mean()
    true = effects(1.0)
    assert true["ate"] == pytest.approx(saved, abs=0.15)
    assert true["percent"] == pytest.approx(100 * saved / (YEAR * control_share(p).mean()), abs=0.2)
    assert true["att"] < true["ate"]  # those with earlier sick leave are treated more, and gain more
    assert effects(0.0) == {"ate": 0.0, "att": 0.0, "percent": 0.0}


def test_the_truth_of_times_is_that_of_many_uncensored_patients():
    rng = np.random.default_rng(2)
    n = 400_000
    p = patients(n, rng)
    back, share = {}, {}
    for arm in (0, 1):
        home = return_time(rng.exponential(size=n), lean(p) + FASTER * arm)
        other = rng.exponential(size=n) / OTHER_EXIT
        back[arm] = np.minimum(np.ceil(np.minimum(home, other)), TAU).mean()
        share[arm] = ((home <= other) & (home <= TAU)).mean()
    true = censoring_truth(1.0)
    assert true["rmst"] == pytest.approx(back[1] - back[0], abs=0.6)
    assert true["incidence"] == pytest.approx(share[1] - share[0], abs=0.004)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_without_an_effect_the_truth_is_nothing(name):
    scenario = SCENARIOS[name]
    for estimator in scenario.estimators:
        if estimator.null:
            assert scenario.truth(0.0)[estimator.of] == pytest.approx(0.0, abs=1e-9)
            assert abs(scenario.truth(1.0)[estimator.of]) > 0


def test_what_lies_outside_its_bounds_is_marked_and_counted(found, tmp_path):
    lines = lines_of(found, "confounded")
    at = next(number for number, line in enumerate(lines) if line.kind == "default")
    lines[at] = replace(lines[at], coverage=0.80)
    assert replace(lines[at], coverage=0.9299, type_i=0.05).verdict == "OUTSIDE, BY CHANCE?"
    text = certificate.write(lines, tmp_path, "the command", STUDIES).read_text()
    marked = [row for row in text.splitlines() if row.startswith(f"| {lines[at].estimator} |")]
    assert len(marked) == 1 and marked[0].endswith("**OUTSIDE** |")
    assert f"confounded: {lines[at].estimator}" in text
    rows = list(csv.DictReader((tmp_path / "certification.csv").open()))
    assert [row["estimator"] for row in rows] == [line.estimator for line in lines]
    assert (tmp_path / "certification.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"studies": 5}, "5 studies"), ({"only": ("nothing",)}, "no scenario nothing"), ({"cores": 0}, "0 cores")],
)
def test_what_cannot_be_run_is_told_before_it_runs(tmp_path, changed, said):
    given = {"studies": 50, "seed": 1, "cores": 1, "out": tmp_path / "docs", "only": ()} | changed
    with pytest.raises(UsageError, match=said):
        run_certify.certify(**given, console=Console(quiet=True))
    assert not (tmp_path / "docs").exists()


def test_the_command_writes_its_own_line_on_the_page(tmp_path):
    done = CliRunner().invoke(app, ["certify", "--studies", "20", "--only", "prediction", "--out", str(tmp_path), "--cores", "1"])
    assert done.exit_code == 0
    assert "studies a second" in done.output
    assert 'rehabrisk certify --studies 20 --seed 1 --only "prediction"' in (tmp_path / "certification.md").read_text()
