"""One ongoing spell to hang features on: everything else about the person plain."""

from __future__ import annotations

import pytest

from tests.spec.known import GROUPS, asked, certificates_of_periods, empty, periods, spells_at
from tests.tables import given

PLAIN = """
    person_key | start_date | end_date
    1          | 2026-01-01 | 2026-01-31
"""


class Moment:
    """`moment("2026-01-20", text)` makes the spells of those periods known at that day."""

    def __init__(self, run_table):
        self.run_table = run_table

    def __call__(self, as_of: str, text: str = PLAIN, max_gap_days: int = 5, **certificate) -> Moment:
        run_table = self.run_table
        periods(text, run_table)
        certificates_of_periods(run_table, **certificate)
        given("ingest.diagnosis_groups", GROUPS, run_table)
        keys = run_table.con.sql("select distinct person_key from ingest.certificate_periods").fetchall()
        asked("person_key | as_of\n" + "\n".join(f"{key} | {as_of}" for (key,) in keys), run_table)
        spells_at(run_table, max_gap_days=max_gap_days)
        names = ("persons", "units", "contacts", "coordination", "benefits")
        empty(run_table, *(f"ingest.{name}" for name in names))
        run_table("spells.coordination_state")
        return self


@pytest.fixture
def moment(run_table):
    return Moment(run_table)
