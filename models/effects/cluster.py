"""Variances that know of clusters: CR0-CR3 and Satterthwaite's degrees of freedom, without n x n matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KINDS = ("cr0", "cr1", "cr1s", "cr2", "cr3")


@dataclass(frozen=True)
class Adjusted:
    """Clusters of one size, m of them with s rows each: `at` (m, s) rows, Q (m, s, j) orthonormal, core (m, j, j) so that
    A = I + Q core Q'. Many small clusters, such as persons, are then one sum."""

    at: np.ndarray
    Q: np.ndarray
    core: np.ndarray

    def times(self, v: np.ndarray) -> np.ndarray:
        """A v for v (m, s)."""
        inside = self.core @ np.einsum("msj,ms->mj", self.Q, v)[..., None]
        return v + (self.Q @ inside)[..., 0]


def members(cluster: np.ndarray) -> list[np.ndarray]:
    """Row numbers of each cluster."""
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    order = np.argsort(place, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(place[order])) + 1)


def of_one_size(groups: list[np.ndarray]) -> list[np.ndarray]:
    """The same rows as (m, s) arrays, one a size that occurs."""
    size = np.array([len(at) for at in groups])
    return [np.array([groups[g] for g in np.flatnonzero(size == one)]) for one in np.unique(size)]


def adjust(X: np.ndarray, bread: np.ndarray, groups: list[np.ndarray], kind: str) -> list[Adjusted]:
    """A_g of each cluster: I, (I - H_gg)^-1/2 (CR2) or (I - H_gg)^-1 (CR3).

    I - H_gg = I - Q (R B R') Q' for X_g = QR, so powers are taken of a k x k matrix only.
    Directions a cluster explains alone (a fixed effect of its own) get weight 0, the generalised inverse.
    """
    power = {"cr2": -0.5, "cr3": -1.0}.get(kind)
    found = []
    for at in of_one_size(groups):
        Q, R = np.linalg.qr(X[at])
        core = np.zeros((len(at), Q.shape[2], Q.shape[2]))
        if power is not None:
            inside = R @ bread @ R.swapaxes(1, 2)
            value, vector = np.linalg.eigh((inside + inside.swapaxes(1, 2)) / 2)
            left = 1 - value
            raised = np.where(left > 1e-10, np.clip(left, 1e-10, None) ** power, 0.0)
            core = (vector * (raised - 1)[:, None, :]) @ vector.swapaxes(1, 2)
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
        scores = np.concatenate([np.einsum("msk,ms->mk", X[part.at], part.times(residual[part.at])) for part in parts])
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
        own = np.concatenate([(one**2).sum(axis=1) for one in s])
        U = np.concatenate([np.einsum("msk,ms->mk", X[part.at], one) for part, one in zip(parts, s, strict=True)])
        # P = diag(own) - U B U': its trace and the sum of its squares, without the G x G matrix
        shared = np.einsum("gk,kl,gl->g", U, bread, U)
        inner = U.T @ U @ bread
        below = float(own @ own - 2 * own @ shared + np.trace(inner @ inner))
        df.append((own.sum() - shared.sum()) ** 2 / below if below > 0 else np.nan)
    return np.array(df)
