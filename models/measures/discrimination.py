"""Do those who do worse get the higher chance?"""

from __future__ import annotations

import numpy as np

from models.measures.censoring import CensoringCurve, seen_at


def auc(outcome: np.ndarray, chance: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Weighted area under the ROC curve, ties counted half; nan when one class has no weight.

    Source: Hanley & McNeil 1982, Radiology 143:29.

    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    return float(aucs(outcome, chance, (np.ones(len(chance)) if weight is None else weight)[None, :])[0])


def aucs(outcome: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) AUC under each row of `weights` (B, n): one sort for all."""
    order = np.argsort(chance, kind="stable")
    outcome, weights = np.asarray(outcome, dtype=bool)[order], weights[:, order]
    starts = np.flatnonzero(np.append(True, np.diff(chance[order]) > 0))
    yes = np.add.reduceat(weights * outcome, starts, axis=1)
    no = np.add.reduceat(weights * ~outcome, starts, axis=1)
    below = np.cumsum(no, axis=1) - no
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    won = (yes * (below + no / 2)).sum(axis=1)
    return np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def expected_aucs(chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B,) AUC that these chances would have, were they true: what the mix of cases allows, whatever happened.

    Source: van Klaveren et al. 2016, Stat Med 35:4136 (model-based concordance), with each row's chance of either outcome.

    >>> expected_aucs(np.array([0.0, 1.0]), np.ones((1, 2))).tolist(), expected_aucs(np.array([0.3, 0.3]), np.ones((1, 2))).tolist()
    ([1.0], [0.5])
    """
    both = np.append(np.ones(len(chance), dtype=bool), np.zeros(len(chance), dtype=bool))
    return aucs(both, np.append(chance, chance), np.concatenate([weights * chance, weights * (1 - chance)], axis=1))


def time_dependent_auc(
    chance_of_ending: np.ndarray,
    *,
    duration: np.ndarray,
    event: np.ndarray,
    horizon: np.ndarray | float,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Cumulative/dynamic AUC at a horizon, IPCW: cases ended by it, controls passed it.

    Source: Blanche, Dartigues & Jacqmin-Gadda 2013, Stat Med 32:5381 (marginal censoring weights).
    """
    ended, weight = seen_at(duration, event, horizon, sample_weight)
    return auc(ended, chance_of_ending, weight)


def uno_c(
    risk: np.ndarray,
    *,
    duration: np.ndarray,
    event: np.ndarray,
    until: float,
    sample_weight: np.ndarray | None = None,
    block: int = 500,
) -> float:
    """Truncated concordance with IPCW: of pairs whose first end is before `until`, the share ordered right.

    Equal risks count half. n^2 / block steps: give it at most some 10 000 rows. Accepts any risk score,
    higher = sooner. Source: Uno et al. 2011, Stat Med 30:1105.
    """
    weight = np.ones(len(risk)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    known = {"duration": duration, "event": event, "until": until, "sample_weight": weight}
    return float(uno_cs(risk, weight[None, :], **known, block=block)[0])


def uno_cs(
    risk: np.ndarray,
    weights: np.ndarray,
    *,
    duration: np.ndarray,
    event: np.ndarray,
    until: float,
    sample_weight: np.ndarray,
    block: int = 500,
) -> np.ndarray:
    """(B,) `uno_c` under each row of `weights` (B, n); the censoring curve is held, that of `sample_weight`."""
    duration, event = np.asarray(duration), np.asarray(event, dtype=bool)
    curve = CensoringCurve(duration, event, sample_weight)
    first = np.flatnonzero(event & (duration < until))
    scale = 1 / np.maximum(curve.before(duration[first]), 1e-12) ** 2
    won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for start in range(0, len(first), block):
        some = first[start : start + block]
        # censored on the very day of the end: known to have lasted at least as long
        later = (duration[None, :] > duration[some, None]) | ((duration[None, :] == duration[some, None]) & ~event[None, :])
        above = risk[some, None] - risk[None, :]
        right = later * ((above > 0) + 0.5 * (above == 0))
        each = weights[:, some] * scale[start : start + block]
        pairs += np.einsum("bi,ib->b", each, later.astype(np.float32) @ weights.T)
        won += np.einsum("bi,ib->b", each, right.astype(np.float32) @ weights.T)
    return np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
