"""Loss to follow-up within the doubly robust score; half samples of a ranking."""

import numpy as np
import pytest

from models.effects.design import design
from models.effects.doubly_robust import aipw
from models.effects.rate import _half_samples, autoc, qini


def study(n, seed):
    rng = np.random.default_rng(seed)
    x, a = rng.normal(size=n), rng.random(n) < 0.5
    y = 10 + 2 * x - 3 * a + rng.normal(size=n)
    seen = rng.random(n) < 1 / (1 + np.exp(-0.3 - np.where(a, -x, x)))  # the better off leave one arm, the worse off the other
    return y, a, design({"x": x}, n), seen


def test_when_nobody_is_lost_it_is_the_same_estimate():
    y, a, X, _ = study(300, 1)
    plain, told = aipw(y, a, X), aipw(y, a, X, seen=np.ones(300, dtype=bool))
    assert (told.estimate, told.se) == (pytest.approx(plain.estimate), pytest.approx(plain.se))


def test_the_lost_need_no_outcome_and_do_not_bend_the_answer():
    y, a, X, seen = study(40_000, 2)
    assert y[seen & a].mean() - y[seen & ~a].mean() < -4  # those followed alone
    found = aipw(np.where(seen, y, np.nan), a, X, seen=seen)
    assert abs(found.estimate + 3) < 4 * found.se < 0.2
    assert found.n == 40_000


@pytest.mark.parametrize("decimals", [8, 1])
def test_a_half_sample_has_the_ranking_measures_of_its_rows(decimals):
    rng = np.random.default_rng(3)
    scores, priority = rng.normal(size=41), rng.random(41).round(decimals)
    order = np.argsort(-priority, kind="stable")
    draws = np.random.default_rng(9)
    expected = []
    for _ in range(5):
        chosen = np.zeros(41, dtype=bool)
        chosen[draws.choice(41, 20, replace=False)] = True
        rows = order[chosen[order]]
        expected.append((autoc(scores[rows], priority[rows]), qini(scores[rows], priority[rows])))
    np.testing.assert_allclose(_half_samples(scores, priority, None, 5, 9), expected, atol=1e-12)
