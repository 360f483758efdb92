"""models.benefit.meta_analysis: properties that hold for any studies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.benefit.meta_analysis import BETWEEN, pool

studies = st.lists(
    st.tuples(st.floats(-2, 2, allow_nan=False), st.floats(0.02, 1, allow_nan=False)), min_size=2, max_size=12
)


@given(studies, st.sampled_from(sorted(BETWEEN)))
def test_the_pooled_mean_lies_among_the_studies_and_a_new_place_is_less_certain_than_the_mean(data, method):
    effects, errors = np.array(data).T
    got = pool(effects, errors, tau2=method)
    assert effects.min() - 1e-9 <= got.estimate <= effects.max() + 1e-9
    assert got.tau2 >= 0
    assert got.weights.sum() == pytest.approx(1)
    assert got.prediction_low <= got.low <= got.estimate <= got.high <= got.prediction_high


def test_studies_that_agree_leave_no_variance_between_places():
    for method in BETWEEN:
        assert pool(np.array([0.1, 0.1, 0.1]), np.array([0.2, 0.3, 0.4]), tau2=method).tau2 == pytest.approx(
            0, abs=1e-9
        )


@pytest.mark.parametrize(
    ("effects", "errors"),
    [([0.1], [0.1]), ([0.1, 0.2], [0.1, 0.0]), ([0.1, np.nan], [0.1, 0.1]), ([0.1, 0.2], [0.1])],
)
def test_too_few_or_unusable_studies_are_refused(effects, errors):
    with pytest.raises(ValueError):
        pool(np.array(effects), np.array(errors))


def test_an_unknown_estimator_is_refused_by_name():
    with pytest.raises(ValueError, match="paule-mandel"):
        pool(np.array([0.1, 0.2]), np.array([0.1, 0.1]), tau2="best")
