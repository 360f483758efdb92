"""The flow diagram: found, left out and why, in which arm, how far followed."""

from __future__ import annotations

import textwrap

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate.figures import BLUE, INK, ORANGE
from pipeline.evaluate.words import Speech

WIDE = 44


def flow(results: dict, say: Speech) -> Figure:
    """Boxes from top to bottom, those left out to the right."""
    told = results["flow"]
    n = say.number
    left_out = [f"{_short(say.both(step['name']))}: {n(step['both'])}" for step in told["steps"]]
    followed = told.get("followed", [])
    lines = max(len(left_out), 1) + (len(followed) or 1)
    figure, axis = plt.subplots(figsize=(7.2, 2.9 + 0.24 * lines))
    axis.set(xlim=(0, 100), ylim=(0, 100))
    axis.axis("off")
    _box(axis, 30, 92, f"{say('flow.found')}\nn = {n(told['found'])}", INK)
    end = told["analysed"]
    clusters = f", {n(end['clusters'])} {say('flow.clusters')}" if end["clusters"] else ""
    _arrow(axis, 30, 86, 30, 60.5)
    if left_out:
        _box(axis, 75, 74, f"{say('flow.excluded')}\n" + "\n".join(left_out), INK, align="left")
        _arrow(axis, 30, 74, 51, 74)
    _box(axis, 30, 55, f"{say('flow.analysed')}\nn = {n(end['both'])}{clusters}", INK)
    for x, arm, colour in ((25, "treated", BLUE), (75, "control", ORANGE)):
        _arrow(axis, 30, 49.5, x, 42)
        _box(axis, x, 35, f"{_short(say.both(results['arms'][arm]))}\nn = {n(end[arm])}", colour)
        if followed:
            rows = [f"{say.both(row['name'])}: {n(row[arm])}" for row in followed]
            _arrow(axis, x, 29, x, 8 + 4 * len(rows))
            _box(axis, x, 10, "\n".join(rows), colour, align="left")
    figure.tight_layout(pad=0.3)
    return figure


def _short(text: str) -> str:
    return "\n   ".join(textwrap.wrap(text, WIDE))


def _box(axis, x: float, y: float, text: str, colour: str, align: str = "center") -> None:
    axis.text(
        x, y, text, ha="center", va="center", multialignment=align, fontsize=9, linespacing=1.5,
        bbox={"boxstyle": "round,pad=0.55,rounding_size=0.3", "facecolor": "white", "edgecolor": colour, "linewidth": 1.2},
    )  # fmt: skip


def _arrow(axis, x0: float, y0: float, x1: float, y1: float) -> None:
    axis.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9})
