"""moments.nightly: whom a night asks about."""

from tests.spec.known import periods
from tests.tables import expect

TITLE = "The moment of a night"


def test_everyone_with_a_period_known_that_night_is_asked_about_once(run_table):
    periods("""
        person_key | start_date | end_date
        1          | 2026-01-05 | 2026-01-11
        1          | 2026-01-12 | 2026-01-25
        -9         | 2024-01-05 | 2024-01-11
    """, run_table)
    expect(run_table("moments.nightly", as_of="2026-01-20"), """
        person_key | as_of
        1          | 2026-01-20
        -9         | 2026-01-20
    """)


def test_a_period_counts_from_the_day_it_is_known_to_the_day_before_it_is_withdrawn(run_table):
    periods("""
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-05 | 2026-01-11 | 2026-01-20 |
        2          | 2026-01-05 | 2026-01-11 | 2026-01-21 |
        3          | 2026-01-05 | 2026-01-11 | 2026-01-05 | 2026-01-20
        4          | 2026-01-05 | 2026-01-11 | 2026-01-05 | 2026-01-21
    """, run_table)
    asked = run_table("moments.nightly", as_of="2026-01-20")
    assert sorted(asked["person_key"]) == [1, 4]


def test_a_region_without_certificates_asks_about_no_one(run_table):
    periods("""
        person_key | start_date | end_date   | known_from
        1          | 2026-01-05 | 2026-01-11 | 2026-02-01
    """, run_table)
    assert run_table("moments.nightly", as_of="2026-01-20").is_empty()
