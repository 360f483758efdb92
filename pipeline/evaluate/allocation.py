"""Randomisation inference: the arms drawn again as they were drawn, and how often chance alone does as much."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl

from models.effects.design import Design
from pipeline.evaluate.numbers import decimals_of, figures, rounded
from pipeline.evaluate.protocol import Protocol

ENUMERATE_TO = 5000


def test(kept: pl.DataFrame, y: np.ndarray, X: Design, protocol: Protocol) -> dict:
    """p of the sharp null that the treatment did nothing to anyone, and the interval of a constant effect.

    The covariates' part is taken out of y and of the arm first (Freedman-Lane), so that a draw is one product.
    Source: Fisher 1935; Rosenbaum 2002, Stat Sci 17:286, for adjustment and inverting the test.
    """
    known = protocol.arms.allocation
    arm = X.X[:, X.names.index("treated")]
    others = X.without("treated").X
    units = kept[protocol.clusters].to_numpy() if known.unit == "cluster" else np.arange(len(y))
    strata = kept.select(known.within).to_numpy() if known.within else np.zeros((len(y), 1))
    labels = np.array(["|".join(map(str, row)) for row in strata])
    draws = _draws(arm, units, labels, protocol.repetitions, np.random.default_rng(protocol.seed))
    Q, _ = np.linalg.qr(others)
    rest_y, rest_a = y - Q @ (Q.T @ y), arm - Q @ (Q.T @ arm)
    rest = draws - (draws @ Q) @ Q.T
    size = (rest**2).sum(axis=1)
    found = float(rest_a @ rest_y / (rest_a @ rest_a))
    on_y, on_a = rest @ rest_y / size, rest @ rest_a / size

    def p(null: float) -> float:
        far = np.abs(on_y - null * on_a) >= abs(found - null) - 1e-9
        return float((1 + far.sum()) / (1 + len(far)))

    spread = float(np.std(on_y)) or 1.0
    low, high = (_edge(p, found, side, spread) for side in (-1, 1))
    told = decimals_of(spread)
    ends = {name: rounded(value, told) for name, value in (("estimate", found), ("ci_low", low), ("ci_high", high))}
    return {**ends, "p": figures(p(0.0)), "draws": len(draws), "unit": known.unit}


def _draws(arm: np.ndarray, units: np.ndarray, strata: np.ndarray, many: int, rng: np.random.Generator) -> np.ndarray:
    names, first, place = np.unique(units, return_index=True, return_inverse=True)
    own, stratum = arm[first], strata[first]
    if len(set(stratum)) == 1 and math.comb(len(names), int(own.sum())) <= min(ENUMERATE_TO, many):
        chosen = list(itertools.combinations(range(len(names)), int(own.sum())))
        whole = np.zeros((len(chosen), len(names)))
        whole[np.repeat(np.arange(len(chosen)), int(own.sum())), np.ravel(chosen)] = 1.0
        return whole[:, place]
    made = np.tile(own, (many, 1))
    for one in np.unique(stratum):
        at = np.flatnonzero(stratum == one)
        made[:, at] = rng.permuted(made[:, at], axis=1)
    return made[:, place]


def _edge(p, found: float, side: int, spread: float) -> float:
    inside, outside = found, found + side * 8 * spread
    for _ in range(40):
        middle = (inside + outside) / 2
        if p(middle) < 0.05:
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2
