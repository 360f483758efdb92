"""features.history: sick leave before this spell."""

import pytest

from tests.tables import expect

TITLE = "Earlier sick leave"


def test_someone_never_sick_listed_before_has_zeros_and_no_last_spell(moment, run_table):
    moment("2026-01-20")
    expect(run_table("features.history"), """
        spells_24m_count | spell_days_24m | spell_net_days_24m | longest_spell_24m_days | since_last_spell_days
        0                | 0              | 0.0                | 0                      |
    """)


def test_earlier_spells_are_counted_with_their_days(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | degree | diagnosis_1
        1          | 2026-01-01 | 2026-01-31 | 100    | F430
        1          | 2025-12-01 | 2025-12-20 | 50     | F431
        1          | 2024-12-01 | 2024-12-10 | 100    | M545
    """)
    made = run_table("features.history")
    expect(made, """
        spells_24m_count | spells_12m_count | spell_days_24m | spell_days_12m | spell_net_days_24m | since_last_spell_days
        2                | 1                | 30             | 20             | 20.0               | 11
    """)
    expect(made, """
        long_spells_24m_count | long_spells_12m_count | long_spell_12m_days | longest_spell_24m_days
        1                     | 1                     | 20                  | 20
    """)
    expect(made, """
        same_diagnosis_24m_count | same_letter_24m_count | mental_spells_24m_count | musculoskeletal_spells_24m_count
        1                        | 1                     | 1                       | 1
    """)


@pytest.mark.parametrize(("end", "days", "long"), [("2025-12-14", 14, 0), ("2025-12-15", 15, 1)])
def test_a_long_spell_has_more_than_14_days(moment, run_table, end, days, long):
    moment("2026-01-20", f"""
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-31
        1          | 2025-12-01 | {end}
    """)
    made = run_table("features.history")
    assert made["longest_spell_24m_days"].to_list() == [days]
    assert made["long_spells_12m_count"].to_list() == [long]


def test_the_24_months_end_the_day_before_this_spell_and_cut_an_earlier_spell(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date
        1          | 2026-01-01 | 2026-01-31
        1          | 2023-12-30 | 2024-01-03
        2          | 2026-01-01 | 2026-01-31
        2          | 2023-12-25 | 2024-01-02
        3          | 2026-01-01 | 2026-01-31
        3          | 2023-12-25 | 2024-01-01
    """)
    expect(run_table("features.history"), """
        person_key | spells_24m_count | spell_days_24m | since_last_spell_days
        1          | 1                | 2              | 728
        2          | 1                | 1              | 729
        3          | 0                | 0              | 730
    """)


def test_earlier_spells_known_later_or_revoked_are_not_seen(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | known_from | known_until
        1          | 2026-01-01 | 2026-01-31 | 2026-01-01 |
        1          | 2025-11-01 | 2025-11-20 | 2026-01-21 |
        1          | 2025-09-01 | 2025-09-20 | 2025-09-01 | 2026-01-20
    """)
    assert run_table("features.history")["spells_24m_count"].to_list() == [0]


def test_a_spell_to_come_is_no_history(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | known_from
        1          | 2026-01-01 | 2026-01-31 | 2026-01-01
        1          | 2026-03-01 | 2026-03-20 | 2026-01-01
    """)
    assert run_table("features.history")["spells_24m_count"].to_list() == [0]


def test_an_earlier_spell_without_a_diagnosis_is_counted_but_is_like_none(moment, run_table):
    moment("2026-01-20", """
        person_key | start_date | end_date   | diagnosis_1
        1          | 2026-01-01 | 2026-01-31 | F430
        1          | 2025-12-01 | 2025-12-20 |
    """)
    expect(run_table("features.history"), """
        spells_24m_count | same_diagnosis_24m_count | mental_spells_24m_count
        1                | 0                        | 0
    """)
