"""Standardisation (the parametric g-formula): what if all were treated, what if none."""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate, Design, arms
from models.effects.few_clusters import few, jackknife
from models.effects.influence import cluster_sums
from models.effects.linear import least_squares
from models.effects.result import Effect, effect, wald


def crossed(treated: np.ndarray, X: Design) -> Design:
    """Intercept, treated, covariates and treated x each covariate: a regression of its own in each arm."""
    a = np.asarray(treated, dtype=float)
    L = X.without("Intercept")
    names = ("Intercept", "treated", *L.names, *(f"treated:{name}" for name in L.names))
    return Design(np.column_stack([np.ones(len(a)), a, L.X, a[:, None] * L.X]), names)


def standardise(
    outcome: np.ndarray,
    treated: np.ndarray,
    X: Design,
    *,
    models: tuple[Design, Design, Design] | None = None,
    estimand: str = "ate",
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
) -> Effect:
    """Mean predicted outcome with all treated less that with none, by least squares.

    X : covariates. models : the design as observed, with all treated, with none, when another regression than one
    of its own an arm is wanted. estimand : over all (ate) or over the treated (att).
    Errors: sandwich, the covariates' own variation included; the jackknife over few clusters. Source: Hernan & Robins, What If, ch. 13.
    """
    y = np.asarray(outcome, dtype=float)
    yes, names = arms(treated)
    as_is, all_, none = models or tuple(crossed(a, X) for a in (yes, np.ones(len(y)), np.zeros(len(y))))
    fit = least_squares(y, as_is, weights)
    keep = [as_is.names.index(name) for name in fit.names]
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    mass = w * (yes if estimand == "att" else 1.0)
    share = mass / mass.sum()
    scores = fit.X * fit.residual[:, None] @ fit.bread
    terms, moves = {}, {}
    for name, X_arm in ((names[0], none.X[:, keep]), (names[1], all_.X[:, keep])):
        each = X_arm @ fit.beta
        mean = float(share @ each)
        moves[name] = share * (each - mean) + scores @ (share @ X_arm)
        terms[f"mean {name}"] = wald(mean, _error(moves[name], cluster))
    gap = terms[f"mean {names[1]}"].estimate - terms[f"mean {names[0]}"].estimate
    groups = None if cluster is None else len(np.unique(cluster)) - 1
    main = wald(gap, _error(moves[names[1]] - moves[names[0]], cluster), groups)
    if few(cluster):

        def again(rows: np.ndarray) -> float:
            if yes[rows].all() or not yes[rows].any():
                raise CannotEstimate("an arm lies in one cluster alone")
            return _difference(y[rows], tuple(one.rows(rows) for one in (as_is, all_, none)), w[rows], mass[rows])

        covariance, df = jackknife(again, gap, cluster)
        main = wald(gap, np.sqrt(covariance[0, 0]), df)
    return effect(
        main, len(y), terms={estimand: main, **terms}, fit={"r2": fit.r2},
        assumes="every reason for treatment that bears on the outcome is among the covariates; the model of the "
        "outcome is right",
    )  # fmt: skip


def _difference(y: np.ndarray, models: tuple[Design, Design, Design], w: np.ndarray, mass: np.ndarray) -> float:
    as_is, all_, none = models
    fit = least_squares(y, as_is, w)
    keep = [as_is.names.index(name) for name in fit.names]
    return float(mass @ ((all_.X - none.X)[:, keep] @ fit.beta) / mass.sum())


def _error(moved: np.ndarray, cluster: np.ndarray | None) -> float:
    summed = cluster_sums(moved[:, None], cluster)
    return float(np.sqrt((summed**2).sum() * len(summed) / (len(summed) - 1)))
