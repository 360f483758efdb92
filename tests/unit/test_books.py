"""pipeline/books.py: the book of runs."""

from datetime import datetime

from pipeline import books


def test_two_runs_within_one_second_have_names_of_their_own_that_sort_by_time():
    first, second = (books.run_id(datetime(2026, 1, 12, 3, 0, 0, micro), "spells") for micro in (7, 100_000))
    assert first < second and first.startswith("20260112T030000")
