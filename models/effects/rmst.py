"""Restricted mean survival time, its difference and ratio between arms."""

from __future__ import annotations

import math

import numpy as np

from models.effects.counting import counts, greenwood_steps, survival
from models.effects.design import CannotEstimate, arms
from models.effects.few_clusters import covariance_of
from models.effects.influence import cluster_sums, time_lost_influence
from models.effects.kaplan_meier import grouped, part
from models.effects.result import Effect, effect, ratio, wald


def restricted_mean(
    duration: np.ndarray, event: np.ndarray, tau: float, *, entry=None, weights=None, cluster=None
) -> tuple[float, float]:
    """Area under Kaplan-Meier up to tau, and its standard error.

    Greenwood: sum over times t of (area from t to tau)^2 d / (n (n - d)), a term where all leave being 0 (survRM2).
    With weights or clusters: the influence function. Source: Uno et al. 2014, J Clin Oncol 32:2380.
    """
    event = (np.asarray(event) > 0).astype(int)
    of = counts(duration, event, entry=entry, weights=weights)
    S = survival(of)
    inside = of.times <= tau
    edges = np.concatenate([[0.0], of.times[inside], [tau]])
    area = np.diff(edges) * S[: inside.sum() + 1]
    mean = float(area.sum())
    if weights is None and cluster is None:
        to_come = area[::-1].cumsum()[::-1][1:]
        return mean, math.sqrt(float((to_come**2 * greenwood_steps(of)[inside]).sum()))
    moved = time_lost_influence(of, 1, np.asarray(duration, dtype=float), event, entry, tau, weights)
    return mean, math.sqrt(float((cluster_sums(moved, cluster) ** 2).sum()))


def longest_tau(duration: np.ndarray, event: np.ndarray, groups: list[tuple[str, np.ndarray]]) -> float:
    """The last time that every group is observed."""
    return min(float(np.asarray(duration)[rows].max()) for _, rows in groups)


def rmst(
    duration: np.ndarray,
    event: np.ndarray,
    *,
    treated: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    tau: float | None = None,
    entry: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
) -> Effect:
    """Mean time until the event within tau; with `treated` treated less control.

    tau : in the unit of duration; default: the last time each arm is observed, which must not be passed.
    Terms hold the ratio of the means and of the times lost. cluster : arms may share clusters; few: the jackknife. Source: as `restricted_mean`.
    """
    sets = grouped(arms(treated)[0].astype(int) if treated is not None else groups, len(duration))
    if treated is not None:
        sets = list(zip(arms(treated)[1], (rows for _, rows in sets), strict=True))
    tau = longest_tau(duration, event, sets) if tau is None else float(tau)
    if not tau > 0:
        raise CannotEstimate("tau must be greater than 0")
    duration, event = np.asarray(duration, dtype=float), np.asarray(event)
    covariance, df = _covariance(duration, event, sets, tau, entry, weights, cluster) if cluster is not None else (None, None)
    table, terms = [], {}
    for at, (name, rows) in enumerate(sets):
        ended = event[rows] > 0
        last = duration[rows].max()
        if tau > last and not ended[duration[rows] == last].all():
            raise CannotEstimate(f"tau is beyond the follow-up of an arm, which ends at {last:g}; give a smaller tau")
        mean, se = restricted_mean(duration[rows], event[rows], tau, entry=part(entry, rows), weights=part(weights, rows))
        if covariance is not None:
            se = math.sqrt(covariance[at, at])
        terms[f"rmst {name}"] = wald(mean, se, df)
        low, high = terms[f"rmst {name}"].ci_low, terms[f"rmst {name}"].ci_high
        table.append(
            {"arm": name, "n": int(rows.sum()), "events": int((ended & (duration[rows] <= tau)).sum()), "rmst": mean,
             "se": se, "ci_low": low, "ci_high": high, "time_lost": tau - mean}
        )  # fmt: skip
    main = next(iter(terms.values()))
    if treated is not None:
        (m0, s0), (m1, s1) = ((row["rmst"], row["se"]) for row in table)
        shared = 0.0 if covariance is None else covariance[0, 1]  # arms in the same clusters go up and down together

        def error(by0: float, by1: float) -> float:
            return math.sqrt(max((s0 / by0) ** 2 + (s1 / by1) ** 2 - 2 * shared / (by0 * by1), 0.0))

        main = wald(m1 - m0, error(1, 1), df)
        terms["difference"] = main
        terms["ratio"] = ratio(math.log(m1 / m0), error(m0, m1), df)
        if 0 < m0 < tau and 0 < m1 < tau:
            lost0, lost1 = tau - m0, tau - m1
            terms["time lost ratio"] = ratio(math.log(lost1 / lost0), error(lost0, lost1), df)
    return effect(
        main, len(duration), terms=terms, table=table, fit={"tau": tau},
        assumes="those censored would have gone on as those still followed; no proportional hazards",
    )  # fmt: skip


def _covariance(duration, event, sets, tau, entry, weights, cluster) -> tuple[np.ndarray, float | None]:
    """Of the groups' restricted means, errors by cluster."""
    influence = np.zeros((len(duration), len(sets)))
    for at, (_, rows) in enumerate(sets):
        given = (duration[rows], (event[rows] > 0).astype(int), part(entry, rows))
        of = counts(given[0], given[1], entry=given[2], weights=part(weights, rows))
        influence[rows, at] = time_lost_influence(of, 1, *given, tau, part(weights, rows))[:, 0]

    def means(kept: np.ndarray) -> np.ndarray:
        return np.array([_mean_of(duration, event, kept & rows, tau, entry, weights) for _, rows in sets])

    return covariance_of(means(np.ones(len(duration), dtype=bool)), means, influence, cluster)


def _mean_of(duration, event, rows, tau, entry, weights) -> float:
    if not rows.any():
        raise CannotEstimate("an arm lies in one cluster alone")
    return restricted_mean(duration[rows], event[rows], tau, entry=part(entry, rows), weights=part(weights, rows))[0]
