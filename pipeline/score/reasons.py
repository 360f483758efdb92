"""The three facts that lengthen or shorten a spell's expected rest most, in whole sentences of the reader's language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from models.risk.fact_groups import UNSAID, in_fives
from pipeline.errors import UsageError

LOCALE = Path(__file__).with_name("locale")
TOP = 3
# the columns a group's sentence names; the first, the fact's value, chooses its form
TELLS: dict[str, tuple[str, ...]] = {
    "course": ("day",),
    "diagnosis": ("diagnosis_4", "diagnosis_3"),
    "second_diagnosis": ("second_3",),
    "diagnosis_change": ("diagnosis_changed",),
    "certificate_end": ("certified_days_ahead",),
    "certificates": ("certificates_count",),
    "prognosis": ("prognosis", "prognosis_days"),
    "degree": ("degree",),
    "planned_degree": ("certified_end_degree",),
    "occupation": ("occupation",),
    "measures": ("measures_count",),
    "history": ("spells_24m_count",),
    "contacts": ("contacts_365d_count",),
    "mental_contacts": ("mental_contacts_365d_count",),
    "pain_contacts": ("pain_contacts_365d_count",),
    "benefits": ("sickness_benefit_12m_net_days",),
    "disability": ("disability_degree",),
    "unit": ("unit_kind",),
    "age": ("age_years",),
    "sex": ("sex",),
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

    effects : group -> (n,) days, nan where the model has not met the fact. Effects that round to no days, groups nobody can say
    aloud and facts whose columns `frame` lacks give no reason; ties go by group name.
    """
    text = words(language)
    names = sorted(name for name in set(effects) - set(UNSAID) if TELLS.get(name) and set(TELLS[name]) & set(frame.columns))
    if not names or not frame.height:
        return pl.Series("reasons", [[] for _ in range(frame.height)], dtype=REASON)
    days = np.nan_to_num(np.column_stack([effects[name] for name in names]))
    order = np.argsort(-np.abs(days), axis=1, kind="stable")[:, :TOP]
    held = {name: _held(frame, name) for name in names}
    out = []
    for row, places in enumerate(order):
        mine = []
        for place in places:
            effect, name = float(days[row, place]), names[place]
            if not in_fives(effect):
                break
            fact = {column: values[row] for column, values in held[name].items()}
            value = next((str(one) for one in fact.values() if one is not None), "")
            if not value and "missing" not in text["facts"][name]:
                continue
            mine.append(
                {"feature": name, "value": value, "effect_days": round(effect, 1), "text": _sentence(text, name, fact, effect)}
            )
        out.append(mine)
    return pl.Series("reasons", out, dtype=REASON)


def _held(frame: pl.DataFrame, name: str) -> dict[str, list]:
    """The columns that the sentence names, numbers whole."""
    columns = [frame[column] for column in TELLS[name] if column in frame.columns]
    return {
        one.name: (one.round(0).cast(pl.Int64) if one.dtype.is_float() else one.cast(pl.Int64) if one.dtype.is_numeric() or one.dtype == pl.Boolean else one.cast(pl.String)).to_list()
        for one in columns
    }  # fmt: skip


def _sentence(text: dict, name: str, fact: dict, effect: float) -> str:
    forms, value = text["facts"][name], next((one for one in fact.values() if one is not None), None)
    named = {column: "" if one is None else one for column, one in fact.items()}
    named |= {f"{column}_in_days": _days(text, one) for column, one in fact.items() if isinstance(one, int)}
    if name == "diagnosis":
        named["code"] = _icd(str(value))
    if name == "occupation" and value:
        named["occupation_words"] = ", ".join(text["occupations"].get(code, code) for code in str(value).split("|"))
    form = {None: "missing", "": "missing", 0: "zero", 1: "one"}.get(value, str(value))
    if name == "prognosis" and value == "AFTER_DAYS" and fact.get("prognosis_days") is None:
        form = "missing"
    told = forms.get(form, forms["text"]).format(**named)
    return text["longer" if effect > 0 else "shorter"].format(fact=told, days=_days(text, abs(in_fives(effect))))


def _icd(code: str) -> str:
    """As it is written on paper: a point behind the third character.

    >>> _icd("M797"), _icd("F43")
    ('M79.7', 'F43')
    """
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def _days(text: dict, count: int) -> str:
    return text["one_day" if count == 1 else "more_days"].format(count=count)
