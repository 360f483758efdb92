"""Days left and net days as forecasts: on persons not learned from, beside others."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from models.registry import RISK_MODELS
from models.risk.encoder import FrameEncoder
from models.risk.kaplan_meier import KaplanMeier
from pipeline.train.card_days import ends_of_net_days, within_a_year
from pipeline.train.forecasts import days_forecast, judged
from pipeline.train.net_days import FOLDS, SHIPPED, learn_net_days
from pipeline.train.training import KEYS, OUTCOMES
from pipeline.train.validation import FEWEST_CURVE, FEWEST_EACH, Tested, deeper_at, measures_at
from pipeline.train.windows import months_before
from tests.unit.train.invented import UNTIL, candidate, history


def test_days_left_in_the_test_months_are_nearer_than_the_table_on_the_wall():
    found = candidate().validation["days_forecast"]
    champion, certified = found["models"]["discrete_time_hazard"], found["models"]["certified"]
    assert champion["o_e"][0] == pytest.approx(1, abs=0.12)
    assert found["models"]["kaplan_meier"]["rmse_less"][0] < 0
    assert champion["rmse"][0] < found["models"]["kaplan_meier"]["rmse"][0] < certified["rmse"][0]
    assert certified["o_e"][0] > 1.5  # most are certified anew


def test_the_days_of_the_test_months_are_summed_and_compared_by_hand():
    rows = pl.DataFrame({
        "as_of": [dt.date(2025, 1, 1)] * 60 + [dt.date(2025, 3, 1)],
        "day": 5, "person_key": range(61), "duration_days": [4] * 30 + [30] * 30 + [1],
        "cause": 1, "weight": 1.0, "certified_days_ahead": 2,
    })  # fmt: skip
    curves = np.zeros((61, 366))
    curves[:, :8] = 1.0
    found = days_forecast({"cox": Tested(rows, curves)}, dt.date(2025, 1, 11), "cox", seed=1, within=10)
    assert (found["moments"], found["persons"]) == (60, 60)  # the last came too late to see ten days of
    cox, certified = found["models"]["cox"], found["models"]["certified"]
    assert (cox["expected"], cox["observed"]) == (8, 7)  # half of 4, half of at least 10
    assert cox["mae"][0] == 3
    assert cox["rmse"][0] == pytest.approx(10**0.5)
    assert certified["mae"][0] == 5
    assert certified["mae_less"] == [-2, pytest.approx(-2, abs=1.5), pytest.approx(-2, abs=1.5)]
    assert certified["rmse_less"][0] == pytest.approx(10**0.5 - 34**0.5)


def test_the_difference_of_two_forecasts_is_of_the_same_persons():
    """Both err by tens of days, the second by one more on everyone: the difference is sure, though neither error is."""
    rng = np.random.default_rng(0)
    observed = 2 + rng.exponential(50, 300)
    person = np.arange(300) // 3
    found = judged({"a": observed + 20 * rng.exponential(1, 300), "b": np.ones(300)}, observed, np.ones(300), person, "a", seed=1)
    worse = judged({"a": np.full(300, 2.0), "b": np.ones(300)}, observed, np.ones(300), person, "a", seed=1)
    assert worse["models"]["b"]["mae_less"] == pytest.approx([-1, -1, -1])
    low, high = worse["models"]["a"]["mae"][1:]
    assert high - low > 5
    assert found["persons"] == 100
    assert len(found["models"]["a"]["tenths"]) == 10
    assert all(row["observed_95"][0] <= row["observed"] <= row["observed_95"][1] for row in found["models"]["a"]["tenths"])


class Watched(KaplanMeier):
    """Kaplan-Meier that keeps whom it was fitted on and whom it was asked about; column `row` is the place in the table."""

    def predict_survival(self, X, days):
        self.asked.append(X[:, self.names.index("row")].astype(int))
        return super().predict_survival(X, days)


def watched(days, n=3_000):
    rows = history(n, days=days).with_columns(weight=pl.lit(1.0)).sort("as_of", "spell_id").with_row_index("row").with_columns(pl.col("row").cast(pl.Float64))
    encoder = FrameEncoder().fit(rows, skip=KEYS + OUTCOMES)
    made = []

    def fit(name, X, given):
        model = Watched(encoder.names_, encoder.categorical_)
        model.fit(X, duration=given["duration_days"].to_numpy(), event=(given["cause"] > 0).to_numpy())
        model.name, model.given, model.asked = name, given, []
        made.append(model)
        return model

    net, report = learn_net_days(rows, encoder.transform(rows), UNTIL, fit, "cox", seed=1)
    return rows, made, net, report


@pytest.mark.parametrize(("days", "later"), [(800, False), (1640, True)])
def test_nobody_is_judged_by_a_model_that_met_them_and_where_the_past_is_long_by_none_of_that_time(days, later):
    rows, made, net, report = watched(days)
    assert report["learned"] and report["later"] == later and net.learned_
    assert len(made) == FOLDS * len(RISK_MODELS)
    for model in made:
        asked = rows[np.concatenate(model.asked).tolist()]
        assert not set(asked["person_key"]) & set(model.given["person_key"])
        assert (asked["followed_days"] >= 365).all()
    asked = rows[np.concatenate([at for model in made if model.name == "cox" for at in model.asked]).tolist()]
    assert asked["row"].n_unique() == asked.height  # each once
    if later:
        begins = months_before(rows.filter(pl.col("followed_days") >= 365)["as_of"].max(), 6)
        assert report["first"] >= str(begins)
        for model in made:
            reach = model.given.select((pl.col("as_of") + pl.duration(days="duration_days")).max()).item()
            assert model.given["as_of"].max() < begins
            assert reach <= begins
        early = asked.filter(pl.col("as_of") < begins)  # what the judged net days were learned from
        assert (early["as_of"] + dt.timedelta(days=365) <= begins).all()


def test_too_few_followed_years_are_said_to_be_no_validation():
    *_, net, report = watched(300, n=900)
    assert not report["learned"] and not net.learned_
    _, (_, text) = within_a_year({"kind": "cox"}, report)
    assert text.startswith("Not validated: only 0 moments")
    assert ends_of_net_days(report) == []


def test_net_days_are_right_in_the_mean_and_by_tenth_on_persons_not_learned_from():
    found = candidate().validation["within_a_year"]
    told = found["net_days"]["models"]
    mean, low, high = told[SHIPPED]["o_e"]
    assert low < 1 < high and mean == pytest.approx(1, abs=0.12)
    assert told[SHIPPED]["rmse"][0] < told["certified"]["rmse"][0]
    assert told[SHIPPED]["tenth_error"] < told["certified"]["tenth_error"]
    assert 0.87 < found["covered"] < 0.97  # at least nine in ten of the next, but for chance in 415 of them
    assert set(found["days_left"]["models"]) == {*RISK_MODELS, "certified"}


@pytest.mark.parametrize(
    ("passed", "told", "drawn"),
    [(FEWEST_EACH - 1, False, False), (FEWEST_EACH, True, False), (FEWEST_CURVE - 1, True, False), (FEWEST_CURVE, True, True)],
)
def test_no_figure_is_given_of_a_day_that_a_handful_passed_and_no_curve_of_some_dozens(passed, told, drawn):
    rows = pl.DataFrame({
        "as_of": [dt.date(2025, 1, 1)] * 900, "day": 5, "person_key": [min(k, passed - 1) for k in range(600)] + [1_000 + k for k in range(300)],
        "duration_days": [200] * 600 + [10] * 300, "cause": 1, "weight": 1.0,
    })  # fmt: skip
    curves = np.tile(np.linspace(1, 0.2, 366), (900, 1)) ** np.linspace(0.5, 2, 900)[:, None]
    tested = Tested(rows, curves)
    found = measures_at(tested, 90, seed=1, repeats=20)
    assert ("auc" in found) == told
    assert found["moments"] == 900
    assert bool(deeper_at(tested, 90, seed=1, repeats=20)) == drawn
