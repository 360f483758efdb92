"""Faulty rows beside the clean ones: every row-level fault of the extracts' description, counted.

Faults are added, never made of clean rows: a pipeline that rejects them all is left with the clean region.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.simulate.delivery import SECONDS, Delivery
from pipeline.simulate.people import luhn, spare_numbers

MOST = 10_000  # faults of one kind in a chunk: the numbers set aside for them are some 34 000
UNKNOWN_UNIT = "SE2321000099-ZZZZ"
REPEATS = "exact repeat"
CONFLICT = "same key, other content"


class _Chunk:
    """Makes faulty rows of one table in one chunk out of rows drawn from it (all columns as text)."""

    def __init__(self, frame: pl.DataFrame, chunk: int, issued: date, rng: np.random.Generator) -> None:
        self.frame, self.chunk, self.rng = frame, chunk, rng
        self.future = pl.lit((issued + timedelta(days=40)).isoformat() + "T10:00:00")
        self.used = self.named = 0

    def rows(self, n: int, **changes: pl.Expr) -> pl.DataFrame:
        """n rows of the chunk with columns changed; drawn without replacement while they last."""
        some = self.rng.choice(self.frame.height, n, replace=n > self.frame.height)
        return self.frame[some].with_columns(**changes)

    def key(self, n: int, letter: str) -> pl.Series:
        """n new keys no clean row has."""
        start, self.used = self.used, self.used + n
        return pl.Series(
            [f"{letter}{self.chunk:05d}x{k:07d}" for k in range(start, start + n)], dtype=pl.String
        )

    def nobody(self, n: int) -> pl.Series:
        """n valid numbers that no person of the region has; every table starts from the same ones."""
        start, self.named = self.named, self.named + n
        return pl.Series(spare_numbers(self.chunk * 400 + np.arange(start, start + n))).cast(pl.String)


WRONG_DIGIT = pl.col("patient_id").str.slice(0, 11) + (
    (pl.col("patient_id").str.slice(11, 1).cast(pl.Int64) + 1) % 10
).cast(pl.String)


def _month_13(made: _Chunk, n: int) -> pl.DataFrame:
    rows = made.rows(n)
    text = rows["patient_id"].to_numpy().astype("U12")
    # reserve numbers have no month: theirs become someone's of 1980
    year = np.array([1980 if t.startswith("99") else int(t[:4]) for t in text])
    serial = 980 + np.arange(n) % 20
    day = 10 + made.chunk % 18
    nine = ((year % 100) * 100 + 13) * 100 + day
    full = ((year * 100 + 13) * 100 + day) * 10_000 + serial * 10 + luhn(nine * 1000 + serial)
    return rows.with_columns(pl.Series("patient_id", full).cast(pl.String))


def _pairs(made: _Chunk, n: int, key: pl.Series, column: str, other: str, **changes: pl.Expr) -> pl.DataFrame:
    """2n rows: n keys twice, different in `column`."""
    one = made.rows(n, **changes).with_columns(key)
    return pl.concat([one, one.with_columns(pl.lit(other).alias(column))])


NOTHING = pl.lit(None, dtype=pl.String)
NO_DAY = pl.lit("2025-02-30")
NO_TIME = pl.lit("2025-02-30T25:61:00")
Maker = Callable[[_Chunk, int], pl.DataFrame]
# table -> rule -> maker of n faults; pairs make two rows a fault and are counted as rows
KINDS: dict[str, dict[str, Maker]] = {
    "persons": {
        "check digit": lambda c, n: c.rows(n, patient_id=WRONG_DIGIT),
        "impossible date": _month_13,
        CONFLICT: lambda c, n: _pairs(c, n, c.nobody(n).alias("patient_id"), "name", "Åsa Öst-x", former_id=NOTHING),
        REPEATS: lambda c, n: c.rows(n),
    },
    "certificates": {
        "check digit": lambda c, n: c.rows(n, patient_id=WRONG_DIGIT, certificate_id=c.key(n, "c"), replaces_id=NOTHING),
        "unknown unit (waiting)": lambda c, n: c.rows(n, unit_id=pl.lit(UNKNOWN_UNIT), certificate_id=c.key(n, "c"), replaces_id=NOTHING),
        "unknown person (waiting)": lambda c, n: c.rows(n, patient_id=c.nobody(n), certificate_id=c.key(n, "c"), replaces_id=NOTHING),
        "issued after the delivery": lambda c, n: c.rows(
            n, issued_at=c.future, received_at=NOTHING, certificate_id=c.key(n, "c"), replaces_id=NOTHING
        ),
        "unparsable timestamp": lambda c, n: c.rows(n, issued_at=NO_TIME, certificate_id=c.key(n, "c"), replaces_id=NOTHING),
        CONFLICT: lambda c, n: _pairs(c, n, c.key(n, "c").alias("certificate_id"), "diagnosis_1", "Z73.9", replaces_id=NOTHING),
        REPEATS: lambda c, n: c.rows(n),
    },
    "certificate_periods": {
        "end before start": lambda c, n: c.rows(n, start_date=pl.lit("1999-03-02"), end_date=pl.lit("1999-02-20")),
        "degree": lambda c, n: c.rows(n, start_date=pl.lit("1999-04-01"), end_date=pl.lit("1999-04-14"), degree=pl.lit("80")),
        "too long": lambda c, n: c.rows(n, start_date=pl.lit("1990-01-01"), end_date=pl.lit("1998-12-31")),
        "impossible date": lambda c, n: c.rows(n, start_date=NO_DAY),
        "unknown certificate (waiting)": lambda c, n: c.rows(n, certificate_id=c.key(n, "p")),
        CONFLICT: lambda c, n: _pairs(
            c, n, c.rows(n)["certificate_id"], "degree", "25",
            start_date=pl.lit("1999-05-01"), end_date=pl.lit("1999-05-14"), degree=pl.lit("100"),
        ),
        REPEATS: lambda c, n: c.rows(n),
    },
    "contacts": {
        "check digit": lambda c, n: c.rows(n, patient_id=WRONG_DIGIT, contact_id=c.key(n, "v")),
        "unknown person (waiting)": lambda c, n: c.rows(n, patient_id=c.nobody(n), contact_id=c.key(n, "v")),
        "unparsable timestamp": lambda c, n: c.rows(n, started_at=NO_TIME, contact_id=c.key(n, "v")),
        REPEATS: lambda c, n: c.rows(n),
    },
    "coordination": {
        "impossible date": lambda c, n: c.rows(n, offered_on=NO_DAY, case_id=c.key(n, "k")),
        CONFLICT: lambda c, n: _pairs(c, n, c.key(n, "k").alias("case_id"), "answer", "declined", answer=pl.lit("pending")),
        REPEATS: lambda c, n: c.rows(n),
    },
    "benefits": {
        "end before start": lambda c, n: c.rows(n, start_date=pl.lit("1999-03-02"), end_date=pl.lit("1999-02-20")),
        "degree": lambda c, n: c.rows(n, start_date=pl.lit("1999-04-01"), end_date=pl.lit("1999-04-14"), degree=pl.lit("80")),
    },
}  # fmt: skip
KEYS = {
    "persons": ["patient_id"],
    "certificates": ["certificate_id"],
    "certificate_periods": ["certificate_id", "start_date"],
    "contacts": ["contact_id"],
    "coordination": ["case_id"],
    "benefits": ["patient_id", "start_date", "end_date", "degree", "kind"],
}
SHORT_LINES = ("certificates", "certificate_periods", "contacts")
FEW_FIELDS = "too few fields"


def write(
    delivery: Delivery,
    tables: dict[str, pl.DataFrame],
    share: float,
    chunk: int,
    issued: date,
    rng: np.random.Generator,
    counts: dict[str, int],
) -> None:
    """Add the chunk's tables to the delivery, with `share` of their rows as faults among them; count those."""
    for table, frame in tables.items():
        kinds = KINDS.get(table, {})
        if not kinds or frame.is_empty():
            delivery.add(table, frame)
            continue
        text = frame.with_columns(
            pl.col(pl.Datetime).dt.strftime(SECONDS), (pl.col(pl.Date)).dt.strftime("%Y-%m-%d")
        ).cast(pl.String)
        made = _Chunk(text, chunk, issued, rng)
        expected = frame.height * share / (len(kinds) + (table in SHORT_LINES))
        parts = [text]
        for rule, maker in kinds.items():
            n = min(max(round(expected), 1 if chunk == 0 else 0), MOST, frame.height)
            if not n:
                continue
            faulty = maker(made, n)
            if rule not in (REPEATS, CONFLICT):
                # two faults on one key would be a fault of another kind
                faulty = faulty.unique(KEYS[table], keep="first", maintain_order=True)
            elif rule == CONFLICT:
                faulty = faulty.unique(maintain_order=True)
            parts.append(faulty)
            name = f"{table}: {rule}"
            counts[name] = counts.get(name, 0) + faulty.height
        short = max(round(expected), 1 if chunk == 0 else 0) if table in SHORT_LINES else 0
        if short:
            counts[f"{table}: {FEW_FIELDS}"] = counts.get(f"{table}: {FEW_FIELDS}", 0) + short
        whole = pl.concat(parts)
        # a fault lies anywhere among the clean rows, which keep their order
        place = np.concatenate(
            [np.arange(frame.height), rng.uniform(0, frame.height, whole.height - frame.height)]
        )
        lines = tuple(f"{key};{k}" for k, key in enumerate(made.key(short, "z")))
        delivery.add(table, whole[np.argsort(place, kind="stable")], lines)
