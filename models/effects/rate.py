"""Rank-weighted average treatment effect: do those put first gain more?"""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate
from models.effects.result import Effect, effect, wald


def toc(scores: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """(n,) mean score of the first i less the mean of all, best priority first, ties sharing their mean.

    The last entry is 0; a constant priority gives 0 throughout.
    """
    order = np.argsort(-np.asarray(priority, dtype=float), kind="stable")
    s, p = np.asarray(scores, dtype=float)[order], np.asarray(priority, dtype=float)[order]
    starts = np.flatnonzero(np.append(True, np.diff(p) != 0))
    number = np.diff(np.append(starts, len(s)))
    level = np.repeat(np.add.reduceat(s, starts) / number, number)
    centred = level - s.mean()
    curve = np.cumsum(centred) / np.arange(1, len(s) + 1)
    curve[-1] = 0.0
    return curve if len(starts) > 1 else np.zeros(len(s))


def autoc(scores: np.ndarray, priority: np.ndarray) -> float:
    """Area under the TOC: finds effects concentrated in few."""
    return float(toc(scores, priority).mean())


def qini(scores: np.ndarray, priority: np.ndarray) -> float:
    """Area under the TOC weighted by the share: finds effects spread over many."""
    curve = toc(scores, priority)
    n = len(curve)
    return float((np.arange(1, n + 1) / n * curve).sum() / n)


def rate(
    scores: np.ndarray, priority: np.ndarray, *, cluster: np.ndarray | None = None, draws: int = 500, seed: int = 1
) -> Effect:
    """AUTOC (the answer) and QINI of a priority, with half-sample bootstrap errors.

    Parameters
    ----------
    scores : (n,) doubly robust effect of each row (doubly_robust.scores), greater = gains more.
    priority : (n,) greatest first; it must come from other data than the scores. cluster : drawn whole.

    The table is the TOC at each tenth. Source: Yadlowsky, Fleming, Shah, Brunskill & Wager 2025, JASA 120:38.
    """
    if len(scores) < 4:
        raise CannotEstimate("too few rows to rank")
    if cluster is not None and len(np.unique(cluster)) < 4:
        raise CannotEstimate("too few clusters to draw half of them")
    errors = np.std(_half_samples(np.asarray(scores, dtype=float), np.asarray(priority, dtype=float), cluster, draws, seed), axis=0, ddof=1)
    main = wald(autoc(scores, priority), errors[0])
    curve = toc(scores, priority)
    at = np.maximum(np.round(np.arange(1, 11) / 10 * len(curve)).astype(int), 1)
    return effect(
        main, len(scores), terms={"autoc": main, "qini": wald(qini(scores, priority), errors[1]),
                                  "mean": wald(np.mean(scores), np.std(scores, ddof=1) / np.sqrt(len(scores)))},
        table=[{"share": i / len(curve), "toc": float(curve[i - 1])} for i in at], fit={"draws": draws},
        assumes="the scores are unbiased for each row's effect; the priority was made without these outcomes",
    )  # fmt: skip


def _half_samples(scores: np.ndarray, priority: np.ndarray, cluster: np.ndarray | None, draws: int, seed: int) -> np.ndarray:
    """(draws, 2) AUTOC and QINI of halves of the rows, or of the clusters."""
    rng = np.random.default_rng(seed)
    order = np.argsort(-priority, kind="stable")  # a half of sorted rows is sorted
    s, p = scores[order], priority[order]
    label = order if cluster is None else np.unique(cluster, return_inverse=True)[1][order]
    many = label.max() + 1
    tied = len(np.unique(p)) < len(p)
    found = np.empty((draws, 2))
    for draw in range(draws):
        chosen = np.zeros(many, dtype=bool)
        chosen[rng.choice(many, many // 2, replace=False)] = True
        rows = chosen[label]
        if tied:
            found[draw] = autoc(s[rows], p[rows]), qini(s[rows], p[rows])
            continue
        mine = s[rows]
        place = np.arange(1, len(mine) + 1)
        summed = np.cumsum(mine) - mine.mean() * place  # place x the TOC
        summed[-1] = 0.0
        found[draw] = (summed / place).mean(), summed.mean() / len(mine)
    return found
