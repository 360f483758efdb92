"""Small drawings for the card: one SVG each, nothing fetched, the same bytes for the same figures."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

WIDE, HIGH, LEFT, FOOT, TOP = 460, 300, 56, 44, 30
COLOURS = ("#0b5cad", "#b5541c", "#3f7d3a", "#6b4a9c")
Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """points by x; low and high: the ends of intervals; line: joined, else dots."""

    name: str
    points: list[Point]
    ends: list[Point] | None = None
    line: bool = True


def chart(title: str, across: str, up: str, series: list[Series], *, x: Point, y: Point, even: str = "", ticks: dict[float, str] | None = None, words_low: bool = False) -> str:
    """One chart. x, y : what the axes span. even : `diagonal` or `one` for the line of no error. ticks : words along the x axis. words_low : the names stand at the foot."""
    place = lambda at: LEFT + (at - x[0]) / (x[1] - x[0]) * (WIDE - LEFT - 14)  # noqa: E731
    height = lambda at: HIGH - FOOT - (min(max(at, y[0]), y[1]) - y[0]) / (y[1] - y[0]) * (HIGH - FOOT - TOP)  # noqa: E731
    parts = [f'<text x="{WIDE / 2}" y="16" text-anchor="middle" font-weight="600">{html.escape(title)}</text>']
    for step in range(6):
        at = y[0] + (y[1] - y[0]) * step / 5
        parts.append(f'<line x1="{LEFT}" x2="{WIDE - 14}" y1="{height(at):.1f}" y2="{height(at):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{height(at) + 4:.1f}" text-anchor="end">{round(at, 6):.3g}</text>')
    words = ticks if ticks is not None else {x[0] + (x[1] - x[0]) * n / 5: f"{x[0] + (x[1] - x[0]) * n / 5:.2g}" for n in range(6)}
    parts += [f'<text x="{place(at):.1f}" y="{HIGH - FOOT + 16}" text-anchor="middle">{html.escape(word)}</text>' for at, word in words.items()]
    parts.append(f'<text x="{(LEFT + WIDE) / 2}" y="{HIGH - 8}" text-anchor="middle">{html.escape(across)}</text>')
    parts.append(f'<text transform="translate(13 {HIGH / 2}) rotate(-90)" text-anchor="middle">{html.escape(up)}</text>')
    if even:
        first, last = (height(x[0]), height(x[1])) if even == "diagonal" else (height(1), height(1))
        parts.append(f'<line x1="{place(x[0]):.1f}" y1="{first:.1f}" x2="{place(x[1]):.1f}" y2="{last:.1f}" stroke="#777" stroke-dasharray="4 3"/>')
    for one, colour in zip(series, COLOURS, strict=False):
        spots = [(place(a), height(b)) for a, b in one.points]
        if one.line:
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in spots)}"/>')
        if one.ends:
            parts += [
                f'<line x1="{a:.1f}" x2="{a:.1f}" y1="{height(low):.1f}" y2="{height(high):.1f}" stroke="{colour}"/>'
                for (a, _), (low, high) in zip(spots, one.ends, strict=True)
            ]
        if not one.line or len(spots) <= 12:
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in spots]
    if len(series) > 1:
        first = HIGH - FOOT - 15 * len(series) - 20 if words_low else TOP + 14
        parts += [
            f'<text x="{LEFT + 10}" y="{first + 15 * n}" fill="{colour}">{html.escape(one.name)}</text>'
            for n, (one, colour) in enumerate(zip(series, COLOURS, strict=False))
        ]
    told = "; ".join(f"{one.name}: " + ", ".join(f"{a:.2f} {b:.2f}" for a, b in one.points[:: max(len(one.points) // 5, 1)]) for one in series)
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{html.escape(f"{title}. {told}", quote=True)}" font-family="system-ui,sans-serif" '
        f'font-size="11">{"".join(parts)}</svg>'
    )


def drawings(meta: dict, validation: dict) -> list[str]:
    """Calibration, decision curve, AUC by day, groups and learning curve of the chosen model; those there are figures for."""
    best, out = validation["models"][meta["kind"]], []
    smooth = [Series(f"day {day}", best[day]["curve"]) for day in ("90", "180", "365") if best[day].get("curve")]
    if smooth:
        out.append(chart("Calibration", "chance", "observed share, smoothed", smooth, x=(0, 1), y=(0, 1), even="diagonal"))
    if gains := best["90"].get("net_benefit"):
        ways = [Series(name, [(one["threshold"], one[key]) for one in gains]) for name, key in (("acting on the model", "model"), ("on everyone", "all"))]
        ways.append(Series("on no one", [(one["threshold"], 0.0) for one in gains]))
        high = -0.1 + 0.5 * math.ceil((max(one["model"] for one in gains) + 0.1) / 0.5)
        out.append(chart("Decision curve, day 90", "act when the chance is at least", "net benefit", ways, x=(gains[0]["threshold"], gains[-1]["threshold"]), y=(-0.1, high), words_low=True))
    bands = [one for one in validation["cells"].get("day", []) if "auc_95" in one]
    if bands:
        spots = [(n, one["auc"]) for n, one in enumerate(bands)]
        out.append(chart(
            "AUC by day of the spell, day 90", "day", "AUC", [Series("AUC", spots, [tuple(one["auc_95"]) for one in bands], line=False)],
            x=(-0.5, len(bands) - 0.5), y=(0.5, 1), ticks={n: one["cell"].removeprefix("day ").strip() for n, one in enumerate(bands)},
        ))  # fmt: skip
    for name in ("target_group", "sex", "age", "unit_kind"):
        groups = [one for one in validation["cells"].get(name, []) if "o_e_95" in one]
        if groups:
            out.append(chart(
                f"Observed / expected by {name.replace('_', ' ')}, day 90", "", "observed / expected",
                [Series("o/e", [(n, one["o_e"]) for n, one in enumerate(groups)], [tuple(one["o_e_95"]) for one in groups], line=False)],
                x=(-0.5, len(groups) - 0.5), y=(0.5, 1.5), even="one", ticks={n: one["cell"] for n, one in enumerate(groups)},
            ))  # fmt: skip
    if learnt := validation.get("learning_curve"):
        briers = [one["brier"] for one in learnt]
        room = max(max(briers) - min(briers), 0.01)
        out.append(chart(
            "Learning curve", "share of the persons learnt from", "Brier score, tuning months, day 90",
            [Series("Brier", [(one["share"], one["brier"]) for one in learnt])], x=(0, 1), y=(min(briers) - room / 2, max(briers) + room / 2),
        ))  # fmt: skip
    return out
