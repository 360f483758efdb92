"""Pool published effects: random effects, with honest intervals for few studies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats


@dataclass(frozen=True)
class Pooled:
    """A random-effects summary, in the scale of the effects that went in.

    estimate, se : pooled mean and its standard error (model-based). hartung_knapp_se : the
    Hartung-Knapp-Sidik-Jonkman one. low, high : its interval for the mean, t on k - 1 degrees of freedom.
    prediction_low, prediction_high : interval for the true effect at a new place.
    tau2 : variance between places. i2 : share of it in all variance, 0-1. q : Cochran's.
    weights : each study's share, sums to 1. k : number of studies.
    """

    estimate: float
    se: float
    hartung_knapp_se: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    i2: float
    q: float
    k: int
    weights: np.ndarray


def pool(
    effects: np.ndarray, standard_errors: np.ndarray, *, tau2: str = "reml", level: float = 0.95
) -> Pooled:
    """Random-effects meta-analysis.

    Parameters
    ----------
    effects, standard_errors : (k,) on one additive scale (log ratios, differences), k >= 2.
    tau2 : "reml", "paule-mandel" or "dersimonian-laird".
    level : of the intervals.

    Raises
    ------
    ValueError : fewer than two studies, unequal lengths, a value not finite or a standard error not positive.

    Source: Viechtbauer 2005 (REML); Paule and Mandel 1982; DerSimonian and Laird 1986; Hartung and Knapp 2001;
    prediction interval with the Hartung-Knapp error and k - 1 degrees of freedom (IntHout 2016, metafor's "knha").
    """
    y, v = _checked(effects, standard_errors)
    if tau2 not in BETWEEN:
        raise ValueError(f"tau2 must be one of {', '.join(BETWEEN)}")
    between = BETWEEN[tau2](y, v)
    w = 1 / (v + between)
    mean = float(w @ y / w.sum())
    k = len(y)
    hartung_knapp = float(np.sqrt(w @ (y - mean) ** 2 / ((k - 1) * w.sum())))
    t = float(stats.t.ppf(0.5 + level / 2, k - 1))
    reach = t * np.sqrt(between + hartung_knapp**2)
    fixed = 1 / v
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    return Pooled(
        estimate=mean, se=float(w.sum() ** -0.5), hartung_knapp_se=hartung_knapp,
        low=mean - t * hartung_knapp, high=mean + t * hartung_knapp,
        prediction_low=float(mean - reach), prediction_high=float(mean + reach),
        tau2=between, i2=float(between / (between + typical)), q=_cochran(y, v, 0.0), k=k,
        weights=w / w.sum(),
    )  # fmt: skip


def _checked(effects: np.ndarray, standard_errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(effects, dtype=float)
    se = np.asarray(standard_errors, dtype=float)
    if y.ndim != 1 or y.shape != se.shape or len(y) < 2:
        raise ValueError(f"need two or more effects with a standard error each, got {y.shape} and {se.shape}")
    if not (np.isfinite(y).all() and np.isfinite(se).all() and (se > 0).all()):
        raise ValueError("effects must be finite and standard errors above zero")
    return y, se**2


def _cochran(y: np.ndarray, v: np.ndarray, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / v
    return max(0.0, float((_cochran(y, v, 0.0) - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def _paule_mandel(y: np.ndarray, v: np.ndarray) -> float:
    """The tau2 at which Cochran's Q equals its expectation, k - 1; Q falls as tau2 grows."""
    over = len(y) - 1
    if _cochran(y, v, 0.0) <= over:
        return 0.0
    top = 1.0
    while _cochran(y, v, top) > over:
        top *= 2
    return float(optimize.brentq(lambda tau2: _cochran(y, v, tau2) - over, 0.0, top, xtol=1e-12))


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    """Highest restricted likelihood; searched on a grid first, as it may have two tops."""

    def minus(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float(0.5 * (-np.log(w).sum() + np.log(w.sum()) + _cochran(y, v, tau2)))

    span = max(10 * float(np.var(y)), 10 * float(v.max()))
    grid = np.concatenate([[0.0], np.geomspace(span * 1e-8, span, 200)])
    at = int(np.argmin([minus(one) for one in grid]))
    if at == 0:
        return 0.0
    bounds = (grid[at - 1], grid[min(at + 1, len(grid) - 1)])
    return float(optimize.minimize_scalar(minus, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x)


BETWEEN: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "reml": _reml,
    "paule-mandel": _paule_mandel,
    "dersimonian-laird": _dersimonian_laird,
}
