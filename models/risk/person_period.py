"""The time axis of the hazard: one stretch to the certified end, then weeks, then months after it.

A spell seldom ends before the day the certificate in force runs out, and very often on that day, so the
axis is laid from that day and not from the moment: stretch 0 is (0, c], where c is the certified days
ahead; stretch k >= 1 is (c + AFTER[k-1], c + AFTER[k]]. A spell without a known certified end has c = 0 and
no stretch 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HORIZON = 365
# weekly for 26 weeks, then every 4 weeks until a year from the moment is passed
AFTER = np.concatenate([np.arange(0, 183, 7), np.arange(210, 379, 28)])
TIME_NAMES = ("stretch_after_certified", "stretch_end", "spell_day_at_stretch_end")


def clock(names: tuple[str, ...], X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(certified days ahead, day of the spell) of each row, whole days; 0 and 1 where not a feature.

    A certified end on the moment itself counts as 1 ahead: an end then is recorded as one day away.
    """

    def column(name: str, default: float) -> np.ndarray:
        if name not in names:
            return np.full(len(X), default)
        values = X[:, names.index(name)]
        return np.where(np.isfinite(values), values, default)

    certified = column("certified_days_ahead", 0.0)
    lowest = 1 if "certified_days_ahead" in names else 0
    return np.clip(certified, lowest, HORIZON).astype(np.int32), column("day", 1.0).astype(np.int32)


def from_certified_end(certified: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Days counted so that the certified day is day 1; below 1 means before it."""
    return duration - np.maximum(certified - 1, 0)


def from_moment(curve: np.ndarray, certified: np.ndarray, days: np.ndarray) -> np.ndarray:
    """(n, len(days)) S(t) from curves (n, HORIZON + 1) counted from the certified end: 1 before it."""
    days = np.asarray(days, dtype=int)[None, :]
    later = np.clip(from_certified_end(certified[:, None], days), 0, HORIZON)
    return np.where(days < certified[:, None], 1.0, np.take_along_axis(curve, later, axis=1))


@dataclass(frozen=True)
class Periods:
    """Rows at risk: which person (`row`), which stretch, ended in it (0/1), and with what weight."""

    row: np.ndarray
    stretch: np.ndarray
    ended: np.ndarray
    weight: np.ndarray


def edges(certified: np.ndarray, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start (open) and end (closed) of each stretch, in days from the moment."""
    start = np.where(stretch == 0, 0, certified + AFTER[np.maximum(stretch - 1, 0)])
    return start, certified + AFTER[stretch]


def stretch_counts(certified: np.ndarray) -> np.ndarray:
    """How many stretches of a row begin before the horizon, stretch 0 counted."""
    return 1 + np.searchsorted(AFTER[:-1], HORIZON - certified, side="left")


def stretch_of(day: np.ndarray, certified: np.ndarray) -> np.ndarray:
    """The stretch that holds `day` (days from the moment, > 0)."""
    return np.where(day <= certified, 0, np.searchsorted(AFTER, day - certified, side="left"))


def week_shape(
    certified: np.ndarray, duration: np.ndarray, event: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """(8,) share of a week's ends that have come by its day 0..7, weeks counted from the certified end.

    Certificates are written in whole weeks, so most ends fall on day 7; a hundred evenly spread ends are
    mixed in, for a small region.
    """
    late = event & (duration > certified)
    place = (duration[late] - certified[late] - 1).astype(int) % 7
    found = np.bincount(place, weights=weight[late], minlength=7) + 100 / 7
    return np.append(0.0, np.cumsum(found) / found.sum())


def share_passed(into: np.ndarray, length: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Share of a stretch's hazard spent `into` days into it: whole weeks evenly, each week by `week`."""
    into = np.clip(into, 0, length)
    weeks = np.maximum(length // 7, 1)
    return np.clip((into // 7 + week[into % 7]) / weeks, 0, 1)


def expand(
    certified: np.ndarray,
    duration: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    *,
    week: np.ndarray,
    max_rows: int,
    rng: np.random.Generator,
) -> Periods:
    """One row per person and stretch at risk.

    A person censored inside a stretch counts in it by the share of it that was seen; one censored before
    the certified end tells nothing of stretch 0, whose weight lies at its end. Above `max_rows` the rows in
    which nothing ended are sampled, those of later stretches first, and weighted back.
    """
    last = stretch_of(duration, certified)
    count = np.minimum(last + 1, stretch_counts(certified))
    row = np.repeat(np.arange(len(certified), dtype=np.int32), count)
    first = np.cumsum(count) - count
    stretch = (np.arange(len(row)) - first[row]).astype(np.int16)
    at = certified[row]
    keep = ~((stretch == 0) & (at == 0))
    row, stretch, at = row[keep], stretch[keep], at[keep]
    inside = stretch == last[row]
    ended = inside & event[row]
    start, end = edges(at, stretch)
    passed = share_passed(duration[row] - start, end - start, week)
    seen = np.where(stretch == 0, duration[row] >= end, passed)
    share = np.where(inside & ~ended, np.clip(seen, 0, 1), 1.0)
    weights = weight[row] * share
    keep = weights > 0
    for sampled in (keep & ~ended & (stretch > 4), keep & ~ended):
        excess = int(keep.sum()) - max_rows
        if excess > 0:
            # later weeks go first; a tenth of what is sampled from stays, so that weights cannot run away
            odds = max(1 - excess / max(int((sampled & keep).sum()), 1), 0.1)
            keep &= ~sampled | (rng.random(len(keep)) < odds)
            weights = np.where(sampled, weights / odds, weights)
    return Periods(row[keep], stretch[keep], ended[keep], weights[keep])


def time_columns(certified: np.ndarray, day: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """(rows, 3) float32, in the order of TIME_NAMES; -1 marks stretch 0, which ends on the certified day."""
    start, end = edges(certified, stretch)
    after = np.where(stretch == 0, -1, start - certified)
    return np.column_stack([after, end, day + end]).astype(np.float32)


def survival_on_days(
    hazard: np.ndarray, certified: np.ndarray, days: np.ndarray, *, early_share: float, week: np.ndarray
) -> np.ndarray:
    """(n, len(days)) share still on sick leave after each day, from hazards (n, stretches).

    Inside a stretch the cumulative hazard grows by `week` (see `week_shape`); in stretch 0 `early_share` of it
    grows evenly and the rest falls on the certified day itself.
    """
    cumulative = np.cumsum(-np.log1p(-np.clip(hazard, 0, 1 - 1e-9)), axis=1).astype(np.float32)
    first = cumulative[:, :1]
    # where each day after the certified one lies on the axis is the same for all: look it up
    each = np.arange(AFTER[-1] + 1)
    place = np.searchsorted(AFTER, each, side="left")
    left = AFTER[np.maximum(place - 1, 0)]
    share = np.where(each == 0, 1.0, share_passed(each - left, AFTER[place] - left, week)).astype(np.float32)
    days = np.asarray(days, dtype=np.int32)
    after = days[None, :] - certified[:, None].astype(np.int32)
    known = np.clip(after, 0, AFTER[-1])
    stretch = place[known]
    upto = np.take_along_axis(cumulative, stretch, axis=1)
    before = np.take_along_axis(cumulative, np.maximum(stretch - 1, 0), axis=1)
    late = before + share[known] * (upto - before)
    slope = np.where(certified > 0, early_share / np.maximum(certified, 1), 0.0).astype(np.float32)
    early = first * (slope[:, None] * np.maximum(days, 0)[None, :])
    total = np.where(after < 0, early, late)
    total[:, days <= 0] = 0.0
    return np.exp(-total)
