"""Coverage and type I error of every estimator, beside the bounds, as a picture."""

from __future__ import annotations

from pathlib import Path

from pipeline.certify.scenario import CHECK, DEFAULT, NAIVE
from pipeline.certify.summary import COVERAGE, TYPE_I, Line

INK, RED, GREY, BAND = "#1f4e79", "#c0392b", "#8a8a8a", "#dbe8d5"
MARK = {DEFAULT: "o", CHECK: "D", NAIVE: "x"}
WIDE = 1.96


def draw(lines: list[Line], path: Path) -> None:
    """One row an estimator; the bar is its 95 % Monte Carlo interval. Default outside its bounds: red."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    names, rows = [], []
    for at, line in enumerate(lines):
        if at == 0 or lines[at - 1].scenario != line.scenario:
            names.append((line.scenario, True))
            rows.append(None)
        names.append((line.estimator, False))
        rows.append(line)
    height = 0.19 * len(rows) + 1.4
    figure, panels = plt.subplots(1, 2, figsize=(11, height), sharey=True, gridspec_kw={"wspace": 0.1})
    for panel, value, error, bounds, title, limits in (
        (panels[0], "coverage", "coverage_mc", COVERAGE, "coverage of the 95 % interval, %", (50, 100)),
        (panels[1], "type_i", "type_i_mc", TYPE_I, "type I error at 5 %, %", (0, 40)),
    ):
        panel.axvspan(*(100 * one for one in bounds), color=BAND, zorder=0)
        panel.axvline(95 if value == "coverage" else 5, color=GREY, linewidth=0.8, zorder=1)
        for y, line in enumerate(rows):
            if line is None or getattr(line, value) != getattr(line, value):
                continue
            share, spread = 100 * getattr(line, value), 100 * WIDE * getattr(line, error)
            inside = bounds[0] <= share / 100 <= bounds[1]
            colour = GREY if line.kind == NAIVE else INK if inside else RED
            if limits[0] <= share <= limits[1]:
                panel.plot([max(share - spread, limits[0]), min(share + spread, limits[1])], [y, y], color=colour, linewidth=1)
                panel.plot(share, y, MARK[line.kind], color=colour, markersize=4, clip_on=False, fillstyle="none" if line.kind == CHECK else "full")
            else:  # off the scale: told in figures at the edge
                low = share < limits[0]
                panel.text(limits[0] + 0.6 if low else limits[1] - 0.6, y, f"◀ {share:.0f}" if low else f"{share:.0f} ▶",
                           ha="left" if low else "right", va="center", fontsize=7, color=colour)  # fmt: skip
        panel.set_xlim(*limits)
        panel.set_title(title, fontsize=9)
        panel.tick_params(axis="x", labelsize=8, top=True, labeltop=True)
        panel.grid(axis="x", color="#eeeeee", zorder=0)
        for side in ("left", "right", "top", "bottom"):
            panel.spines[side].set_visible(False)
        panel.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(rows)), [name for name, _ in names], fontsize=7)
    for label, (_, head) in zip(panels[0].get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if head else "normal")
    panels[0].set_ylim(len(rows) - 0.3, -0.7)
    handles = [
        plt.Line2D([], [], marker="o", color=INK, linestyle="", markersize=5, label="default, within the bounds"),
        plt.Line2D([], [], marker="o", color=RED, linestyle="", markersize=5, label="outside the bounds"),
        plt.Line2D([], [], marker="D", color=INK, linestyle="", markersize=4, fillstyle="none", label="cross-check"),
        plt.Line2D([], [], marker="x", color=GREY, linestyle="", markersize=5, label="naive: wrong on purpose"),
    ]
    figure.legend(handles=handles, loc="lower center", ncols=4, fontsize=8, frameon=False, bbox_to_anchor=(0.4, 0.0))
    figure.subplots_adjust(left=0.30, right=0.985, top=1 - 0.75 / height, bottom=0.55 / height)
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
    plt.close(figure)
