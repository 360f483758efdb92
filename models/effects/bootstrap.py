"""Bootstrap of a restricted mean whose cost does not grow with the number of persons."""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate, arms
from models.effects.result import Effect, Term, effect
from models.effects.rmst import restricted_mean

BATCH = 250  # draws held at a time


def restricted_mean_draws(
    duration: np.ndarray, event: np.ndarray, tau: float, *, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """(draws,) restricted means of samples with replacement, drawn as counts of (time, status)."""
    # a sample matters only by how many rows fall on each time with each status: one multinomial draw says it
    times, place = np.unique(np.minimum(duration, tau), return_inverse=True)
    ended = (np.asarray(event) > 0) & (duration <= tau)
    cells = np.bincount(2 * place + ended, minlength=2 * len(times))
    width = np.diff(np.append(0.0, times))
    found = []
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        drawn = rng.multinomial(len(duration), cells / len(duration), size=size).reshape(size, len(times), 2)
        there = drawn.sum(axis=2)[:, ::-1].cumsum(axis=1)[:, ::-1]
        S = np.cumprod(1 - drawn[:, :, 1] / np.maximum(there, 1), axis=1)
        before = np.column_stack([np.ones(size), S[:, :-1]])
        found.append(before @ width + S[:, -1] * (tau - times[-1]))
    return np.concatenate(found)


def bootstrap_rmst(
    duration: np.ndarray, event: np.ndarray, treated: np.ndarray, *, tau: float, draws: int = 2000, seed: int = 1
) -> Effect:
    """Difference in restricted means with a percentile interval. Source: Efron 1981, J Am Stat Assoc 76:312."""
    duration, event = np.asarray(duration, dtype=float), np.asarray(event)
    if not tau > 0:
        raise CannotEstimate("tau must be greater than 0")
    yes, names = arms(treated)
    rng = np.random.default_rng(seed)
    terms, drawn = {}, []
    for name, rows in zip(names, (~yes, yes), strict=True):
        value = restricted_mean(duration[rows], event[rows], tau)[0]
        each = restricted_mean_draws(duration[rows], event[rows], tau, draws=draws, rng=rng)
        terms[f"rmst {name}"] = _term(value, each)
        drawn.append(each)
    gap = terms[f"rmst {names[1]}"].estimate - terms[f"rmst {names[0]}"].estimate
    main = _term(gap, drawn[1] - drawn[0])
    return effect(
        main, len(duration), terms={"difference": main, **terms}, fit={"draws": draws, "tau": tau},
        assumes="rows independent; those censored would have gone on as those still followed",
    )  # fmt: skip


def _term(value: float, drawn: np.ndarray) -> Term:
    low, high = np.quantile(drawn, [0.025, 0.975])
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum()) + 1
    return Term(float(value), float(drawn.std(ddof=1)), float(low), float(high), min(1.0, 2 * float(beyond) / (len(drawn) + 1)))
