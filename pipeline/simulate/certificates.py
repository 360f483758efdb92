"""Certificates of the spells: renewed piecemeal, signed late, received later, replaced and revoked.

The lengths of a spell's certificates are drawn given that they add up to the spell (a renewal process
pinned at its end), so that the last certificate's length does not give the end away more than others'.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from pipeline.simulate.figures import Figures
from pipeline.simulate.people import HOSPITAL, NEVER, People, unit_ids
from pipeline.simulate.spells import Spells

LONGEST_WEEKS = 80
MINUTE, DAY = 60, 86_400
MEASURES = ["ARBETSTRANING", "ARBETSANPASSNING", "BESOK_ARBETSPLATS", "ERGONOMISK", "HJALPMEDEL", "KONTAKT_FHV", "OMFORDELNING"]  # fmt: skip
WORDS = ["", "LIKELY", "AFTER_DAYS", "UNCLEAR", "UNLIKELY"]


@dataclass(frozen=True)
class Pieces:
    """c certificates as signed, all arrays length c, in order of spell and start.

    spell: position in the spells. first, last: days of spell covered, both inclusive. issued, received:
    seconds since 1970. unit: index into units. order: 0 for a spell's first.
    """

    spell: np.ndarray
    first: np.ndarray
    last: np.ndarray
    order: np.ndarray
    issued: np.ndarray
    received: np.ndarray
    unit: np.ndarray
    doctor: np.ndarray


@cache
def _pinned(first: tuple[float, ...], later: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative chances of the next length in weeks by weeks left, for a first and for a later certificate.

    Shape (LONGEST_WEEKS + 1, lengths). With renewal chances u(n) = sum over l of g(l) u(n - l), the next length
    given that a certificate ends exactly n weeks on is g(l) u(n - l) / sum.
    """
    renewal = np.zeros(LONGEST_WEEKS + 1)
    renewal[0] = 1.0
    tables = []
    for n in range(1, LONGEST_WEEKS + 1):
        renewal[n] = sum(g * renewal[n - at] for at, g in enumerate(later, start=1) if at <= n)
    for lengths in (first, later):
        table = np.ones((LONGEST_WEEKS + 1, len(lengths)))
        for n in range(1, LONGEST_WEEKS + 1):
            weight = [g * renewal[n - at] if at <= n else 0.0 for at, g in enumerate(lengths, start=1)]
            # a week can be all that is left where the shortest first length is longer
            table[n] = np.cumsum(weight) / sum(weight)
        tables.append(table)
    return tables[0], tables[1]


def cut(
    figures: Figures, spells: Spells, rng: np.random.Generator, to_the_day: bool = False
) -> tuple[np.ndarray, ...]:
    """(spell, first, last, order) of certificates that cover each spell from its first day.

    To its last day, but for the days beyond whole weeks of half the spells that one certificate covers: else a broken
    week would tell that the first certificate is the last one. `to_the_day`: of those too.
    """
    return _cut(figures, spells.days, spells.long, rng, to_the_day=to_the_day)


def cut_anew(
    figures: Figures, spells: Spells, cuts: tuple[np.ndarray, ...], turned: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """`cuts` as they were until day `turned` (a certificate's last), renewed from there to each spell's new last day."""
    kept = [column[cuts[2] <= turned[cuts[0]]] for column in cuts]
    renewals = np.bincount(kept[0], minlength=len(spells))
    rest = np.flatnonzero(spells.days > turned)
    spell, first, last, order = _cut(figures, (spells.days - turned)[rest], np.ones(len(rest), bool), rng, True, True)
    spell = rest[spell]
    new = (spell, first + turned[spell], last + turned[spell], order + renewals[spell])
    return in_order(*(np.concatenate(both) for both in zip(kept, new, strict=True)))


def in_order(spell, first, last, order) -> tuple[np.ndarray, ...]:
    """Certificates in order of spell and of renewal."""
    place = np.lexsort((order, spell))
    return spell[place], first[place], last[place], order[place]


def _cut(
    figures: Figures,
    total: np.ndarray,
    long: np.ndarray,
    rng: np.random.Generator,
    renewed: bool = False,
    to_the_day: bool = False,
) -> tuple[np.ndarray, ...]:
    """Certificates of spells of `total` days; `renewed`: a certificate went before the first one."""
    care = figures.raw["care"]
    first_table, later_table = _pinned(tuple(care["first_weeks"]), tuple(care["later_weeks"]))
    weeks, spare = total // 7, total % 7
    early = rng.random(len(total)) < 0.5
    left, at = weeks.copy(), np.zeros(len(total), dtype=np.int64)
    single = (weeks < 2) | ~long
    left[single] = 0
    parts = [(np.flatnonzero(single), np.ones(single.sum(), int), total[single], np.zeros(single.sum(), int))]
    active, order = np.flatnonzero(~single), 0
    while len(active):
        table = later_table if order or renewed else first_table
        row = np.minimum(left[active], LONGEST_WEEKS)
        length = 1 + (rng.random(len(active))[:, None] >= table[row]).sum(axis=1)
        left[active] -= length
        broken = early[active] if order == 0 else ~early[active] & (left[active] == 0)
        if to_the_day and order == 0:
            broken |= left[active] == 0
        days = length * 7 + np.where(broken, spare[active], 0)
        parts.append((active, at[active] + 1, at[active] + days, np.full(len(active), order)))
        at[active] += days
        active, order = active[left[active] > 0], order + 1
    spell, first, last, order = in_order(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    # doctors end certificates on Fridays and before holidays too; else a broken week would mean the last one
    moved = np.where(rng.random(len(spell)) < 0.4, rng.integers(-3, 4, len(spell)), 0)
    inner = np.concatenate([order[1:] > 0, [False]])
    last = last + np.where(inner, moved, 0)
    first = first + np.where(order > 0, np.concatenate([[0], moved[:-1]]), 0)
    draw = rng.random(len(spell))
    shift = rng.integers(1, 5, len(spell))
    gap = (draw < care["gap_share"]) & ((order > 0) | renewed)
    overlap = (draw > 1 - care["overlap_share"]) & (order > 0)
    first = first + np.where(gap, shift, 0) - np.where(overlap, np.minimum(shift, first - 1), 0)
    return spell, np.minimum(first, last), last, order


def sign(
    figures: Figures, people: People, spells: Spells, cuts: tuple[np.ndarray, ...], rng: np.random.Generator
) -> Pieces:
    """When, where and by whom the certificates were signed, and when the sender's system had them."""
    spell, first, last, order = cuts
    n = len(spell)
    start_day = spells.start[spell] + first - 1
    late = np.where(order == 0, rng.integers(0, 6, n), rng.integers(-4, 4, n))
    late = np.minimum(late, last - first)
    changes = figures.raw["changes"]
    late = late - np.where(start_day >= changes["from_day"], changes["signed_days_ahead"], 0)
    seconds = (start_day + late) * DAY + rng.integers(7 * 3600 + 1800, 17 * 3600, n)
    delay = np.exp(rng.normal(6.5, 1.8, n)).clip(20, 6 * DAY).astype(np.int64)
    weeks_late = rng.random(n) < figures.raw["care"]["late_share"]
    received = seconds + np.where(weeks_late, rng.integers(7 * DAY, 42 * DAY, n), delay)

    of = np.where(spells.long, figures.code_diagnosis[np.where(spells.long, spells.code, 0)], 0)
    letters = np.array([name[0] for name in figures.names])[of]
    draw = rng.random(len(spells))
    hospital = np.full(len(spells), -1)
    for letter, kind, share in (("F", 0, 0.12), ("M", 1, 0.2), ("S", 1, 0.7), ("G", 2, 0.3), ("I", 2, 0.8), ("C", 3, 0.95), ("K", 5, 0.7), ("O", 5, 0.5)):  # fmt: skip
        hospital = np.where((letters == letter) & spells.long & (draw < share), kind, hospital)
    unit = np.where(hospital >= 0, hospital, people.home_unit[spells.person])
    if spells.study.any():
        unit = np.where(spells.study, people.home_unit[spells.person], unit)
    strays = rng.random(n) < 0.05
    unit = np.where(strays & ~spells.study[spell], rng.integers(0, len(HOSPITAL), n), unit[spell])
    own = rng.integers(0, 9, len(spells))[spell]
    doctor = unit * 20 + np.where(rng.random(n) < 0.72, own, rng.integers(0, 20, n))
    return Pieces(spell, first, last, order, seconds, received, unit, doctor)


def degree_periods(
    spells: Spells, spell: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, ...]:
    """(certificate, first, last, degree) of one to three periods a certificate, by the spell's steps down."""
    # a spell without a step keeps its degree even on a certificate that wrongly goes on past its end
    one, two = (day[spell] for day in spells.steps(spells.treated, spells.turned))
    bounds = (
        (np.zeros_like(one), one, spells.degree),
        (one, two, spells.degree_1),
        (two, np.full_like(one, NEVER), spells.degree_2),
    )
    parts = []
    for low, high, degree in bounds:
        start, stop = np.maximum(first, low + 1), np.minimum(last, high)
        keep = np.flatnonzero(start <= stop)
        parts.append((keep, start[keep], stop[keep], degree[spell[keep]]))
    certificate, start, stop, degree = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = np.lexsort((start, certificate))
    return certificate[place], start[place], stop[place], degree[place]


def _prognosis(
    figures: Figures, spells: Spells, pieces: Pieces, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Index into WORDS and days (0 = none): the doctor sees the rest of the spell, but dimly."""
    n = len(pieces.spell)
    # what coordination will do to the spell cannot be seen before it bears
    bears = pieces.first > spells.turned[pieces.spell]
    rest = np.where(bears, spells.treated[pieces.spell], spells.untreated[pieces.spell]) - pieces.last
    # together with what else is known this lifts the AUC for day 90 by some hundredths: no foresight nobody has
    seen = (
        0.16 * np.log1p(np.maximum(rest, 0)) - 0.35 * spells.log_hazard[pieces.spell] + rng.normal(0, 1.1, n)
    )
    draw = rng.random(n)
    word = np.select([seen < 0.3, seen < 1.0, seen < 2.2], [1, 2, 3], 4)
    word = np.where(draw < 0.15, 3, word)
    guess = 75.0 * ((rest + 14) / 75) ** 0.35 * np.exp(rng.normal(0, 0.8, n))
    days = np.array([30, 60, 90, 180, 365])[np.searchsorted([45, 75, 130, 260], guess)]
    return np.where(draw > 0.98, 0, word), np.where((word == 2) & (draw <= 0.98), days, 0)


def _odd_ones(
    figures: Figures, spells: Spells, pieces: Pieces, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Rows beside the ordinary: first versions that were replaced, wrong ones that were revoked, tests.

    Returns `of` (the certificate it goes with), `kind` (1 replaced, 2 revoked, 3 test, 4 infection).
    """
    care = figures.raw["care"]
    draw = rng.random(len(pieces.spell))
    limits = np.cumsum([care["replaced_share"], care["revoked_share"], 0.001, 0.001])
    of = np.flatnonzero(draw < limits[-1])
    return {"of": of, "kind": 1 + np.searchsorted(limits, draw[of], side="right")}


def tables(
    figures: Figures,
    people: People,
    spells: Spells,
    pieces: Pieces,
    prefix: str,
    known: int,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """The extracts `certificates` and `certificate_periods` as the region knows them at second `known`.

    Certificate ids are `prefix` and a serial number that is the same whatever `known` is.
    """
    n = len(pieces.spell)
    odd = _odd_ones(figures, spells, pieces, rng)
    of, kind = odd["of"], odd["kind"]
    rows = np.concatenate([np.arange(n), of])
    kind = np.concatenate([np.zeros(n, int), kind])
    total = len(rows)
    serial = np.arange(total)
    spell, issued, received = pieces.spell[rows], pieces.issued[rows].copy(), pieces.received[rows].copy()
    first, last = pieces.first[rows], pieces.last[rows].copy()
    # the replaced one came first and ended wrong; the revoked one went on too long and was withdrawn within days
    replaced, revoked = kind == 1, kind == 2
    shift = rng.integers(1, 4, total) * DAY
    issued[replaced] -= shift[replaced]
    received[replaced] = issued[replaced] + 600
    last[replaced | revoked] += rng.integers(7, 22, (replaced | revoked).sum())
    withdrawn = np.where(
        revoked, received + rng.integers(1, 10, total) * DAY + rng.integers(0, 3600, total), NEVER * DAY
    )
    replaces = np.full(total, -1)
    replaces[rows[replaced]] = serial[replaced]
    blocked = rng.random(total) < 0.001
    word, days = _prognosis(figures, spells, pieces, rng)
    measure = np.where(rng.random(total) < 0.2, rng.integers(1, len(MEASURES) + 1, total), 0)
    occupation = np.where(people.unemployed, 1, np.array([0, 0, 0, 0, 0, 0, 0, 2, 3, 4])[people.index % 10])
    keep = received < known

    long, code, second = spells.long[spell], spells.code[spell], spells.second[spell]
    short_texts, long_texts = list(figures.short_codes), list(figures.codes)
    texts = pl.Series([*long_texts, *short_texts, ""])
    person = spells.person[spell]
    # a person whose number changed has the former one on what was signed before
    formerly = issued // DAY < people.changed[person]
    rows_kept = np.flatnonzero(keep)
    s = serial[rows_kept]
    name = pl.Series(serial).cast(pl.String).str.zfill(8)
    ids = pl.select(pl.lit(prefix) + name).to_series()
    with_none = pl.concat([ids, pl.Series([""])])
    frame = pl.DataFrame(
        {
            "certificate_id": ids.gather(s),
            "patient_id": patient_ids(people, person[s], formerly[s]),
            "unit_id": unit_ids(pieces.unit[rows[s]]),
            "doctor_id": pl.select(
                pl.lit("d") + pl.Series(pieces.doctor[rows[s]]).cast(pl.String)
            ).to_series(),
            "issued_at": times(issued[s]),
            "received_at": times(received[s]),
            "form": pl.Series(["FK7804", "FK7804", "FK7263"]).gather((issued[s] // DAY < 17_500) * 2),
            "diagnosis_1": texts.gather(np.where(long[s], code[s], code[s] + len(long_texts))),
            "diagnosis_2": texts.gather(np.where(second[s] >= 0, second[s], len(texts) - 1)),
            "diagnosis_3": pl.Series([""]).gather(np.zeros(len(s), int)),
            "occupation": pl.Series(
                ["WORK", "UNEMPLOYED", "WORK|STUDENT", "SELF_EMPLOYED", "PARENTAL|WORK"]
            ).gather(occupation[person[s]]),
            "prognosis": pl.Series(WORDS).gather(word[rows[s]]),
            "prognosis_days": blank(days[rows[s]], 0),
            "measures": pl.Series(["", *MEASURES]).gather(measure[s]),
            "replaces_id": with_none.gather(np.where(replaces[s] >= 0, replaces[s], total)),
            "revoked_at": times(np.where(withdrawn[s] < known, withdrawn[s], NEVER * DAY)),
            "exclude": pl.Series(["", "test", "infection", "blocked"]).gather(
                np.where(kind[s] >= 3, kind[s] - 2, np.where(blocked[s] & (kind[s] == 0), 3, 0))
            ),
        }
    )
    changes = figures.raw["changes"]
    recoded = (pieces.unit[rows[s]] == changes["recoded_unit"]) & (issued[s] // DAY >= changes["from_day"])
    frame = frame.with_columns(
        diagnosis_1=pl.when(pl.Series(recoded)).then(pl.lit(changes["recoded_as"])).otherwise("diagnosis_1")
    )
    certificate, start, stop, degree = degree_periods(spells, spell[s], first[s], last[s])
    base = spells.start[spell[s]][certificate] - 1
    periods = pl.DataFrame(
        {
            "certificate_id": frame["certificate_id"].gather(certificate),
            "start_date": pl.Series((base + start).astype(np.int32)).cast(pl.Date),
            "end_date": pl.Series((base + stop).astype(np.int32)).cast(pl.Date),
            "degree": degree,
        }
    )
    return {"certificates": frame, "certificate_periods": periods}


def patient_ids(people: People, person: np.ndarray, formerly: np.ndarray | bool = False) -> pl.Series:
    """Identity numbers of persons (positions in the chunk); the former one where `formerly`."""
    both = pl.concat([people.number, people.former])
    return both.gather(person + len(people) * np.asarray(formerly))


def times(seconds: np.ndarray) -> pl.Series:
    """Seconds since 1970 as timestamps, null where they lie at NEVER days."""
    column = pl.Series(seconds * 1_000_000)
    return pl.select(
        pl.when(column < NEVER * DAY * 1_000_000).then(column).cast(pl.Datetime("us"))
    ).to_series()


def blank(values: np.ndarray, nothing: int) -> pl.Series:
    """Integers with null where they equal `nothing`."""
    column = pl.Series(values)
    return pl.select(pl.when(column != nothing).then(column)).to_series()
