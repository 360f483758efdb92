"""Have the chances come true?"""

from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.monitor.matured import came_true, matured, matured_alarms, scored_before

PERSONS = pl.DataFrame({"person_key": [1, 2, 3], "sex": ["F", "M", None], "birth_month": [date(1976, 1, 1), date(1986, 1, 1), None]})


def night(folder, as_of, rows):
    file = folder / f"as_of={as_of}" / "scores.parquet"
    file.parent.mkdir(parents=True)
    frame = pl.DataFrame(rows, schema={"person_key": pl.Int64, "day": pl.Int32, "p_90": pl.Float64}, orient="row")
    frame.with_columns(spell_id=pl.col("person_key").cast(pl.String), as_of=pl.lit(as_of)).write_parquet(file)


def test_a_month_counts_when_the_90th_day_of_all_its_spells_lies_before_the_last_day_followed(tmp_path):
    night(tmp_path, date(2026, 1, 5), [(1, 10, 0.4), (2, 90, 1.0)])
    night(tmp_path, date(2026, 1, 20), [(1, 25, 0.5), (3, 1, 0.1)])
    # a spell that began on the month's last day reaches day 90 on 30 April
    assert scored_before(tmp_path, date(2026, 6, 1), date(2026, 4, 30)).height == 0
    found = scored_before(tmp_path, date(2026, 6, 1), date(2026, 5, 1))
    assert found.select("month", "person_key", "as_of", "day", "p_90").rows() == [
        ("2026-01", 1, date(2026, 1, 5), 10, 0.4),  # once a month, on the first night that scored it
        ("2026-01", 3, date(2026, 1, 20), 1, 0.1),
    ]


def test_who_ended_by_day_90_did_not_pass_whatever_ended_it():
    rows = pl.DataFrame({"month": "2026-01", "person_key": [1, 2], "as_of": date(2026, 1, 5), "day": [10, 10], "p_90": 0.5})
    # 10 + 80 = 90: the last certified day, or the day of an exit, is day 90; a day later it has passed
    outcomes = pl.DataFrame({"person_key": [1, 2], "as_of": date(2026, 1, 5), "duration_days": [80, 81]})
    found = matured(rows, outcomes, PERSONS)
    assert found["passed"].to_list() == [False, True]
    assert found["sex"].to_list() == ["F", "M"]
    assert found["age"].to_list() == pytest.approx([50, 40], abs=0.05)


def world(persons, chance, passed, sex=None, month="2026-03"):
    return pl.DataFrame({
        "month": month, "person_key": np.arange(persons), "p_90": chance, "passed": passed,
        "sex": sex if sex is not None else ["F"] * persons, "age": np.full(persons, 45.0),
    })  # fmt: skip


def test_true_chances_raise_nothing_and_chances_that_lost_their_order_are_told_though_their_mean_is_right():
    rng = np.random.default_rng(3)
    chance = rng.beta(0.6, 0.6, 1500)
    passed = rng.random(1500) < chance
    assert matured_alarms(came_true(world(1500, chance, passed))) == []
    mixed = rng.permutation(chance)
    (alarm,) = matured_alarms(came_true(world(1500, mixed, passed)))
    assert alarm["what"] == "discrimination" and "2026-03" in alarm["seen"]


def test_a_sex_of_which_twice_as_many_pass_as_expected_is_told_by_name():
    rng = np.random.default_rng(4)
    men = np.arange(3000) % 4 == 0
    chance = rng.uniform(0.1, 0.4, 3000)
    passed = rng.random(3000) < np.where(men, 2 * chance, chance * 0.72)  # as many in all as expected
    said = matured_alarms(came_true(world(3000, chance, passed, np.where(men, "M", "F").tolist())))
    assert {one["what"] for one in said} == {"calibration, sex M", "calibration, sex F"}
    assert all("the lists are wrong for this group" in one["next_step"] for one in said)
