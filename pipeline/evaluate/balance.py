"""What the arms were like at time zero: Table 1, and how far apart they stood before and after adjustment."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from pipeline.evaluate import arrays
from pipeline.evaluate.disclosure import counts_someone, hidden_table
from pipeline.evaluate.protocol import Protocol

LARGE = 0.25  # standardised difference above which adjustment leans on its model (Rubin 2001)


def table_one(frame: pl.DataFrame, protocol: Protocol) -> list[dict]:
    """One row a number (mean, sd), one a level of a text (persons, percent); small cells are None."""
    a = arrays.treated(frame) > 0
    rows: list[dict] = []
    for name in dict.fromkeys((*protocol.adjust.covariates, *protocol.table_one)):
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
        row[arm] = {"mean": float(x[rows].mean()), "sd": float(x[rows].std(ddof=1))} if enough else None
    row["smd"] = smd(x[a & known], x[~a & known]) if row["control"] and row["treated"] else None
    holes = np.array([[int((~known & ~a).sum()), int((~known & a).sum())], [int((known & ~a).sum()), int((known & a).sum())]])
    shown = hidden_table(holes, smallest)
    row["unknown"] = {"control": shown[0][0], "treated": shown[0][1]} if holes[0].sum() else None
    return [row]


def _levels(name: str, values: pl.Series, a: np.ndarray, smallest: int) -> list[dict]:
    x = values.fill_null(arrays.UNKNOWN).to_numpy().astype(str)
    levels, place = np.unique(x, return_inverse=True)
    order = np.argsort(-np.bincount(place), kind="stable")
    small = [at for at in order if (place == at).sum() < smallest]
    groups = [[at] for at in order if at not in small] + ([small] if small else [])
    counts = np.array([[int((np.isin(place, g) & ~a).sum()), int((np.isin(place, g) & a).sum())] for g in groups])
    shown = hidden_table(counts, smallest)
    sums = counts.sum(axis=0)
    rows = []
    for g, row in zip(groups, shown, strict=False):
        inside = np.isin(place, g).astype(float)
        cells = {
            arm: None if row[at] is None else {"n": row[at], "percent": 100 * row[at] / max(int(sums[at]), 1)}
            for at, arm in enumerate(("control", "treated"))
        }
        hidden = None in (row[0], row[1])
        level = "other" if len(g) > 1 else str(levels[g[0]])
        rows.append({"name": name, "level": level, **cells, "smd": None if hidden else smd(inside[a], inside[~a]), "unknown": None})
    return rows


def smd(treated: np.ndarray, control: np.ndarray, w1: np.ndarray | None = None, w0: np.ndarray | None = None) -> float | None:
    """Difference in means over the pooled unweighted standard deviation. Source: Austin 2009, Stat Med 28:3083."""
    if len(treated) < 2 or len(control) < 2:
        return None
    spread = math.sqrt((treated.var(ddof=1) + control.var(ddof=1)) / 2)
    gap = float(np.average(treated, weights=w1) - np.average(control, weights=w0))
    return gap / spread if spread > 0 else (0.0 if gap == 0 else None)


def love(frame: pl.DataFrame, protocol: Protocol, weights: np.ndarray | None) -> list[dict]:
    """Each covariate's distance between the arms before and after adjustment. `weights` (n,): what the adjustment gives
    each row; None where the outcome's model adjusts and no row is weighted."""
    a = arrays.treated(frame) > 0
    # where the start is by unit and month, the arms differ in those by design
    by_design = (protocol.clusters, *arrays.CALENDAR) if protocol.arms.came_about == "stepped by unit" else ()
    columns = arrays.covariates(frame, tuple(name for name in protocol.adjust.covariates if name not in by_design))
    rows = []
    for name, values in columns.items():
        if values.dtype.kind in "biuf":
            parts = [(name, values)]
        else:
            parts = [(f"{name}: {level}", (values == level).astype(float)) for level in np.unique(values)]
        for label, x in parts:
            if any(counts_someone(x[arm], protocol.smallest_cell) for arm in (a, ~a)):
                continue
            after = None if weights is None else smd(x[a], x[~a], weights[a], weights[~a])
            rows.append({"name": label, "before": smd(x[a], x[~a]), "after": after})
    return sorted(rows, key=lambda row: -abs(row["before"] or 0))


def worst(rows: list[dict]) -> float:
    """The greatest distance that remains."""
    left = [abs(row["after"] if row["after"] is not None else row["before"] or 0) for row in rows]
    return max(left, default=0.0)
