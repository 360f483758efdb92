"""Few persons are told of nowhere: not in a count, nor by subtraction, nor by a mean, nor by a curve's steps."""

import itertools

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluate.disclosure import counts_someone, part_of, shown_steps, spaced
from tests.unit.evaluate.made_up import cohort, results


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
