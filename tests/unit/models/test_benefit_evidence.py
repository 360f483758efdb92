"""models.benefit.evidence: what the published evaluations let a person expect."""

from pathlib import Path

import numpy as np
import pytest

import models.benefit
from models.benefit.evidence import EvidenceBenefit
from models.benefit.published import read_evidence, studies
from models.benefit.show import markdown, otherwise

README = Path(models.benefit.__file__).with_name("README.md")


@pytest.fixture(scope="module")
def benefit():
    return EvidenceBenefit.from_toml()


def saved(benefit, group="mental", earlier=30, contacts=9, degree=100, days=100.0, sd=None):
    one = [np.array([value]) for value in (group, earlier, contacts, degree)]
    return benefit.predict_saved(np.array([days]), None if sd is None else np.array([sd]), *one)


def by_name(part):
    return next(study for study in studies(read_evidence()) if part in study.name)


def test_two_means_with_errors_become_a_log_ratio_by_the_delta_method():
    trial = by_name("CO-WORK-CARE")
    assert trial.log_ratio == pytest.approx(np.log(102.48 / 96.29))
    assert trial.se == pytest.approx(np.sqrt((13.76 / 102.48) ** 2 + (12.38 / 96.29) ** 2))


def test_the_cochrane_difference_is_about_a_tenth_fewer_days():
    review = by_name("Cochrane")
    assert np.expm1(review.log_ratio) == pytest.approx(-16.18 / 130)
    assert review.log_ratio + 1.96 * review.se == pytest.approx(
        0, abs=0.02
    )  # published: just not significant


def test_a_higher_hazard_of_return_means_fewer_days_but_not_as_much_fewer_as_its_inverse():
    fast, slow = by_name("municipality 2"), by_name("municipality 3")
    assert -np.log(1.51) < fast.log_ratio < 0 < slow.log_ratio < -np.log(0.80)


def test_a_standard_error_from_a_p_value_gives_that_p_value_back():
    from scipy import stats

    trial = by_name("Carlsson")
    assert trial.log_ratio > 0  # the patients assessed early were away longer
    assert 2 * stats.t.sf(trial.log_ratio / trial.se, 31) == pytest.approx(0.038)


def test_stockholms_figure_is_never_pooled_as_if_it_were_precise(benefit):
    stockholm = by_name("Stockholm")
    assert stockholm.se is None and np.expm1(stockholm.log_ratio) == pytest.approx(-0.32)
    assert len(benefit.pooled.weights) == sum(
        s.randomised and s.relevance == "direct" for s in benefit.studies
    )


def test_the_prior_is_sceptical_and_wide(benefit):
    assert 0.03 < benefit.prior.reduction < 0.12
    best = saved(benefit)
    assert best.low[0] < 0 < best.high[0]
    assert best.mean[0] == pytest.approx(100 * benefit.prior.reduction)


@pytest.mark.parametrize("group", ["mental", "pain"])
def test_earlier_sick_leave_with_mental_ill_health_or_with_pain_gets_the_whole_expected_effect(
    benefit, group
):
    assert saved(benefit, group).mean[0] == pytest.approx(100 * benefit.prior.reduction)


@pytest.mark.parametrize(
    "who",
    [{"group": "both"}, {"degree": 25}, {"earlier": 0, "contacts": 1}, {"earlier": None, "contacts": 2}],
)
def test_the_subgroups_without_reported_effect_expect_none_give_or_take(benefit, who):
    got = saved(benefit, **who)
    assert got.mean[0] == 0
    assert got.low[0] < -10 and got.high[0] > 10


def test_more_care_or_care_not_delivered_is_not_low_care_use(benefit):
    none, unknown, more, earlier = (
        saved(benefit, earlier=a, contacts=b).mean[0] for a, b in [(0, 2), (0, None), (0, 3), (1, 0)]
    )
    assert 0 == none < unknown < more < earlier


def test_half_time_expects_half_and_an_odd_degree_takes_the_next_step_up(benefit):
    at = {degree: saved(benefit, degree=degree).mean[0] for degree in (25, 40, 50, 75, 100)}
    assert at[25] == 0 and at[40] == at[50] == pytest.approx(at[100] / 2) and at[75] == at[100]


def test_uncertain_days_left_widen_the_interval_and_leave_the_mean(benefit):
    sure, unsure = saved(benefit), saved(benefit, sd=400.0)
    assert unsure.mean[0] == sure.mean[0]
    assert unsure.low[0] < sure.low[0] and unsure.high[0] > sure.high[0]


def test_nothing_left_saves_nothing(benefit):
    got = saved(benefit, days=0.0)
    assert got.mean[0] == got.low[0] == got.high[0] == 0


@pytest.mark.parametrize("days", [-1.0, np.nan, np.inf])
def test_unusable_days_left_are_refused(benefit, days):
    with pytest.raises(ValueError, match="finite"):
        saved(benefit, days=days)


def test_a_table_without_a_figure_is_refused_by_the_studys_name(tmp_path):
    table = tmp_path / "evidence.toml"
    text = Path(models.benefit.__file__).with_name("evidence.toml").read_text()
    table.write_text(text.replace("control_se = 12.38\n", ""))
    with pytest.raises(ValueError, match="CO-WORK-CARE"):
        EvidenceBenefit.from_toml(table)


def test_the_readme_shows_what_the_code_computes(benefit):
    assert markdown(benefit).strip() in README.read_text(encoding="utf-8")


def test_what_the_assumptions_are_worth_is_told_by_the_same_arithmetic(benefit):
    assert otherwise(benefit.table, 130.0, True).prior == benefit.prior
    got = {(mean, out): otherwise(benefit.table, mean, out).prior for mean in (100.0, 160.0) for out in (True, False)}
    for out in (True, False):  # the same difference is a larger share of fewer days
        assert got[100.0, out].reduction > got[160.0, out].reduction
    for mean in (100.0, 160.0):
        assert got[mean, True].reduction > got[mean, False].reduction
        assert got[mean, True].sd > got[mean, False].sd
    assert all(0.05 < prior.reduction < 0.09 for prior in got.values())
    assert by_name("Cochrane").as_published.endswith("over 130 (assumed)")
