"""Mean cumulative number of events that can come again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.effects.counting import checked, counts
from models.effects.design import CannotEstimate, arms
from models.effects.few_clusters import covariance_of
from models.effects.influence import cluster_sums
from models.effects.kaplan_meier import grouped, part
from models.effects.result import Effect, effect, wald


def mean_cumulative(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    entry: np.ndarray | None = None,
    person: np.ndarray | None = None,
    cause: int | None = None,
    treated: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: Sequence[float] | None = None,
    weights: np.ndarray | None = None,
) -> Effect:
    """Expected number of events by a time, by arm; rows are stretches (entry, duration] of a person.

    event : 0 = the stretch ends without one, `cause` (default the least) = the event that comes again, any other
    number = an end for good (death), after which no more come: the count is then Ghosh & Lin's.
    person : (n,) whose row it is (or the cluster); errors are robust to it, by the jackknife where they are few. The answer is at the last of `times`
    (default: the last event), and with `treated` the difference there; the term "ratio" has their ratio.
    Source: Nelson 2003; Lawless & Nadeau 1995; Ghosh & Lin 2000, Biometrics 56:554.
    """
    duration, event, _ = checked(duration, event, entry)
    seen = [int(one) for one in np.unique(event) if one > 0]
    if not seen:
        raise CannotEstimate("no one has an event")
    cause = seen[0] if cause is None else cause
    sets = grouped(arms(treated)[0].astype(int) if treated is not None else groups, len(duration))
    if treated is not None:
        sets = list(zip(arms(treated)[1], (rows for _, rows in sets), strict=True))
    until = float(times[-1]) if times else float(min(duration[rows & (event > 0)].max() for _, rows in sets if (rows & (event > 0)).any()))
    table, ends = [], []
    for name, rows in sets:
        given = (duration[rows], event[rows], part(entry, rows), part(weights, rows))
        asked = np.asarray(times, dtype=float) if times else np.unique(np.append(given[0][(given[1] == cause) & (given[0] <= until)], until))
        mean, influence = _mean(*given, cause, asked)
        owner = np.arange(int(rows.sum())) if person is None else np.asarray(person)[rows]
        error = np.sqrt((cluster_sums(influence, owner) ** 2).sum(axis=0))
        for t, m, e in zip(asked, mean, error, strict=True):
            # log limits keep the count above 0
            low, high = (m * math.exp(-1.959963984540054 * e / m), m * math.exp(1.959963984540054 * e / m)) if m > 0 else (0.0, math.nan)
            table.append({"arm": name, "time": float(t), "mean": float(m), "se": float(e), "ci_low": low, "ci_high": high})
        ends.append((float(mean[-1]), float(error[-1])))
    moved = np.zeros((len(duration), len(sets)))
    for at, (_, rows) in enumerate(sets):
        moved[rows, at] = _mean(duration[rows], event[rows], part(entry, rows), part(weights, rows), cause, np.array([until]))[1][:, 0]

    def means(kept: np.ndarray) -> np.ndarray:
        found = []
        for _, rows in sets:
            if not (mine := kept & rows).any():
                raise CannotEstimate("an arm lies in one cluster alone")
            found.append(_mean(duration[mine], event[mine], part(entry, mine), part(weights, mine), cause, np.array([until]))[0][0])
        return np.array(found)

    owner = np.arange(len(duration)) if person is None else np.asarray(person)
    errors, df = covariance_of(np.array([end[0] for end in ends]), means, moved, owner)
    terms = {f"mean {name}": wald(end[0], math.sqrt(errors[at, at]), df) for at, ((name, _), end) in enumerate(zip(sets, ends, strict=True))}
    main = next(iter(terms.values()))
    if treated is not None:
        m0, m1 = ends[0][0], ends[1][0]
        lean = np.array([-1.0, 1.0])
        main = wald(m1 - m0, math.sqrt(max(lean @ errors @ lean, 0.0)), df)
        terms["difference"] = main
        if m0 > 0 and m1 > 0:
            lean = np.array([-1 / m0, 1 / m1])
            terms["log ratio"] = wald(math.log(m1 / m0), math.sqrt(max(lean @ errors @ lean, 0.0)), df)
    people = len(duration) if person is None else len(np.unique(person))
    return effect(
        main, len(duration), terms=terms, table=table,
        fit={"time": until, "persons": people, "events": int((event == cause).sum()), "ends_for_good": int(((event > 0) & (event != cause)).sum())},
        assumes="when a person stops being watched says nothing of events to come",
    )  # fmt: skip


def _mean(duration, event, entry, weights, cause, t) -> tuple[np.ndarray, np.ndarray]:
    """Mean (len(t),) and influence of each row (n, len(t)); alive and watched are the risk set."""
    w = np.ones(len(duration)) if weights is None else np.asarray(weights, dtype=float)
    of = counts(duration, event, entry=entry, weights=weights)
    d = of.by_cause.get(cause, np.zeros_like(of.d))
    ends = of.d - d
    safe = np.where(of.at_risk > 0, of.at_risk, 1.0)
    alive = np.concatenate([[1.0], np.cumprod(1 - np.minimum(ends / safe, 1))])
    rate = d / safe
    out = of.place(duration)
    into = np.zeros(len(duration), dtype=int) if entry is None else of.place(np.asarray(entry, dtype=float))
    total = lambda step: np.concatenate([[0.0], np.cumsum(step)])  # noqa: E731
    mean = total(alive[:-1] * rate)
    # relative change of survival: at risk + ends / (n (n - ends)), at one's own end - 1 / (n - ends)
    below = of.at_risk - ends
    open_ = below > 1e-9 * safe
    G = total(np.where(open_, ends / (safe * np.where(open_, below, 1.0)), 0.0))
    leap = np.concatenate([[0.0], np.where(open_, 1 / np.where(open_, below, 1.0), 0.0)])
    finished = (event > 0) & (event != cause)
    gone = G[out] - G[into] - np.where(finished, leap[out], 0.0)
    inner = total(alive[:-1] * rate * (G[:-1] - 1 / safe))
    own = np.concatenate([[0.0], alive[:-1] / safe])
    influence = np.empty((len(duration), len(t)))
    for column, place in enumerate(of.place(t)):
        until, since = np.minimum(out, place), np.minimum(into, place)
        present = inner[until] - inner[since] - G[since] * (mean[until] - mean[since])
        after = np.where(out < place, gone * (mean[place] - mean[until]), 0.0)
        influence[:, column] = present + after + np.where((event == cause) & (duration <= t[column]), own[until], 0.0)
    return mean[of.place(t)], influence * w[:, None]
