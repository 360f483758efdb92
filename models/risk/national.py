"""Published national survival by diagnosis: what a region without history of its own starts from.

S0(length) has constant hazards between the published lengths; a spell seen on day d with c certified days ahead
has at least length d + c, so S(t) = 1 for t < c and S0(d + t) / S0(d + c - 1) from then on. Nothing else about the
person changes it. Figures and sources: national_spell_lengths.toml.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from models.risk.age_limit import days_to_age_limit, ended_at_age_limit
from models.risk.exits import CAUSES
from models.risk.outlook import PASSES, Outlook, chance_of_passing, expected_days
from models.risk.person_period import HORIZON
from models.risk.uncertainty import Z_90

FIGURES = Path(__file__).with_name("national_spell_lengths.toml")
LONGEST = 12 * 365
BATCH = 8_000


@lru_cache(maxsize=1)
def figures() -> dict:
    """The toml file."""
    return tomllib.loads(FIGURES.read_text(encoding="utf-8"))


def length_curve(counts: list[int]) -> np.ndarray:
    """(LONGEST + 1,) share of all certified spells that are longer than each number of days.

    >>> curve = length_curve([50, 25, 15, 6, 4])
    >>> [round(float(curve[day]), 3) for day in (14, 29, 89, 179, 364)]
    [0.5, 0.25, 0.125, 0.05, 0.02]
    """
    known = figures()
    over = known["short"]["share_over_14_days"]
    left = np.cumsum(counts[::-1])[::-1] / sum(counts) * over
    # "lasted 30 days or more" is "longer than 29"
    at = [0, *(day - 1 for day in known["source"]["from_days"]), 364 + 365]
    share = [1.0, *left, left[-1] * known["beyond"]["second_year_share"]]
    days = np.arange(LONGEST + 1)
    rate = np.log(share[-2] / share[-1]) / 365
    inside = np.exp(np.interp(days, at, np.log(share)))
    return np.where(days > at[-1], share[-1] * np.exp(-rate * (days - at[-1])), inside)


class NationalRisk:
    """Risk from published figures alone; no fit. Reads diagnosis_3, day, degree, certified_days_ahead."""

    kind = "national_figures"

    def __init__(self) -> None:
        spells = figures()["spells"]
        chapters = {}
        for chapter in sorted({code[0] for code in spells if code != "all"}):
            rows = [counts for code, counts in spells.items() if code != "all" and code[0] == chapter]
            # one diagnosis does not speak for a chapter
            if len(rows) >= 4:
                chapters[chapter] = np.sum(rows, axis=0).tolist()
        names = {**spells, **chapters}
        self._place = {name: k for k, name in enumerate(names)}
        self._curves = np.array([length_curve(counts) for counts in names.values()])

    def _known(self, frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        codes = frame["diagnosis_3"].cast(pl.String).fill_null("").to_list()
        every = self._place["all"]
        place = [self._place.get(code, self._place.get(code[:1], every)) for code in codes]
        day = np.clip(frame["day"].cast(pl.Int64).fill_null(1).to_numpy(), 1, LONGEST - 2 * HORIZON)
        ahead = frame["certified_days_ahead"].cast(pl.Int64).fill_null(1).to_numpy()
        return np.array(place, dtype=int), day, np.clip(ahead, 1, HORIZON)

    def curves(self, frame: pl.DataFrame, days: np.ndarray) -> np.ndarray:
        """(n, len(days)) S(t); days 0..365."""
        return ended_at_age_limit(self._curves_of(*self._known(frame), np.asarray(days)), np.asarray(days), days_to_age_limit(frame))

    def _curves_of(self, place, day, ahead, days) -> np.ndarray:
        reached = self._curves[place, np.minimum(day + ahead - 1, LONGEST)]
        later = self._curves[place[:, None], np.minimum(day[:, None] + days[None, :], LONGEST)]
        return np.where(days[None, :] < ahead[:, None], 1.0, np.minimum(later / reached[:, None], 1.0))

    def outlook(self, frame: pl.DataFrame) -> Outlook:
        """As FittedRisk.outlook. Net days carry today's degree along the curve; relapses are not in them."""
        place, day, ahead = self._known(frame)
        today = frame["day"].cast(pl.Float64).fill_null(1).to_numpy()
        degree = frame["degree"].cast(pl.Float64).fill_null(100).to_numpy() / 100
        n = frame.height
        passes, left, square = np.empty((n, len(PASSES))), np.empty(n), np.empty(n)
        grid, limit = np.arange(HORIZON + 1), days_to_age_limit(frame)
        for start in range(0, n, BATCH):
            some = slice(start, start + BATCH)
            curve = ended_at_age_limit(self._curves_of(place[some], day[some], ahead[some], grid), grid, limit[some])
            left[some] = expected_days(curve)
            # E[T^2] of T = min(duration, 365) is the sum of (2t + 1) S(t)
            square[some] = curve[:, :HORIZON] @ (2 * grid[:HORIZON] + 1)
            for k, at in enumerate(PASSES):
                passes[some, k] = chance_of_passing(curve, today[some], at, ahead[some])
        spread = np.sqrt(np.maximum(square - left**2, 0))
        net, sd = left * degree, spread * degree
        net_ends = np.clip(np.column_stack([net - Z_90 * sd, net + Z_90 * sd]), 0, np.minimum(limit, HORIZON)[:, None])
        return Outlook(passes, left, net, sd, np.full((n, 2), np.nan), net_ends, np.full((n, len(CAUSES) + 1), np.nan))

    def effects(self, frame: pl.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Days left of all spells of this day with the usual certificate, and what diagnosis and certified end change them by."""
        place, day, ahead = self._known(frame)
        grid = np.arange(HORIZON)
        every = np.full_like(place, self._place["all"])
        usual = np.minimum(ahead, int(np.median(ahead))) if len(ahead) else ahead
        whole = self._curves_of(place, day, ahead, grid).sum(axis=1)
        without = self._curves_of(every, day, ahead, grid).sum(axis=1)
        comparable = self._curves_of(every, day, usual, grid).sum(axis=1)
        return comparable, {"diagnosis": whole - without, "certificate_end": without - comparable}

    def to_files(self) -> dict[str, bytes | dict]:
        """No trees and no encoder: the figures ship with the product."""
        import skops.io

        return {"model.skops": skops.io.dumps({}), "encoder.json": {}, "risk.json": {"kind": self.kind}}
