"""Small drawings for the card: one SVG each, nothing fetched, the same bytes for the same figures."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

WIDE, HIGH, LEFT, FOOT, TOP = 460, 300, 56, 44, 30
COLOURS = ("#0b5cad", "#b5541c", "#3f7d3a", "#6b4a9c")
Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """points by x; ends: low and high of each point's interval, drawn as a band round a line of `band`; line: joined, else dots."""

    name: str
    points: list[Point]
    ends: list[Point] | None = None
    line: bool = True
    band: bool = False


def chart(
    title: str, across: str, up: str, series: list[Series], *, x: Point, y: Point, even: str = "", ticks: dict[float, str] | None = None,
    words_low: bool = False, bars: list[float] | None = None,
) -> str:
    """One chart. x, y : what the axes span. even : `diagonal` or `one` for the line of no error. ticks : words along the x axis. words_low : the names stand at the foot.
    bars : shares of a histogram along the foot, evenly over the x axis. What lies beyond the y axis is cut off, and a point there is an arrow at the edge."""
    place = lambda at: LEFT + (at - x[0]) / (x[1] - x[0]) * (WIDE - LEFT - 14)  # noqa: E731
    height = lambda at: HIGH - FOOT - (at - y[0]) / (y[1] - y[0]) * (HIGH - FOOT - TOP)  # noqa: E731
    kept = lambda at: height(min(max(at, y[0]), y[1]))  # noqa: E731
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
    if bars:
        wide, tall = (WIDE - 14 - LEFT) / len(bars), 0.25 * (HIGH - FOOT - TOP) / max(bars)
        parts += [
            f'<rect x="{LEFT + n * wide:.1f}" y="{HIGH - FOOT - share * tall:.1f}" width="{wide - 1:.1f}" height="{share * tall:.1f}" fill="#ccc"/>'
            for n, share in enumerate(bars)
        ]
    clip = f"cut-{re.sub('[^a-z0-9]+', '-', title.lower())}"
    parts.append(f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP}" width="{WIDE - 14 - LEFT}" height="{HIGH - FOOT - TOP}"/></clipPath>')
    for one, colour in zip(series, COLOURS, strict=False):
        spots = [(place(a), height(b)) for a, b in one.points]
        if one.ends and one.band:
            edge = [(a, height(low)) for (a, _), (low, _) in zip(spots, one.ends, strict=True)]
            edge += [(a, height(high)) for (a, _), (_, high) in zip(reversed(spots), reversed(one.ends), strict=True)]
            parts.append(f'<polygon clip-path="url(#{clip})" fill="{colour}" fill-opacity="0.2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in edge)}"/>')
        if one.line:
            parts.append(
                f'<polyline clip-path="url(#{clip})" fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in spots)}"/>'
            )
        if one.ends and not one.band:
            parts += [
                f'<line x1="{a:.1f}" x2="{a:.1f}" y1="{kept(low):.1f}" y2="{kept(high):.1f}" stroke="{colour}"/>'
                for (a, _), (low, high) in zip(spots, one.ends, strict=True)
            ]
        if not one.line or len(spots) <= 12:
            for (a, b), (_, value) in zip(spots, one.points, strict=True):
                if y[0] <= value <= y[1]:
                    parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>')
                elif not one.line:
                    parts.append(f'<text x="{a:.1f}" y="{kept(value) + 4:.1f}" text-anchor="middle" fill="{colour}">{"▲" if value > y[1] else "▼"}</text>')
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


ROW, NAME_WIDE = 17, 150


def forest(title: str, across: str, rows: list[tuple[str, float, float, float]], *, x: Point, even: float | None = None) -> str:
    """Names down the side, each with its value and interval (name, value, low, high); what lies beyond the axis ends in an arrow at its edge."""
    high = TOP + ROW * len(rows) + FOOT
    place = lambda at: NAME_WIDE + (min(max(at, x[0]), x[1]) - x[0]) / (x[1] - x[0]) * (WIDE - NAME_WIDE - 20)  # noqa: E731
    parts = [f'<text x="{WIDE / 2}" y="16" text-anchor="middle" font-weight="600">{html.escape(title)}</text>']
    for step in range(6):
        at = x[0] + (x[1] - x[0]) * step / 5
        parts.append(f'<line x1="{place(at):.1f}" x2="{place(at):.1f}" y1="{TOP - 6}" y2="{high - FOOT}" stroke="#ddd"/>')
        parts.append(f'<text x="{place(at):.1f}" y="{high - FOOT + 14}" text-anchor="middle">{round(at, 6):.3g}</text>')
    if even is not None:
        parts.append(f'<line x1="{place(even):.1f}" x2="{place(even):.1f}" y1="{TOP - 6}" y2="{high - FOOT}" stroke="#777" stroke-dasharray="4 3"/>')
    for n, (name, value, low, up) in enumerate(rows):
        y = TOP + ROW * n + 4
        parts.append(f'<text x="{NAME_WIDE - 8}" y="{y + 4}" text-anchor="end">{html.escape(name if len(name) < 24 else name[:22] + "…")}</text>')
        parts.append(f'<line x1="{place(low):.1f}" x2="{place(up):.1f}" y1="{y}" y2="{y}" stroke="{COLOURS[0]}"/>')
        if x[0] <= value <= x[1]:
            parts.append(f'<circle cx="{place(value):.1f}" cy="{y}" r="3" fill="{COLOURS[0]}"/>')
        for beyond, at, mark in ((low < x[0], x[0], "◀"), (up > x[1], x[1], "▶")):
            if beyond:
                parts.append(f'<text x="{place(at):.1f}" y="{y + 4}" text-anchor="middle" fill="{COLOURS[0]}">{mark}</text>')
    parts.append(f'<text x="{(NAME_WIDE + WIDE) / 2}" y="{high - 8}" text-anchor="middle">{html.escape(across)}</text>')
    told = "; ".join(f"{name} {value:.2f}" for name, value, _, _ in rows)
    return (
        f'<svg viewBox="0 0 {WIDE} {high}" role="img" aria-label="{html.escape(f"{title}. {told}", quote=True)}" font-family="system-ui,sans-serif" '
        f'font-size="11">{"".join(parts)}</svg>'
    )
