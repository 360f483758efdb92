"""From past moments to a candidate model with its figures."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import sklearn

from models.registry import CHAMPION, RISK_MODELS
from models.risk.encoder import FrameEncoder
from models.risk.explain import ShapleyExplainer
from models.risk.fact_groups import grouped
from models.risk.fitted import FORMAT_VERSION, FittedRisk
from models.risk.national import NationalRisk, figures
from models.risk.outlook import PASSES, chance_of_passing, expected_days
from models.risk.person_period import HORIZON
from models.risk.srs import PublishedSRS
from models.risk.uncertainty import ChanceUncertainty
from pipeline.config.region import TrainingSettings
from pipeline.train.choice import choose, on_tuning_months
from pipeline.train.fewer import from_fewer
from pipeline.train.forecasts import days_forecast
from pipeline.train.lists import Places, by_lists, shares
from pipeline.train.net_days import fitted_again, learn_net_days
from pipeline.train.selection import Step, choose_moments
from pipeline.train.too_little import TooLittleData
from pipeline.train.validation import (
    SUSPECT_AUC,
    Tested,
    age_bands,
    beside_srs,
    by_cell,
    covered_by_interval,
    day_bands,
    deeper_at,
    early_auc,
    exit_shares,
    exits,
    exits_forecast,
    less_others,
    measures_at,
    uno,
)
from pipeline.train.windows import Windows, between, calibrating, outcome, split_windows

KEYS = ("spell_id", "person_key", "as_of", "unit_id")
OUTCOMES = ("end_date_final", "duration_days", "cause", "net_days_365", "followed_days", "weight")
# in two or three years every month came but a few times: trees learn those spells, not the season
NUISANCES = ("start_month", "month_now")
# says when the age limit comes, which is known and not learnt (models.risk.age_limit)
NOT_LEARNT = ("age_months",)
MAX_TESTED = 60_000
EXPLAINED = 30_000


@dataclass(frozen=True)
class Candidate:
    """A fitted model not yet on disk: `risk` scores, `meta` says what it is, `validation` how good."""

    risk: FittedRisk | NationalRisk
    as_of: dt.date
    meta: dict
    validation: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """Models fitted on the first months, and what they were fitted, tuned and are tested on."""

    chosen: pl.DataFrame
    steps: list[Step]
    windows: Windows
    fit: pl.DataFrame
    tune: pl.DataFrame
    test: pl.DataFrame
    encoder: FrameEncoder
    models: dict
    chosen_by: dict  # Brier scores for day 90 on the tuning months, their differences, the champion's to the published SRS
    winner: str
    uncertainty: ChanceUncertainty  # of the winner's chance of passing day 90
    learning: list[dict]  # share of the persons learnt from, models, Brier score on the tuning months

    def tested(self) -> dict[str, Tested]:
        """The test moments with each model's curves."""
        X, grid = self.encoder.transform(self.test), np.arange(HORIZON + 1)
        return {name: Tested(self.test, model.predict_survival(X, grid)) for name, model in self.models.items()}


def train(
    frame: pl.DataFrame,
    settings: TrainingSettings,
    as_of: dt.date,
    data_until: dt.date,
    code_version: str,
    seed: int,
    srs: PublishedSRS | None = None,
    note: Callable[[str], None] = lambda _: None,
    places: Places | None = None,
) -> Candidate:
    """Fit, tune and test by time; then fit the winner anew on every moment. `note` is told each step.

    Parameters
    ----------
    frame : features.spell_features joined with outcomes.remaining at training moments; text columns are
        categorical, keys and outcomes are never features. `duration_days` as in models.risk.outlook.
    data_until : the last day whose outcomes are known. srs : set beside the others where it covers the diagnosis.
    places : of the units' lists, by which the model is judged too; None: not judged.

    Raises TooLittleData below settings.min_moments moments or settings.min_events ended spells, in all or
    before the tuning months; the caller then uses `shipped`.
    """
    note(
        f"fitting {len(RISK_MODELS)} models on some of {_number(frame.height)} past moments: of a spell at most "
        f"{settings.per_spell} of its first {settings.first_days} days and as many later, {_number(settings.max_moments)} in all"
    )
    trial = try_out(frame, settings, data_until, seed, srs)
    note(f"testing them, with intervals; chosen on the months before: {trial.winner}")
    winner, windows, encoder, fit, test = trial.winner, trial.windows, trial.encoder, trial.fit, trial.test
    validation = _validated(trial, srs, places, seed)

    every = between(trial.chosen, windows.first, data_until + dt.timedelta(days=1), data_until)
    note(f"fitting it anew on the {_number(every.height)} moments that were kept, half of the last persons' only to put it right")
    X = encoder.transform(every)
    final = _refitted(winner, trial.models[CHAMPION], encoder, X, every, windows.tune_from, seed)
    drawn = _by_weight(every, EXPLAINED, seed)
    explainer = ShapleyExplainer(encoder.names_, encoder.categorical_, seed=seed).fit(
        X[drawn],
        days_left=lambda Z: expected_days(final.predict_survival(Z, np.arange(HORIZON + 1))),
        groups=grouped(encoder.names_),
    )
    note("learning net days and reasons")
    again = fitted_again(trial.models, encoder, seed)
    net_days, year = learn_net_days(every, X, data_until, again, winner, seed=seed)
    validation |= {
        "within_a_year": year,
        "exits": exits(every),
        "exits_forecast": exits_forecast(trial.tested()[winner], exit_shares(pl.concat([fit, trial.tune])), seed=seed),
        "flow": [vars(step) for step in trial.steps],
        "windows": windows.in_words(),
        "counts": {
            name: _count(rows)
            for name, rows in (("fit", fit), ("tune", trial.tune), ("test", test), ("all", every))
        },
        "persons_in_fit_and_test": int(
            test["person_key"].unique().is_in(fit["person_key"].unique().to_list()).sum()
        ),
        "persons_in_test": test["person_key"].n_unique(),
        "faithfulness_of_reasons": explainer.faithful_,
    }
    meta = _meta(as_of, data_until, code_version, seed) | {
        "kind": winner,
        "features": list(encoder.names_),
        "first_moment": str(windows.first),
        "moments": every.height,
        "ends": int((every["cause"] > 0).sum()),
    }
    return Candidate(FittedRisk(winner, encoder, final, net_days, explainer, trial.uncertainty, exit_shares(every)), as_of, meta, validation)


def try_out(
    frame: pl.DataFrame, settings: TrainingSettings, data_until: dt.date, seed: int, srs: PublishedSRS | None = None
) -> Trial:
    """Fit every model on the first months and keep the last to test them on; arguments and errors as `train`."""
    chosen, steps = choose_moments(
        frame.filter(pl.col("as_of") < data_until),
        max_moments=settings.max_moments,
        per_spell=settings.per_spell,
        first_days=settings.first_days,
        seed=seed,
    )
    _enough(chosen, settings, "in all")
    windows = split_windows(
        chosen["as_of"].min(), data_until, tune_months=settings.tune_months, test_months=settings.test_months
    )
    day_after = data_until + dt.timedelta(days=1)
    fit = between(chosen, windows.first, windows.tune_from, windows.tune_from)
    tune = between(chosen, windows.tune_from, windows.test_from, windows.test_from)
    test = between(chosen, windows.test_from, day_after, data_until)
    _enough(fit, settings, "before the tuning months")
    if min(tune.height, test.height) < 50 or not (tune["cause"] > 0).any() or not (test["cause"] > 0).any():
        raise TooLittleData("the tuning or test months have no ended spells", remedy=_WAIT)
    test = test.sample(min(test.height, MAX_TESTED), seed=seed, shuffle=True)

    encoder = FrameEncoder().fit(fit, skip=KEYS + OUTCOMES + NUISANCES + NOT_LEARNT, persons=fit["person_key"])
    tuned = _tuned(encoder, fit, tune, seed)
    chosen_by, differences = on_tuning_months(tuned, encoder, tune, srs=srs, most=MAX_TESTED // 2, seed=seed)
    both = between(chosen, windows.first, windows.test_from, windows.test_from)
    models = _with_tuning_months(tuned, encoder, both, seed)
    winner = choose(differences)
    uncertainty, learning = from_fewer(winner, tuned, encoder, fit, tune, seed)
    return Trial(chosen, steps, windows, fit, tune, test, encoder, models, chosen_by, winner, uncertainty, learning)


def shipped(as_of: dt.date, code_version: str, why: str = "") -> Candidate:
    """The model of published national figures, for a region without enough past. why : goes into the card."""
    source = figures()["source"]
    meta = _meta(as_of, as_of, code_version, 0) | {
        "kind": NationalRisk.kind,
        "features": ["diagnosis_3", "day", "degree", "certified_days_ahead"],
        "source": f"{source['title']}; {source['publisher']}",
    }
    return Candidate(NationalRisk(), as_of, meta, {"why_shipped": why})


_WAIT = "nothing need be done: national figures are used until the region's own past is long enough"


def _enough(rows: pl.DataFrame, settings: TrainingSettings, where: str) -> None:
    ends = int((rows["cause"] > 0).sum())
    if rows.height < settings.min_moments or ends < settings.min_events:
        raise TooLittleData(
            f"{rows.height} moments with {ends} ended spells {where}; "
            f"at least {settings.min_moments} and {settings.min_events} are needed",
            remedy=_WAIT,
        )


def _tuned(encoder, fit, tune, seed) -> dict:
    """The models fitted on `fit`, the champion stopped and recalibrated on `tune`."""
    X, T = encoder.transform(fit), encoder.transform(tune)
    made = {}
    for name, build in RISK_MODELS.items():
        model = build(encoder.names_, encoder.categorical_, seed=seed)
        if name == CHAMPION:
            model.fit(X, **outcome(fit), validation={"X": T, **outcome(tune)})
            model.recalibrate(T, **calibrating(tune))
        else:
            model.fit(X, **outcome(fit))
        made[name] = model
    return made


def _with_tuning_months(models: dict, encoder: FrameEncoder, both: pl.DataFrame, seed: int) -> dict:
    """The simple models anew on the fitting and tuning months, as they need no tuning; the champion as it is."""
    Z = encoder.transform(both)
    return {
        name: model
        if name == CHAMPION
        else RISK_MODELS[name](encoder.names_, encoder.categorical_, seed=seed).fit(Z, **outcome(both))
        for name, model in models.items()
    }


def _validated(trial: Trial, srs: PublishedSRS | None, places: Places | None, seed: int) -> dict:
    tested, test, winner, found = trial.tested(), trial.test, trial.winner, {}
    for name, one in tested.items():
        found[name] = {str(at): measures_at(one, at, seed=seed) for at in PASSES}
        found[name]["uno_c"] = uno(one, seed=seed)
    best = tested[winner]
    for at in PASSES:
        found[winner][str(at)] |= deeper_at(best, at, seed=seed)
    age = test["age_years"].cast(pl.Float64).to_numpy() if "age_years" in test.columns else None
    cells = {"day": day_bands(best.day)}
    cells |= {
        name: test[name].cast(pl.String).fill_null("not known").to_numpy()
        for name in ("target_group", "sex", "occupation", "unit_kind", "unit_id")
        if name in test.columns
    }
    if age is not None:
        cells["age"] = age_bands(age)
    early = early_auc(best, seed=seed)
    windows, lists = trial.windows, None
    if places:
        first = trial.chosen.filter(pl.col("as_of") >= windows.test_from, pl.col("day") < PASSES[0])
        share = shares(first, (windows.until - windows.test_from).days, places)
        lists = by_lists(tested, winner, share, windows.until, cells, passed=PASSES[0], seed=seed)
    chance = chance_of_passing(best.curves, best.day, PASSES[0])
    return {
        "winner": winner,
        "models": found,
        "cells": {name: by_cell(best, values) for name, values in cells.items()},
        "days_forecast": days_forecast(tested, trial.windows.until, winner, seed=seed),
        "beside_srs": beside_srs(tested, srs, seed=seed) if srs else None,
        "early_auc": early,
        "learning_curve": trial.learning,
        "chance_covered": covered_by_interval(best, trial.uncertainty.interval(trial.encoder.transform(test), chance)),
        "less_others": {str(at): less_others(tested, winner, at, seed=seed) for at in PASSES},
        "lists": lists,
        "test_months": [str(windows.test_from), str(windows.until)],
        "chosen_by": trial.chosen_by,
        "suspect_leak": early is not None and early[1] > SUSPECT_AUC,
    }


def _refitted(winner, validated, encoder, X, every, tune_from, seed):
    """The winner on all moments, the hazard with its number of trees.

    Half of the persons of the tuning and test months put the hazard right and are not learnt from there: a
    recalibration is of one fit, and the tested one's would correct a change twice that this fit has itself learnt of.
    """
    build = RISK_MODELS[winner]
    if winner != CHAMPION:
        return build(encoder.names_, encoder.categorical_, seed=seed).fit(X, **outcome(every))
    recent = every.filter(pl.col("as_of") >= tune_from)["person_key"].unique().sort()
    half = recent.sample(fraction=0.5, seed=seed)
    asked = every.select((pl.col("as_of") >= tune_from) & pl.col("person_key").is_in(half.implode())).to_series()
    spells = every.filter(asked)["spell_id"].unique()
    learnt = every.select(~pl.col("spell_id").is_in(spells.implode())).to_series()
    final = build(encoder.names_, encoder.categorical_, seed=seed, max_iter=max(validated.n_iter_, 20))
    final.fit(X[learnt.to_numpy()], **outcome(every.filter(learnt)))
    return final.recalibrate(X[asked.to_numpy()], **calibrating(every.filter(asked)))


def _by_weight(rows: pl.DataFrame, most: int, seed: int) -> np.ndarray:
    """Places of moments drawn as the night would meet them."""
    weight = rows["weight"].to_numpy()
    size = min(most, rows.height)
    return np.random.default_rng(seed).choice(rows.height, size=size, replace=False, p=weight / weight.sum())


def _count(rows: pl.DataFrame) -> dict:
    return {
        "moments": rows.height,
        "spells": rows["spell_id"].n_unique(),
        "persons": rows["person_key"].n_unique(),
        "ends": int((rows["cause"] > 0).sum()),
    }


def _meta(as_of: dt.date, data_until: dt.date, code_version: str, seed: int) -> dict:
    return {
        "format_version": FORMAT_VERSION,
        "as_of": str(as_of),
        "data_until": str(data_until),
        "code_version": code_version,
        "seed": seed,
        "python": platform.python_version(),
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
        "polars": pl.__version__,
    }


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")
