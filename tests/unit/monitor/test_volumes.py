"""Is tonight like other nights?"""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.errors import NightFailed
from pipeline.monitor.volumes import (
    compare,
    compare_with_learnt,
    distributions,
    earlier_nights,
    keep,
    night_figures,
    refuse_a_fall,
    stability_index,
)

FIRST = date(2026, 1, 5)


def features(rows=1000, shift=0.0, missing=0):
    rng = np.random.default_rng(1)
    age = rng.normal(45 + shift, 10, rows).tolist()
    age[:missing] = [None] * missing
    return pl.DataFrame({"spell_id": [str(n) for n in range(rows)], "person_key": range(rows), "age_years": age})


def scores(rows=1000):
    return pl.DataFrame({"eligible": [True] * rows, "p_90": 0.4, "net_days_left": 50.0, "preventable_days": 4.0})


def figures(at, **how):
    made = features(**how)
    return night_figures(made, scores(made.height), 10, at), made


def test_the_same_distribution_has_index_zero_and_a_half_gone_bin_its_hand_computed_one():
    deciles = [float(d) for d in range(1, 10)]
    even = np.repeat(np.arange(0.5, 10), 10)
    assert stability_index(deciles, [0.1] * 10, even) == pytest.approx(0)
    # a tenth moved from the first bin's half to the second's: (.05-.1)ln(.05/.1) + (.15-.1)ln(.15/.1)
    moved = even.copy()
    moved[:5] = 1.5
    assert stability_index(deciles, [0.1] * 10, moved) == pytest.approx(-0.05 * np.log(0.5) + 0.05 * np.log(1.5))


def test_a_number_of_few_values_is_its_own_like_the_next_night():
    degrees = pl.DataFrame({"spell_id": [str(n) for n in range(400)], "degree": [25] * 20 + [50] * 100 + [75] * 30 + [100] * 250})
    kept = night_figures(degrees, scores(400), 10, FIRST)["bins"]["degree"]
    assert kept["edges"] == [50, 75, 100]
    assert kept["shares"] == [0.3, 0.075, 0.625, 0.0]
    assert stability_index(kept["edges"], kept["shares"], degrees["degree"].to_numpy()) == pytest.approx(0)
    # half as many at 100 and the rest at 50: (.6125-.3)ln(.6125/.3) + (.3125-.625)ln(.3125/.625)
    fewer = np.array([25] * 20 + [50] * 225 + [75] * 30 + [100] * 125)
    assert stability_index(kept["edges"], kept["shares"], fewer) == pytest.approx(0.3125 * np.log(0.6125 / 0.3) + 0.3125 * np.log(2))


def test_nothing_is_said_before_three_nights_are_known():
    tonight, made = figures(FIRST, rows=10)
    assert compare(tonight, [figures(FIRST)[0]] * 2, made, scores(made.height)) == []


def test_steady_nights_raise_no_alarm():
    nights = [figures(FIRST + timedelta(days=n))[0] for n in range(10)]
    tonight, made = figures(FIRST + timedelta(days=10))
    assert compare(tonight, nights, made, scores(made.height)) == []


@pytest.mark.parametrize(
    ("how", "what"), [({"rows": 500}, "ongoing"), ({"shift": 12}, "age_years"), ({"missing": 300}, "age_years")]
)
def test_a_fall_a_drift_and_missing_values_are_each_told_with_a_next_step(how, what):
    nights = [figures(FIRST + timedelta(days=n))[0] for n in range(10)]
    tonight, made = figures(FIRST + timedelta(days=10), **how)
    alarms = compare(tonight, nights, made, scores(made.height))
    assert what in [one["what"] for one in alarms]
    assert all(one["next_step"] for one in alarms)


def weekly(week, of=52, model="m1", chance=None):
    """Features of a week in which contacts have grown, threefold from the first to the last, and their scores."""
    rng = np.random.default_rng(week)
    grown = 3 ** (week / of)
    made = pl.DataFrame({"spell_id": [str(n) for n in range(800)], "person_key": range(800), "contacts_365d_count": rng.poisson(6 * grown, 800).tolist()})
    chances = rng.beta(1, 2, 800) if chance is None else np.clip(rng.normal(chance, 0.05, 800), 0, 1)
    return made, scores(800).with_columns(p_90=pl.Series(chances), net_days_left=pl.Series(rng.gamma(2, 30, 800)), model_version=pl.lit(model))


def test_a_drift_too_slow_for_the_last_nights_is_told_beside_what_the_model_learnt_from():
    reference = {"until": "2025-12-01"} | distributions(*weekly(0))
    nights, by_night, since = [], [], []
    for week in range(53):
        made, scored = weekly(week)
        tonight = night_figures(made, scored, 10, FIRST + timedelta(weeks=week))
        by_night += compare(tonight, nights, made, scored)
        since.append({one["what"] for one in compare_with_learnt(reference, made, scored)})
        nights.append(tonight)
    assert by_night == []  # a week is too little to show
    assert since[:5] == [set()] * 5
    told = since.index({"contacts_365d_count"})
    assert told < 40 and all(one == {"contacts_365d_count"} for one in since[told + 8 :])


def test_scores_that_move_overnight_are_told_unless_another_model_made_them():
    nights = [night_figures(*weekly(0, chance=0.8), 10, FIRST + timedelta(days=n)) for n in range(10)]
    for model, said in (("m1", ["p_90"]), ("m2", [])):
        made, scored = weekly(0, model=model, chance=0.2)
        tonight = night_figures(made, scored, 10, FIRST + timedelta(days=10))
        assert [one["what"] for one in compare(tonight, nights, made, scored)] == said


def test_a_feature_that_has_come_to_be_missing_since_the_model_learnt_is_told():
    made, scored = weekly(0)
    reference = {"until": "2025-12-01"} | distributions(made, scored)
    gone = made.with_columns(contacts_365d_count=pl.when(pl.col("person_key") >= 120).then("contacts_365d_count"))
    (alarm,) = compare_with_learnt(reference, gone, scored)
    assert alarm["seen"] == "15% missing, 0% since the model learnt (moments until 2025-12-01)"
    assert compare_with_learnt({}, gone, scored) == []  # the shipped national figures learnt from no data of the region


def test_kept_figures_hold_no_row_and_come_back_in_order(tmp_path):
    for n in (2, 0, 1):
        keep(tmp_path, figures(FIRST + timedelta(days=n))[0], [])
    dates = [one["as_of"] for one in earlier_nights(tmp_path, FIRST + timedelta(days=2))]
    assert dates == ["2026-01-05", "2026-01-06"]
    kept = json.loads((tmp_path / "2026-01-05.json").read_text())
    assert "person_key" not in kept["bins"]


def test_deciles_of_few_persons_are_not_kept():
    assert figures(FIRST, rows=49)[0]["bins"]["age_years"] is None


def test_half_the_usual_spells_stop_the_night_and_fewer_nights_do_not(tmp_path):
    for n in range(3):
        refuse_a_fall(tmp_path, FIRST + timedelta(days=n), 1, 0.5)
        keep(tmp_path, figures(FIRST + timedelta(days=n))[0], [])
    refuse_a_fall(tmp_path, FIRST + timedelta(days=3), 500, 0.5)
    with pytest.raises(NightFailed, match="only 499 ongoing spells, lately 1000"):
        refuse_a_fall(tmp_path, FIRST + timedelta(days=3), 499, 0.5)
