"""features.benefits: paid days up to the moment."""

from tests.spec.known import fill
from tests.tables import expect

TITLE = "Benefits"


def given_benefits(run_table, text):
    fill("ingest.benefits", text, run_table)
    return run_table("features.benefits")


def test_someone_without_benefits_has_zeros(moment, run_table):
    moment("2026-01-20")
    expect(run_table("features.benefits"), """
        sickness_benefit_12m_net_days | sickness_benefit_24m_net_days | rehabilitation_benefit_24m_net_days | disability_degree
        0.0                           | 0.0                           | 0.0                                 | 0
    """)


def test_net_days_are_paid_days_by_degree_up_to_the_moment(moment, run_table):
    moment("2026-01-20")
    expect(given_benefits(run_table, """
        person_key | start_date | end_date   | degree | kind           | known_from
        1          | 2026-01-11 | 2026-01-31 | 50     | sickness       | 2026-01-15
        1          | 2024-06-01 | 2024-06-10 | 100    | sickness       | 2024-06-15
        1          | 2025-06-01 | 2025-06-04 | 100    | rehabilitation | 2025-06-15
        1          | 2020-01-01 |            | 25     | disability     | 2020-01-01
    """), """
        sickness_benefit_12m_net_days | sickness_benefit_24m_net_days | rehabilitation_benefit_24m_net_days | disability_degree
        5.0                           | 15.0                          | 4.0                                 | 25
    """)


def test_the_windows_are_365_and_730_days_with_the_moment_s_own(moment, run_table):
    moment("2026-01-20")
    expect(given_benefits(run_table, """
        person_key | start_date | end_date   | degree | kind     | known_from
        1          | 2025-01-20 | 2025-01-21 | 100    | sickness | 2025-02-01
        1          | 2024-01-20 | 2024-01-22 | 100    | sickness | 2024-02-01
    """), """
        sickness_benefit_12m_net_days | sickness_benefit_24m_net_days
        1.0                           | 3.0
    """)


def test_what_is_known_later_or_begins_later_is_not_seen(moment, run_table):
    moment("2026-01-20")
    expect(given_benefits(run_table, """
        person_key | start_date | end_date   | degree | kind       | known_from
        1          | 2026-01-01 | 2026-01-10 | 100    | sickness   | 2026-01-21
        1          | 2026-01-21 | 2026-02-10 | 100    | disability | 2026-01-10
    """), """
        sickness_benefit_12m_net_days | disability_degree
        0.0                           | 0
    """)


def test_a_disability_benefit_that_has_ended_is_no_degree_today(moment, run_table):
    moment("2026-01-20")
    expect(given_benefits(run_table, """
        person_key | start_date | end_date   | degree | kind       | known_from
        1          | 2025-01-01 | 2026-01-19 | 50     | disability | 2025-01-01
        1          | 2025-01-01 | 2026-01-20 | 25     | disability | 2025-01-01
    """), "disability_degree\n25")
