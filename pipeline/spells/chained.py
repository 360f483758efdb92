"""Segments and spells of some whole persons at every asked moment, by the clean rule, in arrays.

What certificate_segments.sql and spells.sql say; tests hold the two to each other row for row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import NightFailed
from pipeline.spells.arrow import DATE, Flags, Ints, Texts, column, flags, numbers
from pipeline.spells.one_degree import heads, ruled, spread

AT_ONCE = 1_000_000  # periods times moments reckoned at a time
DASH = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"-"))[0]
SEGMENT_COLUMNS = pa.schema(
    [
        ("person_key", pa.int64()), ("as_of", pa.date32()), ("start_date", pa.date32()), ("end_date", pa.date32()),
        ("degree", pa.int32()), ("certificate_id", pa.string()), ("unit_id", pa.string()),
    ]
)  # fmt: skip
SPELL_COLUMNS = pa.schema(
    [
        ("spell_id", pa.string()), ("person_key", pa.int64()), ("as_of", pa.date32()), ("unit_id", pa.string()),
        ("start_date", pa.date32()), ("end_date", pa.date32()), ("days", pa.int32()), ("net_days", pa.float64()),
        ("degree", pa.int32()), ("n_certificates", pa.int32()), ("n_doctors", pa.int32()), ("diagnosis", pa.string()),
        ("occupation", pa.string()), ("ongoing", pa.bool_()), ("day", pa.int32()),
    ]
)  # fmt: skip


class Periods:
    """Rows of ingest.certificate_periods of whole persons, in order of person_key and certificate_id."""

    def __init__(self, rows: pa.Table) -> None:
        self.person, self.certificate_id = numbers(rows["person_key"]), rows["certificate_id"].combine_chunks()
        same_person, later_person = self.person[1:] == self.person[:-1], self.person[1:] > self.person[:-1]
        if not (later_person | same_person & _neighbours(pc.less_equal, self.certificate_id)).all():
            raise NightFailed(
                "table ingest.certificate_periods does not lie by person_key and certificate_id", remedy="make it anew: `rehabrisk ingest`"
            )
        same = same_person & _neighbours(pc.equal, self.certificate_id)
        self.certificate = np.cumsum(np.concatenate([[False], ~same]))  # numbered in the order of the texts
        self.start, self.end = numbers(rows["start_date"]).astype(np.int64), numbers(rows["end_date"]).astype(np.int64)
        self.known_from, self.known_until = numbers(rows["known_from"]), numbers(rows["known_until"])
        self.degree = numbers(rows["degree"])
        self.issued_at = numbers(rows["issued_at"], blank=np.iinfo(np.int64).min)
        self.unit, self.doctor = Texts(rows["unit_id"]), Texts(rows["doctor_id"])
        self.diagnosis, self.occupation = Texts(rows["diagnosis_1"]), Texts(rows["occupation"])


def _neighbours(compare: Callable[..., pa.Array], texts: pa.Array) -> Flags:
    """Each row but the last compared with the next."""
    return flags(compare(texts.slice(0, len(texts) - 1), texts.slice(1)))


@dataclass(frozen=True)
class Moments:
    """All of moments.asked, in order of person_key and as_of."""

    person: Ints
    as_of: Ints

    def known(self, periods: Periods) -> Iterator[tuple[Ints, Ints]]:
        """Places of a period and of a moment at which it is known, some whole persons at a time, in their order."""
        begins = heads(periods.person)
        rows = np.diff(begins, append=periods.person.size)
        first = np.searchsorted(self.person, periods.person[begins])
        asked = np.searchsorted(self.person, periods.person[begins], side="right") - first
        part = np.cumsum(rows * asked) // AT_ONCE
        for some in np.split(np.arange(begins.size), heads(part)[1:]):
            person = np.repeat(some, rows[some])
            row, moment = spread(first[person], asked[person])
            row += begins[some[0]]
            as_of = self.as_of[moment]
            known = (periods.known_from[row] <= as_of) & (periods.known_until[row] > as_of)
            if known.any():
                yield row[known], moment[known]


class Chained:
    """The tables' rows of periods known at moments, as Moments.known gives their places."""

    def __init__(self, periods: Periods, moments: Moments, row: Ints, moment: Ints, max_gap_days: int) -> None:
        self.periods, self.moments = periods, moments
        start, end = periods.start[row], periods.end[row]
        # one line of days for all: a moment's lie behind those of the moment before, too far off to be chained to them
        apart = end.max() - start.min() + max_gap_days + 2
        begin = start + moment * apart
        order = np.argsort(begin)
        self.row, self.moment = row[order], moment[order]
        first, last = begin[order], (end + moment * apart)[order]
        free = first[1:] - np.maximum.accumulate(last)[:-1] - 1
        self.spell = np.cumsum(np.concatenate([[False], free > max_gap_days]))
        self.ruler, first, last = self._segments(first, last, free < 0)
        shift = self.moment[self.ruler] * apart
        self.start, self.end = first - shift, last - shift

    def _segments(self, first: Ints, last: Ints, meets: Flags) -> tuple[Ints, Ints, Ints]:
        """The period that rules, the first and the last day of each segment. Most periods overlap no other and pass."""
        overlaps = np.concatenate([[False], meets]) | np.concatenate([meets, [False]])
        rivals, alone = np.flatnonzero(overlaps), np.flatnonzero(~overlaps)
        periods, row = self.periods, self.row[rivals]
        by_weight = np.lexsort(
            (periods.degree[row], periods.end[row], periods.start[row], periods.certificate[row], periods.issued_at[row])
        )
        ruler, begin, end = ruled(first[rivals], last[rivals], by_weight)
        at = np.searchsorted(first[alone], begin)
        return np.insert(alone, at, rivals[ruler]), np.insert(first[alone], at, begin), np.insert(last[alone], at, end)

    def segments(self) -> pa.Table:
        """Rows of spells.certificate_segments."""
        row, moment = self.row[self.ruler], self.moment[self.ruler]
        return _table(
            SEGMENT_COLUMNS, self.moments.person[moment], self.moments.as_of[moment], self.start, self.end,
            self.periods.degree[row], self.periods.certificate_id.take(column(row, pa.int64())),
            self.periods.unit.array(self.periods.unit.ranks[row]),
        )  # fmt: skip

    def spells(self) -> pa.Table:
        """Rows of spells.spells."""
        begins = heads(self.spell[self.ruler])
        ends = np.append(begins[1:], self.ruler.size) - 1
        moment = self.moment[self.ruler]
        now = self.moments.as_of[moment]
        covers = np.where((self.start <= now) & (self.end >= now), np.arange(now.size), -1)
        ruling = np.maximum.reduceat(covers, begins)
        ongoing = ruling >= 0
        in_force = self.row[self.ruler[np.where(ongoing, ruling, ends)]]  # or else what rules the last day
        days, degree = self.end - self.start + 1, self.periods.degree[self.row[self.ruler]]
        person, as_of, start = self.moments.person[moment[begins]], now[begins], self.start[begins]
        return _table(
            SPELL_COLUMNS, spell_ids(person, start), person, as_of, self.periods.unit.array(self.periods.unit.ranks[in_force]),
            start, self.end[ends], np.add.reduceat(days, begins), np.add.reduceat(days * degree, begins) / 100.0,
            self.periods.degree[in_force], self._different(self.periods.certificate), self._different(self.periods.doctor.ranks),
            self._said(self.periods.diagnosis, in_force), self._said(self.periods.occupation, in_force),
            ongoing, as_of - start + 1,
        )  # fmt: skip

    def _different(self, codes: Ints) -> Ints:
        """How many codes of a spell's periods differ; those below 0 are blank. Periods that rule no day count too."""
        of = codes[self.row]
        told, span = of >= 0, codes.max() + 1
        pairs = np.sort(self.spell[told] * span + of[told])
        return np.bincount(pairs[heads(pairs)] // max(span, 1), minlength=self.spell[-1] + 1)

    def _said(self, texts: Texts, in_force: Ints) -> pa.Array:
        """What the certificate in force says, on whichever of its periods in the spell: where they differ the greatest."""
        same = self.periods.certificate[self.row] == self.periods.certificate[in_force][self.spell]
        return texts.array(np.maximum.reduceat(np.where(same, texts.ranks[self.row], -1), heads(self.spell)))


def spell_ids(person: Ints, start: Ints) -> pa.Array:
    """`<person_key>-<yyyymmdd>`."""
    first = start.min()
    every_day = pc.replace_substring(column(np.arange(first, start.max() + 1), DATE).cast(pa.string()), "-", "")
    day = every_day.take(column(start - first, pa.int64()))
    return pc.binary_join_element_wise(column(person, pa.int64()).cast(pa.string()), day, DASH)


def _table(columns: pa.Schema, *values: pa.Array | Ints) -> pa.Table:
    made = [one if isinstance(one, pa.Array) else column(one, kind) for one, kind in zip(values, columns.types, strict=True)]
    return pa.Table.from_arrays(made, schema=columns)
