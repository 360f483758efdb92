"""What a study can find, judged before any outcome is read: power and the least detectable difference."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from scipy import optimize, stats

from models.effects.cluster import members, satterthwaite
from models.effects.design import Design, design, independent
from pipeline.evaluate import arrays, observational
from pipeline.evaluate.protocol import Protocol


def power(frame: pl.DataFrame, protocol: Protocol) -> dict:
    """Standard error that the assumed variance gives with these persons, arms and clusters, and what follows from it.

    Working covariance: sd² (1 - explained) in all, `icc` of it shared within a cluster; an effect that differs between
    clusters adds effect_sd² / clusters where both arms are in each. Degrees of freedom: Satterthwaite's for CR2.
    """
    told = protocol.planning
    if protocol.adjust.method == "match":  # pairs are made of what is known at time zero
        frame = frame.filter(pl.Series(observational.weights(frame, protocol) > 0))
    X, of = _judged(frame, protocol)
    at = X.names.index(of)
    bread = np.linalg.inv(X.X.T @ X.X)
    lean = X.X @ bread[at]
    residual = told.sd**2 * (1 - told.explained)
    cluster = arrays.clusters(frame, protocol)
    variance = residual * float(lean @ lean)
    df, many, inside = float(frame.height - len(X.names)), None, False
    if cluster is not None:
        groups = members(cluster)
        many = len(groups)
        shared = sum(float(lean[g].sum()) ** 2 for g in groups)
        variance = residual * ((1 - told.icc) * float(lean @ lean) + told.icc * shared)
        a = arrays.treated(frame)
        inside = any(0 < a[g].mean() < 1 for g in groups)
        if inside:
            variance += told.effect_sd**2 / many
        df = float(satterthwaite(X.X, bread, cluster, "cr2", np.eye(len(X.names))[[at]])[0])
    se = math.sqrt(variance)
    least = detectable(se, df, told.power)
    curve = [{"difference": float(d), "power": power_of(d, se, df)} for d in _steps(least)]
    return {
        "se": se, "df": df, "clusters": many, "arms_within_clusters": inside, "least_detectable": least, "power": told.power,
        "sd": told.sd, "icc": told.icc, "explained": told.explained, "effect_sd": told.effect_sd, "curve": curve,
        "expected": told.expected or None, "power_at_expected": power_of(abs(told.expected), se, df) if told.expected else None,
        "least_worthwhile": protocol.least_worthwhile or None,
        "power_at_worthwhile": power_of(protocol.least_worthwhile, se, df) if protocol.least_worthwhile else None,
    }  # fmt: skip


def _judged(frame: pl.DataFrame, protocol: Protocol) -> tuple[Design, str]:
    """The columns of the comparison and the one that answers: the arm, or in before and after how it changes what time does."""
    X = arrays.design_of(frame, protocol.adjust.covariates)
    if protocol.adjust.method != "did":
        return independent(X), "treated"
    after = arrays.column(frame, protocol.adjust.time).cast(pl.Float64).to_numpy()
    crossed = {"after": after, "treated x after": X.X[:, X.names.index("treated")] * after}
    whole = design({name: X.X[:, at] for at, name in enumerate(X.names) if name != "Intercept"} | crossed, len(after))
    return independent(whole), "treated x after"


def power_of(difference: float, se: float, df: float) -> float:
    """Chance that a two-sided test at 5 % finds a difference of that size."""
    limit, shift = stats.t.ppf(0.975, df), difference / se
    if shift == 0:
        return 0.05
    found = float(stats.nct.sf(limit, df, shift) + stats.nct.cdf(-limit, df, shift))
    return found if math.isfinite(found) else 1.0  # far beyond the limit scipy has no number


def detectable(se: float, df: float, wanted: float) -> float:
    """The difference that is found with chance `wanted`."""
    return float(optimize.brentq(lambda d: power_of(d, se, df) - wanted, 1e-9, 60 * se))


def _steps(least: float) -> np.ndarray:
    return np.linspace(0, 2 * least, 21)
