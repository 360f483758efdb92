"""The same question with other choices: does the answer hang on one of them?"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate
from models.effects.linear import least_squares
from pipeline.evaluate import arrays, primary, returning
from pipeline.evaluate.data import Data
from pipeline.evaluate.numbers import finite, number
from pipeline.evaluate.protocol import Protocol


def all_of(data: Data, protocol: Protocol, main: primary.Estimate) -> dict:
    """Rows with an estimate each, by kind."""
    told = protocol.sensitivity
    made: dict = {"methods": [], "without": [], "gaps": [], "tipping": []}
    for method in told.other_methods:
        if method != protocol.adjust.method:
            made["methods"].append(_tried(method, data.frame, protocol, method=method))
    if told.without_each_cluster and protocol.clusters in data.frame.columns:
        units = sorted(data.frame[protocol.clusters].drop_nulls().unique().to_list())
        if 2 < len(units) <= 40:
            # numbered, not named: a report is not a league table of units
            for place, unit in enumerate(units, 1):
                made["without"].append(_tried(str(place), data.frame.filter(pl.col(protocol.clusters) != unit), protocol))
    for days, frame in data.gaps.items():
        found = returning.of(frame, protocol, data.weights)
        made["gaps"].append({"gap_days": days, **found["rmst"]})
    made["tipping"] = tipping(data.frame, protocol)
    made["tips_at"] = next((row["days"] for row in made["tipping"] if row["ci_low"] is None or row["ci_low"] <= 0 <= row["ci_high"]), None)
    if protocol.arms.came_about != "randomised" and main.percent.estimate == main.percent.estimate:
        made["e_value"] = e_value(main)
    if told.negative_outcome:
        made["negative_outcome"] = {"name": told.negative_outcome} | _negative(data.frame, protocol)
    return made


def tipping(frame: pl.DataFrame, protocol: Protocol) -> list[dict]:
    """The lost are given what the model predicts; the treated among them so many days more. Where does the answer turn?"""
    y, seen = arrays.outcome(frame, protocol)
    if seen.all() or not protocol.sensitivity.tipping_days:
        return []
    X = arrays.design_of(frame, protocol.adjust.covariates)
    fit = least_squares(y[seen], X.rows(seen))
    columns = [X.names.index(name) for name in fit.names]
    guess = X.X[:, columns] @ fit.beta
    a = arrays.treated(frame)
    rows = []
    for days in (0.0, *protocol.sensitivity.tipping_days):
        worse = days if protocol.outcomes.lower_is_better else -days
        filled = np.where(seen, y, guess + worse * a)
        found = primary.of_values(frame, filled, np.ones(frame.height), protocol, "ancova", protocol.adjust.covariates)
        rows.append({"days": days, **number(found.effect)})
    return rows


def e_value(main: primary.Estimate) -> dict:
    """How strongly an unmeasured cause must go with both arm and outcome to explain the ratio of means away.

    Source: VanderWeele & Ding 2017, Ann Intern Med 167:268, on the ratio of the two means.
    """
    def of(ratio: float) -> float:
        ratio = max(ratio, 1 / ratio)
        return ratio + math.sqrt(ratio * (ratio - 1))

    base, effect = main.control_mean, main.effect
    if not base > 0 or base + effect.estimate <= 0:
        return {"estimate": None, "interval": None}
    nearest = effect.ci_high if effect.estimate < 0 else effect.ci_low
    crosses = effect.ci_low <= 0 <= effect.ci_high
    return {
        "estimate": finite(of((base + effect.estimate) / base)),
        "interval": 1.0 if crosses else finite(of((base + nearest) / base)),
    }


def _negative(frame: pl.DataFrame, protocol: Protocol) -> dict:
    values = arrays.column(frame, protocol.sensitivity.negative_outcome).cast(pl.Float64)
    kept = frame.filter(values.is_not_null())
    found = primary.of_values(
        kept, values.drop_nulls().to_numpy(), np.ones(kept.height), protocol, "ancova", protocol.adjust.covariates
    )
    return number(found.effect)


def _tried(name: str, frame: pl.DataFrame, protocol: Protocol, method: str | None = None) -> dict:
    try:
        return {"name": name, **number(primary.estimate(frame, protocol, method).effect)}
    except CannotEstimate as fault:
        return {"name": name, **dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "p", "df")), "why": str(fault)}
