"""Curves small enough to draw by hand."""

import numpy as np
import pytest

from models.effects.bootstrap import bootstrap_rmst
from models.effects.competing import aalen_johansen, time_lost
from models.effects.counting import counts
from models.effects.design import CannotEstimate
from models.effects.influence import incidence_influence, survival_influence, time_lost_influence
from models.effects.kaplan_meier import kaplan_meier
from models.effects.pseudo import pseudo_observations
from models.effects.recurrent import mean_cumulative
from models.effects.rmst import restricted_mean, rmst

T, E = np.array([1, 2, 3, 4]), np.array([1, 0, 1, 0])


def test_a_curve_falls_by_the_share_of_those_still_there():
    found = kaplan_meier(T, E, times=[1, 2.5, 3])
    assert [line["survival"] for line in found.table] == pytest.approx([0.75, 0.75, 0.375])
    # Greenwood at 3: 0.375^2 (1 / (4 * 3) + 1 / (2 * 1))
    assert found.table[2]["se"] == pytest.approx(0.375 * np.sqrt(1 / 12 + 1 / 2))
    assert [line["at_risk"] for line in found.table] == [4, 2, 2]


def test_the_restricted_mean_is_the_area_under_the_curve():
    mean, se = restricted_mean(T, E, 4)
    assert mean == pytest.approx(1 + 0.75 * 2 + 0.375 * 1)
    assert se**2 == pytest.approx((0.75 * 2 + 0.375) ** 2 / 12 + 0.375**2 / 2)


def test_without_censoring_the_restricted_mean_is_the_mean():
    days = np.array([3, 5, 5, 9, 12.0])
    mean, se = restricted_mean(days, np.ones(5), 20)
    assert mean == pytest.approx(days.mean())
    assert se == pytest.approx(days.std() / np.sqrt(5))


def test_the_treated_arm_is_the_greater_value_and_the_difference_is_theirs_less_the_others():
    found = rmst(np.array([1, 1, 3, 3]), np.ones(4), treated=np.array([0, 0, 1, 1]), tau=5)
    assert (found.estimate, [line["arm"] for line in found.table]) == (2, ["0", "1"])


def test_tau_beyond_what_was_seen_is_refused():
    with pytest.raises(CannotEstimate, match="follow-up of an arm, which ends at 4"):
        rmst(T, E, tau=5)


def test_two_causes_on_the_same_day_share_the_day():
    found = aalen_johansen(np.array([1, 1, 2, 2]), np.array([1, 2, 1, 0]), times=[1, 2])
    by = {(line["cause"], line["time"]): line["incidence"] for line in found.table}
    assert (by[1, 1.0], by[2, 1.0], by[1, 2.0], by[2, 2.0]) == (0.25, 0.25, 0.5, 0.25)


def test_times_lost_and_time_free_add_up_to_tau():
    rng = np.random.default_rng(1)
    found = time_lost(rng.integers(1, 30, 80), rng.integers(0, 4, 80), groups=rng.integers(0, 2, 80), tau=20)
    for arm in ("0", "1"):
        assert sum(line["time"] for line in found.table if line["arm"] == arm) == pytest.approx(20)


def test_someone_who_enters_late_is_not_at_risk_before():
    found = kaplan_meier(np.array([2, 5]), np.array([1, 1]), entry=np.array([0, 3]), times=[2, 5])
    # at 2 only the first is there, and leaves: the curve is then 0
    assert [line["survival"] for line in found.table] == [0, 0]


def test_influence_is_the_derivative_by_a_rows_weight():
    rng = np.random.default_rng(0)
    n = 40
    entry = rng.integers(0, 5, n)
    duration, event = entry + rng.integers(1, 12, n), rng.integers(0, 3, n)
    of = counts(duration, event, entry=entry)
    at = np.array([4.0, 7.5, 12.0])

    def values(w, t):
        from models.effects.competing import area, incidence
        from models.effects.counting import survival

        one = counts(duration, event, entry=entry, weights=w)
        place = one.place(t)
        return np.array([survival(one)[place], incidence(one, 1)[place], area(one, 1, t)])

    for column, t in enumerate(at):
        base = values(np.ones(n), t)
        moved = np.array([(values(1 + 1e-6 * (np.arange(n) == i), t) - base) / 1e-6 for i in range(n)])
        assert survival_influence(of, duration, event, entry, at)[:, column] == pytest.approx(moved[:, 0], abs=1e-6)
        assert incidence_influence(of, 1, duration, event, entry, at)[:, column] == pytest.approx(moved[:, 1], abs=1e-6)
        assert time_lost_influence(of, 1, duration, event, entry, t)[:, 0] == pytest.approx(moved[:, 2], abs=1e-6)


def test_without_censoring_a_pseudo_observation_is_the_observation():
    days = np.array([3.0, 5, 5, 9, 12])
    assert pseudo_observations(days, np.ones(5, dtype=int), 10) == pytest.approx(np.minimum(days, 10))


def test_events_that_come_again_are_counted_among_those_still_watched():
    # person 1: events at 1 and 2, watched to 4; person 2: event at 2, watched to 2
    start, stop = np.array([0, 1, 2, 0]), np.array([1, 2, 4, 2])
    found = mean_cumulative(stop, np.array([1, 1, 0, 1]), entry=start, person=np.array([1, 1, 1, 2]), times=[1, 2, 4])
    assert [line["mean"] for line in found.table] == [0.5, 1.5, 1.5]


def test_after_death_no_more_events_come():
    # two persons; one dies at 1, the other has an event at 2: half of all, not one each
    found = mean_cumulative(np.array([1, 2]), np.array([2, 1]), cause=1, times=[2])
    assert found.estimate == pytest.approx(0.5)


def test_the_bootstrap_of_counts_has_greenwoods_error():
    rng = np.random.default_rng(8)
    arm = rng.integers(0, 2, 4000)
    end, out = np.ceil(rng.exponential(60, 4000)), np.ceil(rng.exponential(120, 4000))
    days, event = np.minimum(end, out), (end <= out).astype(int)
    found, greenwood = bootstrap_rmst(days, event, arm, tau=90), rmst(days, event, treated=arm, tau=90)
    assert found.estimate == pytest.approx(greenwood.estimate)
    assert found.se == pytest.approx(greenwood.se, rel=0.06)
    assert (found.ci_low, found.ci_high) == pytest.approx((greenwood.ci_low, greenwood.ci_high), abs=0.2)
