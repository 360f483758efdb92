"""Learn net days, and judge days left and net days over the whole year they are told for, on persons not learned from.

The test months hold no moment whose year has been followed. So the moments are earlier ones, and each is forecast by models fitted on
other persons: persons are dealt into folds, and those of a fold are forecast by what the rest taught. Where the history is long
enough for years that ended before the judged moments, those models know nothing from their first day on either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl

from models.registry import CHAMPION, RISK_MODELS
from models.risk.net_days import MIN_MOMENTS, NetDays
from models.risk.outlook import expected_days
from models.risk.person_period import HORIZON
from pipeline.train.forecasts import CERTIFIED, FEWEST_PERSONS, judged
from pipeline.train.windows import between, months_before, outcome

FOLDS = 3
MAX_MOMENTS = 30_000  # of whole persons drawn: what the folds' models are fitted on and judged by
JUDGED_MONTHS = 6  # the latest of those followed for a year, where earlier years are enough to learn from
SHIPPED = "net_days"  # what is told in the scores; the others carry today's degree along their curve
BATCH = 8_000

Fit = Callable[[str, np.ndarray, pl.DataFrame], object]


def learn_net_days(every: pl.DataFrame, X: np.ndarray, until: dt.date, fit: Fit, winner: str, *, seed: int) -> tuple[NetDays, dict]:
    """The net-days part, and how good days left and net days are within a year.

    every : the moments kept, with outcomes known up to `until`. X : their features. fit(name, X, rows) : that model fitted on some
    of them. winner : the model that is told; its days left are what net days are learned from.

    Returns
    -------
    The report has moments_followed_a_year and learned; and where learned: shares, folds, later (learned from before the first judged
    moment only), first and last judged, days_left and net_days as `judged` gives them, covered (share within the 90 % ends, those of a
    fold learned from the others).
    """
    drawn = _some_persons(every, seed)
    rows, X = every[drawn], X[drawn]
    full = (rows["followed_days"] >= HORIZON).fill_null(False).to_numpy() if "followed_days" in rows.columns else np.zeros(len(X), dtype=bool)
    report = {"moments_followed_a_year": int(full.sum()), "learned": False}
    if full.sum() < MIN_MOMENTS or rows.filter(pl.Series(full))["person_key"].n_unique() < FEWEST_PERSONS:
        return NetDays(), report
    fold = _fold_of(rows["person_key"], FOLDS, seed)
    as_of = rows["as_of"].to_numpy()
    judge_from = months_before(rows.filter(pl.Series(full))["as_of"].max(), JUDGED_MONTHS)
    known = full & (as_of <= np.datetime64(judge_from - dt.timedelta(days=HORIZON)))
    later = bool(known.sum() >= MIN_MOMENTS)
    judge = full & (as_of >= np.datetime64(judge_from)) if later else full
    teach = known if later else full

    left = _days_left_apart(rows, X, fold, fit, until=judge_from if later else until, asked=teach | judge)
    degree = rows["degree"].cast(pl.Float64).fill_null(100).to_numpy()
    net = rows["net_days_365"].cast(pl.Float64).fill_null(0).to_numpy()
    weight, person = rows["weight"].cast(pl.Float64).to_numpy(), rows["person_key"].to_numpy()

    def learned(at: np.ndarray) -> NetDays:
        return NetDays().fit(days_left=left[winner][at], degree=degree[at], net_days=net[at], sample_weight=weight[at])

    mean = np.full(len(X), np.nan)
    for one in range(FOLDS):
        here = judge & (fold == one)
        mean[here] = learned(teach & (fold != one)).mean(days_left=left[winner][here], degree=degree[here])
    told = {name: days[judge] for name, days in left.items()}
    if "certified_days_ahead" in rows.columns:
        told[CERTIFIED] = np.clip(rows["certified_days_ahead"].cast(pl.Float64).fill_null(0).to_numpy()[judge], 1, HORIZON)
    carried = {name: NetDays().mean(days_left=days, degree=degree[judge]) for name, days in told.items()}
    had = np.minimum(rows["duration_days"].cast(pl.Float64).to_numpy(), HORIZON)[judge]
    who = (weight[judge], person[judge])
    final = learned(teach | judge)
    final.learn_spread(mean[judge], net[judge], weight[judge])
    return final, report | {
        "learned": True,
        "shares": final.shares_.tolist(),
        "folds": FOLDS,
        "later": later,
        "first": str(as_of[judge].min()),
        "last": str(as_of[judge].max()),
        "days_left": judged(told, had, *who, winner, seed=seed),
        "net_days": judged({SHIPPED: mean[judge]} | carried, net[judge], *who, SHIPPED, seed=seed),
        "covered": _covered(mean[judge], net[judge], weight[judge], fold[judge]),
    }


def fitted_again(tuned: dict, encoder, seed: int) -> Fit:
    """The models of a trial anew on other rows: the champion with its number of trees and its recalibration, a handful of numbers."""

    def fit(name: str, X: np.ndarray, rows: pl.DataFrame):
        how = {"max_iter": max(tuned[name].n_iter_, 20)} if name == CHAMPION else {}
        model = RISK_MODELS[name](encoder.names_, encoder.categorical_, seed=seed, **how).fit(X, **outcome(rows))
        if name == CHAMPION:
            model.recalibration_ = tuned[name].recalibration_
        return model

    return fit


def _some_persons(every: pl.DataFrame, seed: int) -> np.ndarray:
    """Places of the moments of as many persons as have MAX_MOMENTS, all persons as likely."""
    if every.height <= MAX_MOMENTS:
        return np.arange(every.height)
    return np.flatnonzero(_fold_of(every["person_key"], 1_000, seed) < 1_000 * MAX_MOMENTS // every.height)


def _fold_of(person: pl.Series, folds: int, seed: int) -> np.ndarray:
    """(n,) 0..folds - 1, one and the same for all moments of a person."""
    people, place = np.unique(person.to_numpy(), return_inverse=True)
    return np.random.default_rng(seed).permutation(len(people))[place] % folds


def _days_left_apart(rows: pl.DataFrame, X: np.ndarray, fold: np.ndarray, fit: Fit, *, until: dt.date, asked: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> (n,) days left within a year where `asked`, by models of the other folds' moments as known at `until`."""
    usable = (rows["as_of"] < until).to_numpy()
    known = between(rows, rows["as_of"].min(), until, until)
    left = {name: np.full(len(X), np.nan) for name in RISK_MODELS}
    for one in np.unique(fold):
        others, here = fold[usable] != one, np.flatnonzero(asked & (fold == one))
        for name, days in left.items():
            model = fit(name, X[usable][others], known.filter(pl.Series(others)))
            for at in range(0, len(here), BATCH):
                some = here[at : at + BATCH]
                days[some] = expected_days(model.predict_survival(X[some], np.arange(HORIZON + 1)))
    return left


def _covered(mean: np.ndarray, net: np.ndarray, weight: np.ndarray, fold: np.ndarray) -> float:
    """Weighted share of net days within the ends learned from the other folds."""
    inside = np.zeros(len(mean), dtype=bool)
    for one in np.unique(fold):
        here, tried = fold == one, NetDays()
        tried.learn_spread(mean[~here], net[~here], weight[~here])
        low, high = tried.ends(mean[here]).T
        inside[here] = (net[here] >= low) & (net[here] <= high)
    return float(np.average(inside, weights=weight))
