"""Comparisons that should show nothing: a planted flaw is found, and where there is none nothing is."""

import numpy as np
import polars as pl
import pytest

from pipeline.evaluate import adherence, falsification, primary, stepped
from pipeline.evaluate.data import Data
from tests.unit.evaluate.made_up import ZERO, cohort, protocol, results

N = 900


def checks(tmp_path, frame=None, before=0.0, changes=()):
    """The checks of the made-up study; `before`: degree by which the treated stood above the others in the half year before."""
    rng = np.random.default_rng(2)
    frame = cohort(N) if frame is None else frame
    frame = frame.with_columns(treated=(pl.col("arm") == "intervention").cast(float), spells_24m_count=pl.Series(rng.poisson(2, N)))
    read = protocol(tmp_path, *changes)
    above = before * frame["treated"].to_numpy()
    months = pl.concat(
        [frame.select("person_key", "as_of", month=pl.lit(m, pl.Int32), degree_percent=pl.Series(rng.uniform(0, 60, N) + above)) for m in range(-6, 0)]
    )
    main = primary.estimate(frame, read.protocol)
    made = falsification.all_of(Data(frame, [], months), read.protocol, main, None)
    return {row["check"]: row for row in made}


def test_arms_alike_before_time_zero_pass(tmp_path):
    found = checks(tmp_path)
    assert found["before"]["says"] == "pass" and found["before"]["ci_low"] < 0 < found["before"]["ci_high"]
    assert "e_value" not in found  # nothing unseen chose the arms that were drawn


def test_a_difference_before_time_zero_is_found_with_its_size(tmp_path):
    row = checks(tmp_path, before=10.0)["before"]
    # 10 degrees in six months of 30 days
    assert row["says"] == "fail" and row["ci_low"] < 18 < row["ci_high"]


def test_a_negative_outcome_that_differs_fails(tmp_path):
    frame = cohort(N).with_columns(visits_count=pl.col("visits_count") + 3 * (pl.col("arm") == "intervention"))
    swap = (("negative_outcome: contacts_before_365d_count", "negative_outcome: visits_count"),)
    assert checks(tmp_path, frame, changes=swap)["negative_outcome"]["says"] == "fail"
    assert checks(tmp_path, changes=swap)["negative_outcome"]["says"] == "pass"


def test_controls_chosen_by_what_the_data_do_not_hold_show_in_the_negative_exposure(tmp_path):
    asked = (("  negative_outcome:", "  negative_exposure: {name: {sv: x, en: Has declined}, where: declined = 1}\n  negative_outcome:"),)
    declined = pl.Series("declined", np.arange(N) % 4 == 0).cast(pl.Int32)
    frame = cohort(N).with_columns(declined)
    assert checks(tmp_path, frame, changes=asked)["negative_exposure"]["says"] in ("pass", "weak")
    chosen = frame.with_columns(net_days=pl.col("net_days") + 60 * pl.col("declined"))
    row = checks(tmp_path, chosen, changes=asked)["negative_exposure"]
    assert row["says"] == "fail" and row["ci_low"] < 60 < row["ci_high"]


def test_an_interval_that_holds_nought_and_the_studys_own_size_says_little(tmp_path):
    frame = cohort(N, effect=-5.0)
    frame = frame.with_columns(visits_count=pl.Series(np.random.default_rng(1).poisson(6, N)))
    swap = (("negative_outcome: contacts_before_365d_count", "negative_outcome: visits_count"),)
    assert checks(tmp_path, frame, changes=swap)["negative_outcome"]["says"] == "weak"


def test_so_few_with_another_value_that_the_difference_would_count_them_are_not_told(tmp_path):
    frame = cohort(N).with_columns(visits_count=(pl.col("person_key") <= 3).cast(pl.Int64))
    swap = (("negative_outcome: contacts_before_365d_count", "negative_outcome: visits_count"),)
    assert "negative_outcome" not in checks(tmp_path, frame, changes=swap)


def test_arms_that_nobody_drew_get_an_e_value_and_a_failed_check_is_told_on_page_one(tmp_path):
    changes = (("came_about: randomised", "came_about: concurrent controls"), ("  allocation: {unit: person}\n", ""),
               ("negative_outcome: contacts_before_365d_count", "negative_outcome: visits_count"))  # fmt: skip
    frame = cohort().with_columns(visits_count=pl.col("visits_count") + 4 * (pl.col("arm") == "intervention"))
    made = results(tmp_path, *changes, frame=frame)
    assert {row["check"] for row in made["falsification"]} >= {"e_value", "negative_outcome"}
    assert "check_negative_outcome" in [one["code"] for one in made["verdict"]["cautions"]]


# ---------------------------------------------------------------- controls who start themselves


def contaminated(n=3000, seed=3):
    """Arms drawn; support takes 30 per cent off the degree. Controls start it too, the more likely the worse they are."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    worse = rng.random(n) < 0.5
    chance = np.where(worse, 0.25, 0.02)
    starts = np.where(arm == 0, rng.geometric(chance) - 1, 99)
    degree = 40 + 40 * worse + rng.normal(0, 3, n)
    frame = pl.DataFrame(
        {"person_key": np.arange(n), "as_of": [ZERO] * n, "treated": arm.astype(float), "unit_id": [f"U{i % 30}" for i in range(n)],
         "age_years": rng.integers(20, 60, n), "sex": ["F"] * n, "day": [20] * n, "target_group": ["pain"] * n, "spell_days_24m": [0] * n,
         "coordinated_after_days": pl.Series([None if s >= 12 else 30 * int(s) + 5 for s in starts], dtype=pl.Int32)}
    )  # fmt: skip
    months = pl.concat(
        [frame.select("person_key", "as_of", month=pl.lit(m, pl.Int32), degree_percent=pl.Series(degree - 30 * ((arm == 1) | (starts < m)) * (m >= 0)))
         for m in range(-1, 12)]
    )  # fmt: skip
    return Data(frame, [], months)


def test_weights_give_back_what_controls_who_start_themselves_took_away(tmp_path):
    found = adherence.of(contaminated(), protocol(tmp_path).protocol)
    truth = -30 * 12 * 0.3
    assert found["per_protocol"]["ci_low"] < truth < found["per_protocol"]["ci_high"]
    assert abs(found["per_protocol"]["estimate"] - truth) < 8
    assert found["as_assigned"]["estimate"] > truth + 25


def test_with_few_units_its_error_is_that_of_leaving_each_out(tmp_path):
    data = contaminated()
    frame = data.frame.with_columns(unit_id=pl.format("U{}", (pl.col("person_key") // 3) ** 2 % 7))
    told = adherence.of(Data(frame, [], data.months), protocol(tmp_path).protocol)["as_assigned"]

    def days(rows):
        means = data.months.filter(pl.col("month") >= 0).join(rows, on="person_key").group_by("treated").agg(pl.col("degree_percent").mean())
        means = dict(means.iter_rows())
        return 12 * 0.3 * (means[1.0] - means[0.0])

    units = frame["unit_id"].unique().to_list()
    gaps = np.array([days(frame.filter(pl.col("unit_id") != unit)) for unit in units]) - days(frame)
    assert told["se"] == pytest.approx(np.sqrt((gaps**2).sum() * (len(units) - 1) / len(units)), rel=0.006)  # three figures
    assert told["df"] == len(units) - 1 < 7


def test_when_hardly_any_control_starts_nothing_is_told_of_it(tmp_path):
    data = contaminated()
    few = data.frame.with_columns(coordinated_after_days=pl.when(pl.col("person_key") < 10).then(40))
    assert adherence.of(Data(few, [], data.months), protocol(tmp_path).protocol) is None


# ---------------------------------------------------------------- starts unit by unit


STEPPED = """study: stepped
title: {sv: x, en: x}
question: {sv: x, en: x}
registered: 2026-01-05
population: {source: weekly, since: 2022-01-03, until: 2024-01-01, once: spell}
arms:
  came_about: stepped by unit
  treated: {sv: x, en: x}
  control: {sv: x, en: x}
  starts: {U0: 2022-07-01}
adjust: {method: staggered, covariates: [unit_id, month_number, age_years]}
clusters: unit_id
"""


def steps(growing, seed=5):
    """20 units seen for 24 months; half start, five of them in month 6 and five in month 15; the effect may grow with time."""
    rng = np.random.default_rng(seed)
    unit, month = (one.ravel() for one in np.meshgrid(np.arange(20), np.arange(24), indexing="ij"))
    unit, month = np.repeat(unit, 8), np.repeat(month, 8)
    first = np.where(unit < 5, 6, np.where(unit < 10, 15, 99))
    age = rng.integers(20, 65, len(unit))
    since = np.maximum(month - first, 0) * (first < 99)
    effect = np.where(month >= first, -20 - growing * since, 0.0)
    y = 100 + 3 * unit + 2 * month + 0.5 * age + effect + rng.normal(0, 10, len(unit))
    day = [f"{2022 + m // 12}-{m % 12 + 1:02d}-01" for m in first % 99]
    return pl.DataFrame(
        {"person_key": np.arange(len(unit)), "unit_id": [f"U{u}" for u in unit], "treated": (month >= first).astype(float),
         "starts_on": [None if f == 99 else d for f, d in zip(first, day, strict=True)], "month_number": 2022 * 12 + 1 + month,
         "age_years": age, "net_days": y, "spell_id": np.arange(len(unit))}
    ).with_columns(pl.col("starts_on").str.to_date()), effect[month >= first].mean()  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    from pipeline.evaluate.protocol_file import read_protocol

    (tmp_path / "p.yaml").write_text(STEPPED, encoding="utf-8")
    return read_protocol(tmp_path / "p.yaml").protocol


def test_starts_at_different_times_give_the_effect_and_nothing_before_them(plan):
    frame, truth = steps(0.0)
    found = stepped.of(frame, plan)
    assert found["ci_low"] < truth < found["ci_high"] and found["se"] < 3
    assert found["before"]["ci_low"] < 0 < found["before"]["ci_high"]
    assert found["units"] == 20 and found["treated_units"] == 10


def test_an_effect_that_grows_is_not_taken_for_the_trend_as_two_way_fixed_effects_take_it(plan):
    frame, truth = steps(3.0)
    own = primary.estimate(frame, plan)
    plain = primary.estimate(frame, plan, "ancova")
    assert own.effect.ci_low < truth < own.effect.ci_high
    assert plain.effect.estimate > truth + 5
    course = {row["gap"]: row["estimate"] for row in stepped.of(frame, plan)["course"]}
    assert course[0] > course[2] > course[4] and -1 not in course


def test_a_protocol_that_asks_for_staggered_starts_without_giving_any_is_told_so(tmp_path):
    from pipeline.errors import SettingsError

    with pytest.raises(SettingsError, match="start at different times"):
        protocol(tmp_path, ("method: ancova", "method: staggered"))
