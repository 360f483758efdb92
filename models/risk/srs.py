"""The published SRS v3 models: piecewise-constant hazards by diagnosis, for spells that have reached day 15.

Read from a file that the region names; the coefficients are Karolinska Institutet's and SKR's and are not shipped here. A
spell on day d passes day 90 with chance S(90) / S(d). The original rounds both to two decimals first, which moves the
quotient by up to several points late in a spell; here they are not rounded. What the extracts do not hold (education,
country of birth, other illness, visits to specialists) stands at the questionnaire's default.
Source: sklintyg/srs, web/src/main/resources/models_3_0 and RAdapter.kt; R package pch (Frumento).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

REGIONS = ("Nord", "Mitt", "Stockholm", "Vast", "Syd")  # Nord is the reference
FIRST_DAY = 15
LONGEST = 1_600
LEVELS = {
    "SA_1_gross": ("0", "(0,90]", "(90,180]", "(180,366]"),
    "SA_ExtentFirst": ("0.25", "0.5", "0.75", "1"),
    "age_cat_fct": ("17-29", "30-39", "40-49", "50-56", "57-63"),
    "Sex": ("Female", "Male"),
    "Region": REGIONS,
    "SA_SyssStart_fct": ("unemp", "not_unemp"),
    "edu_cat_fct": (">12 years", "No university"),
    "comorbidity": ("no", "yes"),
    "DP_atStart": ("false", "true"),
    "NoCareAtStart": ("CareAtStart", "NoCareAtStart"),
    "birth_cat_fct": ("SW", "World"),
    "Visits_yearBefore_all_r1_median": ("aboveMedian", "LessT2V"),
    "Vtid_yearBefore_all_r1_median": ("aboveMedian", "LessT2V"),
}
DEFAULTS = {
    "SA_1_gross": "0",
    "SA_ExtentFirst": "1",
    "SA_SyssStart_fct": "not_unemp",
    "edu_cat_fct": "No university",
    "comorbidity": "no",
    "DP_atStart": "false",
    "NoCareAtStart": "NoCareAtStart",
    "birth_cat_fct": "SW",
    "Visits_yearBefore_all_r1_median": "LessT2V",
    "Vtid_yearBefore_all_r1_median": "LessT2V",
}


class PublishedSRS:
    """Reads features as features.spell_features names them; no fit.

    Parameters
    ----------
    models : diagnosis -> {breaks_days: k + 1 days, log_hazard_per_day: term -> k numbers}. region : of the country, one of REGIONS.

    Raises ValueError naming the diagnosis when a model lacks breaks or intercept, or has a term no question answers.
    """

    def __init__(
        self, models: dict, region: Literal["Nord", "Mitt", "Stockholm", "Vast", "Syd"] = "Stockholm"
    ) -> None:
        self.region = region
        self._breaks, self._terms = {}, {}
        known = {f"{name}{level}" for name, levels in LEVELS.items() for level in levels[1:]} | {"(Intercept)"}
        for code, model in models.items():
            try:
                breaks = np.asarray(model["breaks_days"], dtype=float)
                terms = {name: np.asarray(rates, dtype=float) for name, rates in model["log_hazard_per_day"].items()}
            except (TypeError, KeyError, ValueError) as why:
                raise ValueError(f"the model of {code} has no breaks_days and log_hazard_per_day") from why
            if strange := sorted(set(terms) - known):
                raise ValueError(f"the model of {code} has a term no question answers: {strange[0]}")
            if "(Intercept)" not in terms or any(len(rates) != len(breaks) - 1 for rates in terms.values()):
                raise ValueError(f"the model of {code} needs an intercept and one hazard an interval in every term")
            self._breaks[code], self._terms[code] = breaks, terms

    def model_for(self, diagnosis: str) -> str | None:
        """The model of a code, or of the code cut short from the right down to three characters.

        >>> PublishedSRS({"F43": {"breaks_days": [15, 90], "log_hazard_per_day": {"(Intercept)": [-5]}}}).model_for("F43.8A")
        'F43'
        """
        code = diagnosis.upper().replace(".", "")
        return next((code[:n] for n in range(min(len(code), 5), 2, -1) if code[:n] in self._terms), None)

    def survival(self, code: str, answers: list[dict[str, str]]) -> np.ndarray:
        """(people, LONGEST + 1): chance that a spell of more than 14 days lasts more than each number of days.

        answers : one dict a person, predictor -> level of LEVELS; what is missing stands at its default.
        """
        rates = np.repeat(self._terms[code]["(Intercept)"][None, :], len(answers), axis=0)
        for row, given in enumerate(answers):
            for name, level in (DEFAULTS | given).items():
                rates[row] += self._terms[code].get(f"{name}{level}", 0.0)
        breaks = self._breaks[code]
        days = np.arange(LONGEST + 1)
        spent = np.clip(days[:, None] - breaks[None, :-1], 0, np.diff(breaks)[None, :])
        return np.exp(-np.exp(rates) @ spent.T)

    def curves(self, frame: pl.DataFrame, days: np.ndarray, *, from_certified_end: bool = False) -> np.ndarray:
        """(n, len(days)) S(t) from today; nan where no model covers the diagnosis.

        from_certified_end : take it that the spell lasts to the day certified by now, which the original does not.
        """
        out = np.full((frame.height, len(days)), np.nan, dtype=np.float32)
        if not frame.height:
            return out
        answers, codes = self.answers(frame), self._codes(frame)
        day = frame["day"].cast(pl.Int64).fill_null(1).to_numpy()
        ahead = frame["certified_days_ahead"].cast(pl.Int64).fill_null(0).clip(lower_bound=0).to_numpy()
        reached = day + np.maximum(ahead - 1, 0) * from_certified_end
        for code in sorted({code for code in codes if code}):
            rows = np.array([place for place, one in enumerate(codes) if one == code])
            different = {tuple(answers[row].items()): None for row in rows}
            place = {one: at for at, one in enumerate(different)}
            survival = self.survival(code, [dict(one) for one in different])
            mine = survival[[place[tuple(answers[row].items())] for row in rows]]
            top = np.take_along_axis(mine, np.minimum(day[rows, None] + days[None, :], LONGEST), axis=1)
            below = np.take_along_axis(mine, np.minimum(reached[rows], LONGEST)[:, None], axis=1)
            out[rows] = np.minimum(top / np.maximum(below, 1e-12), 1.0)
        return out

    def _codes(self, frame: pl.DataFrame) -> list[str | None]:
        full = frame["diagnosis_4"] if "diagnosis_4" in frame.columns else frame["diagnosis_3"]
        texts = pl.coalesce(full.cast(pl.String), frame["diagnosis_3"].cast(pl.String))
        texts = frame.select(texts).to_series().fill_null("").to_list()
        found = {text: self.model_for(text) for text in set(texts)}
        return [found[text] for text in texts]

    def answers(self, frame: pl.DataFrame) -> list[dict[str, str]]:
        """What the extracts answer of the questionnaire, one dict a row; a missing column or value: the default."""

        def numbers(name: str) -> np.ndarray:
            if name not in frame.columns:
                return np.full(frame.height, np.nan)
            return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

        def texts(name: str) -> list[str]:
            return frame[name].cast(pl.String).fill_null("").to_list() if name in frame.columns else [""] * frame.height

        def banded(name: str, values: np.ndarray, edges: tuple[float, ...]) -> list[str | None]:
            place = np.searchsorted(edges, np.nan_to_num(values), side="left")
            return [LEVELS[name][at] if np.isfinite(value) else None for at, value in zip(place, values, strict=True)]

        earlier = banded("SA_1_gross", numbers("long_spell_12m_days"), (0, 90, 180))
        degree = banded("SA_ExtentFirst", numbers("first_degree"), (37.5, 62.5, 87.5))
        age = banded("age_cat_fct", numbers("age_years"), (29, 39, 49, 56))
        disability, inpatient = numbers("disability_degree"), numbers("inpatient_contacts_365d_count")
        out = []
        for row, (sex, work, unit) in enumerate(zip(texts("sex"), texts("occupation"), texts("unit_kind"), strict=True)):
            mine = {
                "Sex": "Male" if sex == "M" else "Female",
                "Region": self.region,
                "age_cat_fct": age[row] or "40-49",
                "SA_1_gross": earlier[row],
                "SA_ExtentFirst": degree[row],
                "SA_SyssStart_fct": "unemp" if "UNEMPLOYED" in work else None,
                "DP_atStart": "true" if 0 < disability[row] < 100 else None,
                "NoCareAtStart": "CareAtStart" if unit and unit != "primary" else None,
                "Vtid_yearBefore_all_r1_median": "aboveMedian" if inpatient[row] > 0 else None,
            }
            out.append({name: level for name, level in mine.items() if level is not None})
        return out
