"""The same question with other choices: does the answer hang on one of them?"""

from __future__ import annotations

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate
from models.effects.linear import least_squares
from pipeline.evaluate import adherence, arrays, primary, returning
from pipeline.evaluate.data import Data
from pipeline.evaluate.numbers import number
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
    made["adherence"] = adherence.of(data, protocol)
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


def _tried(name: str, frame: pl.DataFrame, protocol: Protocol, method: str | None = None) -> dict:
    try:
        return {"name": name, **number(primary.estimate(frame, protocol, method).effect)}
    except CannotEstimate as fault:
        return {"name": name, **dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "p", "df")), "why": str(fault)}
