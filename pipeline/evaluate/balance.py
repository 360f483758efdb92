"""What the arms were like at time zero: Table 1, and how far apart they stood before and after adjustment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.evaluate import arrays
from pipeline.evaluate.disclosure import counts_someone, hidden_table
from pipeline.evaluate.numbers import mean_and_sd
from pipeline.evaluate.protocol import Protocol

LARGE = 0.25  # standardised difference above which adjustment leans on its model (Rubin 2001)


def table_one(frame: pl.DataFrame, protocol: Protocol) -> list[dict]:
    """One row a number (mean, sd), one a level of a text (persons, percent); small cells are None."""
    a = arrays.treated(frame) > 0
    rows: list[dict] = []
    # units are not named, and a calendar month has no mean
    for name in dict.fromkeys((*protocol.adjust.covariates, *protocol.table_one)):
        if name in (protocol.clusters, *arrays.CALENDAR):
            continue
        values = arrays.column(frame, name)
        if values.dtype.is_numeric():
            rows += _numbers(name, values.cast(pl.Float64), a, protocol.smallest_cell)
        else:
            rows += _levels(name, values.cast(pl.String), a, protocol.smallest_cell)
    return rows


def _numbers(name: str, values: pl.Series, a: np.ndarray, smallest: int) -> list[dict]:
    x = values.to_numpy()
    known = ~np.isnan(x)
    row: dict = {"name": name, "level": None}
    for arm, rows in (("control", ~a & known), ("treated", a & known)):
        enough = rows.sum() >= smallest and not counts_someone(x[rows], smallest)
        row[arm] = mean_and_sd(x[rows]) if enough else None
    row["smd"] = smd(x[a & known], x[~a & known]) if row["control"] and row["treated"] else None
    holes = np.array([[int((~known & ~a).sum()), int((~known & a).sum())], [int((known & ~a).sum()), int((known & a).sum())]])
    shown = hidden_table(holes, smallest)
    row["unknown"] = {"control": shown[0][0], "treated": shown[0][1]} if holes[0].sum() else None
    return [row]


@dataclass(frozen=True)
class Group:
    """Levels that Table 1 tells of as one: which rows have them, and how many in (control, treated); None is hidden."""

    levels: frozenset[str]
    inside: np.ndarray
    counts: tuple[int | None, int | None]

    @property
    def hidden(self) -> bool:
        return None in self.counts


def _texts(values: pl.Series) -> np.ndarray:
    return values.cast(pl.String).fill_null(arrays.UNKNOWN).to_numpy().astype(str)


def _grouped(x: np.ndarray, a: np.ndarray, smallest: int) -> list[Group]:
    """Levels from the most common on, those of fewer than `smallest` persons together."""
    levels, place = np.unique(x, return_inverse=True)
    order = np.argsort(-np.bincount(place), kind="stable")
    small = [at for at in order if (place == at).sum() < smallest]
    groups = [[at] for at in order if at not in small] + ([small] if small else [])
    counts = np.array([[int((np.isin(place, g) & ~a).sum()), int((np.isin(place, g) & a).sum())] for g in groups])
    return [
        Group(frozenset(str(levels[at]) for at in g), np.isin(place, g), (row[0], row[1]))
        for g, row in zip(groups, hidden_table(counts, smallest), strict=False)
    ]


def _levels(name: str, values: pl.Series, a: np.ndarray, smallest: int) -> list[dict]:
    rows = []
    for group in _grouped(_texts(values), a, smallest):
        cells = {
            arm: None if many is None else {"n": many, "percent": 100 * many / max(int(whole), 1)}
            for arm, many, whole in zip(("control", "treated"), group.counts, ((~a).sum(), a.sum()), strict=True)
        }
        level = "other" if len(group.levels) > 1 else min(group.levels)
        inside = group.inside.astype(float)
        told = None if group.hidden else smd(inside[a], inside[~a])
        rows.append({"name": name, "level": level, **cells, "smd": told, "unknown": None})
    return rows


def smd(treated: np.ndarray, control: np.ndarray, w1: np.ndarray | None = None, w0: np.ndarray | None = None) -> float | None:
    """Difference in means over the pooled unweighted standard deviation, to three decimals: more would count persons.

    Source: Austin 2009, Stat Med 28:3083.
    """
    if len(treated) < 2 or len(control) < 2:
        return None
    spread = math.sqrt((treated.var(ddof=1) + control.var(ddof=1)) / 2)
    gap = float(np.average(treated, weights=w1) - np.average(control, weights=w0))
    return round(gap / spread, 3) + 0.0 if spread > 0 else (0.0 if gap == 0 else math.copysign(math.inf, gap))


@dataclass(frozen=True)
class Balance:
    """`rows`: the distances that may be told, greatest first; `worst`: the greatest that remains, the untold among them;
    `over`: whether it is beyond LARGE; `hidden`: how many are not told."""

    rows: list[dict]
    worst: float
    over: bool
    hidden: int


def love(frame: pl.DataFrame, protocol: Protocol, weights: np.ndarray | None) -> Balance:
    """Each covariate's distance between the arms before and after adjustment. `weights` (n,): what the adjustment gives
    each row; None where the outcome's model adjusts and no row is weighted.

    What Table 1 hides is in no row: a level's share in each arm can be solved for from its distance. It is in `worst`, to
    one decimal, from which it cannot.
    """
    a = arrays.treated(frame) > 0
    # where the start is by unit and month, the arms differ in those by design
    by_design = (protocol.clusters, *arrays.CALENDAR) if protocol.arms.came_about == "stepped by unit" else ()
    rows, untold = [], []
    for name in protocol.adjust.covariates:
        if name in by_design:
            continue
        for label, (x, told) in _parts(frame, name, a, protocol.smallest_cell).items():
            known = ~np.isnan(x)
            one, other = a & known, ~a & known
            after = None if weights is None else smd(x[one], x[other], weights[one], weights[other])
            (rows if told else untold).append({"name": label, "before": smd(x[one], x[other]), "after": after})
    left, hidden = _farthest(rows), _farthest(untold)
    worst = min(left if left >= hidden else round(hidden, 1), 99.0)
    return Balance(sorted(rows, key=lambda row: -abs(row["before"] or 0)), worst, max(left, hidden) > LARGE, len(untold))


def _farthest(rows: list[dict]) -> float:
    return max((abs(row["after"] if row["after"] is not None else row["before"] or 0) for row in rows), default=0.0)


def _parts(frame: pl.DataFrame, name: str, a: np.ndarray, smallest: int) -> dict[str, tuple[np.ndarray, bool]]:
    """A covariate's columns by label: (n,) numbers, nan where unknown, and whether its distance may be told."""
    raw = arrays.column(frame, name)
    columns = arrays.covariates(frame, (name,))
    parts: dict[str, tuple[np.ndarray, bool]] = {}
    for label, values in columns.items():
        if values.dtype.kind not in "biuf":
            x = _texts(raw)
            groups = _grouped(x, a, smallest)
            for level in np.unique(values):
                at = values == level
                levels = set(x[at].tolist())
                within = [group for group in groups if group.levels & levels]
                hidden = any(group.hidden or group.levels - levels for group in within)
                parts[f"{name}: {level}"] = (at.astype(float), not hidden)
            continue
        if raw.dtype.is_numeric():
            (row,) = _numbers(name, raw.cast(pl.Float64), a, smallest)
            told = row["smd"] is not None if label == name else row["unknown"] is None or None not in row["unknown"].values()
        else:
            told = not any(group.hidden for group in _grouped(_texts(raw), a, smallest))
        parts[label] = (raw.cast(pl.Float64).fill_null(np.nan).to_numpy() if label == name else values, told)
    return parts
