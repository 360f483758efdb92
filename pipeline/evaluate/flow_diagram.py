"""The flow diagram: found, left out and why, in which arm, how far followed."""

from __future__ import annotations

import textwrap

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate import sentences
from pipeline.evaluate.figures import BLUE, INK, ORANGE
from pipeline.evaluate.words import Speech

WIDE, UNITS = 34, 5.0  # letters a line; units an inch


def flow(results: dict, say: Speech) -> Figure:
    """Boxes from top to bottom, those left out to the right."""
    told = results["flow"]
    n = say.number
    left_out = [f"{_short(say.both(step['name']))}: {n(step['taken'])}" for step in told["steps"]]
    followed = told.get("followed", [])
    right = "\n".join([f"{say('flow.excluded')} ({say('flow.not_met')}):", *left_out]) if left_out else ""
    end = told["analysed"]
    counted = f" {say('flow.moments')}" if sentences.counts_moments(results) else ""
    clusters = f", {n(end['clusters'])} {say('flow.clusters')}" if end["clusters"] else ""
    two, beside, below = _high(2), _high(right.count("\n") + 1) if right else 0.0, _high(len(followed)) if followed else -1.2
    high = 0.6 + two + 1.8 + beside + two + 1.6 + two + 1.2 + below
    figure, axis = plt.subplots(figsize=(7.2, high / UNITS))
    axis.set(xlim=(0, 100), ylim=(0, high), position=(0, 0, 1, 1))
    axis.axis("off")
    found_at = high - 0.3 - two / 2
    right_at = found_at - two / 2 - 0.9 - beside / 2
    chosen_at = right_at - beside / 2 - 0.9 - two / 2
    arms_at, last_at = chosen_at - two - 1.6, 0.3 + below / 2
    _arrow(axis, 50, found_at - two / 2, 50, chosen_at + two / 2)
    _box(axis, 50, found_at, f"{say('flow.found')}\nn = {n(told['found'])}{counted}", INK)
    if right:
        _arrow(axis, 50, right_at, 57.6, right_at)
        _box(axis, 58.5, right_at, right, INK, side="left")
    _box(axis, 50, chosen_at, f"{say('flow.analysed')}\nn = {n(end['both'])}{counted}{clusters}", INK)
    for x, arm, colour in ((25, "treated", BLUE), (75, "control", ORANGE)):
        _arrow(axis, 50, chosen_at - two / 2, x, arms_at + two / 2)
        _box(axis, x, arms_at, f"{_short(say.both(results['arms'][arm]))}\nn = {n(end[arm])}{counted}", colour)
        if followed:
            rows = [f"{say.both(row['name'])}: {n(row[arm])}" for row in followed]
            _arrow(axis, x, arms_at - two / 2, x, last_at + below / 2)
            _box(axis, x, last_at, "\n".join(rows), colour)
    return figure


def _high(lines: int) -> float:
    """A box's height in the axis' units: 13.5 points a line and 9 for its rim."""
    return (lines * 13.5 + 9) / 72 * UNITS


def _short(text: str) -> str:
    return "\n   ".join(textwrap.wrap(text, WIDE))


def _box(axis, x: float, y: float, text: str, colour: str, side: str = "center") -> None:
    axis.text(
        x, y, text, ha=side, va="center", multialignment="left" if side == "left" else "center", fontsize=9, linespacing=1.5, zorder=3,
        bbox={"boxstyle": "round,pad=0.5,rounding_size=0.3", "facecolor": "white", "edgecolor": colour, "linewidth": 1.2},
    )  # fmt: skip


def _arrow(axis, x0: float, y0: float, x1: float, y1: float) -> None:
    axis.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9}, zorder=1)
