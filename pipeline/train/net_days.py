"""Learn net days in the next 365 and choose the way that is best calibrated on the later of the full years."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.risk.net_days import MIN_MOMENTS, NetDays, by_tenth
from models.risk.outlook import expected_days
from models.risk.person_period import HORIZON
from models.risk.uncertainty import TENTHS

MAX_MOMENTS = 100_000
MAX_LEARN, MAX_JUDGED = 4_000, 8_000  # moments whose daily curves are asked for
CHECK_SHARE = 0.3  # the latest moments with a full year are what the ways are judged on
BATCH = 8_000


def learn_net_days(
    every: pl.DataFrame, X: np.ndarray, categorical: np.ndarray, risk, *, seed: int
) -> tuple[NetDays, dict]:
    """The net-days part and its report.

    Only moments followed for 365 days teach; they end a year before the data do. `ratio` uses days left from a model
    that has seen the check months' spells, which flatters it, so it must beat `boosted` by a tenth to be taken.
    """
    full = (
        (every["followed_days"] >= HORIZON).fill_null(False).to_numpy()
        if "followed_days" in every.columns
        else None
    )
    if full is None or full.sum() < MIN_MOMENTS:
        found = 0 if full is None else int(full.sum())
        return NetDays(categorical), {"kind": "carried", "moments_followed_a_year": found}
    place = np.flatnonzero(full)
    if len(place) > MAX_MOMENTS:
        place = np.sort(np.random.default_rng(seed).choice(place, MAX_MOMENTS, replace=False))
    rows, X = every[place], X[place]
    degree = rows["degree"].cast(pl.Float64).fill_null(100).to_numpy()
    net = rows["net_days_365"].cast(pl.Float64).fill_null(0).to_numpy()
    person = rows["person_key"].to_numpy()
    weight, date = rows["weight"].to_numpy(), rows["as_of"].to_numpy()
    later = date >= np.sort(date)[int(len(date) * (1 - CHECK_SHARE))]
    if later.all():
        later = np.arange(len(date)) % 3 == 0
    # daily curves cost more than all the rest, and `ratio` learns four numbers from them
    rng = np.random.default_rng(seed)
    some = {
        "learn": rng.permutation(np.flatnonzero(~later))[:MAX_LEARN],
        "judge": rng.permutation(np.flatnonzero(later))[:MAX_JUDGED],
    }
    left, asked = np.zeros(len(X)), np.concatenate(list(some.values()))
    left[asked] = _days_left(risk, X[asked])
    on = {"boosted": (np.flatnonzero(~later), np.arange(len(X))), "ratio": (some["learn"], asked)}

    def learned(kind: str, at: np.ndarray) -> NetDays:
        known = {
            "days_left": left[at],
            "degree": degree[at],
            "net_days": net[at],
            "sample_weight": weight[at],
        }
        return NetDays(categorical, seed=seed).fit(X[at], **known, kind=kind)

    ways, judge = {}, some["judge"]
    for kind, (earlier, _) in on.items():
        way = learned(kind, earlier)
        mean = way.mean(X[judge], days_left=left[judge], degree=degree[judge])
        ways[kind] = _judged(mean, net[judge], weight[judge], person[judge])
    kind = "ratio" if ways["ratio"]["error"] < 0.9 * ways["boosted"]["error"] else "boosted"
    final = learned(kind, on[kind][1])
    # the spread is that of months not fitted on
    spreads = {name: way.pop("held") for name, way in ways.items()}
    for name in ("sd_at_", "sd_", "low_", "high_"):
        setattr(final, name, getattr(spreads[kind], name))
    return final, {"kind": kind, "moments_followed_a_year": int(full.sum()), "ways": ways}


def _days_left(risk, X: np.ndarray) -> np.ndarray:
    grid = np.arange(HORIZON + 1)
    parts = [expected_days(risk.predict_survival(X[at : at + BATCH], grid)) for at in range(0, len(X), BATCH)]
    return np.concatenate(parts)


def _judged(mean: np.ndarray, net: np.ndarray, weight: np.ndarray, person: np.ndarray) -> dict:
    """`held` has the spread; covered: weighted share within the ends learnt from one half of the persons, of the other."""
    table = by_tenth(mean, net, weight)
    held, tried = NetDays(np.zeros(0, dtype=bool)), NetDays(np.zeros(0, dtype=bool))
    held.learn_spread(mean, net, weight)
    half = np.searchsorted(np.unique(person), person) % 2 == 0
    covered = None
    if min(half.sum(), (~half).sum()) >= TENTHS:
        tried.learn_spread(mean[half], net[half], weight[half])
        low, high = tried.ends(mean[~half]).T
        covered = float(np.average((net[~half] >= low) & (net[~half] <= high), weights=weight[~half]))
    return {
        # mean distance between expected and observed over the tenths, days
        "error": float(np.mean([abs(row["observed"] - row["expected"]) for row in table])),
        "observed_over_expected": float((weight @ net) / (weight @ mean)),
        "rmse": float(np.sqrt(np.average((net - mean) ** 2, weights=weight))),
        "covered": covered,
        "tenths": table,
        "held": held,
    }
