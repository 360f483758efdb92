"""Intervals that know that one person gives many moments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def person_weights(person: np.ndarray, repeats: int, rng: np.random.Generator) -> np.ndarray:
    """(repeats, n): how often each row's person was drawn. Source: Field & Welsh 2007, JRSS B 69:369."""
    people, place = np.unique(person, return_inverse=True)
    drawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), size=repeats)
    return drawn[:, place].astype(np.float32)


def person_interval(
    measure: Callable[[np.ndarray], np.ndarray],
    weight: np.ndarray,
    person: np.ndarray,
    *,
    repeats: int = 200,
    level: float = 0.95,
    seed: int = 1,
    batch: int = 20,
) -> tuple[float, float, float]:
    """Value and percentile interval of `measure(weights (B, n)) -> (B,)`.

    Whole persons are drawn with replacement; weights for censoring are held, which makes intervals a
    little wide, not narrow. nan when the measure cannot be computed.
    """
    only = {"": measure}
    return person_intervals(only, weight, person, repeats=repeats, level=level, seed=seed, batch=batch)[""]


def person_intervals(
    measures: dict[str, Callable[[np.ndarray], np.ndarray]] | Callable[[np.ndarray], dict[str, np.ndarray]],
    weight: np.ndarray,
    person: np.ndarray,
    *,
    repeats: int = 200,
    level: float = 0.95,
    seed: int = 1,
    batch: int = 20,
) -> dict[str, tuple[float, float, float]]:
    """As `person_interval` for several measures of the same rows, from the same draws of persons.

    measures : name -> measure, or one function that gives them all. The difference of two models is a measure of its own: its
    interval is narrower than theirs, as both err on the same persons.
    """
    rng = np.random.default_rng(seed)
    together = measures if callable(measures) else lambda drawn: {name: measure(drawn) for name, measure in measures.items()}
    values = together(weight[None, :])
    draws: dict[str, list[np.ndarray]] = {name: [] for name in values}
    for start in range(0, repeats, batch):
        drawn = person_weights(person, min(batch, repeats - start), rng) * weight[None, :]
        for name, found in together(drawn).items():
            draws[name].append(found)
    out = {}
    for name, value in values.items():
        found = np.concatenate(draws[name])
        found = found[np.isfinite(found)]
        ends = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]) if len(found) else (np.nan, np.nan)
        out[name] = float(value[0]), float(ends[0]), float(ends[1])
    return out
