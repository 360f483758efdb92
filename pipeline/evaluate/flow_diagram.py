"""The flow diagram: found, left out and why, in which arm, how far followed."""

from __future__ import annotations

import textwrap

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate.figures import BLUE, INK, ORANGE
from pipeline.evaluate.words import Speech

WIDE = 34


def flow(results: dict, say: Speech) -> Figure:
    """Boxes from top to bottom, those left out to the right."""
    told = results["flow"]
    n = say.number
    left_out = [f"{_short(say.both(step['name']))}: {n(step['both'])}" for step in told["steps"]]
    followed = told.get("followed", [])
    high = 10.5 + 2.4 * max(sum(text.count("\n") + 1 for text in left_out), 1) + 2.2 * len(followed)
    figure, axis = plt.subplots(figsize=(7.2, high / 5.2))
    axis.set(xlim=(0, 100), ylim=(0, high))
    axis.axis("off")
    end = told["analysed"]
    clusters = f", {n(end['clusters'])} {say('flow.clusters')}" if end["clusters"] else ""
    middle, last = high - 4.6 - 1.2 * len(left_out), 1.1 * len(followed)
    arms_at = last * 2 + 2.4 if followed else 1.6
    chosen_at = arms_at + 4.6
    _arrow(axis, 50, high - 1.4, 50, chosen_at + 1.2)
    _box(axis, 50, high - 1.4, f"{say('flow.found')}\nn = {n(told['found'])}", INK)
    if left_out:
        _arrow(axis, 50, middle, 57.5, middle)
        _box(axis, 59, middle, "\n".join([f"{say('flow.excluded')}. {say('flow.not_met')}:", *left_out]), INK, side="left")
    _box(axis, 50, chosen_at, f"{say('flow.analysed')}\nn = {n(end['both'])}{clusters}", INK)
    for x, arm, colour in ((25, "treated", BLUE), (75, "control", ORANGE)):
        _arrow(axis, 50, chosen_at - 1.3, x, arms_at + 1.3)
        _box(axis, x, arms_at, f"{_short(say.both(results['arms'][arm]))}\nn = {n(end[arm])}", colour)
        if followed:
            rows = [f"{say.both(row['name'])}: {n(row[arm])}" for row in followed]
            _arrow(axis, x, arms_at - 1.3, x, last * 2 - 0.1)
            _box(axis, x, last, "\n".join(rows), colour)
    figure.tight_layout(pad=0.3)
    return figure


def _short(text: str) -> str:
    return "\n   ".join(textwrap.wrap(text, WIDE))


def _box(axis, x: float, y: float, text: str, colour: str, side: str = "center") -> None:
    axis.text(
        x, y, text, ha=side, va="center", multialignment="left" if side == "left" else "center", fontsize=9, linespacing=1.5, zorder=3,
        bbox={"boxstyle": "round,pad=0.5,rounding_size=0.3", "facecolor": "white", "edgecolor": colour, "linewidth": 1.2},
    )  # fmt: skip


def _arrow(axis, x0: float, y0: float, x1: float, y1: float) -> None:
    axis.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9}, zorder=1)
