"""Regression of a survival chance, a restricted mean or a time lost, by pseudo-observations."""

from __future__ import annotations

import numpy as np

from models.effects.competing import area, incidence
from models.effects.counting import checked, counts, survival
from models.effects.design import CannotEstimate, Design
from models.effects.few_clusters import few, in_full, jackknife
from models.effects.formula import headline
from models.effects.influence import incidence_influence, survival_influence, time_lost_influence
from models.effects.linear import least_squares, ols
from models.effects.result import Effect, effect, terms_of

WHAT = ("rmst", "survival", "time-lost", "incidence")


def pseudo_observations(
    duration: np.ndarray,
    event: np.ndarray,
    tau: float,
    *,
    what: str = "rmst",
    cause: int = 1,
    entry: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """(n,) value + n x influence (infinitesimal jackknife), as R's survival::pseudo.

    what : rmst (to tau), survival (at tau), time-lost (to `cause` before tau), incidence (of `cause` by tau).
    groups : made within each, when censoring differs between them (the arms).
    """
    if what not in WHAT:
        raise CannotEstimate(f"pseudo-observations are of {', '.join(WHAT)}")
    duration, event, _ = checked(duration, event, entry)
    if what in ("rmst", "survival"):
        event = (event > 0).astype(int)
    found = np.empty(len(duration))
    label = np.zeros(len(duration), dtype=int) if groups is None else np.unique(groups, return_inverse=True)[1]
    for one in np.unique(label):
        rows = label == one
        t, e = duration[rows], event[rows]
        start = None if entry is None else np.asarray(entry, dtype=float)[rows]
        of = counts(t, e, entry=start)
        at = np.array([tau])
        if what == "survival":
            value, moved = float(survival(of)[of.place(tau)]), survival_influence(of, t, e, start, at)
        elif what == "incidence":
            value, moved = float(incidence(of, cause)[of.place(tau)]), incidence_influence(of, cause, t, e, start, at)
        else:
            of_cause = 1 if what == "rmst" else cause
            lost, moved = area(of, of_cause, tau), time_lost_influence(of, of_cause, t, e, start, tau)
            value, moved = (tau - lost, -moved) if what == "rmst" else (lost, moved)
        found[rows] = value + rows.sum() * moved[:, 0]
    return found


def pseudo_regression(
    duration: np.ndarray,
    event: np.ndarray,
    X: Design,
    *,
    tau: float,
    what: str = "rmst",
    cause: int = 1,
    entry: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    se: str | None = None,
    of: str | None = None,
) -> Effect:
    """Least squares on pseudo-observations: coefficients are differences of the quantity.

    Errors: HC3, with clusters CR2, with few the jackknife, pseudo-observations made anew. Source: Andersen, Hansen & Klein 2004, Lifetime Data Anal 10:335.
    """
    y = pseudo_observations(duration, event, tau, what=what, cause=cause, entry=entry, groups=groups)
    if np.ptp(y) <= 1e-9 * max(1.0, float(np.abs(y).max())):
        raise CannotEstimate(f"nobody differs by {tau:g}: no event is seen before it")
    found = ols(y, X, cluster=cluster, se=se or ("cr2" if cluster is not None else "hc3"), of=of)
    if se is not None or not few(cluster):
        return found
    names = tuple(found.terms)
    beta = np.array([term.estimate for term in found.terms.values()])
    name = headline(names, of)

    def again(rows: np.ndarray) -> np.ndarray:
        own = {name: None if one is None else np.asarray(one)[rows] for name, one in (("entry", entry), ("groups", groups))}
        each = pseudo_observations(np.asarray(duration)[rows], np.asarray(event)[rows], tau, what=what, cause=cause, **own)
        fit = least_squares(each, X.rows(rows))
        return in_full(names, beta, dict(zip(fit.names, fit.beta, strict=True)), name)

    terms = terms_of(names, beta, *jackknife(again, beta, cluster))
    return effect(terms[name], found.n, terms=terms, table=found.table, fit=found.fit, assumes=found.assumes)
