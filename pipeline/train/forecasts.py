"""Forecasts of days beside what happened: calibration by tenth, observed over expected, errors, and the champion less each other.

Intervals are 95 %, persons drawn with replacement; the same draws for all, so that a difference is paired.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from models.measures.bootstrap import person_intervals
from models.risk.net_days import by_tenth
from models.risk.uncertainty import TENTHS, tenths
from pipeline.train.validation import Tested

FEWEST_PERSONS = 50
CERTIFIED = "certified"
DAYS_AHEAD = 90  # test months seldom hold a year; so many days they do


def judged(
    expected: dict[str, np.ndarray],
    observed: np.ndarray,
    weight: np.ndarray,
    person: np.ndarray,
    champion: str,
    *,
    seed: int,
    repeats: int = 200,
) -> dict:
    """Each forecast of `expected` (name -> (n,) days) judged on `observed` (n,) days.

    Returns
    -------
    moments, persons; models: name -> expected and observed (weighted means), o_e, mae, rmse (value, low, high), tenth_error (mean distance
    between expected and observed over the tenths), tenths; those of the others mae_less and rmse_less, champion less that one: below
    0 the champion is nearer. The champion's tenths have the interval of what was observed.

    An expectation is nearest in squared error; in absolute error the median is, so that a forecast that is too low may win there.
    """
    weight, observed = np.asarray(weight, dtype=float), np.asarray(observed, dtype=float)
    people, place = np.unique(person, return_inverse=True)
    held = np.ones(len(people))

    def sums(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=weight * values, minlength=len(people))

    total, seen = sums(np.ones(len(observed))), sums(observed)
    off = {name: (sums(np.abs(days - observed)), sums((days - observed) ** 2), sums(days)) for name, days in expected.items()}
    measures = {}
    for name, (either, square, days) in off.items():
        measures[name, "o_e"] = lambda w, d=days: (w @ seen) / (w @ d)
        measures[name, "mae"] = lambda w, e=either: (w @ e) / (w @ total)
        measures[name, "rmse"] = lambda w, s=square: np.sqrt((w @ s) / (w @ total))
        if name != champion:
            measures[name, "mae_less"] = lambda w, e=off[champion][0] - either: (w @ e) / (w @ total)
            measures[name, "rmse_less"] = lambda w, s=square: np.sqrt((w @ off[champion][1]) / (w @ total)) - np.sqrt((w @ s) / (w @ total))
    tenth = tenths(expected[champion])
    for one in np.unique(tenth):
        counted, days = sums(tenth == one), sums(observed * (tenth == one))
        measures[champion, f"tenth {one + 1}"] = lambda w, d=days, n=counted: (w @ d) / np.maximum(w @ n, 1e-12)
    found = person_intervals(measures, held, np.arange(len(people)), seed=seed, repeats=repeats)
    models = {}
    for name, days in expected.items():
        rows = by_tenth(days, observed, weight)
        models[name] = {
            "expected": float(np.average(days, weights=weight)),
            "observed": float(np.average(observed, weights=weight)),
            **{measure: list(value) for (of, measure), value in found.items() if of == name and not measure.startswith("tenth ")},
            "tenth_error": float(np.mean([abs(row["observed"] - row["expected"]) for row in rows])),
            "tenths": rows,
        }
    for row in models[champion]["tenths"]:
        _, *row["observed_95"] = found[champion, f"tenth {row['tenth']}"]
    return {"moments": len(observed), "persons": len(people), "champion": champion, "models": models}


def days_forecast(tested: dict[str, Tested], until: dt.date, champion: str, *, seed: int, within: int = DAYS_AHEAD) -> dict:
    """Days left within `within`, of each model and of the certified end, on the test moments whose every one of those days was seen.

    Nothing is censored: moments later than until - within are left out. {} where they are of too few persons.
    """
    rows = next(iter(tested.values())).rows
    seen = (rows["as_of"] <= until - dt.timedelta(days=within)).to_numpy()
    person = rows["person_key"].to_numpy()[seen]
    if len(np.unique(person)) < max(FEWEST_PERSONS, TENTHS):
        return {}
    expected = {name: one.curves[seen, :within].sum(axis=1, dtype=float) for name, one in tested.items()}
    if "certified_days_ahead" in rows.columns:
        ahead = rows["certified_days_ahead"].cast(float).fill_null(0).to_numpy()[seen]
        expected[CERTIFIED] = np.clip(ahead, 1, within)
    observed = np.minimum(rows["duration_days"].to_numpy(), within)[seen].astype(float)
    weight = rows["weight"].cast(float).to_numpy()[seen]
    return {"within": within} | judged(expected, observed, weight, person, champion, seed=seed)
