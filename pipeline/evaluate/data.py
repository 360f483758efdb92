"""The rows of a study."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from pipeline.evaluate.attrition import Count


@dataclass(frozen=True)
class Data:
    """`frame`: the analysed, one row a person and time zero, with outcomes once they may be read; keys join the rest."""

    frame: pl.DataFrame
    flow: list[Count]
    months: pl.DataFrame | None = None  # degree of sick leave by month around time zero
    relapses: pl.DataFrame | None = None  # spells begun after time zero
    answers: pl.DataFrame | None = None  # questionnaires
    gaps: dict[int, pl.DataFrame] = field(default_factory=dict)  # `frame` under other rules of the gap
    delay_days: int | None = None
    weights: object | None = None  # (n,) what the adjustment gives each row; None where no row is weighted
