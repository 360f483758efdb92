"""Whose outcome is known, when some are lost: the chance of it, in each arm by itself."""

from __future__ import annotations

import numpy as np

from models.effects.design import Design
from models.effects.glm import logistic, shrunk_chance

FEW_LOST = 10  # rows of an arm; with fewer lost, the share followed is all that can be learnt of loss
LEAST = 0.05  # chances are held no lower: one row shall not stand for more than twenty


def few_lost(seen: np.ndarray) -> bool:
    """Whether an arm lost so few that their share must do."""
    return int((~seen).sum()) < FEW_LOST


def chance_seen(seen: np.ndarray, yes: np.ndarray, X: Design, fold: np.ndarray, folds: int) -> np.ndarray:
    """(n,) chance that the outcome is known, from other rows, with a ridge, when folds > 1."""
    chance = np.ones(len(seen))
    for arm in (yes, ~yes):
        for one in range(folds):
            out = arm & (fold == one)
            use = out if folds == 1 else arm & (fold != one)
            if few_lost(seen[use]):
                chance[out] = seen[use].mean() if use.any() else 1.0
            elif folds == 1:
                chance[out] = logistic(seen[use].astype(float), X.rows(use)).mean
            else:
                chance[out] = shrunk_chance(seen[use].astype(float), X.rows(use), X.rows(out))
    return np.clip(chance, LEAST, 1.0)
