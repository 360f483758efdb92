"""The report's figures. Each takes the results and the words and returns a matplotlib figure; nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate.words import Speech

# Okabe & Ito's blue and orange: told apart by the colour-blind, and by line style in grey print
INK, BLUE, ORANGE, GREY = "#1f2933", "#0b6fb8", "#c8560b", "#8a949e"
LOOK = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.titlesize": 10, "svg.fonttype": "path", "svg.hashsalt": "rehabrisk", "figure.dpi": 100, "savefig.dpi": 160,
}  # fmt: skip
ARMS = (("treated", BLUE, "-"), ("control", ORANGE, (0, (5, 2))))


def all_figures(results: dict, say: Speech) -> dict[str, Figure]:
    """Every figure that these results can fill, by name."""
    from pipeline.evaluate import figures_of_curves, figures_of_intervals, flow_diagram

    makers: dict[str, Callable[[dict, Speech], Figure | None]] = {
        "flow": flow_diagram.flow,
        "balance": figures_of_intervals.love,
        "power": figures_of_curves.power,
        "event_study": figures_of_curves.event_study,
        "return": figures_of_curves.still_on_leave,
        "degree": figures_of_curves.degree,
        "relapse": figures_of_curves.again,
        "cost": figures_of_curves.cost,
        "subgroups": figures_of_intervals.subgroups,
        "targeting": figures_of_curves.targeting,
        "sensitivity": figures_of_intervals.sensitivity,
        "published": figures_of_intervals.published,
    }
    made = {}
    with plt.rc_context(LOOK):
        for name, make in makers.items():
            if (figure := make(results, say)) is not None:
                made[name] = figure
    return made


def ticks(axis, say: Speech, digits: int = 0) -> None:
    """Numbers on an axis as the language writes them."""
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: say.number(value, digits)))
