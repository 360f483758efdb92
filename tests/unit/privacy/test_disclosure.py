"""privacy.disclosure: nobody in a group of fewer than five can be told from a table."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.privacy.disclosure import hidden_cells, suppressed, with_sums

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
