"""Whose outcome is known, when some are lost: the chance of it, in each arm by itself."""

from __future__ import annotations

import numpy as np

from models.effects.design import Design
from models.effects.glm import GlmFit, logistic

FEW_LOST = 10  # rows of an arm; with fewer lost, the share followed is all that can be learnt of loss
LEAST = 0.05  # chances are held no lower: one row shall not stand for more than twenty


def model_of_loss(seen: np.ndarray, X: Design) -> GlmFit | None:
    """Logistic regression of being followed, of one arm's rows; None where so few are lost that their share must do."""
    return None if (~seen).sum() < FEW_LOST else logistic(seen.astype(float), X)


def chance_of(fit: GlmFit | None, seen: np.ndarray, X: Design) -> np.ndarray:
    """(n,) chance of being followed of rows X; `seen` are those the fit was made from."""
    if fit is None:
        return np.full(len(X), seen.mean() if len(seen) else 1.0)
    eta = X.X[:, [X.names.index(name) for name in fit.names]] @ fit.beta
    return np.clip(1 / (1 + np.exp(-np.clip(eta, -50, 50))), LEAST, 1.0)


def chance_seen(seen: np.ndarray, yes: np.ndarray, X: Design, fold: np.ndarray, folds: int) -> np.ndarray:
    """(n,) chance that the outcome is known, for rows not fitted on when folds > 1."""
    chance = np.ones(len(seen))
    for arm in (yes, ~yes):
        for one in range(folds):
            out = arm & (fold == one)
            use = out if folds == 1 else arm & (fold != one)
            chance[out] = chance_of(model_of_loss(seen[use], X.rows(use)), seen[use], X.rows(out))
    return chance
