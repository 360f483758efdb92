"""Kaplan-Meier curves, and their difference at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.effects.counting import Counts, counts, greenwood_steps, survival
from models.effects.design import CannotEstimate, arms
from models.effects.few_clusters import covariance_of
from models.effects.influence import cluster_sums, survival_influence
from models.effects.result import Effect, Term, effect, wald


class Curve:
    """S(t) of one group with its standard error: Greenwood, or the influence function with weights or clusters."""

    def __init__(self, duration, event, *, entry=None, weights=None, cluster=None) -> None:
        self.data = (np.asarray(duration, dtype=float), np.asarray(event).astype(int), entry)
        self.weights, self.cluster = weights, cluster
        self.counts: Counts = counts(duration, event, entry=entry, weights=weights)
        self.S = survival(self.counts)
        self.steps = np.concatenate([[0.0], np.cumsum(greenwood_steps(self.counts))])
        self.n = len(self.data[0])
        self.last = float(self.data[0].max())

    def at(self, t: np.ndarray) -> np.ndarray:
        return self.S[self.counts.place(t)]

    def se(self, t: np.ndarray) -> np.ndarray:
        """(len(t),) standard errors of S(t)."""
        t = np.atleast_1d(np.asarray(t, dtype=float))
        if self.weights is None and self.cluster is None:
            place = self.counts.place(t)
            return self.S[place] * np.sqrt(self.steps[place])
        influence = survival_influence(self.counts, *self.data, t, self.weights)
        return np.sqrt((cluster_sums(influence, self.cluster) ** 2).sum(axis=0))

    def interval(self, t: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Log-log limits (Kalbfleisch & Prentice), within 0 and 1."""
        S, error = self.at(t), self.se(t)
        z = stats.norm.ppf((1 + level) / 2)
        inside = (S > 0) & (S < 1)
        safe = np.where(inside, S, 0.5)
        reach = z * error / (safe * -np.log(safe))
        low, high = safe ** np.exp(reach), safe ** np.exp(-reach)
        return np.where(inside, low, np.where(S >= 1, 1.0, np.nan)), np.where(inside, high, np.where(S >= 1, 1.0, np.nan))

    def median(self) -> Term:
        """First time S <= 1/2, with the times at which the interval of S crosses 1/2."""
        times = self.counts.times
        low, high = self.interval(times)
        first = lambda below: float(times[below][0]) if below.any() else math.nan  # noqa: E731
        slack = 1e-12
        return Term(
            first(self.S[1:] <= 0.5 + slack), math.nan, first(low <= 0.5 + slack), first(high <= 0.5 + slack), math.nan
        )

    def rows(self, name: str, t: np.ndarray) -> list[dict]:
        low, high = self.interval(t)
        duration, _, entry = self.data
        start = np.full(self.n, -np.inf) if entry is None else np.asarray(entry, dtype=float)
        return [
            {
                "arm": name, "time": float(time), "at_risk": int(((duration >= time) & (start < time)).sum()),
                "survival": float(s), "se": float(e), "ci_low": float(a), "ci_high": float(b),
            }
            for time, s, e, a, b in zip(t, self.at(t), self.se(t), low, high, strict=True)
        ]  # fmt: skip


def grouped(groups: np.ndarray | None, n: int) -> list[tuple[str, np.ndarray]]:
    """(name, rows) of each group, in the order of their names."""
    if groups is None:
        return [("all", np.ones(n, dtype=bool))]
    values = np.asarray(groups)
    if values.dtype.kind == "f" and np.array_equal(values, np.round(values)):
        values = values.astype(int)
    return [(str(level), values == level) for level in np.unique(values)]


def part(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if values is None else np.asarray(values)[rows]


def kaplan_meier(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    treated: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    entry: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    times: Sequence[float] | None = None,
) -> Effect:
    """Survival by arm (`treated`, two values) or by `groups`; the table is the curve.

    The answer: S at the last of `times` (without times: the median), and with `treated` the difference of S
    there, treated less control (without times: at the last time both arms are observed).
    event : 0 censored, else ended. Source: Kaplan & Meier 1958; Greenwood 1926. With weights the error is the
    influence function's, the weights taken as known. cluster : arms may share clusters; over few of them the answer's
    error is the jackknife's, while rows of the table keep the influence function's.
    """
    names = grouped(arms(treated)[0].astype(int) if treated is not None else groups, len(duration))
    if treated is not None:
        names = list(zip(arms(treated)[1], (rows for _, rows in names), strict=True))
    curves = {
        name: Curve(
            np.asarray(duration)[rows], np.asarray(event)[rows], entry=part(entry, rows),
            weights=part(weights, rows), cluster=part(cluster, rows),
        )
        for name, rows in names
    }  # fmt: skip
    if not any(len(curve.counts.times) for curve in curves.values()):
        raise CannotEstimate("no one has the event")
    terms, table = {}, []
    for name, curve in curves.items():
        asked = np.asarray(times, dtype=float) if times else np.unique(np.append(0.0, curve.counts.times))
        table += curve.rows(name, asked)
        terms[f"median {name}"] = curve.median()
    until = float(times[-1]) if times else min(curve.last for curve in curves.values())
    errors, df = _errors(curves, [rows for _, rows in names], until, cluster)
    for at, (name, curve) in enumerate(curves.items()):
        terms[f"survival {name}"] = wald(curve.at(until), math.sqrt(errors[at, at]), df)
    main = next(iter(terms.values())) if not times else terms[f"survival {next(iter(curves))}"]
    if treated is not None:
        control, arm = curves.values()
        lean = np.array([-1.0, 1.0])
        main = wald(arm.at(until) - control.at(until), math.sqrt(max(lean @ errors @ lean, 0.0)), df)
        terms["difference"] = main
    return effect(
        main, len(duration), terms=terms, table=table, fit={"time": until, "events": int((np.asarray(event) > 0).sum())},
        assumes="those censored would have gone on as those still followed",
    )  # fmt: skip


def _errors(curves: dict[str, Curve], sets: list[np.ndarray], until: float, cluster) -> tuple[np.ndarray, float | None]:
    """Covariance of the curves' values at a time, and its degrees of freedom."""
    at = np.array([until])
    if cluster is None:
        return np.diag([curve.se(at)[0] ** 2 for curve in curves.values()]), None
    influence = np.zeros((len(cluster), len(sets)))
    for column, (curve, rows) in enumerate(zip(curves.values(), sets, strict=True)):
        influence[rows, column] = survival_influence(curve.counts, *curve.data, at, curve.weights)[:, 0]

    def values(kept: np.ndarray) -> np.ndarray:
        found = []
        for curve, rows in zip(curves.values(), sets, strict=True):
            if not (mine := kept[rows]).any():
                raise CannotEstimate("an arm lies in one cluster alone")
            duration, event, entry = curve.data
            of = counts(duration[mine], event[mine], entry=part(entry, mine), weights=part(curve.weights, mine))
            found.append(survival(of)[of.place(until)])
        return np.array(found)

    return covariance_of(values(np.ones(len(cluster), dtype=bool)), values, influence, np.asarray(cluster))
