"""One degree a day: where certified days overlap, the period that weighs most rules (README.md#overlap). Arrays in, arrays out."""

from __future__ import annotations

import numpy as np

from pipeline.spells.arrow import Ints


def ruled(first: Ints, last: Ints, by_weight: Ints) -> tuple[Ints, Ints, Ints]:
    """Stretches of days ruled by one period each, in order of days.

    first, last : a period's first and last day on one line of days, where persons share none.
    by_weight : the periods' places, the heaviest last; of the periods that hold a day the heaviest has it.

    Returns the ruling period's place, and the stretch's first and last day.
    """
    cuts = np.sort(np.concatenate([first, last + 1]))
    cuts = cuts[heads(cuts)]
    begins, ends = np.searchsorted(cuts, first), np.searchsorted(cuts, last + 1)
    period, piece = spread(begins, ends - begins)
    weight = np.empty_like(by_weight)
    weight[by_weight] = np.arange(by_weight.size)
    ruler = np.full(cuts.size, -1)  # of the days from each cut to the next; -1 between periods, and from the last cut on
    np.maximum.at(ruler, piece, weight[period])
    turns = heads(ruler)
    held = np.flatnonzero(ruler[turns] >= 0)  # never the last: there days end
    return by_weight[ruler[turns[held]]], cuts[turns[held]], cuts[turns[held + 1]] - 1


def heads(group: Ints) -> Ints:
    """Where each run of equal numbers begins."""
    return np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]])[: group.size])


def spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Each row `count` times, beside first, first + 1, ...: the places of the rows, and those numbers.

    >>> [got.tolist() for got in spread(np.array([5, 0, 7]), np.array([2, 0, 1]))]
    [[0, 0, 2], [5, 6, 7]]
    """
    row = np.repeat(np.arange(count.size), count)
    return row, (first - (np.cumsum(count) - count))[row] + np.arange(row.size)
