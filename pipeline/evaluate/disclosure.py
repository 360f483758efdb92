"""What a report may show of counts: the rules of pipeline/privacy/disclosure.py on a study's own tables."""

from __future__ import annotations

import numpy as np

from pipeline.privacy.disclosure import suppressed

Shown = tuple[int | None, int | None, int | None]  # treated, control, both; None is hidden


def hidden_table(counts: np.ndarray, smallest: int) -> list[list[int | None]]:
    """Rows x columns with sums as last row and column; hidden cells are None."""
    table = np.asarray(counts, dtype=int)
    if not table.size:
        return []
    return suppressed(table, smallest)


def shown_flow(taken: list[tuple[int, int]], smallest: int) -> list[Shown]:
    """(treated, control, both) of each line of a flow whose lines add up to the total; None is hidden."""
    if not taken:
        return []
    made = hidden_table(np.array(taken), smallest)
    return [tuple(row) for row in made]


def shown_steps(found: int, taken: list[int], smallest: int) -> tuple[list[int | None], int | None]:
    """(how many each step took away, how many were found); None is hidden. Those left after all steps are shown.

    A step that took few is hidden, and with it as many of the next smallest as it takes for no one to be worked out;
    where the steps are too few for that, how many were found is hidden instead.
    """
    order = sorted((count, at) for at, count in enumerate(taken) if count)
    hidden = [at for count, at in order if count < smallest]
    for _, at in order[len(hidden):]:
        if not hidden or (len(hidden) > 1 and sum(taken[one] for one in hidden) >= 2 * smallest):
            break
        hidden.append(at)
    enough = not hidden or (len(hidden) > 1 and sum(taken[one] for one in hidden) >= 2 * smallest)
    return [None if at in hidden else count for at, count in enumerate(taken)], found if enough else None


def part_of(part: tuple[int, int], whole: tuple[int, int], smallest: int) -> Shown:
    """(treated, control, both) of a part whose whole is shown: who is not in it is a count as well."""
    rest = [one - other for one, other in zip(whole, part, strict=True)]
    return shown_flow([part, tuple(rest)], smallest)[0]


def counts_someone(values: np.ndarray, smallest: int) -> bool:
    """Whether a mean of these would count persons: all but one to `smallest` - 1 of them have the same value."""
    if not len(values):
        return False
    _, many = np.unique(values, return_counts=True)
    return 0 < len(values) - int(many.max()) < smallest


def spaced(at: list[float], events: np.ndarray, smallest: int) -> list[bool]:
    """Which points of a curve to show: since the last one shown nobody, or at least `smallest`, have had the event.

    at : points in order, the first is shown. events : (k,) times of the events.
    """
    reached = np.searchsorted(np.sort(events), at, side="right")
    shown, last = [], 0
    for place, count in enumerate(reached.tolist()):
        shown.append(place == 0 or count == last or count - last >= smallest)
        last = count if shown[-1] else last
    return shown


def curve_end(at_risk: list[tuple[float, int]], smallest: int) -> float:
    """The last time at which at least `smallest` persons are still followed; a curve is not drawn beyond it."""
    return max((time for time, persons in at_risk if persons >= smallest), default=0.0)
