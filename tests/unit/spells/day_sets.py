"""The clean rule a second time, day by day in plain Python: slow, and too simple to be wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Period:
    """One certified period as ingest keeps it; dates inclusive."""

    person_key: int
    certificate_id: str
    start_date: dt.date
    end_date: dt.date
    degree: int
    issued_at: dt.datetime
    known_from: dt.date
    known_until: dt.date | None = None
    doctor_id: str = "D1"

    def known(self, as_of: dt.date) -> bool:
        return self.known_from <= as_of and (self.known_until is None or self.known_until > as_of)

    def days(self) -> list[dt.date]:
        return [self.start_date + dt.timedelta(n) for n in range((self.end_date - self.start_date).days + 1)]


@dataclass
class Spell:
    person_key: int
    start_date: dt.date
    end_date: dt.date
    days: int
    net_days: float
    n_certificates: int
    n_doctors: int
    ongoing: bool
    degree: int


def spells(periods: Iterable[Period], person_key: int, as_of: dt.date, max_gap_days: int) -> list[Spell]:
    """All spells of one person as known at `as_of`."""
    known = [period for period in periods if period.person_key == person_key and period.known(as_of)]
    rulers: dict[dt.date, Period] = {}
    for period in sorted(known, key=lambda p: (p.issued_at, p.certificate_id, p.start_date)):
        rulers.update(dict.fromkeys(period.days(), period))
    runs: list[list[dt.date]] = []
    for day in sorted(rulers):
        if runs and (day - runs[-1][-1]).days - 1 <= max_gap_days:
            runs[-1].append(day)
        else:
            runs.append([day])
    made = []
    for run in runs:
        inside = [p for p in known if run[0] <= p.start_date <= run[-1]]
        ongoing = as_of in rulers and run[0] <= as_of <= run[-1]
        made.append(
            Spell(
                person_key=person_key,
                start_date=run[0],
                end_date=run[-1],
                days=len(run),
                net_days=sum(rulers[day].degree for day in run) / 100,
                n_certificates=len({p.certificate_id for p in inside}),
                n_doctors=len({p.doctor_id for p in inside}),
                ongoing=ongoing,
                degree=rulers[as_of if ongoing else run[-1]].degree,
            )
        )
    return made
