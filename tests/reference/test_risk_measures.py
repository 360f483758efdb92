"""Numbers that others published or that another program gives for the same data."""

import lifelines.datasets
import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from sklearn.metrics import brier_score_loss, roc_auc_score

from models.measures.accuracy import brier, briers
from models.measures.censoring import CensoringCurve
from models.measures.decision import net_benefit
from models.measures.discrimination import auc, time_dependent_auc, uno_c
from models.risk.cox import LandmarkCox, baseline_hazard
from models.risk.kaplan_meier import weighted_curve


@pytest.fixture(scope="module")
def gbsg2():
    """Schumacher et al. 1994; the Cox model of scikit-survival's documentation of `brier_score`, at 1825 days."""
    rows = lifelines.datasets.load_gbsg2()
    rows["tgrade"] = rows["tgrade"].map(len)
    rows = pd.get_dummies(rows, columns=["horTh", "menostat"], drop_first=True, dtype=float)
    cox = CoxPHFitter().fit(rows, "time", "cens")
    hazard = cox.baseline_cumulative_hazard_.iloc[:, 0]
    passing = np.exp(-hazard[hazard.index <= 1825].iloc[-1] * cox.predict_partial_hazard(rows).to_numpy())
    return passing, rows["time"].to_numpy(), rows["cens"].to_numpy() > 0


def test_brier_of_gbsg2_is_that_of_scikit_survivals_documentation(gbsg2):
    passing, duration, event = gbsg2
    # it weighs an end by P(C > t), Graf and this package by P(C >= t): equal to the fourth decimal ...
    ours = brier(1 - passing, duration=duration, event=event, horizon=1825)
    assert ours == pytest.approx(0.20881843, abs=1e-4)
    # ... and to the seventh with its way of weighing
    curve = CensoringCurve(duration, event)
    theirs = np.where(
        duration > 1825,
        passing_error(passing, 1) / curve.at(np.array([1825])),
        np.where(event, passing_error(passing, 0) / np.maximum(curve.at(duration), 1e-9), 0),
    )
    assert theirs.mean() == pytest.approx(0.20881843, abs=1e-7)


def passing_error(passing, did):
    return (did - passing) ** 2


def test_time_dependent_auc_of_gbsg2_is_that_of_counting_every_pair(gbsg2):
    passing, duration, event = gbsg2
    curve = CensoringCurve(duration, event)
    case, control = event & (duration <= 1825), duration > 1825
    pair = (1 / curve.before(duration[case]))[:, None] * np.ones(control.sum())[None, :]
    above = passing[case][:, None] < passing[control][None, :]
    tied = passing[case][:, None] == passing[control][None, :]
    brute = (pair * (above + tied / 2)).sum() / pair.sum()
    assert time_dependent_auc(1 - passing, duration=duration, event=event, horizon=1825) == pytest.approx(
        brute, abs=1e-12
    )


def test_unos_c_of_rossi_is_harrells_0_6403_as_all_are_censored_in_the_last_week():
    rows = lifelines.datasets.load_rossi()
    cox = CoxPHFitter().fit(rows, "week", "arrest")
    risk = cox.predict_partial_hazard(rows).to_numpy()
    found = uno_c(risk, duration=rows["week"].to_numpy(), event=rows["arrest"].to_numpy() > 0, until=53)
    assert found == pytest.approx(0.6403, abs=5e-5)


def test_weighted_auc_and_brier_are_scikit_learns():
    rng = np.random.default_rng(5)
    outcome, chance, weight = rng.random(500) < 0.4, rng.integers(0, 20, 500) / 20, rng.uniform(0, 3, 500)
    assert auc(outcome, chance, weight) == pytest.approx(roc_auc_score(outcome, chance, sample_weight=weight))
    assert briers(outcome, chance, weight[None, :])[0] == pytest.approx(
        brier_score_loss(outcome, chance, sample_weight=weight)
    )


def test_net_benefit_of_acting_on_everyone_is_that_of_the_dcurves_fixture():
    # dcurves df_binary: 105 of 750 have cancer; treat-all at threshold 0.25 is -0.1466667
    outcome = np.arange(750) < 105
    assert net_benefit(outcome, np.ones(750), 0.25) == pytest.approx(-0.1466667, abs=1e-7)


def test_kaplan_meier_of_lung_is_lifelines():
    rows = lifelines.datasets.load_lung().dropna(subset=["time", "status"])
    duration, event = rows["time"].to_numpy().astype(int), rows["status"].to_numpy() > 0
    ours = weighted_curve(duration, event, np.ones(len(duration)))
    theirs = KaplanMeierFitter().fit(duration, event).predict(np.arange(366)).to_numpy()
    assert np.allclose(ours, theirs)


def test_cox_of_rossi_without_ridge_has_allisons_coefficients_and_lifelines_curves():
    rows = lifelines.datasets.load_rossi()
    names = tuple(name for name in rows.columns if name not in ("week", "arrest"))
    X = rows[list(names)].to_numpy(dtype=np.float32)
    cox = LandmarkCox(names, np.zeros(len(names), dtype=bool), penalizer=0.0).fit(
        X, duration=rows["week"].to_numpy(), event=rows["arrest"].to_numpy() > 0
    )
    found = {name: c / cox.scale_[name] for (name, _), c in zip(cox.terms_, cox.coefficients_, strict=True)}
    # Allison 1995; Fox 2002, Cox Proportional-Hazards Regression: fin -0.379, age -0.057, prio 0.091
    assert found["fin"] == pytest.approx(-0.379422, abs=1e-4)
    assert found["age"] == pytest.approx(-0.057438, abs=1e-4)
    assert found["prio"] == pytest.approx(0.091497, abs=1e-4)
    theirs = (
        CoxPHFitter().fit(rows, "week", "arrest").predict_survival_function(rows, times=[10, 52]).to_numpy().T
    )
    # Breslow's baseline there, Kalbfleisch and Prentice's here: near each other where few end on one day
    assert np.allclose(cox.predict_survival(X, np.array([10, 52])), theirs, atol=3e-3)


def test_the_cox_baseline_without_covariates_is_kaplan_meiers_even_when_most_end_on_one_day():
    duration = np.array([1] * 60 + [3] * 5 + [8] * 20 + [9] * 15)
    event = np.array([True] * 85 + [False] * 15)
    curve = np.exp(-baseline_hazard(duration, event, np.ones(100)))
    assert np.allclose(curve, weighted_curve(duration, event, np.ones(100)), atol=1e-6)
