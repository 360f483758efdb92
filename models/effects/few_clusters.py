"""Errors of what is no regression, where rows come in clusters: summed influence of many, the jackknife over few."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from models.effects.design import CannotEstimate
from models.effects.influence import cluster_sums

FEW = 50  # clusters; the sum of squared influences is too small when there are fewer, and the normal too narrow


def few(cluster: np.ndarray | None) -> bool:
    """Whether there are clusters, and no more than FEW."""
    return cluster is not None and len(np.unique(cluster)) <= FEW


def jackknife(value: Callable[[np.ndarray], np.ndarray], estimate: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, float]:
    """((k, k) covariance, clusters - 1 degrees of freedom): each cluster left out in turn, everything estimated anew.

    value(rows) : the (k,) estimates from the rows (n,) bool. A covariance of nan when they cannot be had without some cluster,
    as when one arm lies in a single one: then nothing can be said of differences between clusters.
    Source: Bell & McCaffrey 2002; MacKinnon, Nielsen & Webb 2023, J Appl Econometrics 38:671 (CV3, a little wide).
    """
    gaps = left_out(value, estimate, cluster)
    many = len(gaps)
    return gaps.T @ gaps * (many - 1) / many, many - 1.0


def left_out(value: Callable[[np.ndarray], np.ndarray], estimate: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """(clusters, k): how the estimates change when each cluster is left out; nan when they cannot be had without one."""
    estimate = np.atleast_1d(np.asarray(estimate, dtype=float))
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    many = place.max() + 1
    if many < 2:
        raise CannotEstimate("one cluster alone says nothing about differences between clusters")
    try:
        return np.array([np.atleast_1d(value(place != one)) - estimate for one in range(many)])
    except (CannotEstimate, np.linalg.LinAlgError):
        return np.full((many, len(estimate)), np.nan)


def degrees_of_freedom(gaps: np.ndarray) -> np.ndarray:
    """(k,) of each column of `left_out`: fewer than clusters - 1 where a few clusters make up most of the variance.

    Satterthwaite's 2 E(V)^2 / Var(V) of a sum of squares, fourth powers of normal gaps being three times squared variances.
    """
    square = (gaps**2).sum(axis=0)
    fourth = (gaps**4).sum(axis=0)
    return np.minimum(np.divide(3 * square**2, fourth, out=np.full(len(square), np.nan), where=fourth > 0), len(gaps) - 1.0)


def in_full(names: tuple[str, ...], estimate: np.ndarray, found: Mapping[str, float], of: str) -> np.ndarray:
    """(k,) coefficients of a fit without some rows. A column that says nothing there (a rare level) keeps its estimate, but
    the coefficient asked for, `of`, is then nan: nothing can be said of its error."""
    return np.array([found.get(name, np.nan if name == of else own) for name, own in zip(names, estimate, strict=True)])


def covariance_of(
    estimate: np.ndarray, value: Callable[[np.ndarray], np.ndarray], influence: np.ndarray, cluster: np.ndarray | None
) -> tuple[np.ndarray, float | None]:
    """((k, k), degrees of freedom, None = normal) from the influence (n, k) of each row, or the jackknife over few clusters.

    Arms that share clusters get their covariance.
    """
    if few(cluster):
        return jackknife(value, estimate, cluster)
    moved = cluster_sums(influence, cluster)
    return moved.T @ moved, None
