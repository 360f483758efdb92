"""Several studies of the scenario through the whole pipeline; bench/studies.py runs the two hundred."""

import math

import pytest

from bench.studies import judged, one_study

TRUE = {"days": -53.0, "percent": 100 * (112.6 / 165.6 - 1)}
SPREAD = 12.0  # days; more than one study's estimate is seen to vary with


@pytest.fixture(scope="module")
def studies():
    return [one_study(seed) for seed in (1001, 1002, 1003)]


def test_the_estimates_lie_around_the_effect_that_the_scenario_is_made_with(studies):
    mean = sum(one["days"][0] for one in studies) / len(studies)
    assert mean == pytest.approx(TRUE["days"], abs=3 * SPREAD / math.sqrt(len(studies)))
    told = judged(studies, TRUE)
    assert told["days"]["coverage"] == told["percent"]["coverage"] == 1.0


def test_net_days_of_both_arms_are_counted_to_the_day_but_for_gaps_between_certificates(studies):
    for one in studies:
        assert all(-2.5 < off < 1.0 for off in one["counted_wrong"].values()), one["counted_wrong"]


def test_every_study_has_the_published_number_of_patients(studies):
    assert {tuple(one["n"][1:]) for one in studies} == {(548, 379)}
    assert all(one["n"][0] > 530 for one in studies)


def test_coverage_is_the_share_of_intervals_that_hold_the_truth():
    made = judged([{"days": [1.0, 0.0, 2.0, 0.5, 6.0]}, {"days": [3.0, 2.0, 4.0, 0.5, 6.0]}], {"days": 1.5})["days"]
    assert (made["mean"], made["coverage"], made["not_nought"]) == (2.0, 0.5, 0.5)
    assert made["mc_error"] == pytest.approx(1.0) and made["bias_in_mc_errors"] == pytest.approx(0.5)
