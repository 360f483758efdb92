"""Curves: still on sick leave, degree by month, sick leave again, power, cost."""

from __future__ import annotations

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate.figures import ARMS, BLUE, GREY, ticks
from pipeline.evaluate.words import Speech


def still_on_leave(results: dict, say: Speech) -> Figure | None:
    """Kaplan-Meier by arm with intervals, and below it the numbers still followed."""
    told = results.get("secondary", {}).get("return")
    if not told:
        return None
    figure, axis = plt.subplots(figsize=(7.2, 4.1))
    for arm, colour, style in ARMS:
        rows = [row for row in told["curve"] if row["arm"] == arm]
        days = [row["day"] for row in rows]
        # straight between points: where points are left out a step would stand at the last one
        axis.plot(days, [100 * row["value"] for row in rows], color=colour, linestyle=style,
                  label=say.both(results["arms"][arm]), linewidth=1.8)  # fmt: skip
        known = [row for row in rows if row["ci_low"] is not None]
        axis.fill_between([row["day"] for row in known], [100 * row["ci_low"] for row in known],
                          [100 * row["ci_high"] for row in known], color=colour, alpha=0.13, linewidth=0)  # fmt: skip
    axis.set(xlabel=say("figure.days_after"), ylabel=say("figure.still"), ylim=(0, 101), xlim=(0, told["tau"]))
    axis.set_xticks([row["day"] for row in told["risk"]])
    axis.legend(frameon=False, loc="upper right")
    axis.text(0, -0.235, say("table.at_risk"), transform=axis.transAxes, fontsize=8, color=GREY, ha="left")
    for place, (arm, colour, _) in enumerate(ARMS):
        for row in told["risk"]:
            axis.text(row["day"], -0.305 - 0.065 * place, say.number(row[arm]), color=colour, fontsize=8, ha="center",
                      transform=axis.get_xaxis_transform())  # fmt: skip
    figure.subplots_adjust(bottom=0.3, left=0.09, right=0.97, top=0.97)
    return figure


def degree(results: dict, say: Speech) -> Figure | None:
    """Mean degree by month and arm."""
    told = results.get("secondary", {}).get("degree")
    if not told or not told["months"]:
        return None
    figure, axis = plt.subplots(figsize=(7.2, 3.2))
    months = [row["month"] for row in told["months"]]
    for arm, colour, style in ARMS:
        rows = [row[arm] for row in told["months"]]
        axis.plot(months, [row["mean"] for row in rows], color=colour, linestyle=style, marker="o", markersize=3.5,
                  label=say.both(results["arms"][arm]), linewidth=1.8)  # fmt: skip
        axis.fill_between(months, [row["ci_low"] for row in rows], [row["ci_high"] for row in rows], color=colour, alpha=0.13, linewidth=0)
    axis.axvline(-0.5, color=GREY, linewidth=0.9, linestyle=":")
    axis.set(xlabel=say("figure.month"), ylabel=say("figure.mean_degree"), ylim=(0, None))
    axis.set_xticks(months[::2])
    ticks(axis.xaxis, say)
    axis.legend(frameon=False)
    figure.tight_layout(pad=0.4)
    return figure


def again(results: dict, say: Speech) -> Figure | None:
    """Mean number of new spells by day and arm."""
    told = results.get("secondary", {}).get("relapse")
    if not told or not told["curve"]:
        return None
    figure, axis = plt.subplots(figsize=(7.2, 2.6))
    for arm, colour, style in ARMS:
        rows = [row for row in told["curve"] if row["arm"] == arm]
        days = [row["day"] for row in rows]
        axis.plot(days, [row["value"] for row in rows], color=colour, linestyle=style,
                  label=say.both(results["arms"][arm]), linewidth=1.8)  # fmt: skip
        ends = [[row["value"] if row[end] is None else row[end] for row in rows] for end in ("ci_low", "ci_high")]
        axis.fill_between(days, *ends, color=colour, alpha=0.13, linewidth=0)
    axis.set(xlabel=say("figure.days_after"), ylabel=say("figure.again"), ylim=(0, None), xlim=(0, None))
    ticks(axis.yaxis, say, 2)
    axis.legend(frameon=False)
    figure.tight_layout(pad=0.4)
    return figure


def power(results: dict, say: Speech) -> Figure | None:
    """Chance to find a difference, by its size."""
    told = results["power"]
    figure, axis = plt.subplots(figsize=(7.2, 2.6))
    axis.plot([row["difference"] for row in told["curve"]], [100 * row["power"] for row in told["curve"]], color=BLUE, linewidth=1.8)
    axis.axhline(100 * told["power"], color=GREY, linewidth=0.8, linestyle=":")
    axis.axvline(told["least_detectable"], color=GREY, linewidth=0.8, linestyle=":")
    unit = say.both(results["outcome"]["unit"])
    axis.set(xlabel=say("figure.difference", unit=unit), ylabel=say("figure.power"), ylim=(0, 101), xlim=(0, None))
    ticks(axis.xaxis, say, 0 if told["least_detectable"] > 5 else 2)
    figure.tight_layout(pad=0.4)
    return figure


def cost(results: dict, say: Speech) -> Figure | None:
    """Net saving with its interval, and how sure it is, by what a day is worth."""
    told = results.get("secondary", {}).get("cost")
    if not told or told["curve"][-1]["sure"] is None:
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.8))
    days = [row["day_value"] for row in told["curve"]]
    left.plot(days, [row["net_benefit"] for row in told["curve"]], color=BLUE, linewidth=1.8)
    ends = [[row["net_benefit"] if row[end] is None else row[end] for row in told["curve"]] for end in ("ci_low", "ci_high")]
    left.fill_between(days, *ends, color=BLUE, alpha=0.13, linewidth=0)
    left.axhline(0, color=GREY, linewidth=0.8)
    left.set(ylabel=say("figure.net_benefit", currency=told["currency"]))
    ticks(left.yaxis, say)
    sure = [row for row in told["curve"] if row["sure"] is not None]
    right.plot([row["day_value"] for row in sure], [100 * row["sure"] for row in sure], color=BLUE, linewidth=1.8)
    right.set(ylabel=say("figure.sure"), ylim=(0, 101))
    for axis in (left, right):
        axis.axvline(told["day_value"], color=GREY, linewidth=0.8, linestyle=":")
        axis.set(xlabel=say("figure.value", currency=told["currency"]), xlim=(0, days[-1]))
        axis.locator_params(axis="x", nbins=5)
        ticks(axis.xaxis, say)
    figure.tight_layout(pad=0.4)
    return figure


def targeting(results: dict, say: Speech) -> Figure | None:
    """What the first share in the priority's order gains beyond all."""
    told = results.get("targeting")
    if not told or not told.get("curve"):
        return None
    figure, axis = plt.subplots(figsize=(7.2, 2.6))
    axis.plot([row["share"] for row in told["curve"]], [row["beyond_all"] for row in told["curve"]], color=BLUE, marker="o", markersize=3.5, linewidth=1.8)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set(xlabel=say("figure.share"), ylabel=say("figure.beyond_all", unit=say.both(results["outcome"]["unit"])), xlim=(0, 101))
    ticks(axis.yaxis, say, 0 if max(abs(row["beyond_all"]) for row in told["curve"]) > 3 else 2)
    figure.tight_layout(pad=0.4)
    return figure


def event_study(results: dict, say: Speech) -> Figure | None:
    """The difference by period from the unit's start; the period before it is the comparison."""
    told = results.get("stepped")
    if not told:
        return None
    rows = [row for row in told["course"] if row["ci_low"] is not None]
    figure, axis = plt.subplots(figsize=(7.2, 3.0))
    for row in rows:
        axis.plot([row["gap"]] * 2, [row["ci_low"], row["ci_high"]], color=BLUE if row["gap"] >= 0 else GREY, linewidth=1.4)
        axis.plot(row["gap"], row["estimate"], marker="s", color=BLUE if row["gap"] >= 0 else GREY, markersize=5)
    axis.plot(-1, 0, marker="o", markerfacecolor="white", markeredgecolor=GREY, markersize=5)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.axvline(-0.5, color=GREY, linewidth=0.9, linestyle=":")
    axis.set(xlabel=say("figure.from_start", months=say.number(told["period_months"])),
             ylabel=say("figure.difference", unit=say.both(results["outcome"]["unit"])))  # fmt: skip
    axis.xaxis.get_major_locator().set_params(integer=True)
    for side in (axis.xaxis, axis.yaxis):
        ticks(side, say)
    figure.tight_layout(pad=0.4)
    return figure
