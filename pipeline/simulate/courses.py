"""Courses of sick leave: when persons fall ill, for how long, and what coordination does to it.

Spells are drawn in rounds, each person's next one a round, so that earlier sick leave can act on later.
The duration comes from a daily hazard known exactly, and the effect of coordination multiplies that hazard:
both potential outcomes of a spell come from one draw, so the true effect on each person is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.simulate.figures import DEGREES, Figures, draw_code, draw_degree
from pipeline.simulate.people import NEVER, People
from pipeline.simulate.spells import Spells, together

YEAR = 365.25
REMEMBERED = 6  # earlier spells kept in mind; more within one year are too rare to matter
STEPS = np.array([0, 25, 50, 75, 100])
ENDED, DEATH, EMIGRATION, DISABILITY = 1, 2, 3, 4
NOT_OFFERED, ACCEPTED, DECLINED, PENDING = 0, 1, 2, 3


def duration(figures: Figures, diagnosis: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """First day of spell whose base cumulative hazard is at least `hazard`; at most the longest day."""
    table = figures.cumulative
    apart = table.max() + 1.0
    flat = (table + np.arange(len(table))[:, None] * apart).ravel()
    wanted = np.minimum(hazard, apart - 0.5) + diagnosis * apart
    return np.minimum(np.searchsorted(flat, wanted) - diagnosis * table.shape[1], table.shape[1] - 1)


def coordinated_duration(
    figures: Figures, diagnosis: np.ndarray, hazard: np.ndarray, day: np.ndarray, effect: np.ndarray
) -> np.ndarray:
    """Last day of spells whose hazard of ending is multiplied by `effect` after `day` (NEVER = not at all).

    `hazard` is the base cumulative hazard at which the spell would end without coordination.
    """
    reached = figures.cumulative[diagnosis, np.minimum(day, figures.cumulative.shape[1] - 1)]
    return duration(
        figures, diagnosis, np.where(hazard > reached, reached + (hazard - reached) / effect, hazard)
    )


@dataclass
class _State:
    """What the rounds remember of each person."""

    clock: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    last_code: np.ndarray
    benefit: np.ndarray

    def prior_days(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Days on sick leave in the 365 before `day`."""
        ends = np.minimum(self.ends[person], day[:, None] - 1)
        return np.maximum(ends - np.maximum(self.starts[person], day[:, None] - 365) + 1, 0).sum(axis=1)

    def remember(self, spells: Spells) -> None:
        """Shift the memory of the spells' persons and move their clocks past the end."""
        p = spells.person
        for memory, value in ((self.starts, spells.start), (self.ends, spells.end)):
            memory[p, 1:] = memory[p, :-1]
            memory[p, 0] = value
        self.clock[p] = spells.end + 8
        self.last_code[p] = np.where(spells.long, spells.code, self.last_code[p])
        self.benefit[p[spells.cause == DISABILITY]] = True


def at_the_start(figures: Figures, people: People, begin: int) -> _State:
    """Nobody ill yet, some time before day `begin`, so that the first year is like the others."""
    n = len(people)
    return _State(
        clock=np.full(n, float(begin - figures.raw["onset"]["burn_in_days"])),
        starts=np.full((n, REMEMBERED), -NEVER),
        ends=np.full((n, REMEMBERED), -NEVER - 1),
        last_code=np.full(n, -1),
        benefit=np.zeros(n, dtype=bool),
    )


def simulate(figures: Figures, people: People, begin: int, end: int, rng: np.random.Generator) -> Spells:
    """All spells of `people` that start on day `begin` .. `end`."""
    state = at_the_start(figures, people, begin)
    spells = together(rounds(figures, people, state, begin, until_they_leave(people, end), rng))
    return spells.take(spells.start >= begin)


def until_they_leave(people: People, end: int) -> np.ndarray:
    """(persons,) the day before which spells start: of death, of moving, of the end of the window."""
    return np.minimum(np.minimum(people.died, people.emigrated), end + 1)


def rounds(
    figures: Figures,
    people: People,
    state: _State,
    begin: int,
    until: np.ndarray,
    rng: np.random.Generator,
    over: bool = False,
) -> list[Spells]:
    """Spells that start from each person's clock until day `until` (persons,), and, if `over`, are over by then."""
    onset = figures.raw["onset"]
    parts = []
    daily = onset["long_per_year"] / (1 - onset["short_share"]) / YEAR
    season = np.array(onset["season"])
    grown = people.birth + 18 * YEAR
    latest = int(until.max(initial=0)) - 1
    active = np.flatnonzero((state.clock < until) & ~state.benefit)
    while len(active):
        clock = np.maximum(state.clock[active], grown[active])
        since = clock - state.ends[active, 0]
        recent = since < 365
        rate = daily * season.max() * people.rate[active] * np.where(recent, onset["recurrence"], 1.0)
        when = clock + rng.exponential(1, len(active)) / rate
        lapsed = recent & (when - state.ends[active, 0] >= 365)
        when = np.where(lapsed, state.ends[active, 0] + 365.0, when)
        state.clock[active] = when
        month = np.floor(when).clip(0, latest).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]")
        keep = rng.random(len(active)) * season.max() < season[month.astype(np.int64) % 12]
        keep &= ~lapsed & (when < until[active])
        ill = active[keep]
        if len(ill):
            spells = _spells(figures, people, state, ill, np.floor(when[keep]).astype(np.int64), begin, rng)
            if over:
                spells = spells.take((spells.end < until[ill]) & (spells.cause == ENDED))
            state.remember(spells)
            parts.append(spells)
        active = active[(state.clock[active] < until[active]) & ~state.benefit[active]]
    return parts


def study_spells(
    figures: Figures,
    people: People,
    state: _State,
    start: np.ndarray,
    enrolled: np.ndarray,
    log_hazard: np.ndarray,
    gain: float,
    rng: np.random.Generator,
) -> Spells:
    """One spell each from day `start` that lasts past `enrolled` (day of spell), as it goes without support."""
    study = {"enrolled": enrolled, "log_hazard": log_hazard, "gain": gain}
    return _spells(figures, people, state, np.arange(len(people)), start, 0, rng, study)


def supported(figures: Figures, people: People, spells: Spells, turned: np.ndarray) -> Spells:
    """The study's spells as they go with support from the day after enrolment, which bears from `turned` on."""
    hazard = spells.threshold / np.exp(spells.log_hazard)
    treated = coordinated_duration(figures, figures.code_diagnosis[spells.code], hazard, turned, spells.effect)
    days, cause = _cut_short(people, spells.person, spells.start, treated, spells.pension)
    begun = spells.offered + 1 < spells.untreated
    return replace(
        spells,
        answer=np.full(len(spells), ACCEPTED),
        coordinated=np.where(begun, spells.offered + 1, NEVER),
        turned=np.where(begun, turned, NEVER),
        treated=treated,
        days=days,
        cause=cause,
    )


def _diagnoses(
    figures: Figures, people: People, state: _State, person: np.ndarray, age: np.ndarray, rng
) -> np.ndarray:
    """Codes of long spells: by sex and age, by what the person is prone to, or the same as last time."""
    cumulative = np.cumsum(figures.mix, axis=2)
    ages = np.searchsorted([30, 40, 50, 57], age, side="right")
    stratum = cumulative[people.man[person].astype(int), ages]

    def drawn() -> np.ndarray:
        return (rng.random(len(person))[:, None] >= stratum).sum(axis=1).clip(0, len(figures.names) - 1)

    diagnosis, other = drawn(), drawn()
    # proneness: a draw from the wrong group is redrawn half the time, both ways, which leaves the mix in place
    prone = figures.mental[other] & people.mental[person] | figures.pain[other] & people.pain[person]
    against = (
        figures.mental[diagnosis] & ~people.mental[person] | figures.pain[diagnosis] & ~people.pain[person]
    )
    redraw = rng.random(len(person)) < 0.3
    diagnosis = np.where(redraw & prone & against, other, diagnosis)
    code = draw_code(figures, diagnosis, rng)
    last = state.last_code[person]
    same = (last >= 0) & (rng.random(len(person)) < figures.raw["onset"]["same_again"])
    # a birth does not come back within months, nor does the same broken bone
    again = np.array([name[0] in "FMRGC" for name in figures.names])
    same &= again[figures.code_diagnosis[np.maximum(last, 0)]]
    return np.where(same, last, code)


def _second(figures: Figures, people: People, person: np.ndarray, code: np.ndarray, rng) -> np.ndarray:
    """Second diagnoses (index into codes) or -1; pain beside mental ill-health and the reverse in those prone."""
    of = figures.code_diagnosis[code]
    mental_codes = np.flatnonzero(figures.mental[figures.code_diagnosis])
    pain_codes = np.flatnonzero(figures.pain[figures.code_diagnosis])
    n = len(person)
    draw = rng.random((3, n))
    any_code = (draw[0] * len(figures.codes)).astype(int)
    a_mental = mental_codes[(draw[1] * len(mental_codes)).astype(int)]
    a_pain = pain_codes[(draw[1] * len(pain_codes)).astype(int)]
    second = np.where(draw[2] < 0.16, any_code, -1)
    second = np.where(figures.mental[of] & people.pain[person] & (draw[2] > 0.65), a_pain, second)
    second = np.where(figures.pain[of] & people.mental[person] & (draw[2] > 0.65), a_mental, second)
    return np.where(second == code, -1, second)


def _effects(figures: Figures, spells: dict, care: np.ndarray) -> np.ndarray:
    """Hazard ratio of coordination for each long spell: the subgroups of SLL's reports."""
    effect = figures.raw["effect"]
    of = figures.code_diagnosis[spells["code"]]
    beside = figures.code_diagnosis[np.maximum(spells["second"], 0)]
    has = spells["second"] >= 0
    mental = figures.mental[of] | (has & figures.mental[beside])
    pain = figures.pain[of] | (has & figures.pain[beside])
    history = spells["prior_days"] > 0
    none = (mental & pain) | ~(mental | pain) | (spells["degree"] <= 50) | (~history & ~care)
    return np.where(none, effect["none"], np.where(history, effect["gains"], effect["some"]))


def _spells(figures, people, state, person, start, begin, rng, study=None) -> Spells:
    """One spell each for `person` from day `start`."""
    n = len(person)
    care, onset = figures.raw["care"], figures.raw["onset"]
    age = people.age(person, start)
    prior = state.prior_days(person, start)
    unemployed = people.unemployed[person]
    lean = np.log(1 / onset["short_share"] - 1) + 0.25 * (prior > 90) + 0.3 * unemployed - 0.06
    long = rng.random(n) < 1 / (1 + np.exp(-lean))
    if study is not None:
        long[:] = True
    code = _diagnoses(figures, people, state, person, age, rng)
    if study is not None:
        # pain and / or mental ill-health, 60 to 40 as in primary care
        target = [np.flatnonzero(group[figures.code_diagnosis]) for group in (figures.mental, figures.pain)]
        which, place = rng.random(n) < 0.6, rng.random(n)
        code = np.where(
            which,
            target[0][(place * len(target[0])).astype(int)],
            target[1][(place * len(target[1])).astype(int)],
        )
    second = _second(figures, people, person, code, rng)
    degree = draw_degree(figures.raw, rng, n)
    frailty = rng.normal(0, figures.raw["effects"]["frailty_sd"], n)
    of = figures.code_diagnosis[code]
    log_hazard = figures.log_hazard(
        code,
        prior,
        unemployed,
        degree,
        second >= 0,
        age,
        people.man[person],
        people.university[person],
        frailty,
    )
    if study is not None:
        log_hazard = log_hazard + study["log_hazard"]
    hazard = np.exp(log_hazard)
    threshold = rng.exponential(1, n)
    kinds = figures.kind[of]
    enrolled = np.zeros(n, dtype=int)
    if study is not None:
        enrolled = study["enrolled"]
        threshold = threshold + hazard * figures.cumulative[of, enrolled]
    untreated = duration(figures, of, threshold / hazard)
    effect = _effects(
        figures, {"code": code, "second": second, "prior_days": prior, "degree": degree}, people.care[person]
    )

    # offers go to those who look likely to stay away long: confounded by need
    target = long & (figures.mental[of] | figures.pain[of]) & (start >= begin)
    chance = care["offer_share"] * np.exp(-1.0 * (log_hazard + 0.6)).clip(0.1, 5.0)
    offered = 8 + rng.exponential(30, n).astype(int)
    draw = rng.random((3, n))
    got = target & (draw[0] < chance) & (offered < untreated)
    answer = np.where(draw[1] < care["decline_share"], DECLINED, ACCEPTED)
    answer = np.where(draw[1] > 1 - care["pending_share"], PENDING, answer)
    answer = np.where(got, answer, NOT_OFFERED)
    coordinated = np.where(answer == ACCEPTED, offered + 2 + rng.integers(0, 14, n), NEVER)
    if study is not None:
        answer, offered, coordinated = np.full(n, NOT_OFFERED), enrolled, np.full(n, NEVER)
        # the same subgroups gain, and more; who gains nothing elsewhere gains nothing here
        effect = study["gain"] ** np.select([effect >= 1.5, effect > 1.0], [1.0, 0.7], 0.0)
    treated = coordinated_duration(figures, of, threshold / hazard, coordinated, effect)
    coordinated = np.where(coordinated < untreated, coordinated, NEVER)

    days_short = np.searchsorted(np.cumsum(list(figures.raw["short"]["days"].values())), rng.random(n)).clip(
        0, 11
    )
    short_days = np.array([int(d) for d in figures.raw["short"]["days"]])[days_short]
    short_code = np.searchsorted(np.cumsum(list(figures.raw["short"]["codes"].values())), rng.random(n))
    days = np.where(long, np.where(coordinated < NEVER, treated, untreated), short_days)
    pension = np.where(long & (rng.random(n) < 0.45), rng.integers(400, 700, n), NEVER)
    days, cause = _cut_short(people, person, start, days, pension)

    down = np.array([care["step_down"][k] for k in ("F", "M", "other")])[kinds]
    steps = (rng.random(n) < down) & long & (degree > 25)
    more = steps & (rng.random(n) < 0.45) & (degree > 50)
    # some step down on the way back, others by the calendar: a step alone must not tell that the end is near
    by_calendar = (14 + rng.exponential(50, n)) / untreated
    step_1 = np.where(steps, np.where(rng.random(n) < 0.3, rng.uniform(0.1, 0.95, n), by_calendar), 1.0).clip(
        0, 1
    )
    step_2 = np.where(more, step_1 + (1 - step_1) * rng.uniform(0.3, 0.9, n), 1.0)
    step_1, step_2 = (np.where(share < 1, np.ceil(untreated * share), NEVER).astype(int) for share in (step_1, step_2))
    fall = np.where(rng.random(n) < 0.75, 2, 1)
    degree_1 = STEPS[np.maximum(degree // 25 - fall, 1)]
    degree_2 = STEPS[np.maximum(degree_1 // 25 - 1, 1)]
    return Spells(
        person=person, start=start, long=long, code=np.where(long, code, short_code.clip(0, 13)),
        second=np.where(long, second, -1), degree=np.where(long, degree, DEGREES[-1]), log_hazard=log_hazard,
        frailty=frailty, prior_days=prior, threshold=threshold, effect=np.where(long, effect, 1.0),
        offered=np.where((answer > 0) | (study is not None), offered, NEVER), answer=answer, coordinated=coordinated,
        turned=coordinated, untreated=np.where(long, untreated, short_days), treated=np.where(long, treated, short_days),
        pension=pension, days=days,
        cause=cause, step_1=step_1, step_2=step_2, degree_1=degree_1, degree_2=degree_2,
        study=np.full(n, study is not None),
    )  # fmt: skip


def _cut_short(people, person, start, days, pension) -> tuple[np.ndarray, np.ndarray]:
    """(days, cause) of spells that would last `days`: cut by disability benefit, death and moving away."""
    cut = np.where(days > 420, pension, NEVER)
    cause = np.where(cut < days, DISABILITY, ENDED)
    days = np.minimum(days, cut)
    for limit, reason in (
        (people.died[person] - start, DEATH),
        (people.emigrated[person] - start, EMIGRATION),
    ):
        cause = np.where(limit < days, reason, cause)
        days = np.minimum(days, np.maximum(limit, 1))
    return days, cause
