"""The study scenario: patients enrolled at primary-care centres, some supported, with a known expected effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from pipeline.errors import UsageError
from pipeline.simulate import courses, people
from pipeline.simulate.figures import Figures, load
from pipeline.simulate.people import HOSPITAL, NEVER, People, iso, unit_ids

FOLLOWED = 365
SCENARIOS = ("sll-2012",)


def settings(figures: Figures, scenario: str, persons: int, years: float) -> dict:
    """The scenario's figures. Raises UsageError for an unknown one or a region too small or short for it."""
    known = figures.raw["scenarios"]
    if scenario not in known:
        raise UsageError(f"there is no scenario {scenario!r}", remedy=f"name one of: {', '.join(known)}")
    if persons < known[scenario]["patients"]:
        raise UsageError(
            f"scenario {scenario} needs at least {known[scenario]['patients']} persons, got {persons}",
            remedy="ask for more persons",
        )
    if years < 2:
        raise UsageError(
            f"scenario {scenario} needs at least two years, got {years:g}", remedy="ask for --years 2 or more"
        )
    return known[scenario]


def courses_of(
    figures: Figures,
    group: People,
    chosen: dict,
    window: tuple[int, int],
    first_unit: int,
    rng: np.random.Generator,
) -> tuple[People, courses.Spells]:
    """The patients, now listed at the study's centres, and their spells; the first one is the study's.

    Every patient is enrolled on day 15-60 of a spell that lasts past that day, at least 380 days before the end of
    `window`. Support is drawn at random among them.
    """
    n = len(group)
    begin, end = window
    enrolled = rng.integers(15, 61, n)
    start = rng.integers(begin + 5, end - 380 - 60, n)
    supported = np.zeros(n, dtype=bool)
    supported[rng.permutation(n)[: round(n * chosen["supported"] / chosen["patients"])]] = True
    alive = start + enrolled + 1
    group = replace(
        group,
        home_unit=first_unit + np.arange(n) % chosen["centres"],
        died=np.where(group.died < alive, NEVER, group.died),
        emigrated=np.where(group.emigrated < alive, NEVER, group.emigrated),
    )
    plan = {
        "start": start,
        "enrolled": enrolled,
        "supported": supported,
        "log_hazard": chosen["log_hazard"],
        "gain": chosen["gain"],
    }
    return group, courses.simulate(figures, group, begin, end, rng, plan)


def rows(group: People, spells: courses.Spells, study_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the extract `enrolments`, the truth: net days within 365 days of enrolment, all spells counted).

    net_days is what happened; net_days_untreated and net_days_treated differ in the study's own spell only.
    """
    index = np.flatnonzero(spells.study)
    of = spells.take(index)
    enrolled = of.start + of.offered - 1
    day = np.zeros(len(group), dtype=np.int64)
    day[of.person] = enrolled
    after = day[spells.person] - spells.start + 1
    later = courses.net_days(spells, spells.days, np.maximum(after, 0), after + FOLLOWED) * ~spells.study
    other = np.bincount(spells.person, later, len(group))[of.person]
    supported = of.answer == courses.ACCEPTED
    arm = pl.Series(["control", "intervention"]).gather(supported.astype(int))
    outcome = {
        name: courses.net_days(of, length, of.offered, of.offered + FOLLOWED) + other
        for name, length in (
            ("net_days", of.days),
            ("net_days_untreated", of.untreated),
            ("net_days_treated", _treated(of)),
        )
    }
    withdrew = np.where(np.arange(len(of)) % 97 == 13, enrolled + 60, NEVER)
    extract = pl.DataFrame(
        {
            "study_id": pl.Series([study_id]).gather(np.zeros(len(of), int)),
            "patient_id": group.number.gather(of.person),
            "unit_id": unit_ids(group.home_unit[of.person]),
            "arm": arm,
            "enrolled_on": iso(enrolled, NEVER),
            "withdrew_on": iso(withdrew, NEVER - 1),
        }
    )
    return extract, extract.select("study_id", "patient_id", "arm", "enrolled_on").with_columns(
        *(pl.Series(values).alias(name) for name, values in outcome.items())
    )


def _treated(of: courses.Spells) -> np.ndarray:
    """Length with support for everyone, the controls too."""
    figures = load()
    diagnosis = figures.code_diagnosis[of.code]
    hazard = of.threshold / np.exp(of.log_hazard)
    return courses.coordinated_duration(figures, diagnosis, hazard, of.offered + 1, of.effect)


def expected(scenario: str, patients: int, seed: int) -> tuple[float, float]:
    """Mean net days within 365 days of enrolment without and with support, over many simulated patients."""
    figures = load()
    chosen = figures.raw["scenarios"][scenario]
    as_of = date(2025, 12, 31)
    end = people.day_number(as_of)
    window = (end - 1095, end)
    rng = np.random.default_rng(seed)
    group = people.make(figures, np.arange(patients), patients, *window, as_of, rng)
    group, spells = courses_of(figures, group, chosen, window, len(HOSPITAL), rng)
    _, truth = rows(group, spells, scenario)
    return truth["net_days_untreated"].mean(), truth["net_days_treated"].mean()
