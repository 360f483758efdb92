"""Fit on the past, tune on what came next, test on the newest: the split of moments by time."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.risk.exits import AGE_LIMIT

ENOUGH_MONTHS = 30


@dataclass(frozen=True)
class Windows:
    """Moments before `tune_from` are fitted on, before `test_from` tuned on, up to `until` tested on."""

    first: dt.date
    tune_from: dt.date
    test_from: dt.date
    until: dt.date
    shortened: bool

    def in_words(self) -> str:
        """One line for the card."""
        words = (
            f"fit {self.first} to before {self.tune_from}, tune to before {self.test_from}, test to {self.until}; "
            "what happened after a window's end was not known to it"
        )
        short = f" (history below {ENOUGH_MONTHS} months: 60/20/20 % of its time)" if self.shortened else ""
        return words + short


def months_before(date: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last of that month.

    >>> months_before(dt.date(2026, 3, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    return dt.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def split_windows(first: dt.date, until: dt.date, *, tune_months: int, test_months: int) -> Windows:
    """The windows for moments from `first`, with outcomes known up to `until`."""
    test_from = months_before(until, test_months)
    tune_from = months_before(test_from, tune_months)
    if months_before(until, ENOUGH_MONTHS) >= first and tune_from > first:
        return Windows(first, tune_from, test_from, until, shortened=False)
    days = (until - first).days
    cut = [first + dt.timedelta(days=round(days * share)) for share in (0.6, 0.8)]
    return Windows(first, cut[0], cut[1], until, shortened=True)


def between(frame: pl.DataFrame, start: dt.date, end: dt.date, known_until: dt.date) -> pl.DataFrame:
    """Moments with start <= as_of < end, their outcomes as far as they had come by `known_until`.

    A spell that ran on past `known_until` is censored there; a year that was not over is not a year followed.
    """
    rows = frame.filter(pl.col("as_of").is_between(start, end, closed="left"), pl.col("as_of") < known_until)
    room = (pl.lit(known_until) - pl.col("as_of")).dt.total_days()
    changed = {
        "cause": pl.when(pl.col("duration_days") > room).then(0).otherwise(pl.col("cause")),
        "duration_days": pl.min_horizontal("duration_days", room),
    }
    if "followed_days" in frame.columns:
        changed["followed_days"] = pl.min_horizontal("followed_days", room)
    return rows.with_columns(**changed)


def outcome(rows: pl.DataFrame) -> dict[str, np.ndarray]:
    """The arguments duration, event and sample_weight of a model's `fit`.

    The age limit is known at the moment and cuts the curve (models.risk.age_limit): in fitting it is no event, but where seeing ends.
    """
    return {
        "duration": rows["duration_days"].cast(pl.Int32).to_numpy(),
        "event": rows["cause"].is_between(1, AGE_LIMIT - 1).to_numpy(),
        "sample_weight": rows["weight"].cast(pl.Float64).to_numpy(),
    }


def calibrating(rows: pl.DataFrame) -> dict:
    """The arguments of the hazard's `recalibrate`: `outcome`, and how many moments a spell gives."""
    return outcome(rows) | {"per_spell": rows.height / rows["spell_id"].n_unique()}
