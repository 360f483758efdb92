"""Small cells: what a published table must not tell about fewer than five persons.

Primary suppression hides counts from 1 to k - 1. Secondary suppression hides more cells until no hidden one can be
worked out from what stays: the sums, and that hidden cells hold at least one person. Nought is shown, as it is
about nobody; where everyone of a row is in one cell the table should be made coarser instead.
"""

from __future__ import annotations

import numpy as np

SMALLEST = 5  # persons; Intygsstatistik's default, whose least allowed is 3
LOWEST_ALLOWED = 3


def hidden_cells(
    counts: np.ndarray,
    smallest: int = SMALLEST,
    *,
    persons: np.ndarray | None = None,
    row_sums_shown: bool = False,
    already: np.ndarray | None = None,
) -> np.ndarray:
    """Which cells of a two-way table to hide when its margins are published with it.

    Parameters
    ----------
    counts : (rows, columns) whole numbers, 0 or more. smallest : the least count of persons that may be shown (3 or more).
    persons : (rows + 1, columns + 1) how many persons stand behind each cell and sum, where `counts` are of something
        else, such as spells; None: `counts` are persons.
    row_sums_shown : the row sums are told by another table, and no cell is protected by them; one that is shown there may
        not be small. What no rectangle protects without a sum is then hidden with its whole row, noughts too: rather the
        row of a small place than a sum over all places.
    already : (rows + 1, columns + 1) of bool: hidden for reasons outside this table, row sums hidden in the other one included.

    Returns
    -------
    (rows + 1, columns + 1) of bool: the last row and column are the sums, the corner the total. A sum is hidden
    like any other cell when it is small itself, and protected likewise.

    Each hidden small cell has at least two possible values given all that is shown. It is protected by the cheapest
    rectangle of cells that does it: one that hides no sum if possible, then no nought, then the least counts. Where no
    rectangle does, everything that may be hidden is.

    Raises
    ------
    ValueError : not a two-way table of whole numbers, `smallest` under 3, or a small row sum that must be shown.

    Source: the rectangle (hypercube) method, Hundepool et al. 2012, Statistical Disclosure Control, 4.4.
    """
    inner = np.asarray(counts)
    if inner.ndim != 2 or 0 in inner.shape or (inner < 0).any() or (inner != np.round(inner)).any():
        raise ValueError("counts must be a two-way table of whole numbers, none negative")
    if smallest < LOWEST_ALLOWED:
        raise ValueError(f"a table that shows cells under {LOWEST_ALLOWED} persons is not made")
    table = with_sums(inner)
    small = (table > 0) & ((table if persons is None else np.asarray(persons)) < smallest)
    hidden = small.copy() if already is None else small | already
    if row_sums_shown:
        if (small[:, -1] & (already is None or ~already[:, -1])).any():
            raise ValueError("a row sum that must be shown is small")
        small[:, -1] = False
    # a hidden cell that holds somebody holds at least one, but of a row hidden whole nobody knows which cells do
    least = np.minimum(table, 1)
    if row_sums_shown:
        least[:-1][hidden[:-1, :-1].all(axis=1)] = 0
    # smallest first: a large rectangle's cells may come to protect the next
    for at in sorted(zip(*np.nonzero(small), strict=True), key=lambda cell: (table[cell], cell)):
        allowed = _rectangles(table, least, at)
        if row_sums_shown:
            allowed[:, -1] = False
            if at[0] < len(inner) and not allowed[:-1].any():
                hidden[at[0], :-1], least[at[0]] = True, 0
                allowed = _rectangles(table, least, at)
                allowed[:, -1] = False
        if not (allowed & _corners_hidden(hidden, at)).any():
            hidden = _with_cheapest(table, hidden, at, allowed)
            if row_sums_shown:
                hidden[:, -1] = False if already is None else already[:, -1]
    return hidden


def hidden_parts(counts: np.ndarray, persons: np.ndarray, smallest: int = SMALLEST) -> np.ndarray:
    """Which parts of one number that is shown itself to hide; counts and persons behind them, and the answer, one a part.

    A small part is protected by another hidden one when one more here and one fewer there leaves somebody in both. So many
    of the next smallest are hidden with it; where no part does, all are, noughts too.
    """
    hidden = (counts > 0) & (persons < smallest)
    more = [at for at in np.argsort(counts, kind="stable") if counts[at] > 0 and not hidden[at]]
    while hidden.any() and (hidden.sum() < 2 or counts[hidden].max() < 2):
        if not more:
            return np.ones(len(counts), dtype=bool)
        hidden[more.pop(0)] = True
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


def _rectangles(table: np.ndarray, least: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    """Whether the rectangle with corners in `at` and each other cell, were all four hidden, leaves `at` open.

    One person more in `at` is one fewer in its row's and its column's corner and one more in the opposite one, or the
    other way round; in a sum it is the other way round again. least : what each cell is known to hold if it is hidden.
    """
    row, column = at
    inside = np.ones_like(table, dtype=bool)
    inside[-1] ^= True
    inside[:, -1] ^= True
    gives = table > least
    up, down = inside | gives, ~inside | gives
    more = up[row, column] & down[row] & down[:, [column]] & up
    fewer = down[row, column] & up[row] & up[:, [column]] & down
    found = more | fewer
    found[row] = False
    found[:, column] = False
    return found


def _corners_hidden(hidden: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    """Whether the other three corners of the rectangle of `at` and each cell are hidden already."""
    row, column = at
    return hidden & hidden[row] & hidden[:, [column]]


def _with_cheapest(table: np.ndarray, hidden: np.ndarray, at: tuple[int, int], allowed: np.ndarray) -> np.ndarray:
    """`hidden` and the cheapest allowed rectangle with a corner in `at`; everything if there is none."""
    if not allowed.any():
        return np.ones_like(hidden)
    row, column = at
    is_sum = np.zeros_like(hidden)
    is_sum[-1] = is_sum[:, -1] = True

    def price(cost: np.ndarray) -> np.ndarray:
        new = np.where(hidden, 0, cost)
        return (new + new[row] + new[:, [column]])[allowed]

    others = np.argwhere(allowed)
    by = (others[:, 1], others[:, 0], price(table), price((table == 0).astype(int)), price(is_sum.astype(int)))
    other_row, other_column = others[np.lexsort(by)[0]]
    more = hidden.copy()
    more[[row, other_row, other_row], [other_column, column, other_column]] = True
    return more
