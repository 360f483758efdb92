"""What a study can detect is judged of the comparison that it will make; what it may say, of how many units started."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.evaluate import observational, verdict
from pipeline.evaluate.planning import power
from tests.unit.evaluate.made_up import cohort, protocol, results

ALONE = (("clusters: unit_id\n", "\n"), ("without_each_cluster: true", "without_each_cluster: false"))


def test_a_change_is_judged_by_the_error_of_a_change(tmp_path):
    asked = protocol(tmp_path, *ALONE).protocol
    asked = replace(asked, adjust=replace(asked.adjust, method="did", time="late", covariates=()))
    treated, late = np.arange(400) % 4 == 0, np.arange(400) // 4 % 5 == 0
    frame = pl.DataFrame({"person_key": np.arange(400), "treated": treated.astype(float), "late": late})
    cells = [int(((treated == a) & (late == t)).sum()) for a in (0, 1) for t in (0, 1)]
    expected = asked.planning.sd * math.sqrt((1 - asked.planning.explained) * sum(1 / n for n in cells))
    assert power(frame, asked)["se"] == pytest.approx(expected)


def test_a_matched_study_detects_what_its_pairs_can(tmp_path):
    asked = protocol(tmp_path, *ALONE).protocol
    asked = replace(asked, adjust=replace(asked.adjust, method="match", covariates=("age_years",)))
    frame = cohort(600).with_columns(treated=(pl.int_range(pl.len()) % 12 == 0).cast(pl.Float64))
    pairs = int((observational.weights(frame, asked) > 0).sum()) / 2
    expected = asked.planning.sd * math.sqrt((1 - asked.planning.explained) * 2 / pairs)
    assert pairs <= 50 and power(frame, asked)["se"] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("starts", "where"), [(2, "reasons"), (3, "reasons"), (4, "cautions"), (6, None)])
def test_few_units_that_start_carry_no_conclusion(tmp_path, starts, where):
    made = results(tmp_path) | {"stepped": {"treated_units": starts}}
    told = verdict.of(made, protocol(tmp_path).protocol)
    found = [place for place in ("reasons", "cautions") if "few_starts" in [one["code"] for one in told[place]]]
    assert found == ([where] if where else [])
    assert (told["conclusion"] == "cannot") == (where == "reasons")
