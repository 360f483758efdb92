"""The cohort as arrays that estimators take: outcome, arm, clusters, covariates without holes, weights for loss."""

from __future__ import annotations

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from models.effects.design import Design, design
from models.effects.loss import LEAST, few_lost
from pipeline.errors import UsageError
from pipeline.evaluate.protocol import Protocol

RARE = 10  # persons; rarer levels of a text become one, and what fewer have gets no coefficient of its own: it would be theirs
UNKNOWN = "unknown"
CALENDAR = ("month_number",)  # a number whose levels have nothing in common with their order


def treated(frame: pl.DataFrame) -> np.ndarray:
    """(n,) 1.0 in the treated arm, else 0.0."""
    return frame["treated"].to_numpy().astype(float)


def clusters(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray | None:
    """(n,) labels, or None where each row stands alone. Someone who comes in at several time zeros is a cluster."""
    if protocol.clusters:
        return column(frame, protocol.clusters).cast(pl.String).fill_null(UNKNOWN).to_numpy().astype(str)
    if "person_key" in frame.columns and frame["person_key"].n_unique() < frame.height:
        return frame["person_key"].to_numpy()
    return None


def column(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column by name. Raises UsageError when the cohort has none."""
    if name not in frame.columns:
        raise UsageError(
            f"the cohort has no column {name}",
            remedy=f"columns begin with the same letter: {', '.join(c for c in frame.columns if c[:1] == name[:1]) or 'none'}",
        )
    return frame[name]


def covariates(frame: pl.DataFrame, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Each (n,) float or text, standardised and without holes: unknown numbers at the median, marked by a column of their
    own where they are not few; texts' rare levels together, with the most common one where they are few. Constant columns
    are left out."""
    made: dict[str, np.ndarray] = {}
    for name in names:
        values = column(frame, name)
        if name not in CALENDAR and (values.dtype.is_numeric() or values.dtype == pl.Boolean):
            made |= _number(name, values.cast(pl.Float64))
        else:
            made |= _text(name, values.cast(pl.String))
    return made


def _number(name: str, values: pl.Series) -> dict[str, np.ndarray]:
    holes = values.is_null().to_numpy()
    if holes.all():
        return {}
    filled = values.fill_null(values.median()).to_numpy()
    spread = filled.std()
    made = {} if spread == 0 else {name: (filled - filled.mean()) / spread}
    if holes.sum() >= RARE:
        made[f"{name} {UNKNOWN}"] = holes.astype(float)
    return made


def _text(name: str, values: pl.Series) -> dict[str, np.ndarray]:
    filled = values.fill_null(UNKNOWN)
    counts = filled.value_counts()
    rare = counts.filter(pl.col("count") < RARE)[values.name].to_list()
    if not 0 < filled.is_in(rare).sum() < RARE:
        together = "other"
    else:
        together = counts.sort("count", values.name, descending=[True, False])[values.name][0]
    kept = filled.to_frame().select(pl.when(pl.col(values.name).is_in(rare)).then(pl.lit(together)).otherwise(pl.col(values.name)))
    array = kept.to_series().to_numpy().astype(str)
    return {name: array} if len(set(array)) > 1 else {}


def design_of(frame: pl.DataFrame, names: tuple[str, ...]) -> Design:
    """Intercept, `treated`, then the covariates."""
    return design({"treated": treated(frame)} | covariates(frame, names), frame.height)


def outcome(frame: pl.DataFrame, protocol: Protocol) -> tuple[np.ndarray, np.ndarray]:
    """((n,) the primary outcome, (n,) bool whether it was seen whole)."""
    values = column(frame, protocol.outcomes.primary).cast(pl.Float64)
    seen = values.is_not_null().to_numpy().copy()
    if "outcome_seen" in frame.columns:
        seen &= (frame["outcome_seen"] == "whole").to_numpy()
    return values.fill_null(0.0).to_numpy(), seen


def loss_weights(frame: pl.DataFrame, seen: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """(n,) one over the chance to be followed throughout, given covariates, in each arm by itself: who leaves one arm may be
    unlike who leaves the other. 0 for the lost; mean 1 in the seen. With few lost in an arm the chance is the arm's share.

    Source: Robins & Finkelstein 2000, Biometrics 56:779.
    """
    arm, X = treated(frame), design_of(frame, names).without("Intercept", "treated").X
    chance = np.ones(len(seen))
    for value in (0.0, 1.0):
        mine = arm == value
        if few_lost(seen[mine]) or not seen[mine].any() or not X.shape[1]:
            chance[mine] = seen[mine].mean() if mine.any() else 1.0
        else:
            chance[mine] = LogisticRegression(C=1.0, max_iter=1000).fit(X[mine], seen[mine]).predict_proba(X[mine])[:, 1]
    weights = np.where(seen, 1 / np.clip(chance, LEAST, 1), 0.0)
    return weights / weights[seen].mean()
