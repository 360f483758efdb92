"""spells.shown_elsewhere: what Rehabstöd's screen says of a spell that stands on our list."""

import datetime as dt

import pytest

from pipeline.spells.screens import unit_spells
from tests.spec.known import GROUPS, asked, certificates_of_periods, fill, periods, spells_at
from tests.tables import expect, given

TITLE = "Beside Rehabstöd's screen"
AS_OF = dt.date(2026, 3, 10)
UNITS = """
    unit_id | provider_id | parent_id
    C1      | P1          |
    S1      | P1          | C1
    U2      | P1          |
"""


@pytest.fixture
def shown(run_table):
    def at(text, **persons):
        periods(text, run_table)
        certificates_of_periods(run_table)
        fill("ingest.units", UNITS, run_table)
        fill("ingest.persons", "person_key\n1", run_table, **{"protected": False, **persons})
        given("ingest.diagnosis_groups", GROUPS, run_table)
        asked(f"person_key | as_of\n1 | {AS_OF}", run_table)
        spells_at(run_table)
        run_table.fill("spells.unit_spells", unit_spells(run_table("spells.unit_certificates", days_since_end=0), AS_OF, 5, 0))
        return run_table("spells.shown_elsewhere")

    return at


def test_a_spell_renewed_at_another_unit_begins_anew_on_that_units_screen(shown):
    expect(shown("""
        person_key | unit_id | start_date | end_date
        1          | U2      | 2026-01-10 | 2026-02-20
        1          | S1      | 2026-02-21 | 2026-03-20
    """), """
        person_key | as_of      | days | chain_day | screen_start | screen_days
        1          | 2026-03-10 | 70   | 60        | 2026-02-21   | 28
    """)


def test_sub_units_of_a_care_unit_are_one_screen(shown):
    expect(shown("""
        person_key | unit_id | start_date | end_date
        1          | C1      | 2026-01-10 | 2026-02-20
        1          | S1      | 2026-02-21 | 2026-03-20
    """), """
        days | screen_start | screen_days
        70   | 2026-01-10   | 70
    """)


@pytest.mark.parametrize("how", [{"protected": True}, {"deceased_on": dt.date(2026, 3, 9)}])
def test_who_is_not_on_the_screen_is_blank_beside_our_spell(shown, how):
    made = shown("person_key | unit_id | start_date | end_date\n1 | U2 | 2026-03-01 | 2026-03-20", **how)
    assert made.select("days", "screen_start", "screen_days").rows() == [(20, None, None)]


def test_a_unit_that_never_came_has_no_screen(shown):
    made = shown("person_key | unit_id | start_date | end_date\n1 | U9 | 2026-03-01 | 2026-03-20")
    assert made["screen_days"].to_list() == [None]
