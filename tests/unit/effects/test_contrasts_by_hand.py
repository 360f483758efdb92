"""Contrasts small enough for pencil and paper."""

import numpy as np
import pytest

from models.effects.design import CannotEstimate, Design, arms, design, independent
from models.effects.did import did, staggered
from models.effects.difference import mean_difference
from models.effects.formula import from_formula, headline
from models.effects.linear import least_squares, ols
from models.effects.matching import match, nearest
from models.effects.net_benefit import decision_curve, incremental_net_benefit
from models.effects.randomisation import randomisation
from models.effects.trials import sequential_trials
from models.effects.weighting import ipw


def test_a_difference_in_means_has_welchs_error_and_percent_of_the_control_mean():
    y, a = np.array([1.0, 3, 5, 4, 8]), np.array([0, 0, 0, 1, 1])
    found = mean_difference(y, a)
    assert found.estimate == pytest.approx(3)
    assert found.se**2 == pytest.approx(4 / 3 + 8 / 2)
    assert found.terms["percent of control"].estimate == pytest.approx(100)


def test_of_two_words_the_one_that_sorts_last_is_treated():
    yes, names = arms(np.array(["usual", "early", "usual"]))
    assert (yes.tolist(), names) == ([True, False, True], ("early", "usual"))


def test_three_arms_are_refused():
    with pytest.raises(CannotEstimate, match="3 different values"):
        arms(np.array([0, 1, 2]))


def test_a_word_becomes_an_indicator_a_level_but_the_first():
    made = design({"x": np.array([1.0, 2, 3]), "c": np.array(["b", "a", "c"])}, 3)
    assert made.names == ("Intercept", "x", "c[T.b]", "c[T.c]")
    assert made.X[:, 2:].tolist() == [[1, 0], [0, 0], [0, 1]]


def test_of_columns_that_say_the_same_the_first_stays():
    X = np.column_stack([np.ones(4), [1, 0, 0, 1], [0, 1, 1, 0], [1, 2, 3, 5]])
    assert independent(Design(X.astype(float), ("one", "a", "not a", "x"))).names == ("one", "a", "x")


def test_the_answer_of_a_formula_is_the_asked_term_else_the_last_product_else_the_first():
    y, X = from_formula("y ~ a*b + c", {"y": np.arange(6.0), "a": np.array([0, 0, 1, 1, 0, 1]), "b": np.array([0, 1] * 3), "c": np.arange(6) ** 2})
    assert y.tolist() == list(range(6))
    assert headline(X.names, None) == "a:b"
    assert headline(X.names, "c") == "c"
    assert headline(("Intercept", "x", "z"), None) == "x"


def test_cr3_is_the_jackknife_over_clusters():
    rng = np.random.default_rng(2)
    firm = np.repeat(np.arange(6), [3, 4, 5, 6, 7, 3])
    x, y = rng.normal(size=28), rng.normal(size=28)
    X = design({"x": x}, 28)
    fit = least_squares(y, X)
    left_out = np.array([least_squares(y[firm != g], X.rows(firm != g)).beta - fit.beta for g in range(6)])
    assert fit.covariance("cr3", firm) == pytest.approx(left_out.T @ left_out)


def test_cr2_is_unbiased_when_errors_are_independent():
    # E[V] = sigma^2 (X'X)^-1: summed over an orthonormal basis of errors the two are equal
    firm = np.repeat(np.arange(4), [2, 3, 4, 6])
    X = design({"x": np.random.default_rng(3).normal(size=15)}, 15)
    total = np.zeros((2, 2))
    for unit in np.eye(15):
        fit = least_squares(unit, X)
        total += fit.covariance("cr2", firm)
    assert total == pytest.approx(fit.bread)


def test_treated_change_less_control_change():
    y = np.array([10.0, 12, 20, 27, 10, 12, 20, 27])
    arm, after = np.tile([0, 0, 1, 1], 2), np.tile([0, 1, 0, 1], 2)
    assert did(y, arm, after).estimate == pytest.approx((27 - 20) - (12 - 10))


def test_units_already_treated_are_no_controls_for_those_that_start_later():
    # unit a starts at 2 with an effect that grows; b at 3 with effect 1; c never
    unit, period = np.repeat(["a", "b", "c"], 4), np.tile([1, 2, 3, 4], 3)
    first = np.repeat([2, 3, 0], 4)
    y = np.array([0.0, 5, 10, 15, 0, 0, 1, 1, 0, 0, 0, 0])
    found = staggered(y, unit, period, first)
    assert {(line["start"], line["period"]): line["effect"] for line in found.table} == {
        (2, 2): 5, (2, 3): 10, (2, 4): 15, (3, 1): 0, (3, 3): 1, (3, 4): 1,
    }  # fmt: skip
    assert found.estimate == pytest.approx(np.mean([5, 10, 15, 1, 1]))
    assert found.terms["e=0"].estimate == 3
    assert found.terms["e=-2"].estimate == 0


def test_all_twenty_allocations_of_three_among_six():
    found = randomisation(np.arange(6.0), np.array([0, 0, 0, 1, 1, 1]))
    assert (found.p, found.fit["allocations"]) == (2 / 20, 20)


def test_clusters_are_what_is_allocated():
    with pytest.raises(CannotEstimate, match="holds both arms"):
        randomisation(np.arange(4.0), np.array([0, 1, 0, 1]), cluster=np.array([1, 1, 2, 2]))


def test_a_control_is_given_once_and_to_the_greatest_first():
    distance = np.array([0.9, 0.5, 0.88, 0.45, 0.1])
    treated = np.array([True, True, False, False, False])
    assert nearest(distance, treated).tolist() == [2, 3]
    assert nearest(distance, treated, reach=0.04).tolist() == [2, -1]
    assert nearest(distance, treated, cell=np.array([0, 0, 1, 0, 0])).tolist() == [3, 4]


@pytest.mark.parametrize("seed", range(10))
def test_fast_matching_pairs_as_looking_through_all_does(seed):
    rng = np.random.default_rng(seed)
    distance, treated = np.round(rng.random(60), 2), rng.random(60) < 0.4
    found = dict(zip(np.flatnonzero(treated), nearest(distance, treated, reach=0.06), strict=True))
    free = ~treated
    for row in sorted(found, key=lambda one: (-distance[one], one)):
        gaps = np.where(free, np.abs(distance - distance[row]), np.inf)
        assert (found[row] >= 0) == (gaps.min() <= 0.06)
        if found[row] >= 0:
            assert gaps[found[row]] == pytest.approx(gaps.min())
            free[found[row]] = False


def test_with_replacement_everyone_gets_the_nearest():
    distance = np.array([0.9, 0.91, 0.88, 0.1])
    assert nearest(distance, np.array([True, True, False, False]), replace=True).tolist() == [2, 2]


def test_nothing_to_match_is_said():
    data = design({"x": np.array([0.0, 1, 0, 1])}, 4)
    with pytest.raises(CannotEstimate, match="fewer than two treated"):
        match(np.arange(4.0), np.array([0, 0, 1, 1]), data, exact=np.array(["a", "a", "b", "b"]))


def test_weights_make_the_arms_alike_where_they_differ_in_one_column():
    # a quarter of x = 0 and three quarters of x = 1 are treated; the effect is 1 in both
    x, a = np.repeat([0, 1], 8), np.array([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0])
    y = 10.0 * x + a
    found = ipw(y, a, design({"x": x}, 16))
    assert found.estimate == pytest.approx(1)
    assert y[a == 1].mean() - y[a == 0].mean() == pytest.approx(6)
    assert found.table[0]["smd_after"] == pytest.approx(0, abs=1e-9)


def test_net_benefit_is_worth_times_gain_less_cost():
    gain, cost, arm = np.array([1.0, 2, 4, 5]), np.array([10.0, 10, 16, 18]), np.array([0, 0, 1, 1])
    found = incremental_net_benefit(gain, cost, arm, worth=[1, 5])
    assert [line["net_benefit"] for line in found.table] == pytest.approx([3 - 7, 15 - 7])
    assert found.fit["cost_per_unit_of_gain"] == pytest.approx(7 / 3)


def test_acting_on_a_chance_of_a_half_weighs_a_false_alarm_as_a_missed_case():
    found = decision_curve(np.array([0.9, 0.1, 0.8, 0.6]), outcome=np.array([1, 1, 0, 1]), thresholds=[0.5])
    assert found.table[0]["net_benefit"] == pytest.approx(2 / 4 - 1 / 4)
    assert found.table[0]["all"] == pytest.approx(3 / 4 - 1 / 4)


def test_a_term_asked_for_is_the_answer():
    data = design({"x": np.arange(5.0), "z": np.array([1.0, 0, 2, 1, 5])}, 5)
    assert ols(np.arange(5.0) * 2, data, of="x").estimate == pytest.approx(2)


def sick(seed, persons, effect=0.0, moments=16):
    """Persons on sick leave: the worse start treatment more and return less; starting may do something or nothing."""
    rng = np.random.default_rng(seed)
    worse, there, begun = rng.normal(size=persons), np.ones(persons, bool), np.zeros(persons, bool)
    parts = []
    for moment in range(moments):
        start = there & ~begun & (rng.random(persons) < 1 / (1 + np.exp(2.5 - 0.8 * worse)))
        begun |= start
        back = there & (rng.random(persons) < 1 / (1 + np.exp(2.2 + 0.7 * worse - effect * begun)))
        rows = np.flatnonzero(there)
        parts.append(np.column_stack([rows, np.full(len(rows), moment), start[rows], back[rows], worse[rows]]))
        there &= ~back
    return np.concatenate(parts)


def test_sequential_trials_find_nothing_where_there_is_nothing_and_the_naive_contrast_does():
    rows = sick(5, 6000)
    X = Design(np.column_stack([np.ones(len(rows)), rows[:, 4]]), ("Intercept", "worse"))
    found = sequential_trials(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], X, lags=8, eligible=rows[:, 1] < 6)
    assert found.ci_low < 0 < found.ci_high
    stay = np.bincount(rows[:, 0].astype(int))
    ever = np.bincount(rows[:, 0].astype(int), weights=rows[:, 2]) > 0
    # who ever started must have stayed until then: immortal time
    assert mean_difference(stay, ever).ci_low > 1


def test_sequential_trials_find_an_effect():
    rows = sick(6, 6000, effect=1.0)
    X = Design(np.column_stack([np.ones(len(rows)), rows[:, 4]]), ("Intercept", "worse"))
    found = sequential_trials(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], X, lags=8, eligible=rows[:, 1] < 6)
    assert found.ci_high < -1
