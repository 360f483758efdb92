"""Numbers at risk and events at each time, with late entry, weights and several causes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.effects.design import CannotEstimate


@dataclass(frozen=True)
class Counts:
    """At each distinct time of an event: `times` (T,), `at_risk` and `d` (T,) weighted, `raw` events unweighted."""

    times: np.ndarray
    at_risk: np.ndarray
    d: np.ndarray
    by_cause: dict[int, np.ndarray]

    def place(self, t: np.ndarray | float) -> np.ndarray:
        """How many event times are <= t: index into arrays with a leading row for time 0."""
        return np.searchsorted(self.times, t, side="right")


def checked(
    duration: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Duration and entry as floats, event as whole numbers. Raises CannotEstimate for what cannot be a time."""
    duration = np.asarray(duration, dtype=float)
    event = np.asarray(event)
    if event.dtype.kind == "f" and not np.array_equal(event, np.round(event)):
        raise CannotEstimate("events must be whole numbers: 0 censored, else the cause")
    event = event.astype(int)
    start = np.full(len(duration), -np.inf) if entry is None else np.asarray(entry, dtype=float)
    if (duration < 0).any() and entry is None:
        raise CannotEstimate(f"{int((duration < 0).sum())} durations are below 0")
    if (bad := int((start >= duration).sum())) and entry is not None:
        raise CannotEstimate(f"{bad} rows leave no later than they enter")
    if (event < 0).any():
        raise CannotEstimate(f"{int((event < 0).sum())} events are below 0")
    return duration, event, start


def counts(
    duration: np.ndarray, event: np.ndarray, *, entry: np.ndarray | None = None, weights: np.ndarray | None = None
) -> Counts:
    """At risk just before t: entry < t <= duration. Ties: events come before censorings, as ever."""
    duration, event, start = checked(duration, event, entry)
    w = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=float)
    happened = event > 0
    times, place = np.unique(duration[happened], return_inverse=True)
    # without events bincount counts in whole numbers
    d = np.bincount(place, weights=w[happened], minlength=len(times)).astype(float)
    causes = {
        int(cause): np.bincount(place, weights=w[happened] * (event[happened] == cause), minlength=len(times))
        for cause in np.unique(event[happened])
    }
    at_risk = _from(duration, w, times) - _from(start, w, times)
    return Counts(times, at_risk, d, causes)


def _from(moment: np.ndarray, w: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Weight of rows with moment >= t."""
    order = np.argsort(moment, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(w[order])])
    return below[-1] - below[np.searchsorted(moment[order], times, side="left")]


def survival(of: Counts) -> np.ndarray:
    """(T + 1,) Kaplan-Meier just after each time, 1 first."""
    share = np.divide(of.d, of.at_risk, out=np.ones_like(of.d), where=of.at_risk > 0)
    return np.concatenate([[1.0], np.cumprod(1 - np.minimum(share, 1))])


def greenwood_steps(of: Counts) -> np.ndarray:
    """(T,) d / (n (n - d)); 0 where all left, as in survRM2."""
    below = of.at_risk * (of.at_risk - of.d)
    open_ = below > 1e-9 * of.at_risk**2
    return np.divide(of.d, below, out=np.zeros_like(of.d), where=open_)
