"""Columns to a design matrix: numbers as they are, texts as one indicator a level but the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


class CannotEstimate(ValueError):
    """The data given cannot answer the question; the message says why and holds no row."""


@dataclass(frozen=True)
class Design:
    """X (n, k) float, one name a column."""

    X: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.X)

    def without(self, *names: str) -> Design:
        keep = [place for place, name in enumerate(self.names) if name not in names]
        return Design(self.X[:, keep], tuple(self.names[place] for place in keep))

    def rows(self, mask: np.ndarray) -> Design:
        return Design(self.X[mask], self.names)


def design(columns: Mapping[str, np.ndarray], n: int, *, intercept: bool = True) -> Design:
    """An intercept and the columns in order; names as formulas give them ("race[T.white]")."""
    parts, names = ([np.ones(n)], ["Intercept"]) if intercept else ([], [])
    for name, values in columns.items():
        values = np.asarray(values)
        if values.dtype.kind in "biuf":
            parts.append(values.astype(float))
            names.append(name)
            continue
        levels = sorted({str(value) for value in values})
        text = values.astype(str)
        for level in levels[1:]:
            parts.append((text == level).astype(float))
            names.append(f"{name}[T.{level}]")
    X = np.column_stack(parts) if parts else np.empty((n, 0))
    return Design(X, tuple(names))


def arms(treated: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """(n,) bool and the names of the two arms, control first.

    Numbers: the larger is treated. Texts: the one that sorts last. Raises CannotEstimate unless two values occur.
    """
    values = np.asarray(treated)
    levels = np.unique(values if values.dtype.kind in "biuf" else values.astype(str))
    if len(levels) != 2:
        raise CannotEstimate(f"the column of treatment has {len(levels)} different values; two are needed")
    if values.dtype.kind not in "biuf":
        values = values.astype(str)
    return values == levels[1], (_name(levels[0]), _name(levels[1]))


def _name(level: object) -> str:
    number = isinstance(level, int | float | np.number) and float(level).is_integer()
    return str(int(level)) if number or isinstance(level, np.bool_) else str(level)


def independent(design: Design) -> Design:
    """Without the columns that those before them already say; the first of a set stays, as in R's lm."""
    X, names = design.X, list(design.names)
    scale = np.linalg.norm(X, axis=0)
    keep = [place for place in range(X.shape[1]) if scale[place] > 0]
    while keep:
        size = np.abs(np.diag(np.linalg.qr(X[:, keep] / scale[keep], mode="r")))
        if len(X) < len(keep):
            size = np.append(size, np.zeros(len(keep) - len(size)))
        said = np.flatnonzero(size < 1e-9)
        if not len(said):
            break
        del keep[said[0]]
    return Design(X[:, keep], tuple(names[place] for place in keep))
