"""The published SRS v3 models read right: values of the original's own tests, and of a decoding made apart from this one."""

import json

import pytest

from models.risk.srs import PublishedSRS
from tests.reference.conftest import SRS

WOMAN = {"Sex": "Female", "age_cat_fct": "40-49", "Region": "Stockholm"}
# P(T > 90): woman 40-49, Stockholm, full time, no earlier leave, primary care; the same unemployed; with 181-366 days of leave
DECODED = {
    "F32": (0.57, 0.68, 0.71), "F33": (0.58, 0.72, 0.73), "F41": (0.46, 0.66, 0.64), "F43": (0.51, 0.64, 0.67),
    "F430": (0.33, 0.43, 0.44), "F432": (0.43, 0.55, 0.55), "F438": (0.73, 0.80, 0.78), "F438A": (0.75, 0.82, 0.80),
    "M51": (0.44, 0.59, 0.62), "M53": (0.35, 0.72, 0.51), "M54": (0.21, 0.40, 0.37), "M545": (0.13, 0.28, 0.28),
    "M79": (0.25, 0.62, 0.44), "M797": (0.51, 0.80, 0.64), "R52": (0.25, 0.60, 0.49), "R53": (0.38, 0.52, 0.48),
}  # fmt: skip


@pytest.fixture(scope="module")
def srs():
    return PublishedSRS(json.loads(SRS.read_text(encoding="utf-8")))


def test_the_originals_own_tests_of_these_models_are_met(srs):
    # sklintyg/srs: getPrediktion_Model1Request_output_M797_0.65.xml, and RAdapterTest for F438A
    young_man = {
        "Sex": "Male", "age_cat_fct": "17-29", "Region": "Stockholm", "DP_atStart": "true",
        "Visits_yearBefore_all_r1_median": "aboveMedian",
    }  # fmt: skip
    assert srs.survival("M797", [young_man])[0, 90] == pytest.approx(0.6536, abs=5e-5)
    old_man = {"Sex": "Male", "age_cat_fct": "57-63", "Region": "Vast", "SA_1_gross": "(0,90]"}
    assert round(float(srs.survival("F438A", [old_man])[0, 90]), 2) == 0.65


@pytest.mark.parametrize("code", DECODED)
def test_three_profiles_of_each_diagnosis_have_the_chances_of_another_decoding(srs, code):
    people = [WOMAN, WOMAN | {"SA_SyssStart_fct": "unemp"}, WOMAN | {"SA_1_gross": "(180,366]"}]
    assert srs.survival(code, people)[:, 90] == pytest.approx(DECODED[code], abs=0.0051)
