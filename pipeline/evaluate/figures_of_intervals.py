"""Points with intervals: balance, subgroups, sensitivity, and this study among the published."""

from __future__ import annotations

import textwrap

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate import sentences_of_outcomes
from pipeline.evaluate.figures import BLUE, GREY, INK, ORANGE, ticks
from pipeline.evaluate.words import Speech

MOST = 28  # rows of a love plot; beyond it the nearest to nought are left to the table


def love(results: dict, say: Speech) -> Figure | None:
    """Standardised differences before and after adjustment."""
    rows = [row for row in results["balance"]["rows"] if row["before"] is not None][:MOST][::-1]
    if not rows:
        return None
    figure, axis = plt.subplots(figsize=(7.2, 0.8 + 0.24 * len(rows)))
    places = range(len(rows))
    axis.scatter([row["before"] for row in rows], places, marker="o", facecolors="white", edgecolors=ORANGE, s=30, zorder=3,
                 label=say("figure.before"))  # fmt: skip
    if results["balance"]["weighted"]:
        axis.scatter([row["after"] for row in rows], places, marker="o", color=BLUE, s=30, zorder=4, label=say("figure.after"))
        axis.legend(frameon=False, loc="lower right")
    axis.set_yticks(list(places), [_wrapped(say.column(row["name"])) for row in rows])
    edge = results["balance"]["limit"]
    limit = max(1.2 * edge, 1.1 * max(abs(row["before"]) for row in rows), 1.1 * max(abs(row["after"] or 0) for row in rows))
    axis.set(xlim=(-limit, limit), xlabel=say("figure.smd"), ylim=(-0.7, len(rows) - 0.3))
    for at in (-edge, edge):
        axis.axvline(at, color=GREY, linewidth=0.7, linestyle=":")
    axis.axvline(0, color=INK, linewidth=0.8)
    ticks(axis.xaxis, say, 1)
    figure.tight_layout(pad=0.4)
    return figure


def subgroups(results: dict, say: Speech) -> Figure | None:
    """The effect in each level, with the whole study's above."""
    found = results.get("subgroups")
    if not found:
        return None
    rows: list[tuple[str, dict | None, bool]] = [(say("sens.main"), results["primary"]["estimate"], True)]
    for split in found:
        rows.append((say.both(split["name"]), None, True))
        rows += [(f"   {say.level(split['column'], row['level'])}", row["estimate"], False) for row in split["levels"] if "estimate" in row]
    unit = say.both(results["outcome"]["unit"])
    return _forest(rows, say("figure.difference", unit=unit), say, results)


def sensitivity(results: dict, say: Speech) -> Figure | None:
    """The main analysis and every other choice, one under the other."""
    told = results.get("sensitivity")
    if not told:
        return None
    rows: list[tuple[str, dict | None, bool]] = [(say("sens.main"), results["primary"]["estimate"], True)]
    for row in told["methods"]:
        rows.append((say("sens.method", name=say(f"methods_short.{row['name']}")), row, False))
    rows += [(say("sens.without", name=row["name"]), row, False) for row in told["without"]]
    rows += [(say("sens.tipping", name=say.number(row["days"])), row, False) for row in told["tipping"] if row["days"]]
    rows = [row for row in rows if row[1] is not None and row[1]["estimate"] is not None]
    if len(rows) < 2:
        return None
    return _forest(rows, say("figure.difference", unit=say.both(results["outcome"]["unit"])), say, results)


def published(results: dict, say: Speech) -> Figure | None:
    """This study first, then the published; a point without a line has no published uncertainty."""
    rows = sentences_of_outcomes.published(results, say)
    if not rows:
        return None
    lines: list[tuple[str, dict | None, bool]] = []
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            lines.append((say(f"published_groups.{group}"), None, True))
        lines.append((row["label"], {"estimate": row["percent"], "ci_low": row["ci_low"], "ci_high": row["ci_high"]}, row["kind"] != "study"))
    return _forest(lines, say("figure.percent"), say, results, bound=100)


def _forest(rows: list, label: str, say: Speech, results: dict, bound: float | None = None) -> Figure:
    figure, axis = plt.subplots(figsize=(7.2, 0.9 + 0.28 * len(rows) + 0.09 * sum(len(name) > 44 for name, *_ in rows)))
    for place, (_, row, strong) in enumerate(reversed(rows)):
        if row is None:
            continue
        colour = BLUE if strong else INK
        if row["ci_low"] is not None:
            axis.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour, linewidth=1.4)
            axis.plot(row["estimate"], place, marker="s", color=colour, markersize=5.5)
        else:
            axis.plot(row["estimate"], place, marker="D", markerfacecolor="white", markeredgecolor=ORANGE, markersize=6)
    if bound:
        low, high = axis.get_xlim()
        axis.set_xlim(max(low, -bound), min(high, bound))
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.set_yticks(range(len(rows)), [_wrapped(name) for name, *_ in reversed(rows)])
    for text, (_, _, strong) in zip(axis.get_yticklabels(), reversed(rows), strict=True):
        text.set_fontweight("bold" if strong else "normal")
        text.set_fontsize(8.5)
    axis.set(xlabel=label, ylim=(-0.7, len(rows) - 0.3))
    axis.tick_params(axis="y", length=0)
    if results["outcome"]["lower_is_better"]:
        axis.text(0, 1.01, say("figure.favours", treated=say.low(results["arms"]["treated"])), transform=axis.transAxes,
                  fontsize=8, color=GREY, ha="left", va="bottom")  # fmt: skip
    low, high = axis.get_xlim()
    ticks(axis.xaxis, say, 0 if high - low > 8 else 1 if high - low > 0.8 else 2)
    figure.tight_layout(pad=0.4)
    return figure


def _wrapped(text: str) -> str:
    return text if text.startswith(" ") else "\n".join(textwrap.wrap(text, 44))
