"""Subgroups decided beforehand: the effect in each, and whether it differs between them (interaction, Holm)."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
from scipy import stats

from models.effects.design import design
from models.effects.linear import least_squares
from pipeline.evaluate import arrays, primary
from pipeline.evaluate.disclosure import shown_flow
from pipeline.evaluate.numbers import decimals_of, figures, number, rounded
from pipeline.evaluate.protocol import Protocol, Subgroup

FEWEST = 20  # in each arm: an estimate from fewer is noise, and a reader would take it for more


def all_of(frame: pl.DataFrame, protocol: Protocol) -> list[dict]:
    """One entry a split: its levels with estimates, and the test that the effect is the same in all of them."""
    made = [_split(frame, one, protocol) for one in protocol.subgroups]
    tests = [one["interaction"]["p"] for one in made]
    known = [p for p in tests if p is not None]
    adjusted = iter(holm(known) if protocol.multiplicity == "holm" else known)
    for one, p in zip(made, tests, strict=True):
        one["interaction"]["p_holm"] = None if p is None else next(adjusted)
    return made


def holm(p: list[float]) -> list[float]:
    """Holm 1979, Scand J Stat 6:65.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order, found, worst = np.argsort(p), [0.0] * len(p), 0.0
    for place, at in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - place) * p[at]))
        found[at] = round(worst, 12)
    return found


def levels(frame: pl.DataFrame, split: Subgroup) -> pl.Series:
    """Each row's level as text; null where the column is."""
    values = arrays.column(frame, split.column)
    if not split.cuts:
        return values.cast(pl.String)
    edges = sorted(split.cuts)
    names = [f"< {edges[0]:g}", *(f"{a:g} – < {b:g}" for a, b in itertools.pairwise(edges)), f"≥ {edges[-1]:g}"]
    x = values.cast(pl.Float64).to_numpy()
    place = np.searchsorted(edges, x, side="right")
    return pl.Series([None if np.isnan(v) else names[at] for v, at in zip(x, place, strict=True)], dtype=pl.String)


def _split(frame: pl.DataFrame, split: Subgroup, protocol: Protocol) -> dict:
    level = levels(frame, split)
    marked = frame.with_columns(_level=level).filter(pl.col("_level").is_not_null())
    rest = tuple(name for name in protocol.adjust.covariates if name != split.column or split.cuts)
    parts = sorted(marked.group_by("_level"), key=lambda one: _order(split, one[0][0]))
    rest_of_all = frame.filter(level.is_null())
    # those without a level are not shown, but the levels and the whole would tell how many they are
    shown = shown_flow([_arms(part) for _, part in parts] + [_arms(rest_of_all)], protocol.smallest_cell)
    rows, large = [], []
    for ((name,), part), (treated, control, _) in zip(parts, shown, strict=False):
        counts = dict(zip(("treated", "control"), _arms(part), strict=True))
        row: dict = {"level": name, "n": {"treated": treated, "control": control}}
        if min(counts.values()) >= FEWEST:
            found = primary.estimate(part, protocol, _method(protocol), rest)
            row |= {"estimate": number(found.effect), "control_mean": rounded(found.control_mean, decimals_of(found.effect.se))}
            large.append(name)
        rows.append(row)
    return {
        "name": {"sv": split.name.sv, "en": split.name.en}, "column": split.column, "levels": rows,
        "interaction": _interaction(marked.filter(pl.col("_level").is_in(large)), rest, protocol),
    }  # fmt: skip


def _arms(part: pl.DataFrame) -> tuple[int, int]:
    return int((part["treated"] == 1).sum()), int((part["treated"] == 0).sum())


def _interaction(frame: pl.DataFrame, names: tuple[str, ...], protocol: Protocol) -> dict:
    """Wald test of treated x level, errors by cluster where arms are whole clusters, else by row (HC2)."""
    if frame.height == 0 or frame["_level"].n_unique() < 2:
        return {"p": None}
    y, seen = arrays.outcome(frame, protocol)
    weights = arrays.loss_weights(frame, seen, names)[seen]
    kept = frame.filter(seen)
    a, level = arrays.treated(kept), kept["_level"].to_numpy().astype(str)
    steps = {f"level {one}": (level == one).astype(float) for one in np.unique(level)[1:]}
    crossed = {f"treated x {name}": a * column for name, column in steps.items()}
    X = design({"treated": a} | steps | crossed | arrays.covariates(kept, names), kept.height)
    fit = least_squares(y[seen], X, weights)
    at = [fit.names.index(name) for name in crossed if name in fit.names]
    cluster = arrays.clusters(kept, protocol)
    whole = cluster is not None and any(len(np.unique(a[cluster == one])) == 1 for one in np.unique(cluster))
    covariance = fit.covariance("cr2" if whole else "hc2", cluster if whole else None)[np.ix_(at, at)]
    beta = fit.beta[at]
    df = len(np.unique(cluster)) - 1 if whole else fit.df
    value = float(beta @ np.linalg.pinv(covariance) @ beta) / max(len(at), 1)
    return {"p": figures(float(stats.f.sf(value, len(at), df))), "statistic": figures(value)}


def _method(protocol: Protocol) -> str:
    return protocol.adjust.method if protocol.adjust.method in ("none", "ancova") else "ancova"


def _order(split: Subgroup, name: str) -> tuple:
    if not split.cuts:
        return (0, name)
    return (0 if name.startswith("<") else 2 if name.startswith("≥") else 1, name)
