"""What a report may show of counts: the rules of pipeline/privacy/disclosure.py on a study's own tables."""

from __future__ import annotations

import numpy as np

from pipeline.privacy.disclosure import suppressed


def hidden_table(counts: np.ndarray, smallest: int) -> list[list[int | None]]:
    """Rows x columns with sums as last row and column; hidden cells are None."""
    table = np.asarray(counts, dtype=int)
    if not table.size:
        return []
    return suppressed(table, smallest)


def shown_flow(taken: list[tuple[int, int]], smallest: int) -> list[tuple[int | None, int | None, int | None]]:
    """(treated, control, both) of each line of a flow whose lines add up to the total; None is hidden."""
    if not taken:
        return []
    made = hidden_table(np.array(taken), smallest)
    return [tuple(row) for row in made]


def curve_end(at_risk: list[tuple[float, int]], smallest: int) -> float:
    """The last time at which at least `smallest` persons are still followed; a curve is not drawn beyond it."""
    return max((time for time, persons in at_risk if persons >= smallest), default=0.0)
