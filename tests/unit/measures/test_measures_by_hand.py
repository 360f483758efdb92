"""Every measure on an example small enough to do on paper."""

import numpy as np
import pytest

from models.measures.accuracy import brier, briers, ipas
from models.measures.bootstrap import person_interval, person_intervals, person_weights
from models.measures.calibration import intercept_and_slope, observed_to_expected, smooth_calibration, smooths
from models.measures.censoring import CensoringCurve, seen_at
from models.measures.decision import net_benefit, net_benefits
from models.measures.discrimination import auc, aucs, time_dependent_auc, uno_c, uno_cs

# five people: ends on days 2, 4 and 9; censored on days 3 and 10
DURATION = np.array([2, 3, 4, 9, 10])
EVENT = np.array([True, False, True, True, False])


def test_a_censoring_takes_its_share_of_those_still_there():
    # on day 3 four are there and one is lost: 3/4 are followed beyond it
    curve = CensoringCurve(DURATION, EVENT)
    assert curve.at(np.array([2, 3, 9])).tolist() == [1, 0.75, 0.75]
    assert curve.before(np.array([3, 4])).tolist() == [1, 0.75]


def test_those_seen_stand_for_those_lost():
    ended, weight = seen_at(DURATION, EVENT, 5)
    assert ended.tolist() == [True, False, True, False, False]
    assert np.allclose(weight, [1, 0, 4 / 3, 4 / 3, 4 / 3])
    assert weight.sum() == pytest.approx(5)


def test_each_may_have_a_horizon_of_its_own():
    ended, weight = seen_at(DURATION, EVENT, np.array([1, 2, 4, 5, 5]))
    assert ended.tolist() == [False, False, True, False, False]
    assert np.allclose(weight, [1, 1, 4 / 3, 4 / 3, 4 / 3])


def test_a_horizon_almost_nobody_was_followed_to_is_not_asked_about():
    duration = np.append(np.full(99, 10), 50)
    _, weight = seen_at(duration, np.zeros(100, dtype=bool), 20)
    assert weight.sum() == 0


def test_auc_counts_pairs_and_half_a_tie():
    outcome, chance = np.array([1, 0, 1, 0]), np.array([0.8, 0.5, 0.5, 0.1])
    assert auc(outcome, chance) == 3.5 / 4
    assert np.isnan(auc(np.ones(3), np.arange(3.0)))


def test_auc_with_weights_is_auc_of_repeated_rows():
    outcome, chance = np.array([1, 0, 1, 0]), np.array([0.3, 0.5, 0.6, 0.1])
    times = np.array([2, 1, 1, 3])
    assert auc(outcome, chance, times) == pytest.approx(
        auc(np.repeat(outcome, times), np.repeat(chance, times))
    )
    assert aucs(outcome, chance, np.vstack([times, np.ones(4)]))[1] == 0.75


def test_time_dependent_auc_sets_those_ended_against_those_passed():
    # day 5: ended 0 and 2 (weights 1, 4/3), passed 3 and 4 (4/3 each)
    chance = np.array([0.9, 0.5, 0.2, 0.3, 0.1])
    won = 1 * 4 / 3 * 2 + 4 / 3 * 4 / 3 * 1
    pairs = (1 + 4 / 3) * 8 / 3
    assert time_dependent_auc(chance, duration=DURATION, event=EVENT, horizon=5) == pytest.approx(won / pairs)


def test_unos_c_weighs_late_pairs_up():
    risk = np.array([5.0, 4, 1, 2, 3])
    # person 0 (weight 1) against 4 later, all right; person 2 (16/9) against 3 and 4, both wrong;
    # person 3 (16/9) against 4, wrong
    right, pairs = 4.0, 4 + 16 / 9 * 2 + 16 / 9
    assert uno_c(risk, duration=DURATION, event=EVENT, until=20) == pytest.approx(right / pairs)
    assert uno_c(risk, duration=DURATION, event=EVENT, until=3) == 1


def test_brier_and_ipa():
    chance = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    by_hand = (1 * 0.01 + 4 / 3 * (0.25 + 0.25 + 0.01)) / 5
    assert brier(chance, duration=DURATION, event=EVENT, horizon=5) == pytest.approx(by_hand)
    outcome = np.array([1, 0, 0, 1])
    assert briers(outcome, np.full(4, 0.5), np.ones((1, 4)))[0] == 0.25
    assert ipas(outcome, np.array([0.8, 0.2, 0.2, 0.8]), np.ones((1, 4)))[0] == pytest.approx(1 - 0.04 / 0.25)


def test_chances_half_of_what_happens_show_as_two():
    outcome = np.array([1, 0, 1, 0])
    assert observed_to_expected(outcome, np.full(4, 0.25), np.ones((1, 4)))[0] == 2
    intercept, _ = intercept_and_slope(
        np.tile(outcome, 50), np.full(200, 0.25) + np.tile([0.001, -0.001], 100)
    )
    assert intercept == pytest.approx(np.log(3), abs=0.01)


def test_too_bold_chances_have_a_slope_below_one_and_a_large_ici():
    rng = np.random.default_rng(1)
    score = rng.normal(0, 1, 20000)
    outcome = rng.random(20000) < 1 / (1 + np.exp(-score))
    right, bold = 1 / (1 + np.exp(-score)), 1 / (1 + np.exp(-2 * score))
    assert intercept_and_slope(outcome, right)[1] == pytest.approx(1, abs=0.05)
    assert intercept_and_slope(outcome, bold)[1] == pytest.approx(0.5, abs=0.03)
    assert smooth_calibration(outcome, right).ici < 0.015
    found = smooth_calibration(outcome, bold)
    assert found.ici == pytest.approx(np.abs(right - bold).mean(), abs=0.015)
    assert found.e50 < found.e90


def test_smooth_calibration_stands_chances_at_zero_and_one():
    rng = np.random.default_rng(2)
    chance = np.where(rng.random(5000) < 0.3, 1.0, rng.random(5000) ** 4)
    found = smooth_calibration(rng.random(5000) < chance, chance)
    assert found.ici < 0.03


def test_net_benefit_trades_true_against_false_at_the_odds():
    outcome, chance = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.8, 0.1])
    assert net_benefit(outcome, chance, 0.25) == pytest.approx(2 / 4 - 1 / 4 / 3)


def test_net_benefits_are_those_of_the_rows_as_often_as_they_were_drawn():
    outcome, chance = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.8, 0.1])
    drawn = np.array([[1, 1, 1, 1], [2, 0, 1, 1]])
    assert net_benefits(outcome, chance, 0.5, drawn).tolist() == [0.0, 0.25]


def test_unos_c_of_drawn_rows_is_that_of_the_rows_written_out():
    rng = np.random.default_rng(1)
    duration, event, risk = rng.integers(1, 30, 60), rng.random(60) < 0.7, rng.integers(0, 9, 60).astype(float)
    drawn = rng.integers(0, 3, (3, 60)).astype(float)
    found = uno_cs(risk, drawn, duration=duration, event=event, until=25, sample_weight=np.ones(60), block=7)
    curve = CensoringCurve(duration, event)
    for weight, ours in zip(drawn, found, strict=True):
        won = pairs = 0.0
        for i in range(60):
            for j in range(60):
                later = duration[j] > duration[i] or (duration[j] == duration[i] and not event[j])
                if event[i] and duration[i] < 25 and later:
                    counts = weight[i] * weight[j] / curve.before(duration[i : i + 1])[0] ** 2
                    pairs += counts
                    won += counts * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
        assert ours == pytest.approx(won / pairs)


def test_the_difference_of_two_models_is_surer_than_either():
    rng = np.random.default_rng(6)
    both = rng.normal(0, 1, 500)
    one, other = both + rng.normal(0, 0.1, 500), both + 0.05
    means = lambda w: {"one": w @ one / 500, "less": w @ (one - other) / 500}  # noqa: E731
    found = person_intervals(means, np.ones(500), np.arange(500))
    assert found["less"][0] == pytest.approx((one - other).mean())
    assert found["less"][2] - found["less"][1] < 0.2 * (found["one"][2] - found["one"][1])


def test_all_rows_of_a_person_are_drawn_together():
    drawn = person_weights(np.array([7, 7, 8, 9]), 50, np.random.default_rng(0))
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_the_interval_of_a_mean_is_as_wide_as_its_standard_error_says():
    x = np.random.default_rng(3).normal(0, 1, 400)
    value, low, high = person_interval(
        lambda w: w @ x / w.sum(axis=1), np.ones(400), np.arange(400), repeats=1000
    )
    assert value == pytest.approx(x.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * x.std() / 20, rel=0.12)


def test_ten_rows_a_person_do_not_make_the_interval_narrower():
    x = np.random.default_rng(3).normal(0, 1, 400)
    mean = lambda values: lambda w: w @ values / w.sum(axis=1)  # noqa: E731
    _, low, high = person_interval(mean(x), np.ones(400), np.arange(400), repeats=400)
    _, many_low, many_high = person_interval(
        mean(np.repeat(x, 10)), np.ones(4000), np.repeat(np.arange(400), 10), repeats=400
    )
    assert many_high - many_low == pytest.approx(high - low, rel=0.01)


def test_draws_in_which_many_chances_are_alike_have_an_ici_too():
    rng = np.random.default_rng(1)
    chance = np.round(rng.uniform(0.02, 0.98, 150), 1)
    outcome = rng.random(150) < chance
    draws = rng.multinomial(150, np.ones(150) / 150, size=20).astype(float)
    found = smooths(outcome, chance, draws)["ici"]
    used = draws[3] > 0
    assert found.shape == (20,) and found[3] == smooth_calibration(outcome[used], chance[used], draws[3][used]).ici
