"""Arms that nobody drew: weights, doubly robust estimates and matching on what was known at time zero."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate
from pipeline.evaluate.protocol import Protocol


def estimate(method: str, kept: pl.DataFrame, y: np.ndarray, weights: np.ndarray, cluster: np.ndarray | None, protocol: Protocol, names: tuple[str, ...]):
    """To come."""
    raise CannotEstimate(f"{method} is not there yet")


def weights(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray:
    """To come."""
    return np.ones(frame.height)
