"""Certificates like a region's, made at once as the lake keeps them, for bench/spells.py."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl

THREADS = 2
CHUNK = 1_000_000  # certificates drawn at a time


def periods(n: int, seed: int) -> pl.DataFrame:
    """About `n` certificates over ten years, as ingest.certificate_periods: sorted as the lake keeps them.

    A person has 3.8 on average. After one comes a renewal without a free day (58 %), with a hole of 1 to 9 days (12 %),
    one that overlaps (7 %) or lies inside it (1 %), or a new spell. 12 % have two degrees; 2 % are revoked.
    """
    draw = np.random.default_rng(seed)
    persons = max(1, int(n / 3.8))
    counts = draw.geometric(1 / 3.8, persons)
    n = int(counts.sum())
    first = np.repeat(np.cumsum(counts) - counts, counts) == np.arange(n)
    keys = draw.integers(1, 2**62, persons)
    lengths = draw.integers(5, 46, n)
    kind = draw.random(n)
    after_end = np.select(
        [kind < 0.58, kind < 0.70, kind < 0.77, kind < 0.78],
        [np.ones(n), draw.integers(2, 11, n), -draw.integers(0, 5, n), -lengths - 60],
        draw.integers(20, 500, n),
    ).astype(np.int64)
    begin = draw.integers(14_600, 18_500, n)  # 2009-12 to 2020-08, in days since 1970
    steps = np.where(first, begin, np.roll(lengths, 1) - 1 + after_end)
    at = np.cumsum(steps)
    person = np.cumsum(first) - 1
    start = at - np.concatenate([[0], at[np.flatnonzero(first)[1:] - 1]])[person]
    inside = np.maximum(start, begin[np.flatnonzero(first)][person])  # one that lies inside does not begin before the first
    start = np.where(kind >= 0.78, start, inside)
    end = start + lengths - 1
    frame = pl.DataFrame(
        {
            "certificate_id": draw.integers(0, 2**60, n), "person_key": keys[person], "unit": draw.integers(0, 200, n),
            "doctor": draw.integers(0, 3000, n), "start": start, "end": end, "known": start + draw.integers(0, 4, n),
            "revoked": np.where(draw.random(n) < 0.02, start + 9, -1), "diagnosis": draw.integers(0, 40, n),
            "two": draw.random(n) < 0.12, "degree": draw.choice([100, 75, 50, 25], n, p=[0.7, 0.05, 0.2, 0.05]),
        }
    )  # fmt: skip
    middle = (pl.col("start") + pl.col("end")) // 2
    both = pl.concat(
        [
            frame.with_columns(end=pl.when("two").then(middle).otherwise("end")),
            frame.filter("two").with_columns(start=middle + 1, degree=pl.lit(50, pl.Int64)),
        ]
    )
    day = pl.col("known").cast(pl.Int32).cast(pl.Date)
    return both.select(
        pl.format("c{}", "certificate_id").alias("certificate_id"),
        "person_key",
        pl.format("SE2321000099-{}", pl.col("unit") + 1000).alias("unit_id"),
        pl.format("d{}", pl.col("doctor") * 7919 + 10**9).alias("doctor_id"),
        (day.cast(pl.Datetime("us")) + pl.duration(hours=9, minutes="diagnosis")).alias("issued_at"),
        day.alias("known_from"),
        pl.when(pl.col("revoked") >= 0).then(pl.col("revoked")).cast(pl.Int32).cast(pl.Date).alias("known_until"),
        pl.format("F{}", pl.col("diagnosis") + 300).alias("diagnosis_1"),
        pl.lit("WORK").alias("occupation"),
        pl.col("start").cast(pl.Int32).cast(pl.Date).alias("start_date"),
        pl.col("end").cast(pl.Int32).cast(pl.Date).alias("end_date"),
        pl.col("degree").cast(pl.Int32),
    )


def make(millions: float, file: Path) -> None:
    """Write the lake's file."""
    parts = []
    for part in range(-(-int(millions * 1e6) // CHUNK)):
        parts.append(file.with_name(f"part{part}.parquet"))
        periods(min(CHUNK, int(millions * 1e6) - part * CHUNK), seed=part + 1).write_parquet(parts[-1])
    con = duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB", "temp_directory": str(file.parent / "tmp")})
    con.execute(
        f"copy (select * from read_parquet('{file.parent}/part*.parquet') order by person_key, certificate_id, start_date, known_from) "
        f"to '{file}' (format parquet, compression zstd, compression_level 1)"
    )
    for part in parts:
        part.unlink()
