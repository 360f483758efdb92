"""Time to return to work: curves with numbers at risk, mean days within the follow-up, hazard ratio."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.effects.competing import aalen_johansen, time_lost
from models.effects.cox import cox
from models.effects.design import CannotEstimate, design
from models.effects.kaplan_meier import kaplan_meier
from models.effects.pseudo import pseudo_regression
from models.effects.result import Effect
from models.effects.rmst import rmst
from pipeline.evaluate import arrays
from pipeline.evaluate.disclosure import curve_end, spaced
from pipeline.evaluate.numbers import decimals_of, exponentiated, figures, number, rounded
from pipeline.evaluate.protocol import Protocol

RETURN, OTHER = 1, 2
EVERY = 7  # days between points of a shown curve: coarser than single persons' days
RISK_EVERY = 60


def of(frame: pl.DataFrame, protocol: Protocol, weights: np.ndarray | None = None) -> dict:
    """All that is said of the time to return, of the rows that the adjustment keeps (weights above nought). Duration: days from
    time zero to the spell's end, clean rule."""
    if weights is not None:
        frame, weights = frame.filter(pl.Series(weights > 0)), weights[weights > 0]
    tau = float(protocol.follow_up.days)
    duration = frame["duration_days"].to_numpy().astype(float)
    cause = frame["cause"].to_numpy().astype(int)
    event = np.where((duration > tau) | (cause == 0), 0, np.where(cause == 1, RETURN, OTHER))
    duration = np.minimum(duration, tau)
    a = arrays.treated(frame)
    ends = [_last(duration, a == arm, protocol.smallest_cell) for arm in (0.0, 1.0)]
    shown = [float(t) for t in range(0, int(min(*ends, tau)) + 1, EVERY)]
    tau = min(tau, *(float(duration[a == arm].max()) for arm in (0.0, 1.0)))
    cluster = arrays.clusters(frame, protocol)
    curve = kaplan_meier(duration, (event > 0).astype(int), treated=a, times=shown, weights=weights, cluster=cluster)
    left = rmst(duration, (event > 0).astype(int), treated=a, tau=tau, weights=weights, cluster=cluster)
    made: dict = {
        "tau": tau, "curve": _rows(curve.table, duration, event > 0, a, protocol.smallest_cell), "risk": _risk(duration, a, protocol.smallest_cell),
        "median": {arm: number(curve.terms[f"median {name}"]) for arm, name in (("control", "0"), ("treated", "1"))},
        "rmst": number(left),
        "rmst_arms": [
            {"arm": arm, **{name: rounded(row[key], decimals_of(left.se)) for name, key in (("mean", "rmst"), ("ci_low", "ci_low"), ("ci_high", "ci_high"))}}
            for arm, row in zip(("control", "treated"), left.table, strict=True)
        ],
        "curve_ends": shown[-1],
        "adjusted": _adjusted(frame, protocol, duration, (event > 0).astype(int), tau, weights),
    }  # fmt: skip
    if (event == RETURN).any():
        at = [t for t in (90.0, 180.0, 364.0) if t <= shown[-1]]
        made["returned_at"] = [
            _returned(aalen_johansen(duration, event, cause=RETURN, treated=a, times=[t], weights=weights, cluster=cluster), t)
            for t in at
        ]
        made["days_gained"] = number(time_lost(duration, event, cause=RETURN, treated=a, tau=tau, weights=weights, cluster=cluster))
        made["hazard"] = _hazard(frame, protocol, duration, event, weights)
    return made


def _adjusted(
    frame: pl.DataFrame, protocol: Protocol, duration: np.ndarray, event: np.ndarray, tau: float, weights: np.ndarray | None
) -> dict | None:
    """The mean days again, adjusted for the covariates by regression of pseudo-observations; rows weighted unlike are not."""
    if weights is not None and np.ptp(weights) > 1e-9:
        return None
    try:
        found = pseudo_regression(
            duration, event, arrays.design_of(frame, protocol.adjust.covariates), tau=tau,
            groups=arrays.treated(frame), cluster=arrays.clusters(frame, protocol), of="treated",
        )  # fmt: skip
    except CannotEstimate:
        return None
    return number(found)


def _hazard(frame: pl.DataFrame, protocol: Protocol, duration: np.ndarray, event: np.ndarray, weights: np.ndarray | None) -> dict | None:
    """Cause-specific. Where both arms are in each cluster the clusters have a baseline each; else robust by cluster."""
    a = arrays.treated(frame)
    cluster = arrays.clusters(frame, protocol)
    inside = cluster is not None and all(0 < a[cluster == one].mean() < 1 for one in np.unique(cluster))
    columns = {"treated": a} | arrays.covariates(frame, protocol.adjust.covariates)
    X = design(columns, len(a), intercept=False)
    keep = np.linalg.matrix_rank(X.X) == X.X.shape[1]
    X = X if keep else design({"treated": a}, len(a), intercept=False)
    try:
        found = cox(
            duration, event, X, cause=RETURN, strata=cluster if inside else None, cluster=None if inside else cluster,
            weights=weights, robust=True, of="treated",
        )  # fmt: skip
    except (CannotEstimate, np.linalg.LinAlgError):
        return None
    return exponentiated(found) | {"proportional_p": figures(found.fit["ph_p"]), "by": "strata" if inside else "robust"}


def _returned(found: Effect, day: float) -> dict:
    """Share back at work by a day, in whole percent: with more, it would count persons."""
    arms = {arm: found.terms[f"incidence {name}"].estimate for arm, name in (("control", "0"), ("treated", "1"))}
    shares = arms | {name: getattr(found, name) for name in ("estimate", "ci_low", "ci_high")}
    return {"day": day, **{name: rounded(100 * value, 0) for name, value in shares.items()}, "p": figures(found.p)}


def _last(duration: np.ndarray, rows: np.ndarray, smallest: int) -> float:
    days = np.arange(0, int(duration.max()) + 1, EVERY)
    return curve_end([(float(t), int((duration[rows] >= t).sum())) for t in days], smallest)


def _risk(duration: np.ndarray, a: np.ndarray, smallest: int) -> list[dict]:
    """Persons still on leave now and then; neither few, nor few since the number before, are told."""
    days = list(range(0, int(duration.max()) + 1, RISK_EVERY))
    arms = {}
    for arm, value in (("control", 0.0), ("treated", 1.0)):
        left = [int((duration[a == value] >= max(t, 1)).sum()) for t in days]
        told = spaced([float(t) for t in days], np.array([t for t, n in zip(days[1:], -np.diff(left), strict=True) for _ in range(n)]), smallest)
        arms[arm] = [n if show and n >= smallest else None for n, show in zip(left, told, strict=True)]
    return [{"day": t, "control": arms["control"][at], "treated": arms["treated"][at]} for at, t in enumerate(days)]


def _rows(table: list[dict], duration: np.ndarray, ended: np.ndarray, a: np.ndarray, smallest: int) -> list[dict]:
    """The curve's points, between which nobody or enough have ended."""
    made = []
    for name, arm, value in (("0", "control", 0.0), ("1", "treated", 1.0)):
        rows = [row for row in table if row["arm"] == name]
        told = spaced([row["time"] for row in rows], duration[ended & (a == value)], smallest)
        made += [
            {"arm": arm, "day": row["time"], "value": rounded(row["survival"], 3), "ci_low": rounded(row["ci_low"], 3), "ci_high": rounded(row["ci_high"], 3)}
            for row, show in zip(rows, told, strict=True) if show
        ]  # fmt: skip
    return made
