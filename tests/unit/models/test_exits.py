"""By what a spell ends, and what the age limit does to a curve."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from models.measures.incidence import cumulative_incidence
from models.risk.age_limit import days_to_age_limit, ended_at_age_limit
from models.risk.exits import STRENGTH, ExitShares

HORIZON = 365


def learnt(day, age, group, duration, cause, person=None):
    n = len(cause)
    every = {"day": day, "age": age, "group": group, "duration": duration}
    full = {name: np.full(n, value) if np.isscalar(value) else np.asarray(value) for name, value in every.items()}
    return ExitShares().fit(**full, cause=np.asarray(cause), person=np.arange(n) if person is None else person, sample_weight=np.ones(n))


def asked(shares, survival, day=1, age=50.0, group="other", limit=np.inf, within=365):
    n = len(survival)
    return shares.by_cause(
        survival, day=np.full(n, day), age=np.full(n, age), group=np.full(n, group), limit=np.full(n, float(limit)), within=within
    )


def test_a_share_is_drawn_towards_the_one_above_it_as_if_fifty_persons_had_it():
    # 200 end in days 1-30, a tenth by death, all of one age and group: every level says a tenth
    alike = learnt(1, 50, "other", 10, [2] * 20 + [1] * 180)
    assert alike.share_[0, 1, 2] == pytest.approx([0.9, 0.1, 0, 0])
    # a hundred of mental ill-health, all back to work: among them 20 / 200 shrunk three times
    two = learnt(1, 50, ["other"] * 100 + ["mental"] * 100, 10, [2] * 20 + [1] * 180)
    assert two.share_[0, 1, 1, 1] == pytest.approx(0.1 * STRENGTH / (100 + STRENGTH))
    assert two.share_[0, 1, 2, 1] == pytest.approx((100 * 0.2 + STRENGTH * 0.1) / (100 + STRENGTH))
    # nobody has ended by anything at an age: as the day band; nothing known at all: work
    assert two.share_[0, 0, 0] == pytest.approx([0.9, 0.1, 0, 0])
    assert learnt(1, 50, "other", 10, [0] * 9).share_[..., 0].min() == 1


def test_ten_moments_of_one_person_are_one_person():
    once = learnt([1] * 11, 50, ["mental"] * 1 + ["other"] * 10, 10, [2] + [1] * 10)
    ten = learnt([1] * 20, 50, ["mental"] * 10 + ["other"] * 10, 10, [2] * 10 + [1] * 10, np.r_[np.zeros(10), 1:11])
    assert once.share_[0, 1, 1, 1] == pytest.approx((1 + STRENGTH / 11) / (1 + STRENGTH))
    assert ten.share_[0, 1, 1, 1] == pytest.approx((1 + STRENGTH * 0.5) / (1 + STRENGTH))


def test_chances_by_cause_add_up_to_the_chance_of_an_end_and_change_with_the_day_of_the_spell():
    shares = learnt([1] * 200 + [400] * 200, 50, "other", 10, [1] * 200 + [4] * 200)
    survival = np.exp(-np.arange(HORIZON + 1) / 200.0)[None, :]
    found = asked(shares, survival)
    assert found.sum() == pytest.approx(1 - survival[0, 365])
    # from day 351 on the open-ended bands come within the year: most of their ends are by disability
    late = asked(shares, survival, day=351)
    assert late.sum() == pytest.approx(1 - survival[0, 365])
    assert found[0, 3] < 0.4 < 0.6 < late[0, 3]
    assert asked(shares, survival, within=0).sum() == 0


def test_the_age_limit_takes_what_is_left_of_the_curve_on_its_day():
    survival = np.linspace(1, 0.2, HORIZON + 1)[None, :]
    found = asked(learnt(1, 50, "other", 10, [1] * 100), survival, limit=20)
    # an end on one of the six days before is the limit's too: it is why no renewal came
    assert found[0] == pytest.approx([1 - survival[0, 13], 0, 0, 0, survival[0, 13]])
    assert asked(learnt(1, 50, "other", 10, [1] * 100), survival, limit=372)[0, 4] == 0
    assert asked(learnt(1, 50, "other", 10, [1] * 100), survival, limit=366).sum() == pytest.approx(0.8)


def test_over_many_spells_they_are_the_aalen_johansen_shares():
    rng = np.random.default_rng(5)
    n = 20_000
    # constant hazards by cause: 1 / 100 work, 1 / 1000 death; the share is a tenth everywhere
    back, dead = np.ceil(rng.exponential(100, n)), np.ceil(rng.exponential(1000, n))
    duration, cause = np.minimum(np.minimum(back, dead), 400).astype(int), np.where(np.minimum(back, dead) > 400, 0, np.where(dead < back, 2, 1))
    shares = learnt(1, 50, "other", duration, cause)
    survival = np.exp(-np.arange(HORIZON + 1) * (1 / 100 + 1 / 1000))[None, :]
    expected = cumulative_incidence(duration, cause, np.array([90, 365]))
    for place, within in enumerate((90, 365)):
        found = asked(shares, survival, within=within)[0]
        assert found[:2] == pytest.approx([expected[1][place], expected[2][place]], abs=0.01)


def test_the_days_to_the_limit_run_to_the_first_of_the_month_in_which_it_is_reached():
    day = dt.date(2026, 3, 10)
    frame = pl.DataFrame({"as_of": [day] * 5, "age_months": [67 * 12 - 1, 67 * 12 - 13, 67 * 12, 40 * 12, None]})
    assert days_to_age_limit(frame).tolist() == [22, 387, np.inf, (dt.date(2053, 3, 1) - day).days, np.inf]
    assert days_to_age_limit(frame.drop("age_months")).tolist() == [np.inf] * 5
    survival = np.full((2, 4), 0.5)
    cut = ended_at_age_limit(survival, np.arange(4), np.array([2, np.inf]))
    assert cut.tolist() == [[0.5, 0.5, 0, 0], [0.5] * 4]


def test_what_was_learnt_comes_back_from_disk_and_other_bands_are_refused():
    made = learnt(1, 50, "other", 10, [2] * 20 + [1] * 180)
    assert np.array_equal(ExitShares.from_dict(made.to_dict()).share_, made.share_)
    with pytest.raises(ValueError, match="other bands"):
        ExitShares.from_dict(made.to_dict() | {"age_edges": [50]})
