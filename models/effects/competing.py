"""Cumulative incidence by cause (Aalen-Johansen) and the time lost to each cause."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from models.effects.counting import Counts, checked, counts, survival
from models.effects.design import CannotEstimate, arms
from models.effects.few_clusters import covariance_of
from models.effects.influence import (
    cluster_sums,
    incidence_influence,
    survival_influence,
    time_lost_influence,
)
from models.effects.kaplan_meier import grouped, part
from models.effects.result import Effect, effect, wald
from models.effects.rmst import longest_tau

LEAN = np.array([-1.0, 1.0])  # treated less control


def incidence(of: Counts, cause: int) -> np.ndarray:
    """(T + 1,) F_cause just after each event time, 0 first. Tied causes share the step, without jitter."""
    d = of.by_cause.get(cause, np.zeros_like(of.d))
    step = np.divide(survival(of)[:-1] * d, of.at_risk, out=np.zeros_like(d), where=of.at_risk > 0)
    return np.concatenate([[0.0], np.cumsum(step)])


def area(of: Counts, cause: int, tau: float) -> float:
    """Integral of F_cause from 0 to tau: time lost to the cause."""
    jumps = np.diff(incidence(of, cause))
    return float(jumps @ np.clip(tau - of.times, 0, None))


def _error(influence: np.ndarray, cluster: np.ndarray | None) -> np.ndarray:
    return np.sqrt((cluster_sums(influence, cluster) ** 2).sum(axis=0))


def _sets(treated, groups, n):
    sets = grouped(arms(treated)[0].astype(int) if treated is not None else groups, n)
    return sets if treated is None else list(zip(arms(treated)[1], (rows for _, rows in sets), strict=True))


def _cause(event: np.ndarray, cause: int | None) -> int:
    seen = [int(one) for one in np.unique(event) if one > 0]
    if not seen:
        raise CannotEstimate("no one has an event")
    chosen = seen[0] if cause is None else cause
    if chosen not in seen:
        raise CannotEstimate(f"cause {chosen} never happens; there are causes {', '.join(map(str, seen))}")
    return chosen


def aalen_johansen(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    cause: int | None = None,
    treated: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: Sequence[float] | None = None,
    entry: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
) -> Effect:
    """Chance of each cause by a time; the answer is of `cause` (default the least) at the last of `times`.

    Errors: infinitesimal jackknife, as R's survfit for several states; the answer's over few clusters: the jackknife of
    clusters, which arms may share. With `treated`: treated less control.
    Source: Aalen & Johansen 1978, Scand J Stat 5:141.
    """
    duration, event, _ = checked(duration, event, entry)
    cause = _cause(event, cause)
    sets = _sets(treated, groups, len(duration))
    until = float(times[-1]) if times else longest_tau(duration, event, sets)
    causes = [int(one) for one in np.unique(event) if one > 0]
    table, ends = [], []
    for name, rows in sets:
        of = counts(duration[rows], event[rows], entry=part(entry, rows), weights=part(weights, rows))
        asked = np.asarray(times, dtype=float) if times else np.unique(np.append(of.times[of.times <= until], until))
        mine = (duration[rows], event[rows], part(entry, rows))
        # every influence is n x times; a full curve of a large file is cut into its own rows of the table
        for one in causes:
            F = incidence(of, one)[of.place(asked)]
            errors = np.concatenate(
                [_error(incidence_influence(of, one, *mine, chunk, part(weights, rows)), part(cluster, rows))
                 for chunk in np.array_split(asked, max(1, len(asked) * len(rows) // 20_000_000 + 1)) if len(chunk)]
            )  # fmt: skip
            for t, value, error in zip(asked, F, errors, strict=True):
                low, high = _limits(value, error)
                table.append({"arm": name, "cause": one, "time": float(t), "incidence": float(value), "se": float(error),
                              "ci_low": low, "ci_high": high})  # fmt: skip
            if one == cause:
                ends.append((incidence(of, one)[of.place(until)], errors[np.searchsorted(asked, until)]))
        S = survival(of)[of.place(until)]
        s_error = _error(survival_influence(of, mine[0], mine[1], mine[2], np.array([until]), part(weights, rows)), part(cluster, rows))
        table.append({"arm": name, "cause": 0, "time": until, "incidence": float(S), "se": float(s_error[0]), "ci_low": None, "ci_high": None})
    given = (duration, event, entry, weights, cluster)
    errors, df = _covariance(given, sets, [end[1] for end in ends], lambda of: float(incidence(of, cause)[of.place(until)]),
                             lambda of, *mine: incidence_influence(of, cause, *mine[:3], np.array([until]), mine[3]))  # fmt: skip
    terms = {
        f"incidence {name}": wald(end[0], math.sqrt(errors[at, at]), df)
        for at, ((name, _), end) in enumerate(zip(sets, ends, strict=True))
    }
    main = next(iter(terms.values()))
    if treated is not None:
        main = wald(ends[1][0] - ends[0][0], math.sqrt(max(LEAN @ errors @ LEAN, 0.0)), df)
        terms["difference"] = main
    return effect(
        main, len(duration), terms=terms, table=table, fit={"cause": cause, "time": until},
        assumes="those censored would have gone on as those still followed; rows of cause 0 are free of every event",
    )  # fmt: skip


def _covariance(given, sets, alone, value, influence) -> tuple[np.ndarray, float | None]:
    """Of one number a group, with its degrees of freedom. `alone`: the groups' own errors, enough where there are no clusters."""
    duration, event, entry, weights, cluster = given
    if cluster is None:
        return np.diag(np.square(alone)), None
    moved = np.zeros((len(duration), len(sets)))

    def of(rows: np.ndarray) -> Counts:
        if not rows.any():
            raise CannotEstimate("an arm lies in one cluster alone")
        return counts(duration[rows], event[rows], entry=part(entry, rows), weights=part(weights, rows))

    for at, (_, rows) in enumerate(sets):
        moved[rows, at] = influence(of(rows), duration[rows], event[rows], part(entry, rows), part(weights, rows))[:, 0]

    def values(kept: np.ndarray) -> np.ndarray:
        return np.array([value(of(kept & rows)) for _, rows in sets])

    return covariance_of(values(np.ones(len(duration), dtype=bool)), values, moved, np.asarray(cluster))


def _limits(value: float, error: float) -> tuple[float, float]:
    """Log-log limits, so that they stay within 0 and 1."""
    if not 0 < value < 1:
        return math.nan, math.nan
    reach = 1.959963984540054 * error / (value * -math.log(value))
    return value ** math.exp(reach), value ** math.exp(-reach)


def time_lost(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    cause: int | None = None,
    treated: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    tau: float | None = None,
    entry: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
) -> Effect:
    """Mean time before tau that each cause takes: the area under its cumulative incidence.

    The table has a row an arm and cause (cause 0: time free of every event); they add up to tau.
    Source: Andersen 2013, Stat Med 32:5278.
    """
    duration, event, _ = checked(duration, event, entry)
    cause = _cause(event, cause)
    sets = _sets(treated, groups, len(duration))
    tau = longest_tau(duration, event, sets) if tau is None else float(tau)
    causes = [int(one) for one in np.unique(event) if one > 0]
    table, ends = [], []
    for name, rows in sets:
        of = counts(duration[rows], event[rows], entry=part(entry, rows), weights=part(weights, rows))
        mine = (duration[rows], event[rows], part(entry, rows))
        total = np.zeros((int(rows.sum()), 1))
        lost = 0.0
        for one in causes:
            value = area(of, one, tau)
            moved = time_lost_influence(of, one, *mine, tau, part(weights, rows))
            total, lost = total + moved, lost + value
            term = wald(value, float(_error(moved, part(cluster, rows))[0]))
            table.append({"arm": name, "cause": one, "time": value, "se": term.se, "ci_low": term.ci_low, "ci_high": term.ci_high})
            if one == cause:
                ends.append(term)
        free = wald(tau - lost, float(_error(total, part(cluster, rows))[0]))
        table.append({"arm": name, "cause": 0, "time": free.estimate, "se": free.se, "ci_low": free.ci_low, "ci_high": free.ci_high})
    given = (duration, event, entry, weights, cluster)
    errors, df = _covariance(given, sets, [end.se for end in ends], lambda of: area(of, cause, tau),
                             lambda of, *mine: time_lost_influence(of, cause, *mine[:3], tau, mine[3]))  # fmt: skip
    terms = {
        f"time lost {name}": wald(end.estimate, math.sqrt(errors[at, at]), df)
        for at, ((name, _), end) in enumerate(zip(sets, ends, strict=True))
    }
    main = next(iter(terms.values()))
    if treated is not None:
        main = wald(ends[1].estimate - ends[0].estimate, math.sqrt(max(LEAN @ errors @ LEAN, 0.0)), df)
        terms["difference"] = main
    return effect(
        main, len(duration), terms=terms, table=table, fit={"cause": cause, "tau": tau},
        assumes="those censored would have gone on as those still followed",
    )  # fmt: skip
