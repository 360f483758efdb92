"""Invented persons and their units: numbers nobody alive has, traits that steer their sick leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.simulate.figures import Figures

CHUNK = 50_000
NEVER = 10**6
YOUNGEST, OLDEST = 18, 66
SLOTS = (
    18  # birth numbers 980-997 of a date are persons'; 998 and 999, as coordination numbers, are former ones
)
HOSPITAL = ("psychiatry", "orthopaedics", "medicine", "oncology", "rehab", "other")
EPOCH = date(1970, 1, 1)
FEMALE = [
    "Åsa",
    "Märta",
    "Görel",
    "Åse",
    "Östra",
    "Ylvä",
    "Änglis",
    "Öda",
    "Brödsla",
    "Fjälla",
    "Snöa",
    "Hägga",
]
MALE = [
    "Åke",
    "Pär",
    "Göran",
    "Östen",
    "Sören",
    "Märten",
    "Björn",
    "Håkan",
    "Öjar",
    "Fjäll",
    "Rönnar",
    "Täge",
]
LAST = ["Öst", "Väst", "Åkvall", "Ödegren", "Näslycka", "Björksjö", "Håröd", "Älvdahl", "Sjölöv", "Ängsö", "Gråberg",
        "Mårdsäter", "Törnkvarn", "Hällmo", "Fågelås", "Grönhed", "Rävlanda", "Lövfall", "Skärsta", "Blåklint"]  # fmt: skip
PLACES = ["Åmål", "Östhammar", "Växsjö", "Älvsbro", "Mörbylånga", "Höganäset", "Kävlingeby", "Örnsköld"]


def day_number(day: date) -> int:
    """Days since 1970-01-01, the simulator's calendar."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class People:
    """One chunk of n persons; every array has length n, dates are day numbers, NEVER = not.

    `number` is the text of the identity number, `former` the earlier one or null. `rate` multiplies how
    often the person falls ill; `care` is 1 for high earlier care use. `home_unit` indexes units.
    """

    number: pl.Series
    former: pl.Series
    changed: np.ndarray
    birth: np.ndarray
    man: np.ndarray
    home_unit: np.ndarray
    unemployed: np.ndarray
    university: np.ndarray
    mental: np.ndarray
    pain: np.ndarray
    care: np.ndarray
    rate: np.ndarray
    died: np.ndarray
    emigrated: np.ndarray
    protected: np.ndarray
    index: np.ndarray

    def __len__(self) -> int:
        return len(self.birth)

    def age(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Age in whole years (within a day) of persons (positions in the chunk) on days."""
        return ((day - self.birth[person]) // 365.25).astype(np.int64)


def luhn(number: np.ndarray) -> np.ndarray:
    """Check digits for non-negative integers written with the digits the check covers (weight 2 last)."""
    rest, total, weight = number.copy(), np.zeros_like(number), 2
    while rest.any():
        part = (rest % 10) * weight
        total += part // 10 + part % 10
        rest //= 10
        weight = 3 - weight
    return -total % 10


def _with_check(birth: np.ndarray, serial: np.ndarray, coordination: np.ndarray | bool) -> np.ndarray:
    """Twelve-digit numbers of birth days (day numbers) and birth numbers; `coordination` adds 60 to the day."""
    when = birth.astype("datetime64[D]")
    month_start = when.astype("datetime64[M]")
    year = when.astype("datetime64[Y]").astype(np.int64) + 1970
    month = month_start.astype(np.int64) % 12 + 1
    day = (when - month_start.astype("datetime64[D]")).astype(np.int64) + 1 + 60 * np.asarray(coordination)
    nine = (((year % 100) * 100 + month) * 100 + day) * 1000 + serial
    return ((year * 100 + month) * 100 + day) * 10_000 + serial * 10 + luhn(nine)


def identity_numbers(index: np.ndarray, as_of: date, older: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Identity numbers (int64, twelve digits), birth days and whether a man, of persons by their place 0, 1, 2 ….

    Birth numbers 980-999 are kept for tests, so none is a living person's. A date has nine for each sex
    here: persons beyond 18 x the dates of 18-66 years (about 315 000) get coordination numbers (day + 60)
    of the same series, and beyond as many again Stockholm's reserve numbers `99yyyyNNNNNC` (Luhn over
    positions 5-11; twelve million of them), which carry no birth date. Raises ValueError beyond those.
    `older`: every second of the oldest year is born two years before.
    """
    youngest = date(as_of.year - YOUNGEST, as_of.month, 1)
    oldest = date(as_of.year - OLDEST, as_of.month, 1)
    dates = (youngest - oldest).days
    room = dates * SLOTS
    # a stride without common factor visits every number once and spreads neighbours over the years
    stride = next(s for s in range(int(room * 0.618), room) if np.gcd(s, room) == 1)
    place = (index % room) * stride % room
    birth = day_number(oldest) + place // SLOTS
    slot = place % SLOTS
    man = slot % 2 == 1
    if older:
        birth = birth - np.where((place // SLOTS < 365) & (slot // 2 % 2 == 1), 730, 0)
    number = _with_check(birth, 980 + slot, coordination=index // room == 1)
    over = index - 2 * room
    if (over >= 126 * 100_000).any():
        raise ValueError("there are no more numbers for invented persons")
    issued, serial = 1900 + over // 100_000, over % 100_000
    reserve = (990_000 + issued) * 1_000_000 + serial * 10 + luhn((issued % 100) * 100_000 + serial)
    return np.where(over >= 0, reserve, number), birth, man


def former_numbers(birth: np.ndarray, man: np.ndarray) -> np.ndarray:
    """The coordination number (serial 998, 999) a person of that birth day and sex may have had before."""
    return _with_check(birth, 998 + man, coordination=True)


def spare_numbers(index: np.ndarray) -> np.ndarray:
    """Valid numbers that neither persons nor former numbers use: serial 998 and 999 of 1960-2006, no coordination
    numbers; 34 000 of them, then from the start again."""
    return _with_check(index // 2 % 17_000 - 3653, 998 + index % 2, coordination=False)


def block_size(persons: int) -> int:
    """Persons of working age a primary-care centre has; fewer in a very small region, so that it has four."""
    return 3000 if persons >= 12_000 else max(1, persons // 4)


def make(
    figures: Figures,
    index: np.ndarray,
    persons: int,
    begin: int,
    end: int,
    as_of: date,
    rng: np.random.Generator,
) -> People:
    """Persons number `index` (int64) of a region of `persons`; begin and end are day numbers."""
    onset, care = figures.raw["onset"], figures.raw["care"]
    n = len(index)
    number, birth, man = identity_numbers(index, as_of, figures.raw["age_limit"]["reached"])
    age = (end - birth) / 365.25
    by_age = np.array([0.0, *[r for _, r in onset["age_rate"]]])
    ages = [at for at, _ in onset["age_rate"]]
    rate = rng.gamma(1 / onset["unevenness"], onset["unevenness"], n)
    rate *= by_age[np.searchsorted(ages, age, side="right")]
    women_rate = onset["women_rate"]
    rate *= np.where(man, 2 / (1 + women_rate), 2 * women_rate / (1 + women_rate))
    years = (end - begin) / 365.25
    event = rng.random((2, n))
    died = np.where(event[0] < care["deaths_per_year"] * years, rng.integers(begin, end, n), NEVER)
    gone = np.where(event[1] < care["emigrations_per_year"] * years, rng.integers(begin, end, n), NEVER)
    gone = np.where(died < NEVER, NEVER, gone)
    # one slot a sex and date may carry a former number, so that no two persons share one
    may = ((number // 10) % 1000 < 982) & ((number // 10_000) % 100 <= 31) & (number < 99 * 10**10)
    changed = may & (rng.random(n) < 0.02)
    former = pl.Series(former_numbers(birth, man)).cast(pl.String)
    # mental ill-health and pain come more often to those who are often ill
    often = np.sqrt(np.minimum(rate, 4.0))
    return People(
        number=pl.Series(number).cast(pl.String),
        former=pl.select(pl.when(pl.Series(changed)).then(former).otherwise(None)).to_series(),
        changed=np.where(changed, rng.integers(begin, end, n), -NEVER),
        birth=birth,
        man=man,
        home_unit=len(HOSPITAL) + index // block_size(persons),
        unemployed=rng.random(n) < onset["unemployed_share"],
        university=rng.random(n) < onset["university_share"],
        mental=rng.random(n) < onset["mental_history"] * often,
        pain=rng.random(n) < onset["pain_history"] * often,
        care=rng.random(n) < 0.35 + 0.1 * often,
        rate=rate,
        died=died,
        emigrated=gone,
        protected=rng.random(n) < care["protected_share"],
        index=index,
    )


def aged_on(figures: Figures, people: People) -> np.ndarray:
    """(persons,) first day of the month in which the age limit is reached; NEVER where nobody is to reach it."""
    limit = figures.raw["age_limit"]
    if not limit["reached"]:
        return np.full(len(people), NEVER)
    month = people.birth.astype("datetime64[D]").astype("datetime64[M]") + 12 * limit["years"]
    return month.astype("datetime64[D]").astype(np.int64)


def iso(days: np.ndarray, known_until: int) -> pl.Series:
    """Day numbers as dates; null after `known_until` (what nobody can know yet)."""
    column = pl.Series(np.where(days > known_until, -NEVER, days).astype(np.int32))
    return pl.select(pl.when(column > -NEVER).then(column).cast(pl.Date)).to_series()


def unit_ids(units: np.ndarray) -> pl.Series:
    """HSA-ids of units by their place; SE2321000099-03E8 is the first."""
    last = int(units.max(initial=0)) + 1
    names = pl.Series([f"SE2321000099-{1000 + u:04X}" for u in range(last)], dtype=pl.String)
    return names.gather(units)


def persons_table(people: People, end: int) -> pl.DataFrame:
    """The extract `persons` as known on day `end`."""
    first = np.where(people.man, people.index % len(MALE) + len(FEMALE), people.index % len(FEMALE))
    names = pl.Series(FEMALE + MALE).gather(first)
    last = pl.Series(LAST).gather(people.index // 7 % len(LAST))
    frame = pl.DataFrame({"patient_id": people.number, "former_id": people.former})
    return frame.with_columns(
        pl.when(pl.Series(people.changed <= end)).then("former_id").alias("former_id"),
        (names + " " + last + "-" + pl.Series(people.index).cast(pl.String)).alias("name"),
        pl.Series(np.where(people.man, "M", "F")).alias("sex"),
        unit_ids(people.home_unit).alias("listed_unit_id"),
        iso(people.died, end).alias("deceased_on"),
        iso(people.emigrated, end).alias("emigrated_on"),
        pl.Series(people.protected.astype(np.int8)).alias("protected"),
    )


def units_table(persons: int, more: int, enrolled: int, seed: int) -> pl.DataFrame:
    """The extract `units`: six of the hospital's, then the primary-care centres, `more` of them for a study's `enrolled`."""
    block = block_size(persons)
    listed = [min(block, persons - first) for first in range(0, persons, block)]
    listed += [-(-(enrolled - first) // more) for first in range(more)]  # put there in turn
    kinds = [*HOSPITAL, *["primary"] * len(listed)]
    rows = []
    for place, kind in enumerate(kinds):
        # one stream a unit: a larger region has the same first units
        rng = np.random.default_rng([seed, 77, place])
        size = listed[place - len(HOSPITAL)] if kind == "primary" else None
        rng.random()  # a draw that nothing reads: what is drawn after it stays what it was
        private = kind == "primary" and rng.random() < 0.3
        town = PLACES[place % len(PLACES)]
        rows.append(
            {
                "unit_id": f"SE2321000099-{1000 + place:04X}",
                "provider_id": f"SE5560000{place % 3 + 1:03d}" if private else "SE2321000099",
                "parent_id": "",
                "name": f"Vårdcentralen {town} {place - len(HOSPITAL) + 1}"
                if kind == "primary"
                else f"{kind.title()} {town}",
                "municipality": town,
                "kind": kind,
                "list_size": size,
                "capacity_per_week": int(rng.integers(2, 6)) if kind == "primary" else None,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"list_size": pl.Int64, "capacity_per_week": pl.Int64})


def as_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(day))
