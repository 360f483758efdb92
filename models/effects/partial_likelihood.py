"""Cox's partial likelihood with late entry, strata, weights and ties, all by cumulative sums: O(n k) a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.effects.design import CannotEstimate


@dataclass(frozen=True)
class _Stratum:
    """One stratum: rows, and one entry of `time` a term of the sums (Efron: one an event, Breslow: one a time)."""

    rows: np.ndarray
    stop_order: np.ndarray
    start_order: np.ndarray
    at_stop: np.ndarray  # terms with time <= stop
    at_start: np.ndarray  # terms with time <= entry
    risk_stop: np.ndarray  # per term: rows (in stop_order) with stop < time
    risk_start: np.ndarray
    fraction: np.ndarray  # r / d of a term
    weight: np.ndarray  # mean weight of the events at the time, times their number a term
    dying: np.ndarray  # rows with an event
    tie: np.ndarray  # per dying row: number of its distinct time
    tie_of_term: np.ndarray
    first: np.ndarray  # first term of each distinct time


class PartialLikelihood:
    """Sums of the partial likelihood at any beta.

    Source: Efron 1977 and Breslow 1974 for ties; Therneau & Grambsch 2000, ch. 3 and 7, for residuals.
    """

    def __init__(self, X, duration, event, *, entry=None, strata=None, weights=None, ties="efron") -> None:
        if ties not in ("efron", "breslow"):
            raise CannotEstimate("ties are handled as efron or breslow")
        self.w = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=float)
        self.mean = np.average(X, axis=0, weights=self.w)
        self.X = X - self.mean
        self.event = np.asarray(event, dtype=bool)
        self.duration = np.asarray(duration, dtype=float)
        self.entry = np.full(len(X), -np.inf) if entry is None else np.asarray(entry, dtype=float)
        self.efron = ties == "efron"
        if not self.event.any():
            raise CannotEstimate("no one has the event")
        place = np.zeros(len(X), dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
        order = np.argsort(place, kind="stable")
        pieces = np.split(order, np.flatnonzero(np.diff(place[order])) + 1)
        self.strata = [self._stratum(rows) for rows in pieces if self.event[rows].any()]

    def _stratum(self, rows: np.ndarray) -> _Stratum:
        stop, start = self.duration[rows], self.entry[rows]
        dying = np.flatnonzero(self.event[rows])
        times, tie, number = np.unique(stop[dying], return_inverse=True, return_counts=True)
        mass = np.bincount(tie, weights=self.w[rows[dying]])
        if self.efron:
            tie_of_term = np.repeat(np.arange(len(times)), number)
            first = np.concatenate([[0], np.cumsum(number)[:-1]])
            fraction = (np.arange(len(tie_of_term)) - first[tie_of_term]) / number[tie_of_term]
            weight = (mass / number)[tie_of_term]
        else:
            tie_of_term, first = np.arange(len(times)), np.arange(len(times))
            fraction, weight = np.zeros(len(times)), mass
        term_time = times[tie_of_term]
        by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
        return _Stratum(
            rows, by_stop, by_start,
            np.searchsorted(term_time, stop, side="right"), np.searchsorted(term_time, start, side="right"),
            np.searchsorted(stop[by_stop], term_time, side="left"), np.searchsorted(start[by_start], term_time, side="left"),
            fraction, weight, dying, tie, tie_of_term, first,
        )  # fmt: skip

    def _sums(self, s: _Stratum, values: np.ndarray) -> np.ndarray:
        """Sum of values (rows, ...) over those at risk at each term, less the tied share of the dying."""
        below = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values[s.stop_order], axis=0)])
        total = below[-1] - below[s.risk_stop]
        if np.isfinite(self.entry[s.rows]).any():
            # at risk at t: entry < t <= stop
            after = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values[s.start_order], axis=0)])
            total = total - (after[-1] - after[s.risk_start])
        if self.efron and s.fraction.any():
            tied = np.zeros((len(s.first), *values.shape[1:]))
            np.add.at(tied, s.tie, values[s.dying])
            share = s.fraction.reshape(-1, *[1] * (values.ndim - 1))
            total = total - share * tied[s.tie_of_term]
        return total

    def evaluate(self, beta: np.ndarray, residuals: bool = False):
        """Log likelihood, gradient (k,), information (k, k), and score residuals (n, k) when asked."""
        k = len(beta)
        eta = self.X @ beta
        value, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
        scores = np.zeros_like(self.X) if residuals else None
        for s in self.strata:
            X, w = self.X[s.rows], self.w[s.rows]
            top = eta[s.rows].max()
            theta = w * np.exp(eta[s.rows] - top)
            S0, S1 = self._sums(s, theta), self._sums(s, theta[:, None] * X)
            hazard = s.weight / S0
            mean = S1 / S0[:, None]
            value += float(w[s.dying] @ (eta[s.rows][s.dying])) - float(s.weight @ (np.log(S0) + top))
            gradient += w[s.dying] @ X[s.dying] - s.weight @ mean
            passed = self._passed(s, hazard)
            information += (X * (theta * passed)[:, None]).T @ X - (mean * s.weight[:, None]).T @ mean
            if residuals:
                drift = self._passed(s, hazard[:, None] * mean)
                own = np.zeros_like(X)
                number = np.bincount(s.tie_of_term, minlength=len(s.first))
                average = np.add.reduceat(mean, s.first, axis=0) / number[:, None]
                own[s.dying] = w[s.dying, None] * (X[s.dying] - average[s.tie])
                scores[s.rows] = own - theta[:, None] * (X * passed[:, None] - drift)
        return value, gradient, information, scores

    def _passed(self, s: _Stratum, step: np.ndarray) -> np.ndarray:
        """Per row: the sum of `step` over terms in (entry, stop], the tied share of a dying row's own time taken off."""
        total = np.concatenate([np.zeros((1, *step.shape[1:])), np.cumsum(step, axis=0)])
        passed = total[s.at_stop] - total[s.at_start]
        if self.efron and s.fraction.any():
            share = s.fraction.reshape(-1, *[1] * (step.ndim - 1)) * step
            passed[s.dying] -= np.add.reduceat(share, s.first, axis=0)[s.tie]
        return passed

    def tilted(self, beta: np.ndarray, g) -> tuple[np.ndarray, list[np.ndarray]]:
        """Gradient of coefficients that move with g(time), and the information under weights 1, g and g^2.

        g is centred on the events, as the test of proportional hazards wants it.
        """
        centre = np.average(g(self.duration[self.event]), weights=self.w[self.event])
        eta = self.X @ beta
        gradient, information = np.zeros(len(beta)), [np.zeros((len(beta),) * 2) for _ in range(3)]
        for s in self.strata:
            X, w = self.X[s.rows], self.w[s.rows]
            theta = w * np.exp(eta[s.rows] - eta[s.rows].max())
            S0, S1 = self._sums(s, theta), self._sums(s, theta[:, None] * X)
            mean = S1 / S0[:, None]
            moments = np.unique(self.duration[s.rows][s.dying])
            tilt = (g(moments) - centre)[s.tie_of_term]
            gradient += (w[s.dying] * (g(moments) - centre)[s.tie]) @ X[s.dying] - (tilt * s.weight) @ mean
            for power, total in enumerate(information):
                bent = s.weight * tilt**power
                total += (X * (theta * self._passed(s, bent / S0))[:, None]).T @ X - (mean * bent[:, None]).T @ mean
        return gradient, information

    def maximise(self, steps: int = 50) -> tuple[np.ndarray, float, float, np.ndarray]:
        """beta, log likelihood, log likelihood at 0, covariance. Newton with halving."""
        beta = np.zeros(self.X.shape[1])
        value, gradient, information, _ = self.evaluate(beta)
        null = value
        for _ in range(steps):
            try:
                step = np.linalg.solve(information, gradient)
            except np.linalg.LinAlgError:
                raise CannotEstimate("the covariates say the same thing twice") from None
            for half in range(20):
                trial = beta + step / 2**half
                new = self.evaluate(trial)
                if np.isfinite(new[0]) and new[0] >= value - 1e-12 * abs(value):
                    break
            change = new[0] - value
            beta, (value, gradient, information, _) = trial, new
            if abs(change) < 1e-12 * (abs(value) + 1) and np.abs(step).max() < 1e-8 * (1 + np.abs(beta).max()):
                break
        else:
            raise CannotEstimate("the coefficients run away: a covariate divides those with the event from the others")
        return beta, value, null, np.linalg.inv(information)
