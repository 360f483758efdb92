"""The primary outcome: how much the arms differ, in its unit and in percent of the control arm's mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.effects.design import Design, design
from models.effects.did import did
from models.effects.difference import mean_difference
from models.effects.linear import least_squares, ols
from models.effects.result import Effect, Term, wald
from models.effects.wild import wild_bootstrap
from pipeline.evaluate import allocation, arrays, stepped
from pipeline.evaluate.numbers import decimals_of, figures, mean_and_sd, number, rounded
from pipeline.evaluate.protocol import Protocol


@dataclass(frozen=True)
class Estimate:
    """An adjusted difference: the effect, in percent of the control mean, and that mean (all as if all were controls)."""

    method: str
    effect: Effect
    percent: Term
    control_mean: float

    def as_json(self) -> dict:
        return {
            "method": self.method, "estimate": number(self.effect), "percent": number(self.percent),
            "control_mean": rounded(self.control_mean, decimals_of(self.effect.se)), "n": self.effect.n, "assumes": self.effect.assumes,
            # counts of rows are left to what may be told of those followed
            "fit": {name: figures(value, 2) for name, value in self.effect.fit.items() if name not in ("rows", "held_at_limit")},
        }  # fmt: skip


def estimate(frame: pl.DataFrame, protocol: Protocol, method: str | None = None, covariates: tuple[str, ...] | None = None) -> Estimate:
    """The difference in the primary outcome by `method` (the protocol's unless told). Loss to follow-up is in the models of
    aipw and ipw; elsewhere those followed are weighted for it, the weights taken as known."""
    names = protocol.adjust.covariates if covariates is None else covariates
    method = method or protocol.adjust.method
    if method == "staggered":
        return _stepped(frame, protocol)
    y, seen = arrays.outcome(frame, protocol)
    if method in ("aipw", "ipw", "match"):
        from pipeline.evaluate import observational  # it builds on this module

        return observational.estimate(method, frame, y, seen, protocol, names)
    weights = arrays.loss_weights(frame, seen, names)[seen]
    return of_values(frame.filter(seen), y[seen], weights, protocol, method, names)


def of_values(
    kept: pl.DataFrame, y: np.ndarray, weights: np.ndarray, protocol: Protocol, method: str, names: tuple[str, ...]
) -> Estimate:
    """The same for any outcome `y` of the rows in `kept`, by `none`, `ancova` or `did`."""
    cluster = arrays.clusters(kept, protocol)
    if method == "did":
        return difference_in_differences(kept, y, cluster, protocol, names)
    X = arrays.design_of(kept, names if method == "ancova" else ())
    return linear(method, y, X, cluster, None if np.allclose(weights, 1) else weights)


def linear(method: str, y: np.ndarray, X: Design, cluster: np.ndarray | None, weights: np.ndarray | None, of: str = "treated") -> Estimate:
    """Least squares; percent by the delta method on the coefficients, the control mean standardised over all rows."""
    kind = "cr2" if cluster is not None else "hc2"
    fit = least_squares(y, X, weights)
    found = ols(y, X, cluster=cluster, weights=weights, se=kind, of=of)
    at = fit.names.index(of)
    w = np.ones(len(y)) if weights is None else weights
    kept = [X.names.index(name) for name in fit.names]
    mean_row = (w[:, None] * X.X[:, kept]).sum(axis=0) / w.sum()
    mean_row[at] = 0.0
    base = float(mean_row @ fit.beta)
    slope = np.zeros(len(fit.beta))
    slope[at] = 100 / base if base else math.nan
    slope -= 100 * fit.beta[at] / base**2 * mean_row if base else math.nan
    covariance = fit.covariance(kind, cluster)
    percent = wald(100 * fit.beta[at] / base, math.sqrt(max(slope @ covariance @ slope, 0)), found.df)
    return Estimate(method, found, percent, base)


def _stepped(frame: pl.DataFrame, protocol: Protocol) -> Estimate:
    """Percent of the mean expected without the start, which is taken as known."""
    found, base = stepped.effect_of(frame, protocol)
    percent = wald(100 * found.estimate / base, 100 * found.se / abs(base), found.df) if base else wald(math.nan, math.nan)
    return Estimate("staggered", found, percent, base)


def difference_in_differences(
    kept: pl.DataFrame, y: np.ndarray, cluster: np.ndarray | None, protocol: Protocol, names: tuple[str, ...]
) -> Estimate:
    """Change in the treated less change in the controls: the coefficient of treated x after."""

    a = arrays.treated(kept)
    after = arrays.column(kept, protocol.adjust.time).cast(pl.Float64).to_numpy()
    X = design(arrays.covariates(kept, names), len(y), intercept=False) if names else None
    found = did(y, a, after, X=X, cluster=cluster)
    nowhere = Term(math.nan, math.nan, math.nan, math.nan, math.nan)
    # where the treated would have been without: their mean afterwards less the effect
    return Estimate("did", found, nowhere, float(y[(a == 1) & (after == 1)].mean()) - found.estimate)


def means(frame: pl.DataFrame, protocol: Protocol, weights: np.ndarray | None = None) -> list[dict]:
    """Each arm's mean, spread and middle half of the primary outcome, of those followed throughout (and kept by weights)."""
    y, seen = arrays.outcome(frame, protocol)
    a = arrays.treated(frame)
    w = np.ones(len(y)) if weights is None else weights
    rows = []
    for arm, value in (("control", 0.0), ("treated", 1.0)):
        at = seen & (a == value) & (w > 0)
        mine, own = y[at], w[at]
        told = mean_and_sd(mine, own)
        order = np.argsort(mine)
        reached = np.cumsum(own[order]) / own.sum()
        low, middle, high = (float(mine[order][np.searchsorted(reached, share - 1e-12)]) for share in (0.25, 0.5, 0.75))
        places = decimals_of(told["sd"])
        rows.append({"arm": arm, "n": len(mine), **told, "quarter": rounded(low, places), "median": rounded(middle, places),
                     "three_quarters": rounded(high, places)})  # fmt: skip
    return rows


def crude(frame: pl.DataFrame, protocol: Protocol) -> Effect:
    """The difference as it stands."""
    y, seen = arrays.outcome(frame, protocol)
    cluster = arrays.clusters(frame, protocol)
    return mean_difference(y[seen], arrays.treated(frame)[seen], cluster=None if cluster is None else cluster[seen])


def few_cluster_checks(frame: pl.DataFrame, protocol: Protocol) -> dict:
    """The same difference under other ways to judge its uncertainty when clusters are few."""
    y, seen = arrays.outcome(frame, protocol)
    kept = frame.filter(seen)
    cluster = arrays.clusters(kept, protocol)
    made: dict = {}
    names = protocol.adjust.covariates if protocol.adjust.method != "none" else ()
    X = arrays.design_of(kept, names)
    weights = arrays.loss_weights(frame, seen, protocol.adjust.covariates)[seen]
    weights = None if np.allclose(weights, 1) else weights
    if cluster is not None and protocol.clusters and len(np.unique(cluster)) <= 60:
        for kind in ("rademacher", "webb"):
            found = wild_bootstrap(
                y[seen], X, cluster=cluster, weights=weights, of="treated", kind=kind, draws=protocol.repetitions, seed=protocol.seed
            )
            # with few sign vectors a share strictly farther out may be 0, which no test can claim: ties count
            made[f"wild_{kind}"] = number(found) | {"p": found.fit["p_with_ties"], "draws": found.fit["draws"]}
        found = ols(y[seen], X, cluster=cluster, weights=weights, of="treated")
        made["variances"] = [{"errors": row["errors"], **number(Term(**{k: v for k, v in row.items() if k != "errors"}))} for row in found.table]
    if protocol.arms.allocation:
        made["randomisation"] = allocation.test(kept, y[seen], X, protocol)
    return made
