"""Randomisation inference: what the allocation itself could have done."""

from __future__ import annotations

import itertools
import math

import numpy as np

from models.effects.design import CannotEstimate, arms
from models.effects.result import Effect, Term, effect

ENUMERATE_TO = 20_000


def allocations(treated: np.ndarray, block: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    """(B, units) of other allocations with as many treated in each block, and whether they are all there are."""
    parts = [np.flatnonzero(block == one) for one in np.unique(block)]
    total = math.prod(math.comb(len(part), int(treated[part].sum())) for part in parts)
    if total <= ENUMERATE_TO:
        each = [list(itertools.combinations(part.tolist(), int(treated[part].sum()))) for part in parts]
        found = np.zeros((total, len(treated)), dtype=bool)
        for row, chosen in enumerate(itertools.product(*each)):
            found[row, [unit for group in chosen for unit in group]] = True
        return found, True
    rng = np.random.default_rng(seed)
    found = np.empty((draws, len(treated)), dtype=bool)
    for part in parts:
        found[:, part] = rng.permuted(np.broadcast_to(treated[part], (draws, len(part))), axis=1)
    found[0] = treated  # the allocation that was made is one of those possible
    return found, False


def randomisation(
    outcome: np.ndarray,
    treated: np.ndarray,
    *,
    cluster: np.ndarray | None = None,
    block: np.ndarray | None = None,
    draws: int = 9999,
    seed: int = 1,
    level: float = 0.95,
) -> Effect:
    """Difference in means (of cluster means, when clusters were allocated), with p from the allocation alone.

    Parameters
    ----------
    cluster : (n,) what was allocated; treatment is constant within. block : (n,) allocated within (pairs, strata).

    p: share of allocations with a difference as far out or farther. Interval: all constant effects not rejected.
    Source: Fisher 1935; Imbens & Rubin 2015, ch. 5.
    """
    y = np.asarray(outcome, dtype=float)
    yes, _ = arms(treated)
    block = np.zeros(len(y), dtype=int) if block is None else np.unique(block, return_inverse=True)[1]
    if cluster is not None:
        _, first, place, size = np.unique(cluster, return_index=True, return_inverse=True, return_counts=True)
        if (yes[first][place] != yes).any():
            raise CannotEstimate("a cluster holds both arms, so clusters were not what was allocated")
        y, yes, block = np.bincount(place, weights=y) / size, yes[first], block[first]
    possible, whole = allocations(yes, block, draws, seed)
    n1 = yes.sum()
    lean = possible / n1 - ~possible / (len(y) - n1)
    gaps, shifts = lean @ y, lean @ yes.astype(float)
    seen = float(y[yes].mean() - y[~yes].mean())

    def p(effect_: float) -> float:
        far = np.abs(gaps - effect_ * shifts)
        return float((far >= abs(seen - effect_) - 1e-12 * (1 + abs(seen))).mean())

    scale = float(np.std(gaps)) or 1.0
    edges = [_edge(p, seen, side * scale, 1 - level) for side in (-1, 1)]
    main = Term(seen, scale, edges[0], edges[1], p(0.0))
    return effect(
        main, len(outcome), terms={"difference": main}, fit={"allocations": len(possible), "enumerated": whole, "units": len(y)},
        assumes="the allocation was as likely as every other with as many treated in each block; the interval: the "
        "same effect in all",
    )  # fmt: skip


def _edge(p, seen: float, step: float, alpha: float) -> float:
    inside, outside, reach = seen, None, 2.0
    while outside is None and reach < 1e4:
        trial = seen + reach * step
        if p(trial) < alpha:
            outside = trial
        else:
            inside, reach = trial, reach * 2
    if outside is None:
        return math.copysign(math.inf, step)
    for _ in range(40):
        middle = (inside + outside) / 2
        if p(middle) < alpha:
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2
