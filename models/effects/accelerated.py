"""Parametric times: Weibull and log-normal accelerated failure, and a hazard by whole periods."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr

from models.effects.counting import checked
from models.effects.design import CannotEstimate, Design, independent
from models.effects.formula import headline
from models.effects.glm import glm
from models.effects.result import Effect, effect, ratio, terms_of

FARTHEST = 30.0  # of a log time, a standard deviation of a covariate or the log of the scale


def accelerated_failure(
    duration: np.ndarray, event: np.ndarray, X: Design, *, shape: str = "weibull", of: str | None = None
) -> Effect:
    """log T = X beta + scale x error: coefficients are logs of time ratios, as R's survreg.

    shape : weibull or lognormal. Term "log(scale)". Source: Kalbfleisch & Prentice 2002, ch. 3.
    """
    if shape not in ("weibull", "lognormal"):
        raise CannotEstimate("the shape is weibull or lognormal")
    duration, event, _ = checked(duration, event)
    if (duration <= 0).any():
        raise CannotEstimate("durations must be greater than 0")
    y, seen = np.log(duration), event > 0
    X = independent(X)
    if not seen.any():
        raise CannotEstimate("no one has the event")
    if len(y) <= len(X.names) + 1:
        raise CannotEstimate(f"{len(y)} rows cannot carry {len(X.names)} coefficients and a scale")
    centre = np.where(X.X.std(axis=0) > 0, X.X.mean(axis=0), 0.0) if "Intercept" in X.names else np.zeros(len(X.names))
    width = np.where(X.X.std(axis=0) > 0, X.X.std(axis=0), 1.0)
    Z = (X.X - centre) / width
    parts = _weibull if shape == "weibull" else _lognormal

    def value(p: np.ndarray) -> tuple[float, np.ndarray]:
        z = (y - Z @ p[:-1]) * math.exp(-p[-1])
        log_like, slope = parts(z, seen)
        total = log_like.sum() - seen.sum() * p[-1] - y[seen].sum()
        by_scale = -(slope * z).sum() - seen.sum()
        return -total, -np.append(Z.T @ (-slope * math.exp(-p[-1])), by_scale)

    start = np.append(np.linalg.lstsq(Z, y, rcond=None)[0], math.log(y.std() or 1.0))
    found = minimize(value, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 2000}).x
    for _ in range(5):  # the end refined by Newton on differences of the exact slopes
        step = np.linalg.solve(_curvature(value, found), value(found)[1])
        found = found - step
        if np.abs(step).max() < 1e-10:
            break
    if not np.abs(found).max() < FARTHEST:
        raise CannotEstimate("the coefficients run away: those of one kind never have the event, or all times are the same")
    covariance = np.linalg.inv(_curvature(value, found))
    turn = np.diag(np.append(1 / width, 1.0))
    if "Intercept" in X.names:
        turn[X.names.index("Intercept"), :-1] -= np.where(np.array(X.names) == "Intercept", 0, centre / width)
    estimates = turn @ found
    terms = terms_of((*X.names, "log(scale)"), estimates, turn @ covariance @ turn.T)
    name = headline(X.names, of)
    table = []
    for one in X.names:
        if one != "Intercept":
            r = ratio(terms[one].estimate, terms[one].se)
            table.append({"term": one, "time_ratio": r.estimate, "ci_low": r.ci_low, "ci_high": r.ci_high, "p": r.p})
    fit = {"log_likelihood": -value(found)[0], "scale": math.exp(estimates[-1]), "events": int(seen.sum())}
    return effect(terms[name], len(y), terms=terms, table=table, fit=fit, assumes=f"times are {shape}; covariates stretch or shrink them")


def _curvature(value, at: np.ndarray) -> np.ndarray:
    rows = []
    for place in range(len(at)):
        h = 1e-5 * max(1.0, abs(at[place]))
        step = np.zeros(len(at))
        step[place] = h
        rows.append((value(at + step)[1] - value(at - step)[1]) / (2 * h))
    found = np.array(rows)
    return (found + found.T) / 2


def _weibull(z: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log density or log survival of the standard error, and its slope in z."""
    rise = np.exp(np.clip(z, -700, 700))
    return np.where(seen, z, 0.0) - rise, np.where(seen, 1.0, 0.0) - rise


def _lognormal(z: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    left = log_ndtr(-z)
    return np.where(seen, log_density, left), np.where(seen, -z, -np.exp(log_density - left))


def discrete_hazard(
    duration: np.ndarray, event: np.ndarray, X: Design, *, of: str | None = None
) -> Effect:
    """Hazard in whole periods 1, 2, .. by complementary log-log, log(period) as baseline: close to a Weibull's.

    Coefficients are log hazard ratios. Source: Prentice & Gloeckler 1978, Biometrics 34:57.
    """
    duration, event, _ = checked(duration, event)
    if not (event > 0).any():
        raise CannotEstimate("no one has the event")
    number = duration.astype(int)
    if (number != duration).any() or (number < 1).any():
        raise CannotEstimate("durations must be whole periods of 1 or more")
    row = np.repeat(np.arange(len(number)), number)
    period = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number) + 1
    ends = (period == number[row]) & (event[row] > 0)
    L = X.without("Intercept")
    long = Design(np.column_stack([np.ones(len(row)), L.X[row], np.log(period)]), ("Intercept", *L.names, "log(period)"))
    fit = glm(ends.astype(float), long, "cloglog")
    terms = fit.terms()
    return effect(
        terms[headline(fit.names, of)], len(number), terms=terms,
        fit={"log_likelihood": fit.log_likelihood, "person_periods": len(row), "events": int(ends.sum())},
        assumes="proportional hazards; a baseline hazard that is a power of time",
    )  # fmt: skip
