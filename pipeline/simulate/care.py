"""What surrounds the sick leave: contacts with care, the coordinators' register, benefits, questionnaires."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.simulate.certificates import DAY, Pieces, blank, degree_periods, patient_ids, times
from pipeline.simulate.courses import ACCEPTED, DECLINED, DISABILITY
from pipeline.simulate.figures import DEGREES, Figures
from pipeline.simulate.people import NEVER, People, iso, unit_ids
from pipeline.simulate.spells import Spells

PROFESSIONS = [
    "physician",
    "nurse",
    "psychologist",
    "physiotherapist",
    "occupational",
    "social",
    "coordinator",
    "other",
]
KINDS = ["visit", "phone", "video", "letter", "inpatient"]
ACTIONS = ["", "GC001", "DV077", "AW026", "GC001|AW026"]
# cumulative chances of the professions above by what the contact is about: mental, pain, other
WHO = np.cumsum([[0.38, 0.14, 0.30, 0.02, 0.04, 0.10, 0, 0.02], [0.34, 0.10, 0.04, 0.44, 0.06, 0, 0, 0.02], [0.55, 0.35, 0, 0.03, 0.02, 0.01, 0, 0.04]], axis=1)  # fmt: skip
QUESTIONS = ["mobility", "self_care", "usual_activities", "pain", "anxiety", "index", "vas"]
# EQ-5D-3L: loss of index for some and for extreme problems: assumed, of the size of the Swedish value sets
LOSS = np.array([[0.05, 0.18], [0.05, 0.16], [0.07, 0.17], [0.06, 0.18], [0.06, 0.20]])


def contacts(
    figures: Figures,
    people: People,
    spells: Spells,
    pieces: Pieces,
    window: tuple[int, int],
    known: int,
    prefix: str,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The extract `contacts` until second `known`: earlier history, visits around certificates, coordinators' own.

    `window` = first and last day simulated; what is drawn does not depend on `known`.
    """
    begin, end = window
    mental_codes = np.flatnonzero(figures.mental[figures.code_diagnosis])
    pain_codes = np.flatnonzero(figures.pain[figures.code_diagnosis])
    years = (end + 1 - begin) / 365.25
    person, about, code, seconds, action, who = [], [], [], [], [], []
    for kind, prone, codes, rate in (
        (0, people.mental, mental_codes, 0.4),
        (1, people.pain, pain_codes, 0.4),
        (2, None, None, 0.18),
    ):
        often = np.where(people.care, 1.7, 0.6) * years * rate * (1.0 if prone is None else prone)
        of = np.repeat(np.arange(len(people)), rng.poisson(often))
        person.append(of)
        about.append(np.full(len(of), kind))
        drawn = rng.integers(0, len(figures.short_codes) if codes is None else len(codes), len(of))
        code.append(drawn + len(figures.codes) if codes is None else codes[drawn])
        day = begin + (rng.random(len(of)) * years * 365.25).astype(np.int64)
        seconds.append(day * DAY + rng.integers(8 * 3600, 17 * 3600, len(of)))
        action.append(np.zeros(len(of), int))
        who.append(np.full(len(of), -1))
    met = np.flatnonzero(rng.random(len(pieces.spell)) < 0.6)
    therapy = np.repeat(np.arange(len(spells)), rng.poisson(np.where(spells.long, spells.days / 70.0, 0.1)))
    therapy_at = spells.start[therapy] + (rng.random(len(therapy)) * spells.days[therapy]).astype(np.int64)
    coached = np.flatnonzero(spells.coordinated < NEVER)
    meetings = np.maximum((spells.days - spells.coordinated)[coached].clip(0, 200) // 16, 1)
    coach = np.repeat(coached, meetings)
    turn = np.arange(len(coach)) - np.repeat(np.cumsum(meetings) - meetings, meetings)
    coach_at = (spells.start + spells.coordinated)[coach] - 1 + turn * 16
    for of, at, acts, fixed in (
        (pieces.spell[met], pieces.issued[met] - 900, 0, 0),
        (therapy, therapy_at * DAY + rng.integers(8 * 3600, 17 * 3600, len(therapy)), 0, -1),
        (coach, coach_at * DAY + rng.integers(8 * 3600, 16 * 3600, len(coach)), 1, 6),
    ):
        diagnosis = figures.code_diagnosis[np.where(spells.long, spells.code, 0)][of]
        kind = np.where(figures.mental[diagnosis], 0, np.where(figures.pain[diagnosis], 1, 2))
        person.append(spells.person[of])
        about.append(np.where(spells.long[of], kind, 2))
        code.append(np.where(spells.long[of], spells.code[of], spells.code[of] + len(figures.codes)))
        seconds.append(at)
        action.append(np.where(acts, np.array([1, 2, 1, 4])[rng.integers(0, 4, len(of))], 0))
        who.append(np.full(len(of), fixed))
    person, about, code, seconds, action, who = (
        np.concatenate(c) for c in (person, about, code, seconds, action, who)
    )
    n = len(person)
    drawn = (rng.random(n)[:, None] >= WHO[about]).sum(axis=1).clip(0, 7)
    kind = np.searchsorted([0.66, 0.84, 0.92, 0.985], rng.random(n))
    gone = np.minimum(people.died, people.emigrated)[person] * DAY
    ids = pl.select(pl.lit(prefix) + pl.Series(np.arange(n)).cast(pl.String).str.zfill(8)).to_series()
    unit = people.home_unit[person]
    keep = np.flatnonzero((seconds < known) & (seconds < gone))
    texts = pl.Series([*figures.codes, *figures.short_codes])
    return pl.DataFrame(
        {
            "contact_id": ids.gather(keep),
            "patient_id": patient_ids(people, person[keep]),
            "unit_id": unit_ids(unit[keep]),
            "started_at": times(seconds[keep]),
            "kind": pl.Series(KINDS).gather(np.where(who[keep] == 0, kind[keep] % 2, kind[keep])),
            "profession": pl.Series(PROFESSIONS).gather(np.where(who[keep] >= 0, who[keep], drawn[keep])),
            "diagnoses": texts.gather(code[keep]),
            "actions": pl.Series(ACTIONS).gather(action[keep]),
        }
    )


def coordination(
    people: People, spells: Spells, known: int, prefix: str, rng: np.random.Generator
) -> pl.DataFrame:
    """The coordinators' register until second `known`."""
    cases = np.flatnonzero(spells.answer > 0)
    offered = (spells.start + spells.offered)[cases] - 1
    recorded = offered * DAY + 12 * 3600 + rng.integers(0, 3 * DAY, len(cases))
    started = np.where(
        spells.coordinated[cases] < NEVER, (spells.start + spells.coordinated)[cases] - 1, NEVER
    )
    length = np.minimum(
        (spells.days - spells.coordinated)[cases].clip(0) + rng.integers(0, 21, len(cases)), 240
    )
    ended = np.where(started < NEVER, started + length, NEVER)
    reason = np.where(length >= 240, 1, (rng.random(len(cases)) < 0.1) * 2)
    consent = rng.random(len(cases)) < 0.6
    answers = spells.answer[cases]
    until = known // DAY - 1
    ids = pl.select(
        pl.lit(prefix) + pl.Series(np.arange(len(cases))).cast(pl.String).str.zfill(6)
    ).to_series()
    keep = np.flatnonzero(recorded < known)
    shown = np.where(ended[keep] <= until, reason[keep], 3)
    return pl.DataFrame(
        {
            "case_id": ids.gather(keep),
            "patient_id": patient_ids(people, spells.person[cases][keep]),
            "unit_id": unit_ids(people.home_unit[spells.person[cases]][keep]),
            "offered_on": iso(offered[keep], until),
            "answer": pl.Series(["", "accepted", "declined", "pending"]).gather(answers[keep]),
            "started_on": iso(started[keep], until),
            "ended_on": iso(ended[keep], until),
            "end_reason": pl.Series(["back at work", "longest time", "broke off", ""]).gather(shown),
            "external_consent": blank(
                np.where(answers == ACCEPTED, consent, np.where(answers == DECLINED, 0, -1))[keep], -1
            ),
            "recorded_at": times(recorded[keep]),
        }
    )


def benefits(
    people: People, spells: Spells, pieces: Pieces, known: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Paid days until second `known`: from day 15 (the unemployed: day 1) of spells longer than 14 days."""
    previous = np.concatenate([[0], pieces.last[:-1]])
    previous[pieces.order == 0] = 0
    # two certificates for one day are paid once
    certificate, first, last, degree = degree_periods(
        spells, pieces.spell, np.maximum(pieces.first, previous + 1), pieces.last
    )
    spell = pieces.spell[certificate]
    paid_from = np.where(people.unemployed[spells.person[spell]], 1, 15)
    first = np.maximum(first, paid_from)
    received = (spells.start[spell] + last + rng.integers(4, 26, len(spell))) * DAY + 6 * 3600
    refused = rng.random(len(spells)) < 0.03
    rehabilitation = (spells.coordinated[spell] < first) & (rng.random(len(spell)) < 0.05)
    keep = np.flatnonzero(spells.long[spell] & (first <= last) & ~refused[spell] & (received < known))
    s = spell[keep]
    until = known // DAY - 1
    pension = np.flatnonzero((spells.cause == DISABILITY) & (spells.end + 30 <= until))
    frame = pl.DataFrame(
        {
            "patient_id": patient_ids(people, np.concatenate([spells.person[s], spells.person[pension]])),
            "start_date": iso(
                np.concatenate([spells.start[s] + first[keep] - 1, spells.end[pension] + 1]), NEVER
            ),
            "end_date": iso(
                np.concatenate([spells.start[s] + last[keep] - 1, spells.end[pension] + 1095]), NEVER
            ),
            "degree": np.concatenate([degree[keep], DEGREES[3 - (pension % 5 == 0)]]),
            "kind": pl.Series(["sickness", "rehabilitation", "disability"]).gather(
                np.concatenate([rehabilitation[keep].astype(int), np.full(len(pension), 2)])
            ),
            "received_at": times(
                np.concatenate([received[keep], (spells.end[pension] + 20) * DAY + 6 * 3600])
            ),
        }
    )
    return frame.unique(["patient_id", "start_date", "kind"], keep="first", maintain_order=True)


def questionnaires(people: People, spells: Spells, known: int, rng: np.random.Generator) -> pl.DataFrame:
    """EQ-5D-3L of the coordinated at start and after half a year; of a study's patients at 0, 6 and 12 months."""
    asked = np.flatnonzero((spells.coordinated < NEVER) | spells.study)
    who = np.repeat(asked, 3)
    turn = np.tile([0, 1, 2], len(asked))
    day = (
        np.where(
            spells.study, spells.offered_or_start(), spells.start + np.minimum(spells.coordinated, 9999)
        )[who]
        - 1
    )
    day = day + np.array([0, 182, 365])[turn] + np.where(turn > 0, rng.integers(-7, 15, len(who)), 0)
    answers = rng.random(len(who)) < np.where(
        spells.study[who], np.array([0.95, 0.84, 0.78])[turn], np.array([0.7, 0.4, 0.0])[turn]
    )
    back = day > spells.end[who]
    gain = (spells.coordinated < NEVER) & (spells.effect >= 1.2)
    ill = (
        1.1
        - 0.45 * back
        - 0.18 * turn
        - 0.15 * (gain[who] & (turn > 0))
        + rng.normal(0, 0.5, len(spells))[who]
    )
    cuts = rng.normal(0, 0.7, (5, len(who))) + np.array([-0.5, -1.1, 0.1, 0.4, 0.4])[:, None] + ill
    level = 1 + (cuts > 0.3) + (cuts > 1.9)
    index = 1 - sum(np.where(lv > 1, loss[lv.clip(2) - 2], 0) for lv, loss in zip(level, LOSS, strict=True))
    vas = (82 - 17 * ill + rng.normal(0, 9, len(who))).clip(0, 100).round()
    values = np.vstack([level, index.round(3), vas]).T
    gone = np.minimum(people.died, people.emigrated)[spells.person[who]]
    keep = np.flatnonzero(answers & (day < known // DAY) & (day < gone))
    rows = np.repeat(keep, len(QUESTIONS))
    return pl.DataFrame(
        {
            "patient_id": patient_ids(people, spells.person[who][rows]),
            "answered_on": iso(day[rows], NEVER),
            "instrument": pl.Series(["EQ-5D-3L"]).gather(np.zeros(len(rows), int)),
            "item": pl.Series(QUESTIONS).gather(np.tile(np.arange(len(QUESTIONS)), len(keep))),
            "value": values[keep].ravel(),
        }
    ).unique(["patient_id", "answered_on", "item"], keep="first", maintain_order=True)
