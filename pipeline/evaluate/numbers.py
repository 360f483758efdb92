"""Estimates as plain numbers for results.json, with no more figures than the data support: with ten of them a mean or its
degrees of freedom tell how many persons it is of, those who are hidden among them."""

from __future__ import annotations

import math

import numpy as np

from models.effects.result import Effect, Term

FIGURES = 3  # of a standard error or deviation; what it belongs to gets the same decimals
MOST = 12  # decimals


def number(found: Effect | Term, at_most: int = MOST) -> dict:
    """Estimate, error, interval, p and degrees of freedom; None for what does not exist. at_most : decimals."""
    told = min(decimals_of(found.se), at_most)
    made = {name: rounded(getattr(found, name), told) for name in ("estimate", "se", "ci_low", "ci_high")}
    return made | {"p": figures(found.p), "df": figures(found.df, 2 if found.df is not None and found.df >= 100 else FIGURES)}


def decimals_of(spread: float | None) -> int:
    """Decimals that give `spread` three figures; below nought where it is a thousand or more."""
    if spread is None or not math.isfinite(spread) or spread <= 0:
        return FIGURES
    return min(FIGURES - 1 - math.floor(math.log10(spread)), MOST)


def decimals_of_counts(values: np.ndarray) -> int:
    """Decimals of a mean of these at which every number of persons is as possible as theirs: no finer than the step between
    two values over their number. Shares of some hundred persons are whole percent, numbers of visits have two decimals."""
    levels = np.unique(values)
    if len(levels) < 2:
        return 0
    return max(min(math.floor(math.log10(len(values) / np.diff(levels).min())), MOST), 0)


def rounded(value: float | None, decimals: int) -> float | None:
    """The number with so many decimals, or None where there is none."""
    return None if value is None or not math.isfinite(value) else round(float(value), decimals) + 0.0


def figures(value: float | None, many: int = FIGURES) -> float | None:
    """The number with so many significant figures, or None where there is none."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{many}g}")


def mean_and_sd(x: np.ndarray, w: np.ndarray | None = None) -> dict:
    """Weighted mean and standard deviation, as far as they may be told."""
    own = np.ones(len(x)) if w is None else w
    mean = float(np.average(x, weights=own))
    spread = math.sqrt(float(np.average((x - mean) ** 2, weights=own)) * len(x) / max(len(x) - 1, 1))
    told = min(decimals_of(spread), decimals_of_counts(x))
    return {"mean": rounded(mean, told), "sd": rounded(spread, decimals_of(spread))}


def exponentiated(found: Effect | Term) -> dict:
    """A ratio with its interval, from a logarithm."""
    with np.errstate(over="ignore"):  # a coefficient that runs away has an infinite ratio, which is none
        ends = np.exp([found.estimate, found.ci_low, found.ci_high])
    told = decimals_of(ends[0] * found.se)
    return {**dict(zip(("ratio", "ci_low", "ci_high"), (rounded(one, told) for one in ends), strict=True)), "p": figures(found.p)}
