"""moments.training: which past moments may be learnt from."""

import polars as pl
import pytest

from tests.spec.known import periods, typed
from tests.tables import expect, rows

TITLE = "Past moments"
EVERY_DAY = {"first": "2020-01-01", "last": "2030-01-01", "person_share": 1.0, "day_share": 1.0}


def test_each_certified_day_of_the_window_is_a_moment_once(run_table):
    periods("""
        person_key | start_date | end_date
        1          | 2025-12-30 | 2026-01-02
        1          | 2026-01-01 | 2026-01-03
    """, run_table)
    expect(run_table("moments.training", **{**EVERY_DAY, "first": "2025-12-31", "last": "2026-01-02"}), """
        person_key | as_of
        1          | 2025-12-31
        1          | 2026-01-01
        1          | 2026-01-02
    """)


def test_a_day_before_the_certificate_was_known_was_met_by_no_night(run_table):
    periods("""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-04 | 2026-01-03
        2          | 2026-01-01 | 2026-01-04 | 2026-01-05
    """, run_table)
    expect(run_table("moments.training", **EVERY_DAY), """
        person_key | as_of
        1          | 2026-01-03
        1          | 2026-01-04
    """)


def test_days_of_a_certificate_revoked_later_are_kept_as_the_night_met_them(run_table):
    periods("""
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-09 | 2026-01-01 | 2026-01-03
    """, run_table)
    expect(run_table("moments.training", **EVERY_DAY), """
        person_key | as_of
        1          | 2026-01-01
        1          | 2026-01-02
    """)


def test_a_certificate_replaced_and_restored_leaves_a_hole_while_it_did_not_count(run_table):
    periods("""
        person_key | certificate_id | start_date | end_date   | known_from | known_until
        1          | a              | 2026-01-01 | 2026-01-06 | 2026-01-01 | 2026-01-03
        1          | a              | 2026-01-01 | 2026-01-06 | 2026-01-05 |
    """, run_table)
    days = run_table("moments.training", **EVERY_DAY)["as_of"].dt.day().sort().to_list()
    assert days == [1, 2, 5, 6]


@pytest.mark.parametrize("shares", [{"person_share": 0.0}, {"day_share": 0.0}])
def test_a_share_of_nothing_draws_nothing(run_table, shares):
    periods("person_key | start_date | end_date\n1 | 2026-01-01 | 2026-01-06", run_table)
    assert run_table("moments.training", **{**EVERY_DAY, **shares}).is_empty()


def many(run_table):
    keys = [(key * 0x9E3779B97F4A7C15 + 2**63) % 2**64 - 2**63 for key in range(3000)]
    text = rows("start_date | end_date\n2025-01-01 | 2025-04-10")
    frame = pl.DataFrame({"person_key": pl.Series(keys, dtype=pl.Int64)}).join(text, how="cross")
    frame = frame.with_columns(known_from=pl.col("start_date"), certificate_id=pl.lit("c"))
    run_table.fill("ingest.certificate_periods", typed("ingest.certificate_periods", frame))


def test_the_shares_are_kept_over_keys_of_either_sign(run_table):
    many(run_table)
    drawn = run_table("moments.training", **{**EVERY_DAY, "person_share": 0.5, "day_share": 0.1})
    people = drawn["person_key"].n_unique()
    assert 1400 < people < 1600
    assert 0.095 < drawn.height / (people * 100) < 0.105
    below_zero = drawn.filter(pl.col("person_key") < 0).height / drawn.height
    assert 0.45 < below_zero < 0.55
    by_day = drawn.group_by("as_of").len()["len"]
    assert by_day.min() > 90  # no day of the calendar is favoured


def test_a_larger_share_keeps_every_moment_of_a_smaller_one(run_table):
    many(run_table)
    few = run_table("moments.training", **{**EVERY_DAY, "day_share": 0.05})
    more = run_table("moments.training", **{**EVERY_DAY, "day_share": 0.2})
    assert few.join(more, on=["person_key", "as_of"], how="anti").is_empty()
    days = few.sort("person_key", "as_of").with_columns(
        hop=pl.col("as_of").diff().over("person_key").dt.total_days()
    )
    assert 0.03 < (days["hop"] == 1).mean() < 0.07  # a neighbour is as likely as any other day
