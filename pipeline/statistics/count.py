"""Spells counted by place, sex and group, with every small cell hidden and none that can be worked out.

For each sex and grouping there is one two-way table, places x groups, with the region as its sum over places. Its row
sums, a place's women and men, stand in every grouping and are shown as they are: a place where one of them is small is
counted among the others. Both sexes together are told only where women and men both are, so that nothing is published
beside these tables. Source: privacy/disclosure.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.errors import UsageError
from pipeline.privacy.disclosure import SMALLEST, hidden_cells, hidden_parts

SEXES = ("F", "M")
BOTH = "all"
MONTHS = 24
YEAR = 12  # months; started spells are those of the last whole year of months
GROUPS: dict[str, tuple[str, ...]] = {
    "length": ("0-14", "15-30", "31-60", "61-90", "91-180", "181-364", "365-730", "731+"),
    "age": ("0-25", "26-35", "36-45", "46-55", "56+", "unknown"),
    "diagnosis": ("F00-F99", "M00-M99", "A00-E90", "O00-O99", "R00-R99", "Z00-Z99", "other", "none"),
    "degree": ("25", "50", "75", "100"),
}
# finer groups inside those of a grouping: told of the region alone, as they are small at every unit
FINER: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "age_5": ("age", {
        "0-25": ("0-15", "16-20", "21-25"),
        "26-35": ("26-30", "31-35"),
        "36-45": ("36-40", "41-45"),
        "46-55": ("46-50", "51-55"),
        "56+": ("56-60", "61-65", "66+"),
        "unknown": ("unknown",),
    }),
    "chapter": ("diagnosis", {
        "F00-F99": ("F00-F99",),
        "M00-M99": ("M00-M99",),
        "A00-E90": ("A00-B99", "C00-D48", "D50-D89", "E00-E90", "G00-G99", "H00-H59", "H60-H95", "I00-I99", "J00-J99", "K00-K93", "L00-L99", "N00-N99"),
        "O00-O99": ("O00-O99",),
        "R00-R99": ("R00-R99",),
        "Z00-Z99": ("Z00-Z99",),
        "other": ("P00-P96", "Q00-Q99", "S00-T98", "U00-U99", "V01-Y98"),
        "none": ("none",),
    }),
}  # fmt: skip
LONG = GROUPS["length"][4:]  # more than 90 days
LEVELS = GROUPS | {finer: tuple(sorted(level for parts in wholes.values() for level in parts)) for finer, (_, wholes) in FINER.items()}
SIDES = {"0-90": GROUPS["length"][:4], "91+": LONG}
OTHERS, REGION = "*others", "*region"  # no unit's id begins with *


@dataclass(frozen=True)
class Statistics:
    """What may be shown.

    cells : place, measure (ongoing, started), grouping (total, long, month, those of GROUPS, and of the region those of
        FINER), level, sex (F, M, all), spells (null: hidden). Places in the order of `places`: units, then the others if
        any, the region last.
    months : first days, oldest first, the last one the last whole month before as_of.
    """

    as_of: date
    months: tuple[date, ...]
    places: tuple[str, ...]
    cells: pl.DataFrame
    without_sex: int  # spells left out, as the person's sex is not known
    together: frozenset[str]  # units that are counted with the others, and have no page


def months_before(as_of: date, count: int = MONTHS) -> tuple[date, ...]:
    """First days of the last `count` whole months before `as_of`, oldest first.

    >>> months_before(date(2026, 1, 12), 2)
    (datetime.date(2025, 11, 1), datetime.date(2025, 12, 1))
    """
    ends = as_of.year * 12 + as_of.month - 1
    return tuple(date(at // 12, at % 12 + 1, 1) for at in range(ends - count, ends))


def count(grouped: pl.DataFrame, as_of: date, smallest: int = SMALLEST) -> Statistics:
    """Count statistics.grouped, one row a spell.

    Raises UsageError where the whole region has so few women or men that nothing may be shown.
    """
    known = grouped.filter(pl.col("sex").is_in(SEXES))
    months = months_before(as_of)
    this_month = as_of.replace(day=1)
    spells = {
        "ongoing": known.filter("ongoing"),
        "started": known.filter(pl.col("start_date").is_between(months[-YEAR], this_month, closed="left")),
    }
    places = _places(spells, smallest)
    alone = pl.col("unit_id").is_in(places)
    put = pl.when(alone).then("unit_id").otherwise(pl.lit(OTHERS)).alias("place")
    spells = {measure: frame.with_columns(put) for measure, frame in spells.items()}
    together = frozenset(known["unit_id"]) - {*places}
    known = known.with_columns(put)
    shown = [*places, *([OTHERS] if together else [])]
    found: list[tuple] = []
    for measure, frame in spells.items():
        for sex in SEXES:
            part = frame.filter(sex=sex)
            for grouping, levels in GROUPS.items():
                if grouping == "length":
                    found += _by_length(part, shown, measure, sex, smallest)
                else:
                    told = _told(part, shown, grouping, levels, measure, sex, smallest)
                    found += [*told, *_finer(part, told, grouping, measure, sex, smallest)]
        found += _totals(frame, shown, measure)
    year = {False: months[:YEAR], True: months[YEAR:]}
    begun = known.with_columns(month=pl.col("start_date").dt.month_start().cast(pl.String))
    for last, block in year.items():
        for sex in SEXES:
            part = begun.filter(pl.col("sex") == sex, pl.col("month").is_in([str(one) for one in block]))
            found += _told(part, shown, "month", [str(one) for one in block], "started", sex, smallest, sums_shown=last)
    for month in months:
        found += _during(known, shown, month, smallest)
    cells = pl.DataFrame(
        found, schema={"place": pl.String, "measure": pl.String, "grouping": pl.String, "level": pl.String, "sex": pl.String, "spells": pl.Int64},
        orient="row",
    )  # fmt: skip
    return Statistics(as_of, months, (*shown, REGION), _with_both(cells), grouped.height - known.height, together)


def _places(spells: dict[str, pl.DataFrame], smallest: int) -> list[str]:
    """The units that are shown by themselves, in order; the rest are together so many that they may be shown."""
    persons = pl.concat(
        frame.select("unit_id", "sex", "person_key").with_columns(pl.lit(measure).alias("measure")) for measure, frame in spells.items()
    )
    each = persons.group_by("unit_id", "measure", "sex").agg(pl.col("person_key").n_unique().alias("persons"))
    too_small = set(each.filter(pl.col("persons") < smallest)["unit_id"])
    sizes = persons.group_by("unit_id").len().sort("len", "unit_id")["unit_id"].to_list()
    alone = [unit for unit in sizes if unit not in too_small]  # smallest first
    while too_small:
        together = persons.filter(pl.col("unit_id").is_in(list(too_small))).group_by("measure", "sex").agg(pl.col("person_key").n_unique().alias("persons"))
        if (together["persons"] >= smallest).all() and len(too_small) > 1:
            break
        if not alone:
            if (together["persons"] >= smallest).all():
                break
            raise UsageError(
                f"fewer than {smallest} women or men of the whole region are on sick leave: statistics would tell who they are",
                remedy="ask about a day when the region's certificates are there",
            )
        too_small.add(alone.pop(0))
    return sorted(alone)


def _counted(frame: pl.DataFrame, rows: list[str], column: str, levels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Spells (rows, levels), and persons (rows + 1, levels + 1) with those behind the sums."""
    spells = np.zeros((len(rows), len(levels)), dtype=int)
    persons = np.zeros((len(rows) + 1, len(levels) + 1), dtype=int)
    row_of, column_of = {name: at for at, name in enumerate(rows)}, {name: at for at, name in enumerate(levels)}
    people = pl.col("person_key").n_unique()
    for place, level, n, who in frame.group_by("place", column).agg(pl.len(), people).iter_rows():
        spells[row_of[place], column_of[level]] = n
        persons[row_of[place], column_of[level]] = who
    for place, who in frame.group_by("place").agg(people).iter_rows():
        persons[row_of[place], -1] = who
    for level, who in frame.group_by(column).agg(people).iter_rows():
        persons[-1, column_of[level]] = who
    persons[-1, -1] = frame["person_key"].n_unique()
    return spells, persons


def _told(
    frame: pl.DataFrame, rows: list[str], grouping: str, levels: Sequence[str], measure: str, sex: str, smallest: int,
    sums_shown: bool = True,
) -> list[tuple]:  # fmt: skip
    """One sex's table by one grouping, as rows of cells; its row sums are told once, by _totals."""
    spells, persons = _counted(frame, rows, grouping, levels)
    hidden = hidden_cells(spells, smallest, persons=persons, row_sums_shown=sums_shown)
    return _cells(rows, measure, grouping, levels, sex, spells, hidden)


def _finer(part: pl.DataFrame, told: list[tuple], grouping: str, measure: str, sex: str, smallest: int) -> list[tuple]:
    """The region's finer groups inside those of `grouping`; all of one that is hidden, else what protects the small ones."""
    hidden_wholes = {level for place, *_, level, _, spells in told if place == REGION and spells is None}
    found = []
    for finer, wholes in ((finer, wholes) for finer, (whole, wholes) in FINER.items() if whole == grouping):
        counted = part.group_by(finer).agg(pl.len(), pl.col("person_key").n_unique()).rows()
        of_level = {level: (spells, persons) for level, spells, persons in counted}
        for whole, levels in wholes.items():
            spells, persons = np.array([of_level.get(level, (0, 0)) for level in levels]).T
            hidden = np.ones(len(levels), dtype=bool) if whole in hidden_wholes else hidden_parts(spells, persons, smallest)
            found += [
                (REGION, measure, finer, level, sex, None if hidden[at] else int(spells[at])) for at, level in enumerate(levels)
            ]
    return found


def _cells(
    rows: list[str], measure: str, grouping: str, levels: Sequence[str], sex: str, spells: np.ndarray, hidden: np.ndarray
) -> list[tuple]:
    sums = np.vstack([spells, spells.sum(axis=0)])
    return [
        (place, measure, grouping, level, sex, None if hidden[at, on] else int(sums[at, on]))
        for at, place in enumerate((*rows, REGION))
        for on, level in enumerate(levels)
    ]


def _by_length(part: pl.DataFrame, rows: list[str], measure: str, sex: str, smallest: int) -> list[tuple]:
    """Spells up to and over 90 days, and the groups of length inside the two.

    The share over 90 days is what a manager follows, so it is settled first. Where it is hidden the whole row of groups
    is, and so many rows are that spells could be longer at one place and shorter at another; elsewhere a group is
    protected by others on the same side of 90 days.
    """
    levels = GROUPS["length"]
    side = pl.when(pl.col("length").is_in(LONG)).then(pl.lit("91+")).otherwise(pl.lit("0-90")).alias("side")
    sides, persons = _counted(part.with_columns(side), rows, "side", list(SIDES))
    spells, behind = _counted(part, rows, "length", levels)
    long_hidden = hidden_cells(sides, smallest, persons=persons, row_sums_shown=True)
    hidden_rows = long_hidden[:, 0]
    order = np.argsort(np.append(spells.sum(axis=1), np.iinfo(int).max), kind="stable")
    for at in np.flatnonzero(hidden_rows):
        while not (hidden_rows[-1] or _may_move(spells, hidden_rows, at)):
            more = next(one for one in order if not hidden_rows[one])  # the region last, and then nothing is told
            hidden_rows[more] = True
    if hidden_rows[-1]:
        hidden_rows[:] = True
    long_hidden[hidden_rows, :2] = True
    hidden = np.zeros_like(behind, dtype=bool)
    for side_at, groups in enumerate(SIDES.values()):
        on = [levels.index(level) for level in groups]
        already = np.zeros((len(rows) + 1, len(groups) + 1), dtype=bool)
        already[hidden_rows] = True
        sums = persons[:, [side_at]]
        found = hidden_cells(
            spells[:, on], smallest, persons=np.hstack([behind[:, on], sums]), row_sums_shown=True, already=already
        )
        hidden[:, on] = found[:, :-1]
    return [
        *_cells(rows, measure, "long", list(SIDES), sex, sides, long_hidden),
        *_cells(rows, measure, "length", levels, sex, spells, hidden),
    ]


def _may_move(spells: np.ndarray, hidden_rows: np.ndarray, at: int) -> bool:
    """Whether one spell more over 90 days at place `at`, one fewer at another hidden place, agrees with all that is shown."""
    long = [GROUPS["length"].index(level) for level in LONG]
    short = [one for one in range(spells.shape[1]) if one not in long]
    gives = spells >= 2
    others = [one for one in np.flatnonzero(hidden_rows[:-1]) if one != at]
    return any(
        (gives[other, long].any() and gives[at, short].any()) or (gives[at, long].any() and gives[other, short].any())
        for other in others
    )


def _totals(frame: pl.DataFrame, rows: list[str], measure: str) -> list[tuple]:
    spells, _ = _counted(frame, rows, "sex", SEXES)
    sums = np.vstack([spells, spells.sum(axis=0)])
    return [
        (place, measure, "total", "", sex, int(sums[at, on]))
        for at, place in enumerate((*rows, REGION))
        for on, sex in enumerate(SEXES)
    ]


def _during(known: pl.DataFrame, rows: list[str], month: date, smallest: int) -> list[tuple]:
    """Spells with a day in the month, women and men and both: a table of its own, as months do not add up."""
    last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    inside = known.filter(pl.col("start_date") <= last, pl.col("end_date") >= month)
    spells, persons = _counted(inside, rows, "sex", SEXES)
    hidden = hidden_cells(spells, smallest, persons=persons)
    below = np.vstack([spells, spells.sum(axis=0)])
    return [
        (place, "ongoing", "month", str(month), sex, None if hidden[at, on] else int(below[at, on]))
        for at, place in enumerate((*rows, REGION))
        for on, sex in enumerate(SEXES)
    ]


def _with_both(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells and, after women and men, both: hidden where either is."""
    key = ["place", "measure", "grouping", "level"]
    both = cells.group_by(key, maintain_order=True).agg(
        pl.lit(BOTH).alias("sex"),
        pl.when(pl.col("spells").null_count() == 0).then(pl.col("spells").sum()).alias("spells"),
    )
    return pl.concat([cells, both.select(cells.columns)])
