"""Coordination that starts unit by unit: each start against units that have not started yet, never against those that have."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from models.effects.design import design
from models.effects.did import staggered
from models.effects.linear import least_squares
from models.effects.result import Effect
from pipeline.evaluate import arrays
from pipeline.evaluate.numbers import number
from pipeline.evaluate.protocol import Protocol

BY_DESIGN = ("unit_id", *arrays.CALENDAR)  # what the comparison holds fixed by itself


def effect_of(frame: pl.DataFrame, protocol: Protocol) -> tuple[Effect, float]:
    """(Callaway and Sant'Anna's effect on units' means a period, the mean that the treated would have had without it).

    Covariates are taken out first by what they mean among those not treated; loss is weighted for; units count alike.
    Rows of the period in which the unit starts, but before its day, belong to neither side and are left out.
    """
    y, seen = arrays.outcome(frame, protocol)
    weights = arrays.loss_weights(frame, seen, protocol.adjust.covariates)
    first = period(frame["starts_on"].dt.year().cast(pl.Int64) * 12 + frame["starts_on"].dt.month(), protocol)
    now = period(frame["month_number"], protocol)
    a = arrays.treated(frame)
    kept = seen & ~((a == 0) & (now == first))
    rows = frame.filter(kept)
    adjusted = y[kept] - _by_covariates(rows, y[kept], a[kept], now[kept], protocol)
    table = pl.DataFrame({"unit": rows["unit_id"], "period": now[kept], "first": first[kept], "y": adjusted, "w": weights[kept]})
    told = pl.len() >= protocol.smallest_cell  # a mean of fewer would be theirs, and mostly noise
    means = table.filter(told.over("unit", "period")).group_by("unit", "period", "first").agg((pl.col("y") * pl.col("w")).sum() / pl.col("w").sum())
    means = means.sort("unit", "period")
    unit = means["unit"].to_numpy().astype(str)
    found = staggered(means["y"].to_numpy(), unit, means["period"].to_numpy(), means["first"].to_numpy())
    treated = a[kept] > 0
    return found, float(np.average(y[kept][treated], weights=weights[kept][treated])) - found.estimate


def period(month: pl.Series, protocol: Protocol) -> np.ndarray:
    """(n,) float: months since year 0 in groups of `period_months`; nan where there is none."""
    return np.floor((month.cast(pl.Float64).fill_null(math.nan).to_numpy() - 1) / protocol.adjust.period_months)


def _by_covariates(rows: pl.DataFrame, y: np.ndarray, a: np.ndarray, now: np.ndarray, protocol: Protocol) -> np.ndarray:
    names = tuple(name for name in protocol.adjust.covariates if name not in BY_DESIGN)
    if not names:
        return np.zeros(len(y))
    person = design(arrays.covariates(rows, names), len(y), intercept=False)
    place = design({"unit": rows["unit_id"].to_numpy().astype(str), "period": now.astype(str)}, len(y))
    whole = design({name: person.X[:, at] for at, name in enumerate(person.names)} | {
        f"at {name}": place.X[:, at] for at, name in enumerate(place.names) if name != "Intercept"
    }, len(y))  # fmt: skip
    untreated = a == 0
    fit = least_squares(y[untreated], whole.rows(untreated))
    found = dict(zip(fit.names, fit.beta, strict=True))
    part = person.X @ np.array([found.get(name, 0.0) for name in person.names])
    return part - part[untreated].mean()


def of(frame: pl.DataFrame, protocol: Protocol) -> dict | None:
    """The effect, its course around the start, and what there was before it: nought, if units would have gone alike."""
    if protocol.arms.came_about != "stepped by unit":
        return None
    found, _ = effect_of(frame, protocol)
    course = [
        {"gap": int(float(name[2:])), **number(term)}
        for name, term in sorted(found.terms.items(), key=lambda one: float(one[0][2:]) if one[0].startswith("e=") else 0)
        if name.startswith("e=")
    ]
    before = found.terms.get("before")
    return {
        **number(found), "before": None if before is None else number(before), "course": course,
        "period_months": protocol.adjust.period_months, "units": int(found.fit["units"]), "treated_units": int(found.fit["treated_units"]),
    }  # fmt: skip
