"""Spells as arrays: when, how long, at what degree, and what of it coordination changed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pipeline.simulate.people import NEVER


@dataclass
class Spells:
    """m spells; all arrays have length m. Days of spell: 1 = first day; NEVER = not.

    person: position in the chunk. start: day number. long: more than 14 days. code: index into
    Figures.codes (long) or Figures.short_codes (short). second: index into Figures.codes or -1.
    threshold: the unit-exponential draw; the spell ends on the first day whose cumulative hazard reaches it.
    untreated, treated: last day of spell without and with the coordination that was given; `coordinated`: day it
    begins, `turned`: day after which it changes the hazard. days: what came of it, cut by death, emigration and
    disability benefit (`pension`: the day that begins should the spell last). cause: why it ended.
    step_1, step_2: days after which the degree goes down without coordination. effect: hazard ratio of coordination.
    """

    person: np.ndarray
    start: np.ndarray
    long: np.ndarray
    code: np.ndarray
    second: np.ndarray
    degree: np.ndarray
    log_hazard: np.ndarray
    frailty: np.ndarray
    prior_days: np.ndarray
    threshold: np.ndarray
    effect: np.ndarray
    offered: np.ndarray
    answer: np.ndarray
    coordinated: np.ndarray
    turned: np.ndarray
    untreated: np.ndarray
    treated: np.ndarray
    pension: np.ndarray
    days: np.ndarray
    cause: np.ndarray
    step_1: np.ndarray
    step_2: np.ndarray
    degree_1: np.ndarray
    degree_2: np.ndarray
    study: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: np.ndarray) -> Spells:
        """The spells at `rows` (positions or booleans)."""
        return Spells(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def offered_or_start(self) -> np.ndarray:
        """Day number of the offer (of enrolment, in a study); of the first day where there was none."""
        return self.start + np.where(self.offered < NEVER, self.offered, 0)

    def steps(self, course: np.ndarray, turned: np.ndarray | int) -> list[np.ndarray]:
        """Days after which the degree goes down in a course of `course` days that is as without coordination until
        `turned`; what comes after that shrinks with the rest of the spell. NEVER = not."""
        shrunk = (course - turned) / np.maximum(self.untreated - turned, 1)
        return [
            np.where((turned < day) & (day < NEVER), turned + np.ceil((day - turned) * shrunk), day).astype(np.int64)
            for day in (self.step_1, self.step_2)
        ]

    @property
    def end(self) -> np.ndarray:
        """Last day of the spell, as a day number."""
        return self.start + self.days - 1


def together(parts: list[Spells]) -> Spells:
    """Spells of several rounds, in order of person and start."""
    joined = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Spells)}
    order = np.lexsort((joined["start"], joined["person"]))
    return Spells(**{name: values[order] for name, values in joined.items()})


def net_days(
    spells: Spells, days: np.ndarray, after: np.ndarray, until: np.ndarray, turned: np.ndarray | int = NEVER
) -> np.ndarray:
    """Net days (days x degree) in days of spell (after, until] of a course of `days` that is as without coordination
    until `turned`."""
    return _net_days(spells, spells.steps(days, turned), np.minimum(days, until), after)


def net_days_as_happened(spells: Spells, after: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Net days in days of spell (after, until] as they came to be."""
    return _net_days(spells, spells.steps(spells.treated, spells.turned), np.minimum(spells.days, until), after)


def _net_days(spells: Spells, steps: list[np.ndarray], last: np.ndarray, after: np.ndarray) -> np.ndarray:
    first, second = steps
    total = np.zeros(len(last))
    pieces = ((0, first, spells.degree), (first, second, spells.degree_1), (second, last, spells.degree_2))
    for low, high, degree in pieces:
        total += np.maximum(np.minimum(high, last) - np.maximum(low, after), 0) * degree / 100
    return total
