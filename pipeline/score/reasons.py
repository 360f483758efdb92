"""The three facts that lengthen or shorten a spell's expected rest most, in the reader's language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from models.risk.fact_groups import UNSAID
from pipeline.errors import UsageError

LOCALE = Path(__file__).with_name("locale")
TOP = 3
SMALLEST = 1.0  # days; a smaller effect is not worth a line
VALUE_OF = {
    "history": "spells_24m_count",
    "diagnosis": "diagnosis_3",
    "certificate": "certified_days_ahead",
    "degree": "degree",
    "contacts": "contacts_365d_count",
    "work": "occupation",
    "person": "age_years",
    "unit": "unit_kind",
}
REASON = pl.List(
    pl.Struct({"feature": pl.String, "value": pl.String, "effect_days": pl.Float64, "text": pl.String})
)


@cache
def words(language: str) -> dict:
    """The texts. Raises UsageError for a language that has none."""
    path = LOCALE / f"{language}.toml"
    if not language.isalpha() or not path.is_file():
        known = ", ".join(sorted(p.stem for p in LOCALE.glob("*.toml")))
        raise UsageError(f"no texts in language {language!r}", remedy=f"set language to one of: {known}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def reasons(frame: pl.DataFrame, effects: dict[str, np.ndarray], language: str) -> pl.Series:
    """(n,) list of at most three {feature, value, effect_days, text}, the largest effect first.

    effects : group -> (n,) days. Effects below one day and groups nobody can say aloud give no reason;
    ties go by group name.
    """
    text = words(language)
    names = sorted(set(effects) - set(UNSAID))
    if not names or not frame.height:
        return pl.Series("reasons", [[] for _ in range(frame.height)], dtype=REASON)
    days = np.column_stack([effects[name] for name in names])
    order = np.argsort(-np.abs(days), axis=1, kind="stable")[:, :TOP]
    values = {name: _values(frame, name, text) for name in names}
    out = []
    for row, places in enumerate(order):
        mine = []
        for place in places:
            effect = float(days[row, place])
            if abs(effect) < SMALLEST:
                break
            name = names[place]
            value = values[name][row]
            mine.append(
                {
                    "feature": name,
                    "value": value,
                    "effect_days": round(effect, 1),
                    "text": _line(text, name, value, effect),
                }
            )
        out.append(mine)
    return pl.Series("reasons", out, dtype=REASON)


def _values(frame: pl.DataFrame, name: str, text: dict) -> list[str]:
    column = VALUE_OF.get(name)
    if column is None or column not in frame.columns:
        return [""] * frame.height
    shown = frame[column]
    if shown.dtype.is_float():
        shown = shown.round(0).cast(pl.Int64)
    return shown.cast(pl.String).fill_null(text["not_known"]).to_list()


def _line(text: dict, name: str, value: str, effect: float) -> str:
    what = text["groups"].get(name, text["groups"]["other"]).format(value=value, days=_days(text, value))
    return text["longer" if effect > 0 else "shorter"].format(what=what, days=_days(text, f"{abs(effect):.0f}"))


def _days(text: dict, count: str) -> str:
    """"1 day", "12 days"; words that are no number stay as they are."""
    return text["one_day" if count == "1" else "more_days"].format(count=count) if count.isdigit() else count
