"""What a page shows of one place: key figures, tables with bars, lines over months. Nothing is counted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from pipeline.statistics.count import BOTH, LEVELS, SEXES

COLOURS = {"F": ("#0b6fb8", ""), "M": ("#c8560b", "6 3")}  # Okabe & Ito; told apart in grey print by the dashes
WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 420, 190, 42, 22, 10  # px
FEWEST_POINTS = 3
FEWEST_SHOWN = 2 / 3  # of the months; a line with more holes is no line

Cells = Mapping[tuple[str, str, str, str], int | None]  # measure, grouping, level, sex


@dataclass(frozen=True)
class Speech:
    """Words of a language and how it writes numbers."""

    words: Mapping

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number as the language writes it; a hidden one as its sign."""
        if value is None:
            return self.words["hidden"]
        text = f"{value:,.{digits}f}".replace(",", "\0").replace(".", self.words["decimal"])
        return text.replace("\0", self.words["thousands"].replace(" ", "\N{NO-BREAK SPACE}"))

    def percent(self, share: float | None) -> str:
        """A share as whole per cent."""
        return self.words["hidden"] if share is None else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def total(cells: Cells, measure: str, sex: str) -> int:
    """Spells of a place; never hidden."""
    return cells[measure, "total", "", sex] or 0


def long_share(cells: Cells, sex: str, measure: str = "ongoing") -> float | None:
    """Share of spells longer than 90 days; None where it is hidden or there is no spell."""
    whole, long = total(cells, measure, sex), cells[measure, "long", "91+", sex]
    return long / whole if whole and long is not None else None


def per_listed(spells: int, listed: int | None) -> float | None:
    """Spells per 1 000 listed; None where nobody is listed."""
    return 1000 * spells / listed if listed else None


def bars(cells: Cells, grouping: str) -> list[dict]:
    """A line a level: women's and men's ongoing spells with the bar's share of the longest, and started ones."""
    levels = [
        level
        for level in LEVELS[grouping]
        if any(cells[measure, grouping, level, sex] != 0 for measure in ("ongoing", "started") for sex in SEXES)
    ]
    most = max([cells["ongoing", grouping, level, sex] or 0 for level in levels for sex in SEXES], default=0)
    return [
        {
            "level": level,
            "ongoing": {sex: cells["ongoing", grouping, level, sex] for sex in SEXES},
            "share": {sex: round((cells["ongoing", grouping, level, sex] or 0) / max(most, 1), 4) for sex in SEXES},
            "started": {sex: cells["started", grouping, level, sex] for sex in (*SEXES, BOTH)},
        }
        for level in levels
    ]


def drawn(cells: Cells, measure: str, months: tuple[date, ...]) -> tuple[str, ...]:
    """Of which sexes so many months are shown that a line of them can be read."""
    return tuple(sex for sex in SEXES if _readable([cells[measure, "month", str(month), sex] for month in months]))


def _readable(values: list[int | None]) -> bool:
    shown = [value for value in values if value is not None]
    # months of noughts among hidden ones would draw a line at the bottom, as if there were none
    holed = len(shown) < FEWEST_SHOWN * len(values) or sum(value > 0 for value in shown) < FEWEST_POINTS
    return len(shown) == len(values) or not holed


def lines(cells: Cells, measure: str, months: tuple[date, ...], say: Speech) -> Markup | None:
    """Women and men over the months as SVG, broken where a month is hidden; a sex that is not `drawn` is left out, None without any."""
    series = {sex: [cells[measure, "month", str(month), sex] for month in months] for sex in drawn(cells, measure, months)}
    if not series:
        return None
    top, step = _scale(max(value for values in series.values() for value in values if value is not None))
    right = WIDTH - 66

    def x(at: int) -> float:
        return LEFT + at * (right - LEFT) / (len(months) - 1)

    def y(value: float) -> float:
        return HEIGHT - BELOW - value * (HEIGHT - BELOW - ABOVE) / top

    parts = []
    for tick in range(0, top + 1, step):
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y(tick) + 3.5:.1f}" class="end">{say.number(tick)}</text>')
    for at, month in enumerate(months):
        if month.month in (1, 7):
            parts.append(f'<text x="{x(at):.1f}" y="{HEIGHT - 6}" class="middle">{month:%Y-%m}</text>')
            parts.append(f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{y(0):.1f}" y2="{y(0) + 4:.1f}" class="tick"/>')
    ends: dict[str, float] = {}
    for sex, values in series.items():
        colour, dash = COLOURS[sex]
        for run in _runs(values):
            points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in run)
            if len(run) == 1:
                parts.append(f'<circle cx="{x(run[0][0]):.1f}" cy="{y(run[0][1]):.1f}" r="2.2" fill="{colour}"/>')
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        if known := [value for value in values if value is not None]:
            ends[sex] = y(known[-1]) + 3.5
    if len(ends) > 1 and abs(ends["F"] - ends["M"]) < 12:
        above, under = sorted(ends, key=ends.__getitem__)
        middle = (ends["F"] + ends["M"]) / 2
        ends = {above: middle - 6, under: middle + 6}
    for sex, at in ends.items():
        parts.append(f'<text x="{right + 5}" y="{at:.1f}" class="name {sex}">{escape(say.words["sex"][sex])}</text>')
    return Markup(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{"".join(parts)}</svg>')


def _runs(values: list[int | None]) -> list[list[tuple[int, int]]]:
    """Unbroken stretches of (place, value)."""
    runs: list[list[tuple[int, int]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _scale(most: int) -> tuple[int, int]:
    """Top of an axis and the step between its three to six marks.

    >>> _scale(37)
    (40, 10)
    """
    step = 1
    while True:
        for times in (1, 2, 5):
            if most <= 5 * step * times:
                width = step * times
                return max(-(-most // width), 1) * width, width
        step *= 10
