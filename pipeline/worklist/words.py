"""The columns of a worklist, and their words in the region's language (locale/*.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

LANGUAGES = ("sv", "en")

# The contract's columns in its order; the last five are the coordinator's to fill in.
COLUMNS: dict[str, type[pl.DataType]] = {
    "rank": pl.Int64,
    "patient_id": pl.String,
    "name": pl.String,
    "age": pl.Int64,
    "sex": pl.String,
    "spell_start": pl.Date,
    "day": pl.Int64,
    "degree": pl.Int64,
    "diagnosis": pl.String,
    "target_group": pl.String,
    "certificate_end": pl.Date,
    "days_to_day_90": pl.Int64,
    "p_90": pl.Float64,
    "p_180": pl.Float64,
    "net_days_left": pl.Float64,
    "preventable_days": pl.Float64,
    "preventable_low": pl.Float64,
    "preventable_high": pl.Float64,
    "reason_1": pl.String,
    "reason_2": pl.String,
    "reason_3": pl.String,
    "change": pl.String,
    "status": pl.String,
    "offered_on": pl.Date,
    "answer": pl.String,
    "external_consent": pl.String,
    "note": pl.String,
}
# Rounded, not only shown so: other programs take the number itself.
DECIMALS = {name: 3 if name.startswith("p_") else 1 for name, kind in COLUMNS.items() if kind == pl.Float64}
FILLED_IN = tuple(COLUMNS)[-5:]
CODED = ("sex", "target_group", "change", "status", "answer")


@cache
def words(language: str) -> dict[str, Any]:
    """All words of a language: single ones by name, and tables heads, sex, target_group, change, status, answer."""
    return tomllib.loads((Path(__file__).parent / "locale" / f"{language}.toml").read_text(encoding="utf-8"))


def choices(language: str) -> dict[str, list[str]]:
    """What may be chosen in the columns that have a fixed set of answers."""
    spoken = words(language)
    return {
        "status": list(spoken["status"].values()),
        "answer": list(spoken["answer"].values()),
        "external_consent": [spoken["yes"], spoken["no"]],
    }
