"""The rows of public data that are predictions: scikit-survival's models predict, our measures judge them."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OrdinalEncoder
from sksurv.column import encode_categorical
from sksurv.datasets import load_breast_cancer, load_gbsg2
from sksurv.ensemble import (
    ComponentwiseGradientBoostingSurvivalAnalysis,
    GradientBoostingSurvivalAnalysis,
    RandomSurvivalForest,
)
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.nonparametric import kaplan_meier_estimator
from sksurv.preprocessing import OneHotEncoder

from models.effects.cox import concordance
from models.measures.accuracy import brier
from models.measures.censoring import CensoringCurve
from tests.reference.effects_data import row


def c_index(model, X, y) -> float:
    event, duration = (y[name] for name in y.dtype.names)
    return concordance(duration, event, model.predict(X))


def integrated(score, times) -> float:
    return float(np.trapezoid([score(place, at) for place, at in enumerate(times)], times) / (times[-1] - times[0]))


@row("O21")
def test_integrated_brier_scores_of_scikit_survivals_guide_for_the_german_breast_cancer_study():
    X, y = load_gbsg2()
    X = encode_categorical(X)
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, stratify=y["cens"], random_state=1)
    forest = RandomSurvivalForest(max_depth=2, random_state=1).fit(X_fit, y_fit)
    cox = CoxnetSurvivalAnalysis(l1_ratio=0.99, fit_baseline_model=True).fit(X_fit, y_fit)
    assert c_index(forest, X_test, y_test) == pytest.approx(0.691530, abs=1e-6)
    assert c_index(cox, X_test, y_test) == pytest.approx(0.688318, abs=1e-6)
    duration, event = y_test["time"], y_test["cens"]
    low, high = np.percentile(y["time"], [10, 90])
    times = np.arange(low, high + 1)
    passing = {
        name: np.array([curve(times) for curve in model.predict_survival_function(X_test)])
        for name, model in (("forest", forest), ("cox", cox))
    }
    moments, share = kaplan_meier_estimator(event, duration)
    passing["everyone alike"] = np.tile(share[np.searchsorted(moments, times, side="right") - 1], (len(event), 1))
    # the guide takes censoring from all 686 and weighs an end by P(C > t): to the sixth decimal that way ...
    curve = CensoringCurve(y["time"], y["cens"])
    for name, published in (("forest", 0.192432), ("cox", 0.189498), ("everyone alike", 0.216632)):
        chance = passing[name]

        def theirs(place, at, chance=chance):
            ended = event & (duration <= at)
            error = np.where(ended, chance[:, place] ** 2 / curve.at(duration), (1 - chance[:, place]) ** 2 / curve.at(at))
            return error[ended | (duration > at)].sum() / len(event)

        def ours(place, at, chance=chance):
            return brier(1 - chance[:, place], duration=duration, event=event, horizon=at)

        assert integrated(theirs, times) == pytest.approx(published, abs=1e-6)
        # ... and our own, with censoring as these 172 had it, differs in the third
        assert integrated(ours, times) == pytest.approx(published, abs=4e-3)


@row("O22")
def test_the_concordance_of_scikit_survivals_forest_guide():
    X, y = load_gbsg2()
    grade = OrdinalEncoder(categories=[["I", "II", "III"]]).fit_transform(X[["tgrade"]].astype(object).to_numpy())
    X = OneHotEncoder().fit_transform(X.drop(columns="tgrade")).assign(tgrade=grade)
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, test_size=0.25, random_state=20)
    forest = RandomSurvivalForest(n_estimators=1000, min_samples_split=10, min_samples_leaf=15, random_state=20)
    assert c_index(forest.fit(X_fit, y_fit), X_test, y_test) == pytest.approx(0.674528, abs=5e-3)


@row("O23")
def test_the_concordance_of_scikit_survivals_boosting_guide():
    X, y = load_breast_cancer()
    X = OneHotEncoder().fit_transform(X)
    X_fit, X_test, y_fit, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    # the guide's numbers moved with versions of the boosting: ours must be the same as its own to the last digit
    for model, printed in (
        (ComponentwiseGradientBoostingSurvivalAnalysis(n_estimators=100, learning_rate=1.0, random_state=0), 0.726),
        (GradientBoostingSurvivalAnalysis(n_estimators=100, learning_rate=1.0, max_depth=1, random_state=0), 0.756),
    ):
        model.fit(X_fit, y_fit)
        found = c_index(model, X_test, y_test)
        assert found == pytest.approx(model.score(X_test, y_test), abs=1e-12)
        assert found == pytest.approx(printed, abs=0.02)
