"""Variances that know of clusters: CR0-CR3 and Satterthwaite's degrees of freedom, without n x n matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KINDS = ("cr0", "cr1", "cr1s", "cr2", "cr3")


@dataclass(frozen=True)
class Adjusted:
    """One cluster's part: rows `at`, Q (n_g, k) orthonormal, core (k, k) so that A = I + Q core Q'."""

    at: np.ndarray
    Q: np.ndarray
    core: np.ndarray

    def times(self, v: np.ndarray) -> np.ndarray:
        return v + self.Q @ (self.core @ (self.Q.T @ v))


def members(cluster: np.ndarray) -> list[np.ndarray]:
    """Row numbers of each cluster."""
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    order = np.argsort(place, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(place[order])) + 1)


def adjust(X: np.ndarray, bread: np.ndarray, groups: list[np.ndarray], kind: str) -> list[Adjusted]:
    """A_g of each cluster: I, (I - H_gg)^-1/2 (CR2) or (I - H_gg)^-1 (CR3).

    I - H_gg = I - Q (R B R') Q' for X_g = QR, so powers are taken of a k x k matrix only.
    Directions a cluster explains alone (a fixed effect of its own) get weight 0, the generalised inverse.
    """
    power = {"cr2": -0.5, "cr3": -1.0}.get(kind)
    found = []
    for at in groups:
        Q, R = np.linalg.qr(X[at])
        if power is None:
            core = np.zeros((Q.shape[1], Q.shape[1]))
        else:
            inside = R @ bread @ R.T
            value, vector = np.linalg.eigh((inside + inside.T) / 2)
            left = 1 - value
            raised = np.where(left > 1e-10, np.clip(left, 1e-10, None) ** power, 0.0)
            core = (vector * (raised - 1)) @ vector.T
        found.append(Adjusted(at, Q, core))
    return found


def scale_of(kind: str, n: int, k: int, clusters: int) -> float:
    """The factor on the meat: G/(G-1) for CR1, Stata's for CR1S."""
    if kind == "cr1":
        return clusters / (clusters - 1)
    if kind == "cr1s":
        return clusters / (clusters - 1) * (n - 1) / (n - k)
    return 1.0


def cluster_covariance(
    X: np.ndarray, residual: np.ndarray, bread: np.ndarray, cluster: np.ndarray, kind: str = "cr2"
) -> np.ndarray:
    """(k, k). Source: Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672; Bell & McCaffrey 2002."""
    if kind in ("cr2", "cr3"):
        parts = adjust(X, bread, members(cluster), kind)
        scores = np.array([X[part.at].T @ part.times(residual[part.at]) for part in parts])
    else:
        _, place = np.unique(np.asarray(cluster), return_inverse=True)
        scores = np.column_stack([np.bincount(place, weights=column * residual) for column in X.T])
    meat = scores.T @ scores * scale_of(kind, len(X), X.shape[1], len(scores))
    return bread @ meat @ bread


def satterthwaite(
    X: np.ndarray, bread: np.ndarray, cluster: np.ndarray, kind: str, contrasts: np.ndarray
) -> np.ndarray:
    """(m,) degrees of freedom of each row of `contrasts` (m, k), working model: equal independent errors."""
    parts = adjust(X, bread, members(cluster), kind)
    df = []
    for contrast in contrasts:
        direction = bread @ contrast
        s = [part.times(X[part.at] @ direction) for part in parts]
        U = np.array([X[part.at].T @ one for part, one in zip(parts, s, strict=True)])
        P = np.diag([float(one @ one) for one in s]) - U @ bread @ U.T
        below = float((P**2).sum())
        df.append(np.trace(P) ** 2 / below if below > 0 else np.nan)
    return np.array(df)
