"""Have the chances come true? Scores of earlier nights beside what became of the spells since."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from models.measures.bootstrap import person_intervals
from models.measures.calibration import observed_to_expected
from models.measures.discrimination import aucs

PASSED = 90
REPORTED_AFTER = 45  # days after which nearly every renewal has come; an end before it is only a certificate not yet seen
MONTHS = 12
FEWEST = 100  # persons of a month that can raise an alarm
FEWEST_SHOWN = 20
ALLOWED = 0.1  # observed may lie a tenth off expected; the alarm needs its whole interval beyond


def matured(scores: Path, spells: pl.DataFrame, persons: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row a spell and month of scoring: month, person_key, p_90, passed (bool), sex, age.

    scores : the folder of as_of=<date>/scores.parquet. spells : spells.spells as known tonight. The first night of a month that
    scored the spell before day 90 counts; only months of which every spell's 90th day lies REPORTED_AFTER days back.
    """
    first = (as_of.replace(day=1) - timedelta(days=31 * MONTHS)).isoformat()
    nights = sorted(file for file in scores.glob("as_of=*/scores.parquet") if first <= file.parent.name[6:] < as_of.isoformat())
    if not nights:
        return pl.DataFrame(schema={"month": pl.String, "person_key": pl.Int64, "p_90": pl.Float64, "passed": pl.Boolean, "sex": pl.String, "age": pl.Float64})
    at_90 = pl.col("as_of") + pl.duration(days=PASSED - pl.col("day"))
    # of a month that has come in part only those nearest day 90 are there, whose chances are nearly one: nothing could look wrong
    whole = pl.col("as_of").dt.month_end() + pl.duration(days=PASSED - 1)
    rows = (
        pl.concat(pl.read_parquet(file, columns=["spell_id", "person_key", "as_of", "day", "p_90"]) for file in nights)
        .filter(pl.col("day") < PASSED, whole <= as_of - timedelta(days=REPORTED_AFTER))
        .with_columns(month=pl.col("as_of").dt.strftime("%Y-%m"))
        .sort("as_of", "spell_id")
        .unique(["person_key", "month"], keep="first", maintain_order=True)
    )
    covering = rows.join(spells.select("person_key", "start_date", "end_date"), on="person_key", how="left").filter(
        pl.col("as_of").is_between("start_date", "end_date")
    )
    ends = covering.group_by("person_key", "as_of").agg(pl.col("end_date").max())
    # no spell covers the night any more when what it saw has been revoked: it did not pass
    return (
        rows.join(ends, on=("person_key", "as_of"), how="left", maintain_order="left")
        .join(persons.select("person_key", "sex", "birth_month"), on="person_key", how="left", maintain_order="left")
        .select(
            "month",
            "person_key",
            "p_90",
            passed=(pl.col("end_date") > at_90).fill_null(False),
            sex=pl.col("sex").cast(pl.String).fill_null("not known"),
            age=(pl.col("as_of") - pl.col("birth_month")).dt.total_days() / 365.25,
        )
    )


def came_true(rows: pl.DataFrame) -> list[dict]:
    """By month, and over the last three by sex and age: persons, expected and observed share, their ratio and AUC with 95 % intervals."""
    months = rows["month"].unique().sort().to_list()
    late = rows.filter(pl.col("month").is_in(months[-3:]))
    age = (pl.col("age") // 10 * 10).cast(pl.Int32).cast(pl.String) + "-"
    cells = [("month", month, rows.filter(pl.col("month") == month)) for month in months]
    cells += [("sex", sex, late.filter(pl.col("sex") == sex)) for sex in late["sex"].unique().sort()]
    cells += [("age", band, late.filter(age == band)) for band in late.select(age.alias("age"))["age"].drop_nulls().unique().sort()]
    return [{"by": by, "cell": cell} | _judged(found) for by, cell, found in cells]


def matured_alarms(figures: list[dict]) -> list[dict]:
    """The newest month whose observed share lies a tenth or more off the expected, interval and all."""
    months = [one for one in figures if one["by"] == "month" and one.get("persons", 0) >= FEWEST]
    if not months:
        return []
    newest = months[-1]
    value, low, high = newest["observed_over_expected"]
    if low <= 1 + ALLOWED and high >= 1 - ALLOWED:
        return []
    return [{
        "what": "calibration",
        "seen": f"of spells scored in {newest['cell']} {value:.2f} times as many passed day {PASSED} as expected ({low:.2f} to {high:.2f})",
        "next_step": "see whether certificates are missing or coded anew; if spells have become longer or shorter, `rehabrisk train`, read the card, promote",
    }]  # fmt: skip


def _judged(rows: pl.DataFrame) -> dict:
    persons = rows["person_key"].n_unique()
    if persons < FEWEST_SHOWN:
        return {"persons_fewer_than": FEWEST_SHOWN}
    passed, chance = rows["passed"].to_numpy(), rows["p_90"].to_numpy()
    measures = {
        "observed_over_expected": lambda w: observed_to_expected(passed, chance, w),
        "auc": lambda w: aucs(passed, chance, w),
    }
    found = person_intervals(measures, np.ones(len(passed)), rows["person_key"].to_numpy())
    told = {name: [None if np.isnan(v) else round(v, 3) for v in values] for name, values in found.items()}
    return {"persons": persons, "expected": round(float(chance.mean()), 3), "observed": round(float(passed.mean()), 3)} | told
