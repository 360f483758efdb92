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


# the model that the original's integration tests run on (sklintyg/srs, testmodel/PM_X99_v0.0.rds), its intervals to day 113
X99_BREAKS = [15, 23, 30, 37, 47, 60, 74, 91, 113]
X99 = {
    "(Intercept)": [-5.0484, -4.725, -4.1249, -4.5086, -4.7405, -4.7917, -4.9133, -4.7719],
    "SA_1_gross(180,366]": [-0.6115, -0.8711, -0.8578, -1.0695, -0.9356, -0.7021, -0.963, -0.9039],
    "DP_atStarttrue": [0.6118, 0.2493, 0.2475, 0.0918, 0.5437, 0.148, 0.3377, 0.4173],
    "RegionSyd": [0.6534, 0.1145, -0.161, 0.1897, -0.0193, -0.0788, -0.1515, -0.2142],
    "Visits_yearBefore_all_r1_medianaboveMedian": [-0.1089, -0.1502, 0.0486, -0.0566, -0.0719, 0.085, -0.1459, -0.0255],
    "age_cat_fct57-63": [-0.0965, 0.132, -0.2359, 0.0587, -0.1648, 0.0175, -0.2214, -0.4648],
    "edu_cat_fct>12 years": [0.0009, -0.1588, 0.0428, 0.0773, 0.0534, -0.0015, 0.0982, 0.0729],
    "SA_SyssStart_fctunemp": [-1.3373, -1.1257, -1.2575, -1.1818, -1.1246, -0.9043, -0.7333, -0.8207],
    "SA_SyssStart_fctwork": [-0.1513, 0.4339, -0.0717, 0.1283, -0.0168, -0.0504, 0.3907, -0.1115],
    "fam_cat_4_cat_fctUnmarried": [-0.0617, -0.2314, 0.034, -0.1854, 0.1589, -0.0295, 0.0077, -0.0951],
}


def test_the_originals_integration_tests_are_met():
    """PrediktionIT and GetRiskPredictionForCertificateIT: 0.44, 0.78 and 0.89; 0.4422 and 0.7764 before their rounding."""
    own = {name: np.array(values) for name, values in X99.items()}
    # here another level is the reference of occupation, education and visits, and marriage is no question
    shift = own["SA_SyssStart_fctunemp"] + own["edu_cat_fct>12 years"] + own["Visits_yearBefore_all_r1_medianaboveMedian"]
    terms = {name: own[name] for name in ("SA_1_gross(180,366]", "DP_atStarttrue", "RegionSyd", "age_cat_fct57-63")} | {
        "SA_SyssStart_fctnot_unemp": own["SA_SyssStart_fctwork"] - own["SA_SyssStart_fctunemp"],
        "edu_cat_fctNo university": -own["edu_cat_fct>12 years"],
        "Visits_yearBefore_all_r1_medianLessT2V": -own["Visits_yearBefore_all_r1_medianaboveMedian"],
    }
    married, unmarried = (
        {"breaks_days": X99_BREAKS, "log_hazard_per_day": terms | {"(Intercept)": own["(Intercept)"] + shift + more}}
        for more in (0, own["fam_cat_4_cat_fctUnmarried"])
    )
    srs = PublishedSRS({"X99": married, "X991": unmarried})
    young = {"Sex": "Male", "age_cat_fct": "17-29", "Region": "Syd", "edu_cat_fct": ">12 years"}
    old = {
        "Sex": "Male", "age_cat_fct": "57-63", "Region": "Nord", "SA_1_gross": "(180,366]", "DP_atStart": "true",
        "Visits_yearBefore_all_r1_median": "aboveMedian", "SA_SyssStart_fct": "unemp",
    }  # fmt: skip
    found = srs.survival("X99", [young, young | {"SA_SyssStart_fct": "unemp"}])[:, 90]
    assert found == pytest.approx([0.4422, 0.7764], abs=1e-4)
    assert round(float(srs.survival("X991", [old])[0, 90]), 2) == 0.89


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
