"""Published piecewise-constant hazards, on a made-up model whose values are had by hand."""

import numpy as np
import polars as pl
import pytest

from models.risk.srs import PublishedSRS

# half of those who have reached day 15 are left on day 25, a quarter on day 35
HALF = float(np.log(np.log(2) / 10))
MODEL = {
    "breaks_days": [15, 25, 1600],
    "log_hazard_per_day": {"(Intercept)": [HALF, HALF], "SexMale": [float(np.log(2)), 0.0], "SA_SyssStart_fctnot_unemp": [0, 0]},
}
SPELLS = pl.DataFrame(
    {
        "diagnosis_3": ["F43", "F43", "F43", "Z73"],
        "diagnosis_4": ["F438", None, "F438", "Z730"],
        "sex": ["F", "M", "F", "F"],
        "age_years": [30, 45, 60, 70],
        "day": [5, 15, 25, 30],
        "certified_days_ahead": [0, 0, 11, 0],
        "long_spell_12m_days": [0, 200, 50, 0],
        "first_degree": [100, 50, 25, None],
        "occupation": ["WORK", "UNEMPLOYED", None, "WORK"],
        "unit_kind": ["primary", "psychiatry", None, "primary"],
        "disability_degree": [0, 50, None, 0],
    }
)


def test_the_chance_from_a_day_is_the_quotient_of_the_survivals_not_rounded():
    curves = PublishedSRS({"F43": MODEL}).curves(SPELLS, np.array([0, 10, 20, 30]))
    assert curves[0] == pytest.approx([1, 1, 0.5, 0.25], abs=1e-6)  # nobody has an SRS risk of ending before day 15
    assert curves[1] == pytest.approx([1, 0.25, 0.125, 0.0625], abs=1e-6)
    assert curves[2] == pytest.approx([1, 0.5, 0.25, 0.125], abs=1e-6)
    assert np.isnan(curves[3]).all()


def test_a_certified_end_can_be_taken_as_reached():
    curves = PublishedSRS({"F43": MODEL}).curves(SPELLS, np.array([5, 10, 20]), from_certified_end=True)
    assert curves[2] == pytest.approx([1, 1, 0.5], abs=1e-6)


def test_answers_come_from_the_extracts_and_are_left_out_where_they_are_silent():
    first, second, third, _ = PublishedSRS({"F43": MODEL}, "Vast").answers(SPELLS)
    assert first["age_cat_fct"] == "30-39" and first["Region"] == "Vast" and "SA_SyssStart_fct" not in first
    assert second == {
        "Sex": "Male", "Region": "Vast", "age_cat_fct": "40-49", "SA_1_gross": "(180,366]", "SA_ExtentFirst": "0.5",
        "SA_SyssStart_fct": "unemp", "DP_atStart": "true", "NoCareAtStart": "CareAtStart",
    }  # fmt: skip
    assert third["SA_1_gross"] == "(0,90]" and third["SA_ExtentFirst"] == "0.25" and "DP_atStart" not in third


def test_a_longer_code_falls_back_and_a_shorter_one_has_no_model():
    models = PublishedSRS({"F43": MODEL, "F438A": MODEL})
    assert [models.model_for(code) for code in ("F43.8A", "F432", "f43.8", "F4", "M54")] == ["F438A", "F43", "F43", None, None]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({}, "has no breaks_days"),
        (MODEL | {"breaks_days": [15, 25]}, "one hazard an interval"),
        (MODEL | {"log_hazard_per_day": {"(Intercept)": [1, 1], "Mood": [0, 0]}}, "a term no question answers: Mood"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_diagnosis(broken, said):
    with pytest.raises(ValueError, match=f"model of M54 .*{said}"):
        PublishedSRS({"M54": broken})
