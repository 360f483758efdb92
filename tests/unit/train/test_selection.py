"""Which moments are learned from, and what they count for."""

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import InputError
from pipeline.train.selection import choose_moments

RULES = {"max_moments": 10**6, "per_spell": 2, "first_days": 90, "seed": 1}


def moments(spells, each, *, step=1):
    rows = [
        {
            "spell_id": f"{s}",
            "person_key": s,
            "as_of": dt.date(2024, 1, 1) + dt.timedelta(days=m * step),
            "unit_id": "A",
            "day": 1 + m * step,
            "duration_days": 30,
            "cause": 1,
        }
        for s in range(spells)
        for m in range(each)
    ]
    return pl.DataFrame(rows)


def test_a_spell_gives_at_most_so_many_moments_and_keeps_its_weight():
    kept, _ = choose_moments(moments(50, 10), **RULES)
    assert kept.group_by("spell_id").len()["len"].max() == 2
    assert kept["weight"].sum() == pytest.approx(500)


def test_a_long_spell_gives_as_many_moments_of_its_first_days_as_of_its_later_ones():
    kept, _ = choose_moments(moments(30, 20, step=20), **RULES)
    early = kept.filter(pl.col("day") <= 90)
    assert early.height == kept.height - early.height == 60
    assert early["weight"].sum() == pytest.approx(30 * 5)
    assert kept["weight"].sum() == pytest.approx(30 * 20)


def test_too_many_are_thinned_with_the_first_days_kept_more_often_and_weighted_back():
    rows = moments(3000, 4, step=60)
    kept, steps = choose_moments(rows, **RULES | {"per_spell": 9, "max_moments": 4000})
    assert kept.height == pytest.approx(4000, rel=0.05)
    early = kept.filter(pl.col("day") <= 90)
    assert early.height / kept.height == pytest.approx(0.7, abs=0.03)
    assert kept["weight"].sum() == pytest.approx(12000, rel=0.05)
    assert early["weight"].sum() == pytest.approx(6000, rel=0.05)
    assert steps[-1].moments == kept.height


def test_the_order_of_the_rows_does_not_change_the_draw():
    rows = moments(40, 6)
    turned = rows.sample(fraction=1, shuffle=True, seed=3)
    assert choose_moments(turned, **RULES)[0].equals(choose_moments(rows, **RULES)[0])


def test_a_weight_already_there_is_multiplied_in():
    kept, _ = choose_moments(moments(5, 2).with_columns(weight=pl.lit(3.0)), **RULES)
    assert kept["weight"].to_list() == [3.0] * 10


def test_a_missing_column_and_a_duration_below_one_day_stop_it():
    with pytest.raises(InputError, match="lack duration_days"):
        choose_moments(moments(2, 2).drop("duration_days"), **RULES)
    with pytest.raises(InputError, match="4 training moments"):
        choose_moments(moments(2, 2).with_columns(duration_days=pl.lit(0)), **RULES)


def test_the_flow_counts_what_is_left_after_each_rule():
    rows = moments(5, 4).with_columns(day=pl.col("day") - 1)
    _, steps = choose_moments(rows, **RULES)
    assert [step.moments for step in steps] == [20, 15, 10]
    assert [step.persons for step in steps] == [5, 5, 5]
