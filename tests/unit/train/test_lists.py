"""What a week's list is judged by, on lists small enough to make by hand."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.train.lists import Places, by_lists, listed, shares
from tests.unit.train.test_validation import flat

UNTIL = dt.date(2025, 6, 30)


def test_a_units_share_is_its_places_over_those_it_meets_on_a_day():
    asked = pl.DataFrame({"unit_id": ["A"] * 30 + ["B"] * 10 + [None], "weight": [2.0] * 30 + [1.0] * 11})
    # A meets 60 in ten days, and only half of all days were drawn: 12 a day
    assert shares(asked, 10, Places(otherwise=1.0, units={"A": 3.0}, drawn=0.5)) == {"A": 0.25, "B": 0.5}


def test_each_unit_lists_its_own_highest_until_its_places_are_full():
    chance, unit = np.array([0.9, 0.8, 0.7, 0.1, 0.2]), np.array(["A", "A", "A", "B", "B"])
    held = listed(chance, unit, np.array([1.0, 1, 2, 1, 1]), {"A": 0.625, "B": 0.5}, seed=1)
    assert held.tolist() == [1, 1, 0.25, 0, 1]  # 2.5 of A's 4: half a moment's worth of the third


def judged(**columns):
    passing = np.arange(100) < 40
    good, bad = np.where(passing, 0.8, 0.3), np.where(passing, 0.3, 0.8)
    units = np.array(["A", "B"])[np.arange(100) % 2]
    rows = {"unit_id": units, "degree": np.where(passing, 50, 100), **columns}
    both = {"good": flat(good, passing, **rows), "bad": flat(bad, passing, **rows)}
    cells = {"sex": np.array(["F"] * 3 + ["M"] * 37 + ["F"] * 30 + ["M"] * 30)}
    return by_lists(both, "good", {"A": 0.2, "B": 0.2}, UNTIL, cells)


def test_precision_sensitivity_and_days_are_counted_by_hand():
    found = judged()
    assert found["offered"] == pytest.approx(0.2) and found["units"] == 2
    good, bad, lot = (found["models"][name] for name in ("good", "bad", "by_lot"))
    assert good["precision"][0] == 1 and bad["precision"][0] == 0 and lot["precision"][0] == pytest.approx(0.4)
    assert good["sensitivity"][0] == pytest.approx(0.5) and lot["sensitivity"][0] == pytest.approx(0.2)
    assert bad["less"][0] == 1 and good["less"] is None
    # those who pass are at half degree: 45 net days in ninety; the others end after ten whole ones
    assert good["days"][0] == pytest.approx(45) and bad["days"][0] == pytest.approx(10)
    assert lot["precision"][1] < 0.4 < lot["precision"][2]


def test_a_group_is_told_its_share_offered_and_found_and_small_numbers_are_hidden():
    found = {one["cell"]: one for one in judged()["cells"]["sex"]}
    assert set(found) == {"F", "M"} and found["M"]["persons"] == 67
    assert found["M"]["offered"][0] > found["F"]["offered"][0]
    assert "sensitivity" not in found["F"]  # of three who pass
    assert found["M"]["precision"][0] == 1


def test_days_not_yet_followed_to_their_end_are_not_counted():
    late = judged(as_of=[UNTIL - dt.timedelta(days=10)] * 100)
    assert late["models"]["good"]["days"] is None and late["models"]["good"]["precision"][0] == 1
