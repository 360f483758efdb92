"""privacy.disclosure: nobody in a group of fewer than five can be told from a table."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.privacy.disclosure import hidden_cells, hidden_parts, suppressed, with_sums

tables = st.integers(1, 3).flatmap(
    lambda rows: st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=3), min_size=rows, max_size=rows)
).filter(lambda table: len({len(row) for row in table}) == 1)  # fmt: skip


def test_a_table_of_large_cells_and_noughts_is_shown_whole():
    assert suppressed([[5, 0], [10, 20]]) == [[5, 0, 5], [10, 20, 30], [15, 20, 35]]


def test_a_small_cell_is_protected_by_the_cheapest_rectangle():
    # 3 alone would follow from either sum; 8, 9 and 30 hide the fewest persons that can protect it
    assert suppressed([[3, 8, 50], [9, 30, 70], [60, 80, 90]]) == [
        [None, None, 50, 61],
        [None, None, 70, 109],
        [60, 80, 90, 230],
        [72, 118, 210, 400],
    ]


def test_four_ones_in_a_square_give_each_other_away_and_so_more_is_hidden():
    # both sums say 2, and a hidden cell holds at least one person
    hidden = hidden_cells([[1, 1, 9], [1, 1, 9], [9, 9, 9]])
    assert hidden.sum() > 4


def test_two_hidden_cells_that_hold_too_few_together_get_a_third():
    # 2 and 1 in a row and in a column: their sum, 3, would follow from the row's
    table = np.array([[2, 1, 40, 30], [1, 9, 30, 20], [50, 60, 90, 80]])
    hidden = hidden_cells(table)
    assert not hidden[-1].any() and not hidden[:, -1].any()
    for axis in (0, 1):
        together = np.where(hidden[:-1, :-1], table, 0).sum(axis=axis)
        assert (together[together > 0] >= 5).all()


@settings(max_examples=150, deadline=None)
@given(tables, st.booleans(), st.integers(3, 6))
def test_no_sum_of_fewer_than_the_least_can_be_worked_out_by_adding_and_subtracting_what_is_shown(counts, row_sums_shown, smallest):
    inner = np.array(counts)
    if row_sums_shown and ((sums := inner.sum(axis=1)) > 0).any() and (sums[sums > 0] < smallest).any():
        return
    hidden = hidden_cells(inner, smallest, row_sums_shown=row_sums_shown)
    least = _least_worked_out(inner, hidden)
    assert least is None or least >= smallest


def _least_worked_out(inner, hidden):
    """Of all groups of cells whose sum follows from the shown cells and sums, how many persons the smallest holds, if any."""
    rows, columns = inner.shape
    at = np.arange(inner.size).reshape(rows, columns)
    behind = with_sums(np.zeros_like(inner)).astype(object)
    for row, column in np.ndindex(behind.shape):
        behind[row, column] = at[row if row < rows else slice(None), column if column < columns else slice(None)].ravel()
    shown = np.array([np.isin(np.arange(inner.size), behind[cell]) for cell in zip(*np.nonzero(~hidden), strict=True)], dtype=float)
    if not len(shown):
        return None
    groups = np.array(list(itertools.product((0.0, 1.0), repeat=inner.size)))
    _, sizes, basis = np.linalg.svd(shown, full_matrices=False)
    basis = basis[sizes > 1e-9]
    follows = np.abs(groups - groups @ basis.T @ basis).max(axis=1) < 1e-6
    persons = groups[follows] @ inner.ravel()
    return min(persons[persons > 0], default=None)


def test_the_least_that_can_be_worked_out_is_found_by_hand():
    # rows 1 and 2 less columns 1 and 2 leave the two cells of column 3: 1 + 1
    inner = np.array([[9, 9, 1], [9, 9, 1], [9, 9, 9]])
    hidden = with_sums(np.zeros_like(inner)).astype(bool)
    hidden[:2, :3] = True
    assert _least_worked_out(inner, hidden) == 2


def test_a_small_sum_is_hidden_too():
    hidden = hidden_cells([[1, 2], [20, 30]])
    assert hidden[0].all()


@pytest.mark.parametrize("counts", [[1, 2], [[1.5, 2]], [[-1, 2]], [[]]])
def test_what_is_no_table_of_persons_is_refused(counts):
    with pytest.raises(ValueError, match="two-way table"):
        hidden_cells(counts)


def test_a_limit_under_three_is_refused():
    with pytest.raises(ValueError, match="3"):
        hidden_cells([[1, 2]], smallest=2)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_every_small_cell_is_hidden_and_every_hidden_small_cell_could_be_another_number(counts):
    table, hidden = with_sums(np.array(counts)), hidden_cells(counts)
    small = (table > 0) & (table < 5)
    assert hidden[small].all()
    assert small.any() or not hidden.any()
    # counted out independently: every inner table near this one that agrees with all that is shown
    inner = np.array(counts)
    free = np.argwhere(hidden[:-1, :-1])
    seen = {tuple(cell): {table[tuple(cell)]} for cell in np.argwhere(small)}
    if len(free) > 6:
        return
    for shift in itertools.product((-2, -1, 0, 1, 2), repeat=len(free)):
        other = inner.copy()
        other[tuple(free.T)] += np.array(shift, dtype=int)
        whole = with_sums(other)
        if (whole[~hidden] == table[~hidden]).all() and (whole[hidden] >= np.minimum(table, 1)[hidden]).all():
            for cell, values in seen.items():
                values.add(whole[cell])
    assert all(len(values) > 1 for values in seen.values())


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([9, 8, 0], [False, False, False]),
        ([3, 8, 20], [True, True, False]),
        ([3, 4, 20], [True, True, False]),
        ([1, 1, 20, 6], [True, True, False, True]),  # both ones would follow from their sum
        ([2, 1, 20, 6], [True, True, False, True]),  # three of them, together
        ([3, 0], [True, True]),
        ([0, 0], [False, False]),
    ],
)
def test_parts_of_a_shown_number_are_hidden_so_far_that_none_follows(counts, hidden):
    assert hidden_parts(np.array(counts), np.array(counts)).tolist() == hidden


def test_parts_are_small_by_persons_and_not_by_spells():
    assert hidden_parts(np.array([9, 8, 30]), np.array([2, 8, 25])).tolist() == [True, True, False]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=4))
def test_every_small_part_could_be_another_number(counts):
    hidden = hidden_parts(np.array(counts), np.array(counts))
    known = [0 if hidden.all() else min(one, 1) for one in counts]
    free = [at for at, one in enumerate(hidden) if one]
    total = sum(counts[at] for at in free)
    seen = {at: set() for at in free}
    for values in itertools.product(range(total + 1), repeat=len(free)):
        if sum(values) == total and all(value >= known[at] for value, at in zip(values, free, strict=True)):
            for value, at in zip(values, free, strict=True):
                seen[at].add(value)
    if sum(counts) >= 5 and len(counts) > 1:  # a whole of fewer is hidden itself
        assert all(len(seen[at]) > 1 for at in free if 0 < counts[at] < 5)
        assert total == 0 or total >= 5
