"""Sequential target trials: at every moment a trial of starting now against not starting (yet)."""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate, Design
from models.effects.few_clusters import few, jackknife
from models.effects.glm import logistic
from models.effects.result import Effect, effect, wald


def sequential_trials(
    person: np.ndarray,
    moment: np.ndarray,
    started: np.ndarray,
    event: np.ndarray,
    X: Design,
    *,
    lags: int,
    eligible: np.ndarray | None = None,
    lost: np.ndarray | None = None,
    step_days: float = 1.0,
    per_protocol: bool = True,
    cluster: np.ndarray | None = None,
    greatest_weight: float | None = None,
    errors: bool = True,
) -> Effect:
    """Restricted mean time to the event within `lags` steps, starting less not starting; no immortal time.

    Parameters
    ----------
    person, moment : one row a person and moment, moments whole numbers without gaps within a person.
    started : (n,) treatment starts at the moment (first start counts). event : (n,) the event comes in the step after it.
    X : (n, k) what was known at the moment; reasons for starting, and for being lost.
    eligible : (n,) may enter a trial at the moment (besides never having started). lost : (n,) not seen after the step.
    per_protocol : those who did not start leave when they start later, weighted by the inverse chance of not having
    started (IPCW); else they stay (intention to treat). cluster : centres; default the person.
    greatest_weight : weights above are cut to it. errors : False leaves out the jackknife.

    Memory stays at a few columns of n rows: a lag at a time, no trial is ever written out.
    Errors: influence functions summed by cluster (person), weights taken as known; the jackknife over few clusters.
    Source: Hernan et al. 2008, Epidemiology 19:766; Danaei et al. 2013, Stat Methods Med Res 22:70; Gran et al. 2010.
    """
    if not np.asarray(event, dtype=bool).any():
        raise CannotEstimate("no one has the event")
    order = np.lexsort((moment, person))
    who = np.unique(person, return_inverse=True)[1][order]
    when, begun, ended = np.asarray(moment)[order], np.asarray(started, dtype=bool)[order], np.asarray(event, dtype=bool)[order]
    same = np.append(False, who[1:] == who[:-1])
    if (np.diff(when)[same[1:]] != 1).any():
        raise CannotEstimate("a person's moments must follow each other without gaps")
    fresh = _not_before(begun, same)
    first = begun & fresh
    able = fresh if eligible is None else fresh & np.asarray(eligible, dtype=bool)[order]
    X = Design(X.X[order], X.names)
    log_stay, log_start = _chances(first, fresh, X)
    log_seen = np.zeros(len(who))
    if lost is not None:
        gone = np.asarray(lost, dtype=bool)[order]
        log_seen = np.log1p(-np.clip(logistic(gone.astype(float), X).mean, 0, 0.999))
    weight = {
        1: np.where(able & first, np.exp(-log_start), 0.0),
        0: np.where(able & ~first, np.exp(-log_stay), 0.0),
    }
    label = who if cluster is None else np.unique(np.asarray(cluster)[order], return_inverse=True)[1]
    curves, moved, sizes = {}, {}, {}
    for arm in (1, 0):
        curves[arm], moved[arm], sizes[arm] = _follow(
            arm, weight[arm], ended, first, who, label, log_stay, log_seen, lags, per_protocol, greatest_weight, lost is not None
        )
    mean = {arm: step_days * float(curves[arm][:-1].sum()) for arm in (1, 0)}
    error = {arm: float(np.sqrt((moved[arm] ** 2).sum())) * step_days for arm in (1, 0)}
    groups = label.max() + 1
    gap = (moved[1] - moved[0]) * step_days
    df = None if cluster is None else int(groups - 1)
    main = wald(mean[1] - mean[0], float(np.sqrt((gap**2).sum() * groups / (groups - 1))), df)
    if few(label):

        def again(rows: np.ndarray) -> float:
            given = {name: None if one is None else np.asarray(one)[order][rows] for name, one in (("eligible", eligible), ("lost", lost))}
            part = sequential_trials(
                who[rows], when[rows], begun[rows], ended[rows], X.rows(rows), lags=lags, step_days=step_days,
                per_protocol=per_protocol, greatest_weight=greatest_weight, errors=False, **given,
            )  # fmt: skip
            return part.estimate

        covariance, df = jackknife(again, main.estimate, label) if errors else (np.full((1, 1), np.nan), None)
        main = wald(main.estimate, np.sqrt(covariance[0, 0]), df)
    table = [
        {"arm": name, "time": lag * step_days, "still": float(curves[arm][lag])}
        for name, arm in (("no start", 0), ("start", 1))
        for lag in range(lags + 1)
    ]
    return effect(
        main, len(who), terms={"difference": main, "mean start": wald(mean[1], error[1], df), "mean no start": wald(mean[0], error[0], df)},
        table=table,
        fit={"persons": int(who.max() + 1), "clusters": int(groups), "starts": int((able & first).sum()),
             "trial_rows": int((able).sum()), "greatest_weight": max(sizes.values())},
        assumes="every reason for starting (and for being lost) that bears on the outcome is among the covariates; each "
        "could have started or not at every moment; the models of starting and being lost are right",
    )  # fmt: skip


def _not_before(begun: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Rows with no start of the person at an earlier moment."""
    count = np.cumsum(begun)
    opening = np.flatnonzero(~same)
    base = (count - begun)[opening]
    return (count - begun) == np.repeat(base, np.diff(np.append(opening, len(begun))))


def _chances(first: np.ndarray, fresh: np.ndarray, X: Design) -> tuple[np.ndarray, np.ndarray]:
    """Log chance of not starting and of starting at each moment, 0 where it is settled."""
    if not first.any() or first[fresh].all():
        raise CannotEstimate("some must start and some not")
    fit = logistic(first[fresh].astype(float), X.rows(fresh))
    stay, start = np.zeros(len(first)), np.zeros(len(first))
    stay[fresh] = np.log1p(-np.clip(fit.mean, 1e-9, 1 - 1e-9))
    start[fresh] = np.log(np.clip(fit.mean, 1e-9, 1 - 1e-9))
    return stay, start


def _follow(arm, weight, ended, first, who, label, log_stay, log_seen, lags, per_protocol, cut, losing):
    """Weighted survival over the lags, its restricted mean's influence by cluster, the greatest weight."""
    n = len(who)
    at = np.flatnonzero(weight > 0)  # rows that open a trial in this arm
    log_w = np.log(weight[at])
    greatest = 0.0
    steps = []
    for lag in range(lags):
        row = at + lag
        alive = (row < n) & (who[np.minimum(row, n - 1)] == who[at])
        at, log_w, row = at[alive], log_w[alive], row[alive]
        if lag and arm == 0 and per_protocol:
            # who starts now leaves before the step; who does not is weighted up for it
            stays = ~first[row]
            at, log_w, row = at[stays], log_w[stays] - log_stay[row[stays]], row[stays]
        if lag and losing:
            log_w = log_w - log_seen[row - 1]
        w = np.exp(log_w)
        if cut is not None:
            w = np.minimum(w, cut)
        if not len(w):
            raise CannotEstimate(f"an arm is empty after {lag} steps; give fewer lags")
        greatest = max(greatest, float(w.max()))
        happened = ended[row]
        hazard = float(w @ happened / w.sum())
        steps.append((hazard, w.sum(), np.bincount(label[row], weights=w * (happened - hazard), minlength=label.max() + 1)))
        at, log_w = at[~happened], log_w[~happened]
        if not len(at):
            break
    hazards = np.array([step[0] for step in steps] + [0.0] * (lags - len(steps)))
    S = np.concatenate([[1.0], np.cumprod(1 - hazards)])
    moved = np.zeros(label.max() + 1)
    for lag, (hazard, total, part) in enumerate(steps):
        if hazard < 1:
            moved -= part / total / (1 - hazard) * S[lag + 1 : lags].sum()
    return S, moved, greatest
