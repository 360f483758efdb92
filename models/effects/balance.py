"""Are the arms alike? Standardised mean differences, before and after weighting."""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate, Design


def smd(
    values: np.ndarray, treated: np.ndarray, *, weights: np.ndarray | None = None, by: str = "pooled"
) -> float:
    """(treated mean - control mean) / standard deviation, the deviation always of the unweighted data.

    by : "pooled" = sqrt((s1^2 + s0^2) / 2) (Austin 2009); "treated" = that of the treated (MatchIt's, for the ATT).
    Variances: p (1 - p) for a column of 0 and 1, n - 1 otherwise. nan when the column does not vary.

    >>> smd(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1]))
    1.4142135623730951
    """
    x, yes = np.asarray(values, dtype=float), np.asarray(treated, dtype=bool)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    gap = np.average(x[yes], weights=w[yes]) - np.average(x[~yes], weights=w[~yes])
    binary = bool(np.isin(x, (0.0, 1.0)).all())
    spread = [x[rows].mean() * (1 - x[rows].mean()) if binary else x[rows].var(ddof=1) for rows in (yes, ~yes)]
    below = np.sqrt(spread[0] if by == "treated" else sum(spread) / 2)
    return float(gap / below) if below > 0 else float("nan")


def smd_of_levels(values: np.ndarray, treated: np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """One number for a column of levels: the Mahalanobis distance of the shares of all levels but one.

    Raises CannotEstimate when no level occurs in both arms: the distance would be small and wrong.
    Source: Yang & Dalton 2012, SAS Global Forum 335.
    """
    yes, text = np.asarray(treated, dtype=bool), np.asarray(values).astype(str)
    w = np.ones(len(text)) if weights is None else np.asarray(weights, dtype=float)
    levels = np.unique(text)
    if len(levels) < 2:
        return 0.0
    if not set(text[yes]) & set(text[~yes]):
        raise CannotEstimate("the two arms share no level of a column")
    shares = [np.array([w[rows] @ (text[rows] == level) / w[rows].sum() for level in levels[1:]]) for rows in (yes, ~yes)]
    spread = sum(np.diag(p) - np.outer(p, p) for p in shares) / 2
    gap = shares[0] - shares[1]
    return float(np.sqrt(gap @ np.linalg.pinv(spread) @ gap))


def balance_table(X: Design, treated: np.ndarray, weights: np.ndarray | None = None, by: str = "pooled") -> list[dict]:
    """One row a column: means of the arms and SMD before, and SMD after weighting (None without weights)."""
    yes = np.asarray(treated, dtype=bool)
    rows = []
    for name, x in zip(X.names, X.X.T, strict=True):
        if name == "Intercept":
            continue
        after = None if weights is None else smd(x, yes, weights=weights, by=by)
        rows.append({"column": name, "treated": float(x[yes].mean()), "control": float(x[~yes].mean()),
                     "smd": smd(x, yes, by=by), "smd_after": after})  # fmt: skip
    return rows


def effective_size(weights: np.ndarray) -> float:
    """Kish's: how many rows of equal weight would say as much."""
    return float(weights.sum() ** 2 / (weights**2).sum())
