"""How much each row moves a survival curve or a cumulative incidence (infinitesimal jackknife)."""

from __future__ import annotations

import numpy as np

from models.effects.counting import Counts, survival


def cluster_sums(influence: np.ndarray, cluster: np.ndarray | None) -> np.ndarray:
    """Rows of one cluster added up; as given without clusters."""
    if cluster is None:
        return influence
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    summed = np.zeros((place.max() + 1, influence.shape[1]))
    np.add.at(summed, place, influence)
    return summed


class _Rows:
    """Where each row's entry and exit lie among the event times."""

    def __init__(self, of: Counts, duration: np.ndarray, event: np.ndarray, entry: np.ndarray | None) -> None:
        self.out = of.place(duration)  # event times <= exit
        self.into = np.zeros(len(duration), dtype=int) if entry is None else of.place(np.asarray(entry, dtype=float))
        self.event = event
        below = of.at_risk - of.d
        open_ = below > 1e-9 * of.at_risk
        hazard = np.divide(of.d, of.at_risk * below, out=np.zeros_like(of.d), where=open_)
        self.G = np.concatenate([[0.0], np.cumsum(hazard)])
        self.leap = np.concatenate([[0.0], np.divide(1.0, below, out=np.zeros_like(below), where=open_)])
        # relative change of S once the row has left
        self.gone = self.G[self.out] - self.G[self.into] - np.where(event > 0, self.leap[self.out], 0.0)


def survival_influence(
    of: Counts, duration: np.ndarray, event: np.ndarray, entry: np.ndarray | None, t: np.ndarray, weights=None
) -> np.ndarray:
    """(n, len(t)): weight x dS(t)/dweight of each row."""
    rows, S = _Rows(of, duration, event, entry), survival(of)
    w = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=float)
    found = np.empty((len(duration), len(t)))
    for column, place in enumerate(of.place(np.asarray(t, dtype=float))):
        inside = np.maximum(rows.G[place] - rows.G[np.minimum(rows.into, place)], 0.0)
        found[:, column] = S[place] * np.where(rows.out <= place, _left(rows, place, of, duration, t[column]), inside)
    return found * w[:, None]


def _left(rows: _Rows, place: int, of: Counts, duration: np.ndarray, t: float) -> np.ndarray:
    # a row that leaves after t but before the next event has the same sums; its own event is not yet in
    return np.where(duration <= t, rows.gone, rows.G[rows.out] - rows.G[rows.into])


def incidence_influence(
    of: Counts, cause: int, duration: np.ndarray, event: np.ndarray, entry: np.ndarray | None, t: np.ndarray, weights=None
) -> np.ndarray:
    """(n, len(t)): weight x dF_cause(t)/dweight of each row, F the Aalen-Johansen estimate."""
    return _incidence(of, cause, duration, event, entry, weights, np.asarray(t, dtype=float), None)


def time_lost_influence(
    of: Counts, cause: int, duration: np.ndarray, event: np.ndarray, entry: np.ndarray | None, tau: float, weights=None
) -> np.ndarray:
    """(n, 1): the same for the area under F_cause up to tau."""
    return _incidence(of, cause, duration, event, entry, weights, np.array([tau]), tau)


def _incidence(of, cause, duration, event, entry, weights, t, tau) -> np.ndarray:
    rows, S = _Rows(of, duration, event, entry), survival(of)
    w = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=float)
    d = of.by_cause.get(cause, np.zeros_like(of.d))
    step = np.divide(S[:-1] * d, of.at_risk, out=np.zeros_like(d), where=of.at_risk > 0)
    per_one = np.divide(S[:-1], of.at_risk, out=np.zeros_like(d), where=of.at_risk > 0)
    # the area gives each jump the time left to tau
    left = np.ones_like(d) if tau is None else np.clip(tau - of.times, 0, None)
    F = np.concatenate([[0.0], np.cumsum(step * left)])
    inner = np.concatenate(
        [[0.0], np.cumsum(left * step * (rows.G[:-1] - np.divide(1.0, of.at_risk, out=np.zeros_like(d), where=of.at_risk > 0)))]
    )
    own = np.concatenate([[0.0], per_one * left])
    found = np.empty((len(duration), len(t)))
    for column, place in enumerate(of.place(t)):
        until, since = np.minimum(rows.out, place), np.minimum(rows.into, place)
        present = inner[until] - inner[since] - rows.G[since] * (F[until] - F[since])
        after = np.where(rows.out < place, rows.gone * (F[place] - F[until]), 0.0)
        jump = np.where((event == cause) & (duration <= t[column]), own[until], 0.0)
        found[:, column] = present + after + jump
    return found * w[:, None]
