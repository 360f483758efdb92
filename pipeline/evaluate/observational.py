"""Arms that nobody drew: weights, doubly robust estimates and matching on what was known at time zero."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate, Design
from models.effects.doubly_robust import aipw
from models.effects.matching import nearest
from models.effects.result import Effect, Term, wald
from models.effects.weighting import ipw, propensity, weights_of
from pipeline.evaluate import arrays, primary
from pipeline.evaluate.protocol import Protocol


def estimate(method: str, frame: pl.DataFrame, y: np.ndarray, seen: np.ndarray, protocol: Protocol, names: tuple[str, ...]) -> primary.Estimate:
    """The difference by `aipw`, `ipw` or `match` over everyone whose chance of either arm is not next to none; y need be
    known only where `seen`, and how those came to be lost is part of the estimate."""
    a, cluster = arrays.treated(frame), arrays.clusters(frame, protocol)
    X = arrays.design_of(frame, names)
    if method == "match":
        return _matched(frame, y, seen, X, cluster, protocol, names)
    X = X.without("treated")
    chance = propensity(a, X).mean
    common = _common(chance, protocol)
    if min(((a == arm) & common & seen).sum() for arm in (0, 1)) < 2:
        raise CannotEstimate("the arms have no persons in common: nearly everyone's arm follows from the covariates")
    part = None if cluster is None else cluster[common]
    how = {"estimand": estimand(protocol), "cluster": part, "seen": None if seen[common].all() else seen[common]}
    if method == "ipw":
        found = ipw(y[common], a[common], X.rows(common), **how)
        # the two means' covariance is not told: the control mean is taken as known, which the percent says little less for
        return primary.Estimate(method, found, _over(found, found.terms["mean 0"].estimate), found.terms["mean 0"].estimate)
    found = aipw(y[common], a[common], X.rows(common), folds=protocol.adjust.folds, seed=protocol.seed, **how)
    control, treated = found.terms["mean 0"], found.terms["mean 1"]
    return primary.Estimate(method, found, _ratio(found, control, treated), control.estimate)


def estimand(protocol: Protocol) -> str:
    """Of everyone, or of those who were supported."""
    return "att" if protocol.arms.estimand == "supported" else "ate"


def _common(chance: np.ndarray, protocol: Protocol) -> np.ndarray:
    """(n,) bool: neither arm is next to impossible. For the effect on the treated a control may be ever so unlike them: it
    weighs little; where treatment is rare, trimming low chances would leave hardly anyone."""
    below = chance <= 1 - protocol.adjust.trim
    return below if estimand(protocol) == "att" else below & (chance >= protocol.adjust.trim)


def weights(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray:
    """(n,) what the protocol's adjustment gives each row, 0 for those it leaves out; mean 1 in each arm's kept rows."""
    a = arrays.treated(frame)
    X = arrays.design_of(frame, protocol.adjust.covariates).without("treated")
    if protocol.adjust.method == "match":
        w = matched_weights(frame, a, X, protocol)
    else:
        chance = propensity(a, X).mean
        common = _common(chance, protocol)
        w = np.zeros(len(a))
        w[common] = weights_of(chance[common], a[common] > 0, estimand(protocol))
    for arm in (0.0, 1.0):
        mine = (a == arm) & (w > 0)
        if mine.any():
            w[mine] /= w[mine].mean()
    return w


def matched_weights(frame: pl.DataFrame, a: np.ndarray, X: Design, protocol: Protocol) -> np.ndarray:
    """(n,) how often each row is in a pair."""
    treated, control = _pairs(frame, a, X, protocol)
    return np.bincount(np.append(treated, control), minlength=len(a)).astype(float)


def _pairs(frame: pl.DataFrame, a: np.ndarray, X: Design, protocol: Protocol) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the treated who find a control, and of their controls; known at time zero, whoever is lost afterwards."""
    chance = propensity(a, X).mean
    distance = np.log(chance / (1 - chance))
    yes = a > 0
    reach = protocol.adjust.caliper * math.sqrt((distance[yes].var(ddof=1) + distance[~yes].var(ddof=1)) / 2)
    cell = _cells(frame, protocol)
    control = nearest(
        distance, yes, cell=None if cell is None else np.unique(cell, return_inverse=True)[1], reach=reach,
        replace=protocol.adjust.replace,
    )  # fmt: skip
    if (control >= 0).sum() < 2:
        raise CannotEstimate("fewer than two treated find a match")
    return np.flatnonzero(yes)[control >= 0], control[control >= 0]


def _matched(
    frame: pl.DataFrame, y: np.ndarray, seen: np.ndarray, X: Design, cluster: np.ndarray | None, protocol: Protocol, names: tuple[str, ...]
) -> primary.Estimate:
    """Least squares on the matched: a caliper leaves a rest of confounding, which the covariates take. Those of them who were
    followed are weighted for loss. Errors by cluster; without clusters by pair, and by row where a control serves many."""
    a = arrays.treated(frame)
    treated, control = _pairs(frame, a, X.without("treated"), protocol)
    w = np.bincount(np.append(treated, control), minlength=len(a)).astype(float)
    matched = frame.filter(pl.Series(w > 0))
    loss = np.zeros(len(a))
    loss[w > 0] = arrays.loss_weights(matched, seen[w > 0], names)
    used = (w > 0) & seen
    if cluster is None and not protocol.adjust.replace:
        cluster = np.arange(len(a))
        cluster[treated] = control
    label = None if cluster is None else cluster[used]
    return primary.linear("match", y[used], X.rows(used), label, (w * loss)[used])


def _cells(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray | None:
    if not protocol.adjust.exact:
        return None
    parts = [arrays.column(frame, name).cast(pl.String).fill_null(arrays.UNKNOWN) for name in protocol.adjust.exact]
    return np.array(["|".join(row) for row in zip(*(part.to_list() for part in parts), strict=True)])


def _over(found: Effect, base: float) -> Term:
    """Percent of a control mean taken as known."""
    return wald(100 * found.estimate / base, 100 * found.se / abs(base), found.df) if base else wald(math.nan, math.nan)


def _ratio(found: Effect, control: Term, treated: Term) -> Term:
    """100 (m1 / m0 - 1) by the delta method; the means' covariance follows from the errors of both and of their difference."""
    m0, m1 = control.estimate, treated.estimate
    if not m0:
        return wald(math.nan, math.nan)
    shared = (control.se**2 + treated.se**2 - found.se**2) / 2
    variance = treated.se**2 / m0**2 + m1**2 * control.se**2 / m0**4 - 2 * m1 * shared / m0**3
    return wald(100 * (m1 / m0 - 1), 100 * math.sqrt(max(variance, 0)), found.df)
