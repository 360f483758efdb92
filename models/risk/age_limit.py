"""The age limit of sickness benefit: at the moment it is known on which day a person reaches it, and no curve goes on beyond."""

from __future__ import annotations

import numpy as np
import polars as pl

YEARS = 67  # the month in which sickness benefit as a rule ends (33 kap. 16 § socialförsäkringsbalken)


def days_to_age_limit(frame: pl.DataFrame) -> np.ndarray:
    """(n,) days from as_of to the first day of the month in which the person reaches YEARS; inf: not known, reached, or columns missing.

    frame : as_of, age_months (whole months by calendar month, as features.person has them).
    """
    if not {"as_of", "age_months"} <= set(frame.columns):
        return np.full(frame.height, np.inf)
    left = 12 * YEARS - pl.col("age_months").cast(pl.Int64)
    reached = pl.col("as_of").dt.month_start().dt.offset_by(pl.format("{}mo", left))
    days = pl.when(left > 0).then((reached - pl.col("as_of")).dt.total_days())
    return frame.select(days.cast(pl.Float64).fill_null(np.inf)).to_series().to_numpy()


def ended_at_age_limit(survival: np.ndarray, days: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """(n, len(days)) the curves, nought from the limit (n,) on: a spell that it ends lasts `limit` days, so S(limit) = 0.

    >>> ended_at_age_limit(np.array([[1.0, 0.9, 0.8, 0.7]]), np.arange(4), np.array([2.0])).tolist()
    [[1.0, 0.9, 0.0, 0.0]]
    """
    if not np.isfinite(limit).any():
        return survival
    return np.where(days[None, :] < limit[:, None], survival, 0).astype(survival.dtype)
