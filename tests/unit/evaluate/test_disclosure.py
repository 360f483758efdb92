"""Few persons are told of nowhere: not in a count, nor by subtraction, nor by a mean, nor by a curve's steps."""

import itertools

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluate import figures_of_intervals
from pipeline.evaluate.disclosure import counts_someone, part_of, shown_steps, spaced
from pipeline.evaluate.words import Speech
from pipeline.evaluate.write_study import write_report
from tests.unit.evaluate.made_up import cohort, results, written


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.integers(5, 60), st.integers(3, 6))
def test_no_step_that_took_few_can_be_worked_out_from_those_found_and_left(taken, left, smallest):
    shown, found = shown_steps(left + sum(taken), taken, smallest)
    hidden = [at for at, count in enumerate(shown) if count is None]
    assert all(at in hidden for at, count in enumerate(taken) if 0 < count < smallest)
    assert all(shown[at] == count for at, count in enumerate(taken) if at not in hidden)
    if hidden and found is not None:
        rest = found - left - sum(count for count in shown if count is not None)
        ways = [way for way in itertools.product(range(1, rest + 1), repeat=len(hidden)) if sum(way) == rest] if len(hidden) < 4 else []
        for at in range(len(hidden)):
            assert not ways or len({way[at] for way in ways}) > smallest


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 50), max_size=60), st.integers(3, 6))
def test_between_two_points_of_a_curve_there_is_nobody_or_enough(events, smallest):
    at = [float(t) for t in range(0, 51, 7)]
    told = spaced(at, np.array(events, dtype=float), smallest)
    reached = [sum(one <= t for one in events) for t, show in zip(at, told, strict=True) if show]
    assert told[0] and all(b == a or b - a >= smallest for a, b in itertools.pairwise(reached))


def test_a_mean_of_which_all_but_a_few_are_alike_would_count_them():
    assert counts_someone(np.array([0.0] * 40 + [1, 1, 1]), 5)
    assert not counts_someone(np.array([0.0] * 40 + [1] * 5), 5)
    assert not counts_someone(np.zeros(40), 5) and not counts_someone(np.arange(40.0), 5)


def test_who_is_not_in_a_part_is_a_count_as_well():
    assert part_of((20, 30), (23, 40), 5)[0] is None
    assert part_of((20, 30), (30, 40), 5) == (20, 30, 50)


def numbers(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in numbers(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in numbers(one)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_three_controls_lost_are_not_to_be_had_from_any_number_of_the_results(tmp_path):
    place = pl.int_range(pl.len()).over("arm")
    few = (place < 3) | (place < 20) & (pl.col("arm") == "intervention")
    frame = cohort().filter(~pl.col("moved")).with_columns(outcome_seen=pl.when(few).then(pl.lit("withdrew")).otherwise(pl.lit("whole")))
    control, lost = frame.filter(pl.col("arm") == "control"), 3
    made = results(tmp_path, frame=frame)
    assert control.height in numbers(made)
    assert control.height - lost not in numbers({name: made[name] for name in ("means", "primary", "secondary", "flow", "subgroups", "few_clusters")})


def test_a_spell_that_two_persons_had_is_in_no_mean(tmp_path):
    frame = cohort().with_columns(spells_24m_count=(pl.col("person_key") <= 4).cast(pl.Int64))
    row = next(row for row in results(tmp_path, frame=frame)["table_one"] if row["name"] == "spells_24m_count")
    assert row["treated"] is None or row["control"] is None
    assert row["smd"] is None


def test_those_without_a_level_are_not_the_rest_of_the_levels(tmp_path):
    frame = cohort().with_columns(target_group=pl.when(pl.col("person_key") <= 4).then(None).otherwise(pl.lit("mental")))
    levels = next(split for split in results(tmp_path, frame=frame)["subgroups"] if split["column"] == "target_group")["levels"]
    assert [row["n"]["treated"] is None or row["n"]["control"] is None for row in levels] == [True]


def test_what_table_one_hides_is_in_no_balance_row_nor_figure(tmp_path):
    few = pl.int_range(pl.len()).over("arm")
    both = (few < 3) & (pl.col("arm") == "control") | (few < 12) & (pl.col("arm") == "intervention")
    frame = cohort().with_columns(
        target_group=pl.when(both).then(pl.lit("both")).when(few % 2 == 0).then(pl.lit("mental")).otherwise(pl.lit("pain")),
        age_years=pl.when(few < 3).then(None).otherwise(pl.col("age_years")),
    )
    made = results(tmp_path, ("method: ancova", "method: ipw"), frame=frame)
    shown = {(row["name"], row["level"]) for row in made["table_one"] if row["treated"] and row["control"]}
    hidden = {row["level"] for row in made["table_one"] if row["name"] == "target_group"} - {level for _, level in shown}
    assert "both" in hidden and len(hidden) >= 2
    names = [row["name"] for row in made["balance"]["rows"]]
    assert not [name for name in names if name.partition(": ")[2] in hidden or name == "age_years unknown"]
    assert "age_years" in names and [name for name in names if name.startswith("sex")]
    write_report(written(tmp_path, made), tmp_path, "sv")
    table = (tmp_path / "tables" / "balance.csv").read_text(encoding="utf-8")
    assert not [level for level in hidden if f"target_group: {level}" in table]
    drawn = figures_of_intervals.love(made, Speech("en")).axes[0].get_yticklabels()
    assert len(drawn) == len(names)



def test_no_distance_between_the_arms_has_more_than_three_decimals(tmp_path):
    made = results(tmp_path)
    told = [row[key] for row in made["balance"]["rows"] for key in ("before", "after")] + [row["smd"] for row in made["table_one"]]
    assert any(told) and all(one is None or one == round(one, 3) for one in told)


def test_a_mean_of_whole_numbers_does_not_tell_of_how_many(tmp_path):
    row = next(row for row in results(tmp_path)["table_one"] if row["name"] == "age_years")
    mean = row["control"]["mean"]
    assert len([n for n in range(60, 140) if round(round(mean * n) / n, 1) == mean]) > 70


def test_a_distance_that_is_not_told_counts_among_those_that_remain(tmp_path):
    rare = (pl.col("arm") == "control") & (pl.int_range(pl.len()).over("arm") < 4) | (pl.col("arm") == "intervention") & (pl.int_range(pl.len()).over("arm") < 120)
    frame = cohort().with_columns(sex=pl.when(rare).then(pl.lit("F")).otherwise(pl.lit("M")))
    drawn_not = (("came_about: randomised", "came_about: concurrent controls"), ("  allocation: {unit: person}\n", ""))
    made = results(tmp_path, *drawn_not, ("covariates: [age_years, sex, day, target_group, spell_days_24m]", "covariates: [sex]"), frame=frame)
    assert made["balance"]["rows"] == [] and made["balance"]["hidden"] == 2
    assert made["balance"]["worst"] == round(made["balance"]["worst"], 1) > 0.25 and made["balance"]["over"]
    assert "unbalanced" in [one["code"] for one in made["verdict"]["reasons"]]
    page = write_report(written(tmp_path, made), tmp_path, "en").read_text(encoding="utf-8")
    assert "Nothing is adjusted for" not in page and "2 of the differences are not shown" in page


def test_arms_that_a_covariate_parts_wholly_are_as_far_apart_as_can_be(tmp_path):
    frame = cohort().with_columns(age_years=pl.when(pl.col("arm") == "control").then(60).otherwise(40))
    drawn_not = (("came_about: randomised", "came_about: concurrent controls"), ("  allocation: {unit: person}\n", ""))
    made = results(tmp_path, *drawn_not, ("other_methods: [none, aipw, ipw]", "other_methods: [none]"), frame=frame)
    assert made["balance"]["over"] and made["verdict"]["conclusion"] == "cannot"


def test_neither_a_mean_nor_its_degrees_of_freedom_tell_of_how_many_it_is(tmp_path):
    few = pl.int_range(pl.len()).over("arm") < 3
    frame = cohort().filter(~pl.col("moved")).with_columns(
        outcome_seen=pl.when(few & (pl.col("arm") == "control")).then(pl.lit("moved")).otherwise(pl.lit("whole")), net_days=pl.col("net_days").round()
    )
    made = results(tmp_path, ("clusters: unit_id\n", "\n"), ("without_each_cluster: true", "without_each_cluster: false"), frame=frame)
    control = frame.filter(pl.col("arm") == "control")
    told = next(row for row in made["means"] if row["arm"] == "control")
    assert told["n"] is None
    places = len(f"{told['mean']:g}".partition(".")[2])
    possible = [n for n in range(control.height - 8, control.height + 1) if round(round(told["mean"] * n) / n, places) == told["mean"]]
    assert len(possible) > 7
    for row in (made["crude"], made["primary"]["estimate"], made["primary"]["percent"]):
        assert row["df"] is None or row["df"] < 100 or row["df"] == float(f"{row['df']:.2g}")
        assert row["estimate"] == float(f"{row['estimate']:.4g}") and row["se"] == float(f"{row['se']:.3g}")
    share = made["secondary"]["relapse"]["share"]
    assert share is None or share["control"] == round(share["control"])
