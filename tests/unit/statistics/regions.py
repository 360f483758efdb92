"""Regions of counted spells, made from a seed: some units large, some with a handful of persons."""

import datetime as dt

import numpy as np
import polars as pl

from pipeline.statistics.count import FINER, GROUPS, months_before

AS_OF = dt.date(2026, 1, 12)


def grouped(seed: int, sizes: list[int], persons_per_spell: float = 0.9) -> pl.DataFrame:
    """Rows as statistics.grouped: `sizes` spells at each unit, skewed over the groups as real ones are."""
    draw = np.random.default_rng(seed)
    n = sum(sizes)
    lengths = draw.choice([8, 20, 45, 75, 120, 250, 500, 900], n, p=[0.2, 0.15, 0.15, 0.15, 0.15, 0.1, 0.07, 0.03])
    ongoing = draw.random(n) < 0.4
    since = months_before(AS_OF)[0].toordinal()
    last = AS_OF.toordinal()
    start = np.where(ongoing, last - draw.integers(0, lengths), draw.integers(since - 200, last, n))
    end = np.maximum(start + lengths, since)
    end = np.where(ongoing, np.maximum(end, last), np.minimum(end, np.maximum(last - 1, start)))
    skewed = {
        name: draw.choice(levels, n, p=(weights := 0.62 ** np.arange(len(levels))) / weights.sum())
        for name, levels in GROUPS.items() if name != "length"
    }  # fmt: skip
    part_of = {finer: {whole: list(parts) for whole, parts in wholes.items()} for finer, (_, wholes) in FINER.items()}
    skewed |= {
        finer: [part_of[finer][whole][int(len(part_of[finer][whole]) * at**2)] for whole, at in zip(skewed[of], draw.random(n), strict=True)]
        for finer, (of, _) in FINER.items()
    }  # fmt: skip
    epoch = dt.date(1970, 1, 1).toordinal()
    frame = pl.DataFrame(
        {
            "person_key": draw.integers(0, max(1, int(n * persons_per_spell)), n), "as_of": [AS_OF] * n,
            "unit_id": np.repeat([f"U{at}" for at in range(len(sizes))], sizes),
            "start": (start - epoch).astype(np.int32), "end": (end - epoch).astype(np.int32),
            "days": lengths.astype(np.int32), "ongoing": ongoing, **skewed,
        }
    )  # fmt: skip
    sex = pl.when(pl.col("person_key") * 2654435761 % 100 < 60).then(pl.lit("F")).otherwise(pl.lit("M"))
    upto = [15, 31, 61, 91, 181, 365, 731]
    return frame.with_columns(
        sex=sex, start_date=pl.col("start").cast(pl.Date), end_date=pl.col("end").cast(pl.Date),
        length=pl.col("days").cut([one - 1 for one in upto], labels=list(GROUPS["length"])).cast(pl.String),
    ).drop("start", "end")  # fmt: skip
