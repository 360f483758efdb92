"""What a curve says about passing a day."""

import numpy as np

from models.risk.outlook import chance_of_passing

CURVE = np.tile(np.array([1.0, 0.6, *[0.5] * 364]), (4, 1))


def test_on_the_day_itself_only_a_certificate_that_reaches_beyond_it_makes_passing_certain():
    day, ahead = np.array([90, 90, 91, 89]), np.array([0, 3, 0, 0])
    assert chance_of_passing(CURVE, day, 90, ahead).tolist() == [0.6, 1.0, 1.0, 0.6]


def test_without_a_known_certified_end_the_day_itself_is_not_taken_as_passed():
    assert chance_of_passing(CURVE[:1], np.array([90]), 90).tolist() == [0.6]
