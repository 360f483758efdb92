"""Which drawings a model card has; those there are figures for."""

from __future__ import annotations

import math

from pipeline.train.plots import Series, chart, forest

MOST_UNITS = 60


def drawings(meta: dict, validation: dict) -> list[str]:
    """Calibration, decision curve, AUC by day, groups, units and learning curve of the chosen model, as SVG."""
    best = validation["models"][meta["kind"]]
    out = [_calibration(day, best[day]) for day in ("90", "180", "365") if best[day].get("curve")]
    if gains := best["90"].get("net_benefit"):
        out.append(_decision(gains))
    cells = validation["cells"]
    bands = [one for one in cells.get("day", []) if "auc_95" in one]
    if bands:
        spots = [(n, one["auc"]) for n, one in enumerate(bands)]
        ends = [tuple(one["auc_95"]) for one in bands]
        lowest = min(0.5, math.floor(10 * min(low for low, _ in ends)) / 10)
        out.append(chart(
            "AUC by day of the spell, day 90", "day", "AUC", [Series("AUC", spots, ends, line=False)],
            x=(-0.5, len(bands) - 0.5), y=(lowest, 1), ticks={n: one["cell"].removeprefix("day ").strip() for n, one in enumerate(bands)},
        ))  # fmt: skip
    for name in ("target_group", "sex", "age", "occupation", "unit_kind"):
        out += _forests(name.replace("_", " "), cells.get(name, []), ("o_e",))
    units = [one for one in cells.get("unit_id", []) if "o_e_95" in one]
    largest = sorted(units, key=lambda one: (-one["persons"], one["cell"]))[:MOST_UNITS]
    out += _forests("unit" if len(units) <= MOST_UNITS else f"unit, the {MOST_UNITS} largest", largest, ("o_e", "auc"))
    if learnt := validation.get("learning_curve"):
        briers = [one["brier"] for one in learnt]
        room = max(max(briers) - min(briers), 0.01)
        out.append(chart(
            "Learning curve, one draw of persons", "share of the persons learnt from", "Brier score, tuning months, day 90",
            [Series("Brier", [(one["share"], one["brier"]) for one in learnt])], x=(0, 1), y=(min(briers) - room / 2, max(briers) + room / 2),
        ))  # fmt: skip
    return out


def _calibration(day: str, deep: dict) -> str:
    curve = deep["curve"]
    ends = [(low, high) for _, _, low, high in curve]
    smooth = Series("observed", [(at, seen) for at, seen, _, _ in curve], ends, band=True)
    return chart(
        f"Calibration, day {day}; bars: how many have each chance", "chance", "observed share, smoothed", [smooth],
        x=(0, 1), y=(0, 1), even="diagonal", bars=deep["histogram"],
    )  # fmt: skip


def _decision(gains: list[dict]) -> str:
    ends = [tuple(one["model"][1:]) for one in gains]
    ways = [
        Series("acting on the model", [(one["threshold"], one["model"][0]) for one in gains], ends, band=True),
        Series("on everyone", [(one["threshold"], one["all"][0]) for one in gains]),
        Series("on no one", [(one["threshold"], 0.0) for one in gains]),
    ]
    top = max(one["model"][2] for one in gains)
    # acting on everyone falls without end: it is cut at the axis
    low = min(-0.05, math.floor(20 * min(one["model"][1] for one in gains)) / 20)
    return chart(
        "Decision curve, day 90", "act when the chance is at least", "net benefit", ways,
        x=(gains[0]["threshold"], gains[-1]["threshold"]), y=(low, math.ceil(20 * top) / 20), words_low=True,
    )  # fmt: skip


def _forests(name: str, cells: list[dict], keys: tuple[str, ...]) -> list[str]:
    out = []
    for key in keys:
        rows = [(one["cell"], one[key], *one[f"{key}_95"]) for one in cells if f"{key}_95" in one]
        if rows and key == "o_e":
            out.append(forest(f"Observed / expected by {name}, day 90", "observed / expected", rows, x=(0.5, 1.5), even=1.0))
        elif rows:
            out.append(forest(f"AUC by {name}, day 90", "AUC", rows, x=(0.4, 1.0), even=0.5))
    return out
