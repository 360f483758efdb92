"""The shipped national figures."""

import numpy as np
import polars as pl
import pytest

from models.risk.national import NationalRisk


def spell(**facts):
    row = {"diagnosis_3": "F43", "day": 1, "degree": 100, "certified_days_ahead": 0} | facts
    return pl.DataFrame({name: [value] for name, value in row.items()})


def test_half_of_spells_pass_day_14_and_of_those_with_f43_the_published_share_day_89():
    # day 1 with a certificate to the same day: S(t) = share longer than 1 + t, over share longer than 1
    curve = NationalRisk().curves(spell(), np.array([13, 88, 363]))[0]
    assert curve[1] / curve[0] == pytest.approx((13023 + 12435 + 8288) / 71240, abs=1e-6)
    assert curve[2] / curve[0] == pytest.approx(8288 / 71240, abs=1e-6)


def test_nothing_ends_before_the_certified_end():
    curve = NationalRisk().curves(spell(certified_days_ahead=30), np.arange(32))[0]
    assert (curve[:30] == 1).all()
    assert curve[31] < 1


def test_a_diagnosis_not_published_gets_its_chapter_or_all():
    risk = NationalRisk()
    days = np.array([60])
    f48, j06, all_ = (risk.curves(spell(diagnosis_3=code), days)[0, 0] for code in ("F48", "J06", None))
    assert j06 == all_
    assert f48 > all_


def test_day_passed_is_certain_and_net_days_follow_the_degree():
    risk = NationalRisk()
    full, half = risk.outlook(spell(day=120)), risk.outlook(spell(day=120, degree=50))
    assert full.passes[0, 0] == 1
    assert 0 < full.passes[0, 1] < 1
    assert half.net_days[0] == pytest.approx(full.net_days[0] / 2)


def test_a_very_long_spell_still_has_a_curve():
    curve = NationalRisk().curves(spell(day=5000, certified_days_ahead=300), np.arange(366))
    assert np.isfinite(curve).all()
    assert 0.5 < curve[0, -1] <= 1
