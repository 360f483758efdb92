"""Small cells: what a published table must not tell about fewer than five persons.

Primary suppression hides counts from 1 to k - 1. Secondary suppression hides more cells until no hidden one can be
worked out from what stays: the sums, and that hidden cells hold at least one person. Nor may hidden cells that together
hold fewer than k be worked out as a sum: each small cell could, for all that is shown, hold k or more. Nought is shown, as
it is about nobody; where everyone of a row is in one cell the table should be made coarser instead.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

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

    Each hidden small cell has at least two possible values given all that is shown, and one of them, were hidden cells
    allowed to be empty, is `smallest` or more: so whatever sum of hidden cells follows from the shown ones holds as many
    (linear programming duality; a person in two cells counts in both). A small cell is protected by the cheapest
    rectangle of cells that does it, or by several: by such as hide no sum if possible, then no nought, then the least
    counts. Where no rectangle does, everything that may be hidden is.

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
    who = table if persons is None else np.asarray(persons)
    # smallest first: a large rectangle's cells may come to protect the next
    for at in sorted(zip(*np.nonzero(small), strict=True), key=lambda cell: (table[cell], cell)):
        hidden = _protected(table, who, least, hidden, at, smallest, row_sums_shown)
        if row_sums_shown:
            hidden[:, -1] = False if already is None else already[:, -1]
    return hidden


def _protected(
    table: np.ndarray, who: np.ndarray, least: np.ndarray, hidden: np.ndarray, at: tuple[int, int], smallest: int, row_sums_shown: bool
) -> np.ndarray:
    """`hidden` and what more protects the small cell `at`; `least` is put to nought in a row that is hidden whole for it."""
    whole_row = row_sums_shown and at[0] < len(table) - 1
    while True:
        allowed = _rectangles(table, least, at)
        if row_sums_shown:
            allowed[:, -1] = False
        may_move = bool((allowed & _corners_hidden(hidden, at)).any())
        room, left = _room(who, hidden, at, smallest)
        lacking = smallest - who[at] - room
        if may_move and lacking <= 0:
            return hidden
        gives = np.where(allowed & ~_corners_hidden(hidden, at), _giving(left, at), 0)
        no_sum = allowed.copy()
        no_sum[-1] &= not row_sums_shown
        new = _enough(no_sum, gives, lacking)
        if not new.any() and whole_row:
            # rather the row of a small place than a sum over all places
            hidden = hidden.copy()
            hidden[at[0], :-1], least[at[0]], whole_row = True, 0, False
            continue
        if not new.any():
            new = _enough(allowed, gives, lacking)
        if not new.any():
            return np.ones_like(hidden)
        hidden = _with_cheapest(table, hidden, at, new)


def _enough(allowed: np.ndarray, gives: np.ndarray, lacking: int) -> np.ndarray:
    """Which allowed rectangles give what is lacking by themselves; where none does, those that give the most of it."""
    if lacking <= 0:
        return allowed
    gives = np.where(allowed, gives, 0)
    return (gives > 0) & (gives >= min(lacking, gives.max()))


def hidden_parts(counts: np.ndarray, persons: np.ndarray, smallest: int = SMALLEST) -> np.ndarray:
    """Which parts of one number that is shown itself to hide; counts and persons behind them, and the answer, one a part.

    A small part is protected by another hidden one when one more here and one fewer there leaves somebody in both, and the
    hidden ones, whose sum the shown number gives, hold `smallest` together. So many of the next smallest are hidden with
    it; where no part does, all are, noughts too.
    """
    hidden = (counts > 0) & (persons < smallest)
    more = [at for at in np.argsort(counts, kind="stable") if counts[at] > 0 and not hidden[at]]
    while hidden.any() and (hidden.sum() < 2 or counts[hidden].max() < 2 or persons[hidden].sum() < smallest):
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
    inside = _inside(table)
    gives = table > least
    up, down = inside | gives, ~inside | gives
    more = up[row, column] & down[row] & down[:, [column]] & up
    fewer = down[row, column] & up[row] & up[:, [column]] & down
    found = more | fewer
    found[row] = False
    found[:, column] = False
    return found


def _inside(table: np.ndarray) -> np.ndarray:
    """Which way a cell counts in its row and column: a sum against its parts, the total as a part of the sums' own row."""
    inside = np.ones_like(table, dtype=bool)
    inside[-1] ^= True
    inside[:, -1] ^= True
    return inside


def _giving(left: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    """By how many each rectangle with a corner in `at` could raise it, when every cell that falls gives what is `left` in it."""
    row, column = at
    alike = _inside(left) == _inside(left)[at]
    falls = np.where(alike, left, np.inf)
    gives = np.minimum(np.minimum(falls[row], falls[:, [column]]), np.where(alike, np.inf, left))
    gives[row] = 0
    gives[:, column] = 0
    return gives


def _room(who: np.ndarray, hidden: np.ndarray, at: tuple[int, int], most: int) -> tuple[int, np.ndarray]:
    """By how many persons `at` could be raised in exchange with other hidden cells, and what is then left in each cell.

    A flow between rows and columns: a hidden cell that falls carries as many as it holds, one that rises any number;
    nobody asks of more than `most`.
    """
    rows, _ = who.shape
    inside = _inside(who)
    others = hidden.copy()
    others[at] = False
    falls, rises = np.where(others, np.minimum(who, most), 0), np.where(others, most, 0)
    network = np.zeros((sum(who.shape),) * 2, dtype=np.int32)
    network[:rows, rows:] = np.where(inside, rises, falls)
    network[rows:, :rows] = np.where(inside, falls, rises).T
    ends = (rows + at[1], at[0])
    found = maximum_flow(csr_array(network), *(ends if inside[at] else ends[::-1]))
    back = found.flow.toarray()[rows:, :rows].T
    return int(found.flow_value), who - np.maximum(np.where(inside, back, -back), 0)


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
