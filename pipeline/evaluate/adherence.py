"""Had the controls gone on without coordination: followed until they start themselves, the rest weighted for those who did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate, design
from models.effects.few_clusters import few, jackknife
from models.effects.glm import logistic
from models.effects.influence import cluster_sums
from models.effects.result import Term, wald
from pipeline.evaluate import arrays, observational
from pipeline.evaluate.data import Data
from pipeline.evaluate.numbers import decimals_of_counts, number, rounded
from pipeline.evaluate.protocol import Protocol

KEYS = ["person_key", "as_of"]
FEWEST = 10  # controls who start: from fewer no model of starting can be made
MONTH = 30  # days, as evaluate.months
DAYS = MONTH / 100  # net days of a month at one per cent


def of(data: Data, protocol: Protocol) -> dict | None:
    """Net days in whole months of follow-up, treated less controls, as assigned and per protocol.

    Clones of the controls are censored in the month in which coordination starts; each month the others are weighted by
    the inverse chance of not having started, given the covariates and last month's degree, cut at the 99th percentile.
    Arms that were not drawn are made alike at time zero by the inverse probability of the arm.
    Errors: influence functions summed by cluster, the jackknife over few; weights taken as known.
    Source: Robins & Finkelstein 2000, Biometrics 56:779; Hernan 2018, BMJ 360:k182 for clone-censor-weight.
    """
    if data.months is None or "coordinated_after_days" not in data.frame.columns or protocol.arms.starts:
        return None
    try:
        w = _alike(data.frame, protocol)
    except (CannotEstimate, np.linalg.LinAlgError):
        return None
    frame = data.frame.filter(w > 0)
    w, a = w[w > 0], arrays.treated(frame)
    many = protocol.follow_up.days // MONTH
    degree = _wide(frame, data.months, many)
    started = frame["coordinated_after_days"].cast(pl.Float64).fill_null(np.inf).to_numpy()
    month = np.where(a == 0, np.floor((started - 1) / MONTH), np.inf)
    some = int(((month < many) & (a == 0)).sum())
    if min(some, int((a == 0).sum()) - some) < max(FEWEST, protocol.smallest_cell):
        return None
    cluster = arrays.clusters(frame, protocol)
    try:
        stay = _stays(frame, degree, month, many, protocol)
    except (CannotEstimate, np.linalg.LinAlgError):
        return None
    began = 100.0 * (month < many)[a == 0]
    made: dict = {"started_percent": rounded(float(np.average(began, weights=w[a == 0])), decimals_of_counts(began)), "days": many * MONTH}
    for name, weight in (("as_assigned", np.ones_like(stay)), ("per_protocol", stay)):
        made[name] = number(_estimate(a, w[:, None] * weight, degree[:, 1:], cluster))
    return made


def _estimate(a: np.ndarray, weight: np.ndarray, degree: np.ndarray, cluster: np.ndarray | None) -> Term:
    """The contrast with its error: influence summed by cluster, the jackknife over few, the weights as they are."""
    value, moved = _contrast(a, weight, degree)
    if few(cluster):
        covariance, df = jackknife(lambda rows: np.array([_contrast(a[rows], weight[rows], degree[rows])[0]]), np.array([value]), cluster)
        return wald(value, float(np.sqrt(covariance[0, 0])), df)
    summed = cluster_sums(moved[:, None], cluster)
    df = None if cluster is None else len(summed) - 1
    return wald(value, float(np.sqrt((summed**2).sum() * len(summed) / (len(summed) - 1))), df)


def _alike(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray:
    if protocol.arms.came_about == "randomised":
        return np.ones(frame.height)
    return observational.weights(frame, replace(protocol, adjust=replace(protocol.adjust, method="ipw")))


def _wide(frame: pl.DataFrame, months: pl.DataFrame, many: int) -> np.ndarray:
    """(n, 1 + many) degree in the month before time zero and in each after; nan where it was not seen whole."""
    place = frame.select(*KEYS).with_row_index("row")
    told = months.filter(pl.col("month").is_between(-1, many - 1)).join(place, on=KEYS, how="inner")
    made = np.full((frame.height, many + 1), np.nan)
    made[told["row"].to_numpy(), told["month"].to_numpy() + 1] = told["degree_percent"].to_numpy()
    return made


def _stays(frame: pl.DataFrame, degree: np.ndarray, month: np.ndarray, many: int, protocol: Protocol) -> np.ndarray:
    """(n, many) weight of each row in each month: 0 from the month of the start on, else one over the chance of no start."""
    X = arrays.design_of(frame, protocol.adjust.covariates).without("treated").X[:, 1:]
    row, at = np.nonzero((np.arange(many) <= month[:, None]) & (arrays.treated(frame) == 0)[:, None])
    last = np.nan_to_num(degree[row, at])
    columns = {"month": at.astype(float), "month squared": at.astype(float) ** 2, "degree": last, "on leave": (last > 0).astype(float)}
    columns |= {f"x{k}": X[row, k] for k in range(X.shape[1])}
    starts = month[row] == at
    chance = logistic(starts.astype(float), design(columns, len(row))).mean
    log_stay = np.zeros((frame.height, many))
    log_stay[row, at] = -np.log1p(-np.clip(chance, 0, 0.999))
    weight = np.exp(np.cumsum(log_stay, axis=1))
    mine = (arrays.treated(frame) == 0)[:, None] & (np.arange(many) < month[:, None])
    weight = np.where(mine, np.minimum(weight, np.quantile(weight[mine], 0.99)), 0.0)
    return np.where((arrays.treated(frame) == 1)[:, None], 1.0, weight)


def _contrast(a: np.ndarray, weight: np.ndarray, degree: np.ndarray) -> tuple[float, np.ndarray]:
    """Sum over months of the weighted mean degree, treated less controls, in net days; influence of each row."""
    seen = np.isfinite(degree)
    value, moved = 0.0, np.zeros(len(a))
    for arm, sign in ((1.0, 1.0), (0.0, -1.0)):
        w = weight * (seen & (a == arm)[:, None])
        total = w.sum(axis=0)
        if (total <= 0).any():
            raise CannotEstimate("an arm is empty in a month of the follow-up")
        mean = (w * np.nan_to_num(degree)).sum(axis=0) / total
        value += sign * DAYS * float(mean.sum())
        moved += sign * DAYS * (w / total * (np.nan_to_num(degree) - mean)).sum(axis=1)
    return value, moved
