"""Small cells: what a published table must not tell about fewer than five persons.

Primary suppression hides counts from 1 to k - 1. Secondary suppression hides more cells until no hidden one can be
worked out from what stays: the sums, and that hidden cells hold at least one person. Nought is shown, as it is
about nobody; where everyone of a row is in one cell the table should be made coarser instead.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

SMALLEST = 5  # persons; Intygsstatistik's default, whose least allowed is 3
LOWEST_ALLOWED = 3


def hidden_cells(counts: np.ndarray, smallest: int = SMALLEST) -> np.ndarray:
    """Which cells of a two-way table of persons to hide when its margins are published with it.

    Parameters
    ----------
    counts : (rows, columns) whole numbers, 0 or more. smallest : the least count that may be shown (3 or more).

    Returns
    -------
    (rows + 1, columns + 1) of bool: the last row and column are the sums, the corner the total. A sum is hidden
    like any other cell when it is small itself, and protected likewise.

    Each hidden small cell has at least two possible values given all that is shown. It is protected by the cheapest
    rectangle of cells that does it: one that hides no sum if possible, then no nought, then the fewest persons.

    Raises
    ------
    ValueError : not a two-way table of whole numbers, or `smallest` under 3.

    Source: the rectangle (hypercube) method, Hundepool et al. 2012, Statistical Disclosure Control, 4.4; bounds by
    linear programming.
    """
    inner = np.asarray(counts)
    if inner.ndim != 2 or 0 in inner.shape or (inner < 0).any() or (inner != np.round(inner)).any():
        raise ValueError("counts must be a two-way table of whole numbers, none negative")
    if smallest < LOWEST_ALLOWED:
        raise ValueError(f"a table that shows cells under {LOWEST_ALLOWED} persons is not made")
    table = with_sums(inner)
    small = (table > 0) & (table < smallest)
    hidden = small.copy()
    # smallest first: a large rectangle's cells may come to protect the next
    for at in sorted(zip(*np.nonzero(small), strict=True), key=lambda cell: (table[cell], cell)):
        if not _open(table, hidden, at):
            hidden = _with_rectangle(table, hidden, at)
    return hidden


def suppressed(counts: np.ndarray, smallest: int = SMALLEST) -> list[list[int | None]]:
    """The table with its sums, hidden cells as None: ready to be shown."""
    hidden = hidden_cells(counts, smallest)
    return [
        [None if hide else int(value) for value, hide in zip(values, hides, strict=True)]
        for values, hides in zip(with_sums(np.asarray(counts)), hidden, strict=True)
    ]


def with_sums(counts: np.ndarray) -> np.ndarray:
    """The table with a row and a column of sums."""
    below = np.vstack([counts, counts.sum(axis=0)])
    return np.hstack([below, below.sum(axis=1, keepdims=True)])


def _with_rectangle(table: np.ndarray, hidden: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    """`hidden` and the cheapest rectangle with a corner in `at` that leaves it open; everything if none does."""
    row, column = at
    rows, columns = table.shape
    tries = []
    for other_row in (one for one in range(rows) if one != row):
        for other_column in (one for one in range(columns) if one != column):
            more = hidden.copy()
            more[[row, other_row, other_row], [other_column, column, other_column]] = True
            new = more & ~hidden
            sums = int(new[-1].sum() + new[:-1, -1].sum())
            tries.append((sums, int((table[new] == 0).sum()), int(table[new].sum()), other_row, other_column))
    for *_, other_row, other_column in sorted(tries):
        more = hidden.copy()
        more[[row, other_row, other_row], [other_column, column, other_column]] = True
        if _open(table, more, at):
            return more
    return np.ones_like(hidden)


def _open(table: np.ndarray, hidden: np.ndarray, at: tuple[int, int]) -> bool:
    """Whether the cell could hold another number, as far as a reader of the rest can tell."""
    rows, columns = table.shape
    place = np.arange(table.size).reshape(table.shape)
    sums = np.zeros((rows + columns, table.size))
    for one in range(rows):
        sums[one, place[one, :-1]], sums[one, place[one, -1]] = 1, -1
    for one in range(columns):
        sums[rows + one, place[:-1, one]], sums[rows + one, place[-1, one]] = 1, -1
    least = np.where(hidden, np.minimum(table, 1), table).ravel()
    most = np.where(hidden, np.inf, table).ravel()
    ends = []
    for sign in (1, -1):
        aim = np.zeros(table.size)
        aim[place[at]] = sign
        found = optimize.linprog(
            aim, A_eq=sums, b_eq=np.zeros(rows + columns), bounds=np.column_stack([least, most])
        )
        if found.status == 3:  # without bound
            return True
        ends.append(found.x[place[at]])
    return bool(ends[1] - ends[0] > 0.5)
