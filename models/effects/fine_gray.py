"""Fine-Gray regression of a cumulative incidence."""

from __future__ import annotations

import numpy as np

from models.effects.counting import checked, counts
from models.effects.design import CannotEstimate, Design, independent
from models.effects.few_clusters import few, in_full, jackknife
from models.effects.formula import headline
from models.effects.influence import cluster_sums
from models.effects.result import Effect, effect, ratio, terms_of


def fine_gray(
    duration: np.ndarray,
    event: np.ndarray,
    X: Design,
    *,
    cause: int | None = None,
    cluster: np.ndarray | None = None,
    of: str | None = None,
) -> Effect:
    """Log subdistribution hazard ratios of `cause` (default the least).

    Who had another cause stays at risk with weight G(t-)/G(T-), G being Kaplan-Meier of censoring. Ties: Breslow.
    Errors: Fine & Gray's sandwich, the estimation of G included, as cmprsk::crr; summed within clusters, the
    jackknife over few.
    Source: Fine & Gray 1999, J Am Stat Assoc 94:496.
    """
    duration, event, _ = checked(duration, event)
    seen = [int(one) for one in np.unique(event) if one > 0]
    if not seen or (cause is not None and cause not in seen):
        raise CannotEstimate(f"cause {cause} never happens; there are causes {', '.join(map(str, seen)) or 'none'}")
    cause = seen[0] if cause is None else cause
    X = independent(X.without("Intercept"))
    if not X.names:
        raise CannotEstimate("the regression needs a covariate that varies")
    sums = _Sums(X.X - X.X.mean(axis=0), duration, event, cause)
    beta = _maximise(sums)
    value, _, information = sums.evaluate(beta)
    name = headline(X.names, of)
    if few(cluster):

        def again(rows: np.ndarray) -> np.ndarray:
            less = independent(X.rows(rows))
            less = less.without(*(name for name, wide in zip(less.names, np.ptp(less.X, axis=0), strict=True) if wide == 0))
            found = _maximise(_Sums(less.X - less.X.mean(axis=0), duration[rows], event[rows], cause)) if less.names else ()
            return in_full(X.names, beta, dict(zip(less.names, found, strict=True)), name)

        terms = terms_of(X.names, beta, *jackknife(again, beta, cluster))
    else:
        moved = cluster_sums(sums.influence(beta) @ np.linalg.inv(information), cluster)
        terms = terms_of(X.names, beta, moved.T @ moved)
    table = []
    for one, term in terms.items():
        r = ratio(term.estimate, term.se, term.df)
        table.append({"term": one, "subdistribution_hazard_ratio": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high, "p": r.p})
    fit = {"log_likelihood": value, "cause": cause, "events": int((event == cause).sum())}
    return effect(
        terms[name], len(duration), terms=terms, table=table, fit=fit,
        assumes="proportional subdistribution hazards; censoring does not depend on the covariates",
    )  # fmt: skip


def _maximise(sums: _Sums) -> np.ndarray:
    beta = np.zeros(sums.X.shape[1])
    for turn in range(50):
        _, gradient, information = sums.evaluate(beta)
        step = np.linalg.solve(information, gradient)
        beta = beta + step
        if turn and np.abs(step).max() < 1e-9:
            return beta
    raise CannotEstimate("the coefficients run away: a covariate divides those with the event from the others")


class _Sums:
    """Weighted risk-set sums at the times of the cause; rows sorted by duration."""

    def __init__(self, X: np.ndarray, duration: np.ndarray, event: np.ndarray, cause: int) -> None:
        self.X, self.T, self.event, self.cause = X, duration, event, cause
        self.of = counts(duration, (event == cause).astype(int))
        self.times = self.of.times
        # G(t-): censoring comes after events at the same time, so those with an event at t are not at risk of it
        cens = event == 0
        moments = np.unique(duration[cens])
        ordered = np.sort(duration)
        n_at = len(duration) - np.searchsorted(ordered, moments, side="left")
        d_c = np.bincount(np.searchsorted(moments, duration[cens]), minlength=len(moments)) if len(moments) else np.zeros(0)
        self.moments, self.n_at, self.d_c = moments, n_at, d_c
        self.G = np.concatenate([[1.0], np.cumprod(1 - d_c / n_at)]) if len(moments) else np.ones(1)
        self.other = (event > 0) & (event != cause)
        self.G_time = self._before(self.times)
        self.G_own = self._before(duration)
        self.order = np.argsort(duration, kind="stable")
        self.start = np.searchsorted(duration[self.order], self.times, side="left")
        self.own = np.searchsorted(self.times, duration[event == cause])

    def _before(self, t: np.ndarray) -> np.ndarray:
        return self.G[np.searchsorted(self.moments, t, side="left")]

    def _at_risk(self, values: np.ndarray) -> np.ndarray:
        """Sum over those still at risk, and those gone by another cause with their weight, at each time."""
        shape = (-1, *[1] * (values.ndim - 1))
        zero = np.zeros((1, *values.shape[1:]))
        plain = np.concatenate([zero, np.cumsum(values[self.order], axis=0)])
        safe = np.where(self.G_own > 0, self.G_own, 1.0)
        lent = np.where(self.other & (self.G_own > 0), 1 / safe, 0.0).reshape(shape) * values
        gone = np.concatenate([zero, np.cumsum(lent[self.order], axis=0)])
        return plain[-1] - plain[self.start] + self.G_time.reshape(shape) * gone[self.start]

    def evaluate(self, beta: np.ndarray):
        theta = np.exp(self.X @ beta)
        S0, S1 = self._at_risk(theta), self._at_risk(theta[:, None] * self.X)
        mean = S1 / S0[:, None]
        d = self.of.d
        mine = self.event == self.cause
        value = float((self.X[mine] @ beta).sum() - d @ np.log(S0))
        gradient = self.X[mine].sum(axis=0) - d @ mean
        passed = self._passed(d / S0)
        information = (self.X * (theta * passed)[:, None]).T @ self.X - (mean * d[:, None]).T @ mean
        return value, gradient, information

    def _passed(self, step: np.ndarray) -> np.ndarray:
        """Per row: sum of its weight x step over the times it counts as at risk."""
        shape = (-1, *[1] * (step.ndim - 1))
        total = np.concatenate([np.zeros((1, *step.shape[1:])), np.cumsum(step, axis=0)])
        until = np.searchsorted(self.times, self.T, side="right")
        passed = total[until]
        lent = np.concatenate([np.zeros((1, *step.shape[1:])), np.cumsum(self.G_time.reshape(shape) * step, axis=0)])
        safe = np.where(self.G_own > 0, self.G_own, 1.0).reshape(shape)
        more = np.where((self.other & (self.G_own > 0)).reshape(shape), (lent[-1] - lent[until]) / safe, 0.0)
        return passed + more

    def influence(self, beta: np.ndarray) -> np.ndarray:
        """(n, k) eta + psi of Fine & Gray (7)-(8)."""
        theta = np.exp(self.X @ beta)
        S0, S1 = self._at_risk(theta), self._at_risk(theta[:, None] * self.X)
        mean, hazard = S1 / S0[:, None], self.of.d / S0
        mine = self.event == self.cause
        eta = -theta[:, None] * (self.X * self._passed(hazard)[:, None] - self._passed(hazard[:, None] * mean))
        eta[mine] += self.X[mine] - mean[self.own]
        return eta + self._psi(theta, mean, hazard) if len(self.moments) else eta

    def _psi(self, theta: np.ndarray, mean: np.ndarray, hazard: np.ndarray) -> np.ndarray:
        """What estimating G adds: integral of q(u)/pi(u) dM^c_i(u)."""
        k = self.X.shape[1]
        # q(u): rows gone by another cause before u, times the terms at times >= u
        safe = np.where(self.G_own > 0, self.G_own, 1.0)
        lent = np.where(self.other & (self.G_own > 0), theta / safe, 0.0)
        a = self.G_time * hazard
        zero = np.zeros((1, k))
        after_1 = np.concatenate([np.cumsum(a[::-1])[::-1], [0.0]])
        after_x = np.concatenate([np.cumsum((a[:, None] * mean)[::-1], axis=0)[::-1], zero])
        gone_1 = np.concatenate([[0.0], np.cumsum(lent[self.order])])
        gone_x = np.concatenate([zero, np.cumsum((lent[:, None] * self.X)[self.order], axis=0)])
        sorted_T = self.T[self.order]
        # a row gone at T < u, and the cause at t > u: G(t-) knows the censoring at u, G(T-) does not
        before = np.searchsorted(sorted_T, self.moments, side="right")
        later = np.searchsorted(self.times, self.moments, side="right")
        before = np.minimum(before, np.searchsorted(sorted_T, self.moments, side="right"))
        q = gone_x[before] * after_1[later][:, None] - gone_1[before][:, None] * after_x[later]
        step = q / self.n_at[:, None]
        drift = np.concatenate([zero, np.cumsum(step * (self.d_c / self.n_at)[:, None], axis=0)])
        psi = -drift[np.searchsorted(self.moments, self.T, side="right")]
        cens = self.event == 0
        psi[cens] += step[np.searchsorted(self.moments, self.T[cens])]
        return psi
