"""The split of moments by time."""

import datetime as dt

import polars as pl

from pipeline.train.windows import between, split_windows

UNTIL = dt.date(2026, 1, 12)


def test_a_long_history_is_split_twelve_and_six_months_before_its_end():
    found = split_windows(dt.date(2020, 1, 1), UNTIL, tune_months=6, test_months=6)
    assert (found.tune_from, found.test_from) == (dt.date(2025, 1, 12), dt.date(2025, 7, 12))
    assert not found.shortened


def test_a_short_history_is_split_by_its_own_length_and_says_so():
    found = split_windows(dt.date(2025, 1, 12), UNTIL, tune_months=6, test_months=6)
    assert found.first < found.tune_from < found.test_from < UNTIL
    assert (found.tune_from - found.first).days == 219
    assert "60/20/20" in found.in_words()


def test_a_spell_that_ran_on_past_the_cut_is_censored_there():
    rows = pl.DataFrame({
        "as_of": [dt.date(2025, 1, 1), dt.date(2025, 1, 1), dt.date(2025, 1, 1)],
        "duration_days": [10, 31, 32],
        "cause": [1, 1, 1],
        "followed_days": [365, 365, 365],
    })  # fmt: skip
    cut = dt.date(2025, 2, 1)
    found = between(rows, dt.date(2025, 1, 1), cut, cut)
    assert found["cause"].to_list() == [1, 1, 0]
    assert found["duration_days"].to_list() == [10, 31, 31]
    assert found["followed_days"].to_list() == [31, 31, 31]


def test_a_moment_on_the_cut_belongs_to_the_next_window():
    rows = pl.DataFrame({"as_of": [dt.date(2025, 2, 1)], "duration_days": [5], "cause": [1]})
    cut = dt.date(2025, 2, 1)
    assert between(rows, dt.date(2025, 1, 1), cut, cut).height == 0
    assert between(rows, cut, dt.date(2025, 3, 1), dt.date(2025, 3, 1)).height == 1
