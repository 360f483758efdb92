"""Have the chances come true? Scores of earlier nights beside what became of the spells since."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from models.measures.bootstrap import person_intervals
from models.measures.calibration import observed_to_expected
from models.measures.discrimination import aucs, expected_aucs

PASSED = 90
MONTHS = 12
FEWEST = 100  # persons of a month or a cell that can raise an alarm
FEWEST_EACH = 20  # of them who passed, and who did not
FEWEST_SHOWN = 20
ALLOWED = 0.1  # observed may lie a tenth off expected; the alarm needs its whole interval beyond
ALLOWED_AUC = 0.02  # and AUC so far below what the chances themselves promise
CELL_LEVEL = 0.995  # of the cells' intervals: ten of them are looked at every night


def scored_before(scores: Path, as_of: date, last_day: date) -> pl.DataFrame:
    """One row a person and month of scoring: month, person_key, as_of, day, p_90, of the months whose outcomes have come.

    scores : the folder of as_of=<date>/scores.parquet. last_day : the last whose outcomes are known. The first night of a month that
    scored the spell before day 90 counts; only months of which every spell's 90th day lies before `last_day`.
    """
    first = (as_of.replace(day=1) - timedelta(days=31 * MONTHS)).isoformat()
    nights = sorted(file for file in scores.glob("as_of=*/scores.parquet") if first <= file.parent.name[6:] < as_of.isoformat())
    kinds = {"month": pl.String, "person_key": pl.Int64, "as_of": pl.Date, "day": pl.Int32, "p_90": pl.Float64}
    if not nights:
        return pl.DataFrame(schema=kinds)
    # of a month that has come in part only those nearest day 90 are there, whose chances are nearly one: nothing could look wrong
    whole = pl.col("as_of").dt.month_end() + pl.duration(days=PASSED - 1)
    return (
        pl.concat(pl.read_parquet(file, columns=["spell_id", "person_key", "as_of", "day", "p_90"]) for file in nights)
        .filter(pl.col("day") < PASSED, whole < last_day)
        .with_columns(month=pl.col("as_of").dt.strftime("%Y-%m"))
        .sort("as_of", "spell_id")
        .unique(["person_key", "month"], keep="first", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in kinds.items())
    )


def matured(rows: pl.DataFrame, outcomes: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """month, person_key, p_90, passed (bool), sex, age of every row of `scored_before`.

    outcomes : person_key, as_of, duration_days, by the rule that training learns from. persons : person_key, sex, birth_month.
    """
    return (
        rows.join(outcomes, on=("person_key", "as_of"), how="inner", maintain_order="left")
        .join(persons.select("person_key", "sex", "birth_month"), on="person_key", how="left", maintain_order="left")
        .select(
            "month",
            "person_key",
            "p_90",
            passed=pl.col("day") + pl.col("duration_days") > PASSED,
            sex=pl.col("sex").cast(pl.String).fill_null("not known"),
            age=(pl.col("as_of") - pl.col("birth_month")).dt.total_days() / 365.25,
        )
    )


def came_true(rows: pl.DataFrame) -> list[dict]:
    """By month, and over the last three by sex and age: persons, expected and observed share, their ratio and AUC with intervals.

    Intervals are 95 %, those of a cell of sex or age CELL_LEVEL: many cells are looked at.
    """
    months = rows["month"].unique().sort().to_list()
    late = rows.filter(pl.col("month").is_in(months[-3:]))
    age = (pl.col("age") // 10 * 10).cast(pl.Int32).cast(pl.String) + "-"
    cells = [("month", month, rows.filter(pl.col("month") == month), 0.95) for month in months]
    cells += [("sex", sex, late.filter(pl.col("sex") == sex), CELL_LEVEL) for sex in late["sex"].unique().sort()]
    cells += [
        ("age", band, late.filter(age == band), CELL_LEVEL) for band in late.select(age.alias("age"))["age"].drop_nulls().unique().sort()
    ]
    return [{"by": by, "cell": cell} | _judged(found, level) for by, cell, found, level in cells]


def matured_alarms(figures: list[dict]) -> list[dict]:
    """What the newest month, and a cell of sex or age over three, say against the model: each with its whole interval."""
    large = [one for one in figures if one.get("persons", 0) >= FEWEST]
    months = [one for one in large if one["by"] == "month"]
    newest = months[-1:]
    alarms = [
        {
            "what": "calibration",
            "seen": f"of spells scored in {one['cell']} {_ratio(one)}",
            "next_step": "see whether certificates are missing or coded anew; if spells have become longer or shorter, `rehabrisk train`, read the card, promote",
        }
        for one in newest
        if _off(one)
    ]
    alarms += [
        {
            "what": f"calibration, {one['by']} {one['cell']}",
            "seen": f"of spells scored in the last three months {_ratio(one)}",
            "next_step": "the lists are wrong for this group: see whether its certificates are missing or coded anew; else `rehabrisk train`, compare "
            "the groups on the card, promote",
        }
        for one in large
        if one["by"] != "month" and _off(one)
    ]
    for one in newest:
        if (short := one.get("auc_less_expected")) and short[2] is not None and short[2] < -ALLOWED_AUC:
            alarms.append({
                "what": "discrimination",
                "seen": f"of spells scored in {one['cell']} AUC was {one['auc'][0]:.2f}, {-short[0]:.2f} below what the chances promised "
                f"({-short[2]:.2f} to {-short[1]:.2f})",
                "next_step": "the model no longer tells long spells from short: see which features have drifted; `rehabrisk train`, read the card, promote",
            })  # fmt: skip
    return alarms


def _off(one: dict) -> bool:
    _, low, high = one["observed_over_expected"]
    return low is not None and (low > 1 + ALLOWED or high < 1 - ALLOWED)


def _ratio(one: dict) -> str:
    return "{:.2f} times as many passed day {} as expected ({:.2f} to {:.2f})".format(
        one["observed_over_expected"][0], PASSED, *one["observed_over_expected"][1:]
    )


def _judged(rows: pl.DataFrame, level: float) -> dict:
    persons = rows["person_key"].n_unique()
    if persons < FEWEST_SHOWN:
        return {"persons_fewer_than": FEWEST_SHOWN}
    passed, chance = rows["passed"].to_numpy(), rows["p_90"].to_numpy()
    measures = {"observed_over_expected": lambda w: observed_to_expected(passed, chance, w), "auc": lambda w: aucs(passed, chance, w)}
    if min(passed.sum(), (~passed).sum()) >= FEWEST_EACH:
        measures["auc_less_expected"] = lambda w: aucs(passed, chance, w) - expected_aucs(chance, w)
    found = person_intervals(measures, np.ones(len(passed)), rows["person_key"].to_numpy(), level=level, repeats=200 if level < 0.99 else 1000)
    told = {name: [None if np.isnan(v) else round(v, 3) for v in values] for name, values in found.items()}
    return {"persons": persons, "expected": round(float(chance.mean()), 3), "observed": round(float(passed.mean()), 3)} | told
