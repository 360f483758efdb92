"""The study scenario: patients enrolled at primary-care centres, some supported, with a known expected effect.

Every patient has two courses, one without and one with support, that are the same to the day until the certificates
signed by enrolment end: support acts on what is renewed, so nothing seen before time zero can tell the arms apart.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from pipeline.errors import UsageError
from pipeline.simulate import certificates, courses, people
from pipeline.simulate.figures import Figures, load
from pipeline.simulate.people import HOSPITAL, NEVER, People, iso, unit_ids
from pipeline.simulate.spells import Spells, net_days_as_happened, together

FOLLOWED = 365
HISTORY = 730  # days of earlier sick leave that are delivered, where the window allows
SIGNED_AHEAD = 8  # days before the one in force ends on which a certificate may be signed: 4 ahead, 4 in overlap
REST = 8  # days between two spells
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


@dataclass(frozen=True)
class Study:
    """The patients, now listed at the study's centres, what became of them, and what would have in either arm.

    group: n persons. spells: as happened. cuts: their certificates (certificates.cut). supported: (n,) bool.
    enrolled: (n,) day numbers. net_days_untreated, net_days_treated: (n,) within 365 days of enrolment, all spells
    counted, without and with support.
    """

    group: People
    spells: Spells
    cuts: tuple[np.ndarray, ...]
    supported: np.ndarray
    enrolled: np.ndarray
    net_days_untreated: np.ndarray
    net_days_treated: np.ndarray


def courses_of(
    figures: Figures,
    group: People,
    chosen: dict,
    window: tuple[int, int],
    first_unit: int,
    rng: np.random.Generator,
) -> Study:
    """The study's patients and their spells, earlier and later ones too.

    Every patient is enrolled on day 15-60 of a spell that lasts past that day, at least 400 days before the end of
    `window`. Support is drawn at random among them.
    """
    n = len(group)
    begin, end = window
    enrolled = rng.integers(15, 61, n)
    latest = end - FOLLOWED - 35 - 60  # a region trusts no certificate of the last month
    start = rng.integers(begin + min(HISTORY, (latest - begin) // 2), latest, n)
    supported = np.zeros(n, dtype=bool)
    supported[rng.permutation(n)[: round(n * chosen["supported"] / chosen["patients"])]] = True
    alive = start + enrolled + 1
    centre = np.arange(n) % chosen["centres"]
    group = replace(
        group,
        home_unit=first_unit + centre,
        rate=group.rate * chosen["rate"],
        died=np.where(group.died < alive, NEVER, group.died),
        emigrated=np.where(group.emigrated < alive, NEVER, group.emigrated),
    )
    log_hazard = chosen["log_hazard"] + rng.normal(0, chosen["centre_sd"], chosen["centres"])[centre]
    state = courses.at_the_start(figures, group, begin)
    # most of them had been ill before: recurrent sick leave is what a coordinator is asked to look for
    often = replace(group, rate=np.where(rng.random(n) < chosen["returning"], chosen["earlier_rate"], 0.0) + 1e-9)
    earlier = courses.rounds(figures, often, state, begin, start - REST, rng, over=True)
    without = courses.study_spells(figures, group, state, start, enrolled, log_hazard, chosen["gain"], rng)
    cuts = certificates.cut(figures, without, rng, to_the_day=True)
    turned = _signed_by_enrolment(without, cuts)
    with_it = courses.supported(figures, group, without, turned)
    renewed = certificates.cut_anew(figures, with_it, cuts, turned, rng)
    worlds = []
    for own in (without, with_it):
        after = copy.deepcopy(state)
        after.remember(own)
        later = courses.rounds(figures, group, after, begin, courses.until_they_leave(group, end), rng)
        every = together([*earlier, own, *later])
        worlds.append(every.take(every.start >= begin))
    day = start + enrolled - 1
    spells = _of_either(*worlds, supported)
    return Study(
        group, spells, _certificates(figures, spells, supported, cuts, renewed, rng), supported, day,
        *(_net_days(world, day) for world in worlds),
    )  # fmt: skip


def _signed_by_enrolment(own: Spells, cuts: tuple[np.ndarray, ...]) -> np.ndarray:
    """(n,) last day of spell certified by what may have been signed on the day of enrolment."""
    spell, _, last, order = cuts
    turned = np.zeros(len(own), dtype=np.int64)
    before = np.where(order > 0, np.roll(last, 1), 0)
    known = before < own.offered[spell] + SIGNED_AHEAD
    np.maximum.at(turned, spell[known], last[known])
    return turned


def _of_either(without: Spells, with_it: Spells, supported: np.ndarray) -> Spells:
    """Each patient's spells from the world of the patient's arm."""
    parts = [without.take(~supported[without.person]), with_it.take(supported[with_it.person])]
    return together(parts)


def _certificates(figures, spells, supported, cuts, renewed, rng) -> tuple[np.ndarray, ...]:
    """Certificates of all spells: the study's own as cut for the patient's arm."""
    own, others = np.flatnonzero(spells.study), np.flatnonzero(~spells.study)
    place = np.zeros(len(supported), dtype=np.int64)
    place[spells.person[own]] = own
    spell, *rest = certificates.cut(figures, spells.take(others), rng)
    parts = [(others[spell], *rest)]
    for arm, (spell, *rest) in ((False, cuts), (True, renewed)):
        mine = supported[spell] == arm
        parts.append((place[spell[mine]], *(column[mine] for column in rest)))
    return certificates.in_order(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _net_days(spells: Spells, day: np.ndarray) -> np.ndarray:
    """(n,) net days in the 365 days after `day` (n,), all spells counted."""
    after = day[spells.person] - spells.start + 1
    each = net_days_as_happened(spells, np.maximum(after, 0), after + FOLLOWED)
    return np.bincount(spells.person, each, len(day))


def rows(study: Study, study_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the extract `enrolments`, the truth: net days within 365 days of enrolment, all spells counted).

    net_days is what happened; of the same patient, net_days_untreated and net_days_treated.
    """
    n = len(study.group)
    withdrew = np.where(np.arange(n) % 97 == 13, study.enrolled + 60, NEVER)
    extract = pl.DataFrame(
        {
            "study_id": pl.Series([study_id]).gather(np.zeros(n, int)),
            "patient_id": study.group.number,
            "unit_id": unit_ids(study.group.home_unit),
            "arm": pl.Series(["control", "intervention"]).gather(study.supported.astype(int)),
            "enrolled_on": iso(study.enrolled, NEVER),
            "withdrew_on": iso(withdrew, NEVER - 1),
        }
    )
    without, with_it = study.net_days_untreated, study.net_days_treated
    return extract, extract.select("study_id", "patient_id", "arm", "enrolled_on", "withdrew_on").with_columns(
        net_days=np.where(study.supported, with_it, without), net_days_untreated=without, net_days_treated=with_it
    )


def expected(scenario: str, patients: int, seed: int) -> tuple[float, float]:
    """Mean net days within 365 days of enrolment without and with support, over many simulated patients.

    Each study's worth of patients has centres of its own.
    """
    figures = load()
    chosen = figures.raw["scenarios"][scenario]
    chosen = chosen | {"centres": max(chosen["centres"] * patients // chosen["patients"], 1)}
    as_of = date(2025, 12, 31)
    end = people.day_number(as_of)
    window = (end - 1095, end)
    rng = np.random.default_rng(seed)
    group = people.make(figures, np.arange(patients), patients, *window, as_of, rng)
    study = courses_of(figures, group, chosen, window, len(HOSPITAL), rng)
    return float(study.net_days_untreated.mean()), float(study.net_days_treated.mean())
