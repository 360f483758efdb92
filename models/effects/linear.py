"""Least squares with every usual standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.effects import cluster as clusters
from models.effects.design import CannotEstimate, Design, independent
from models.effects.formula import headline
from models.effects.result import Effect, Term, effect, terms_of, wald

HC = ("hc0", "hc1", "hc2", "hc3")
KINDS = ("classical", *HC, *clusters.KINDS)


@dataclass(frozen=True)
class LinearFit:
    """Least squares on sqrt(w)-scaled rows: beta (k,), bread = (X'WX)^-1, X and residual as scaled."""

    names: tuple[str, ...]
    beta: np.ndarray
    bread: np.ndarray
    X: np.ndarray
    residual: np.ndarray
    r2: float

    @property
    def df(self) -> int:
        return self.X.shape[0] - self.X.shape[1]

    def covariance(self, kind: str, cluster: np.ndarray | None = None) -> np.ndarray:
        """(k, k) of `kind`, one of KINDS."""
        if kind == "classical":
            return self.bread * float(self.residual @ self.residual) / self.df
        if kind in clusters.KINDS:
            if cluster is None:
                raise CannotEstimate(f"standard errors of kind {kind} need a column of clusters")
            if len(np.unique(cluster)) < 2:
                raise CannotEstimate("one cluster alone says nothing about differences between clusters")
            return clusters.cluster_covariance(self.X, self.residual, self.bread, cluster, kind)
        if kind not in HC:
            raise CannotEstimate(f"there are no standard errors of kind {kind}; there are {', '.join(KINDS)}")
        leverage = ((self.X @ self.bread) * self.X).sum(axis=1)
        left = np.clip(1 - leverage, 1e-12, None)
        square = self.residual**2 / {"hc2": left, "hc3": left**2}.get(kind, 1.0)
        meat = (self.X * square[:, None]).T @ self.X
        return self.bread @ meat @ self.bread * (len(self.X) / self.df if kind == "hc1" else 1.0)

    def freedom(self, kind: str, cluster: np.ndarray | None, at: int | None = None) -> np.ndarray:
        """(k,) degrees of freedom, (1,) of coefficient `at`: Satterthwaite for CR2 and CR3, clusters - 1 for CR0 and CR1, else n - k."""
        asked = np.eye(len(self.beta)) if at is None else np.eye(len(self.beta))[[at]]
        if kind in ("cr2", "cr3"):
            return clusters.satterthwaite(self.X, self.bread, cluster, kind, asked)
        return np.full(len(asked), float(len(np.unique(cluster)) - 1 if kind in clusters.KINDS else self.df))

    def terms(self, kind: str, cluster: np.ndarray | None = None) -> dict[str, Term]:
        return terms_of(self.names, self.beta, self.covariance(kind, cluster), self.freedom(kind, cluster))


def least_squares(y: np.ndarray, X: Design, weights: np.ndarray | None = None) -> LinearFit:
    """Fit y (n,) on X, columns already said by others left out. Raises CannotEstimate when rows are too few."""
    y = np.asarray(y, dtype=float)
    X = independent(X)
    if len(y) <= X.X.shape[1]:
        raise CannotEstimate(f"{len(y)} rows cannot carry {X.X.shape[1]} coefficients")
    root = np.ones(len(y)) if weights is None else np.sqrt(np.asarray(weights, dtype=float))
    scaled, target = X.X * root[:, None], y * root
    Q, R = np.linalg.qr(scaled)
    beta = np.linalg.solve(R, Q.T @ target)
    inverse = np.linalg.inv(R)
    residual = target - scaled @ beta
    mean = float(root**2 @ y / (root**2).sum())
    total = float((root**2) @ (y - mean) ** 2)
    r2 = 1 - float(residual @ residual) / total if total > 0 else np.nan
    return LinearFit(X.names, beta, inverse @ inverse.T, scaled, residual, r2)


def ols(
    y: np.ndarray,
    X: Design,
    *,
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    se: str | None = None,
    of: str | None = None,
) -> Effect:
    """Linear regression; ANCOVA when X holds the treatment and the value at baseline.

    Parameters
    ----------
    y : (n,). X : design with its intercept. cluster : (n,) labels. weights : (n,) >= 0.
    se : one of KINDS; default classical, hc1 with weights, cr2 with clusters.
    of : the coefficient that is the answer (default: `formula.headline`).

    Source: Pustejovsky & Tipton 2018 for CR2 with Satterthwaite; Cameron & Miller 2015 for why.
    With clusters the table holds the answer under every cluster-robust variance, for comparison.
    """
    fit = least_squares(y, X, weights)
    kind = se or ("cr2" if cluster is not None else "hc1" if weights is not None else "classical")
    terms = fit.terms(kind, cluster)
    name = headline(fit.names, of)
    table = None
    if cluster is not None:
        at = fit.names.index(name)
        table = []
        for one in clusters.KINDS:
            error = float(np.sqrt(fit.covariance(one, cluster)[at, at]))
            table.append({"errors": one, **vars(wald(fit.beta[at], error, fit.freedom(one, cluster, at)[0]))})
    counts = {"r2": fit.r2, "rows": len(fit.X), "coefficients": len(fit.beta)}
    if cluster is not None:
        counts["clusters"] = len(np.unique(cluster))
    return effect(terms[name], len(fit.X), terms=terms, table=table, fit=counts, assumes=_assumes(kind, name))


def _assumes(kind: str, name: str) -> str:
    errors = {
        "classical": "independent errors of equal variance",
        "cr2": "independent clusters; few are allowed (Satterthwaite)",
        "cr3": "independent clusters; few are allowed (jackknife, Satterthwaite)",
    }.get(kind, "independent clusters, many of them" if kind in clusters.KINDS else "independent rows")
    return f"coefficient of {name}: a linear mean given the other columns; {errors}"
