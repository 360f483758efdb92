"""How long a certificate takes to come, from given delays."""

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from pipeline.outcomes.delay import LONGEST_DAYS, reporting_delay

AS_OF = date(2026, 6, 30)


def delay_of(signed_after, came_after, came_on=None):
    """Of periods signed and come so many days after their first day, all known on `came_on` (by default 20 days ago)."""
    came_on = came_on or [AS_OF - timedelta(days=20)] * len(came_after)
    start = [on - timedelta(days=came) for on, came in zip(came_on, came_after, strict=True)]
    con = duckdb.connect()
    con.execute("create schema ingest")
    kinds = dict.fromkeys(("start_date", "known_from", "issued_at"), pl.Date)
    con.register("made", pl.DataFrame({
        "start_date": start, "known_from": came_on,
        "issued_at": [day + timedelta(days=signed) for day, signed in zip(start, signed_after, strict=True)],
    }, schema=kinds).to_arrow())  # fmt: skip
    con.execute("create table ingest.certificate_periods as select start_date, known_from, issued_at::timestamp as issued_at from made")
    return reporting_delay(con, AS_OF)


def test_it_is_what_99_in_100_had_taken_from_the_first_day_and_from_the_signing():
    # 198 come 10 days after the first day, signed on day 7; two come after 40
    found = delay_of([7] * 198 + [7, 7], [10] * 198 + [40, 40])
    assert (found.days, found.whole_days, found.from_issue_days, found.periods) == (10, 10, 3, 200)
    assert not found.is_cut and found.late_share == 0
    assert "99 in 100 of the last year's 200" in found.in_words() and "10 days after the first day they cover (3 days" in found.in_words()
    # three in 200 are more than one in a hundred
    assert delay_of([7] * 200, [10] * 197 + [40] * 3).days == 40


def test_one_beyond_the_limit_is_cut_and_said():
    found = delay_of([0] * 100, [5] * 95 + [100] * 5)
    assert (found.days, found.whole_days, found.late_share) == (LONGEST_DAYS, 100, pytest.approx(0.05))
    assert found.is_cut and "only 60 days are waited for: 5.0% come later" in found.in_words()


def test_signed_and_come_ahead_of_the_first_day_is_no_delay():
    assert delay_of([-9] * 50, [-3] * 50).days == 0


def test_what_came_more_than_a_year_ago_or_is_not_known_yet_does_not_count():
    old, ahead = AS_OF - timedelta(days=366), AS_OF + timedelta(days=1)
    found = delay_of([0] * 30, [50] * 10 + [50] * 10 + [8] * 10, [old] * 10 + [ahead] * 10 + [AS_OF] * 10)
    assert (found.days, found.periods) == (8, 10)


def test_without_certificates_nothing_is_waited_for_but_the_gap():
    found = delay_of([], [])
    assert (found.days, found.periods) == (0, 0)
    assert found.last_day(AS_OF, 5) == date(2026, 6, 24)
