"""spells.coordination_state: what coordination is to a person at the moment."""

import datetime as dt

import pytest

from tests.spec.known import fill
from tests.tables import expect, given

TITLE = "Coordination at the moment"

ONGOING = """
    person_key | as_of      | start_date | end_date
    1          | 2026-02-01 | 2026-01-05 | 2026-02-20
    1          | 2026-01-12 | 2026-01-05 | 2026-02-20
"""
HEADS = "person_key | case_id | offered_on | answer | started_on | ended_on | known_from | known_until | source | status"


def state(run_table, *cases, as_of=dt.date(2026, 2, 1)):
    given("spells.ongoing", ONGOING, run_table)
    fill("ingest.coordination", "\n".join([HEADS, *cases]), run_table)
    return run_table("spells.coordination_state").filter(as_of=as_of)


def test_someone_without_a_case_has_no_row(run_table):
    assert state(run_table, "2 | k1 | 2026-01-10 | accepted | | | 2026-01-10 | | register |").is_empty()


@pytest.mark.parametrize(
    ("case", "open_now", "pending_since"),
    [
        ("2026-01-10 | accepted | 2026-01-12 |            | 2026-01-10 |            | register |", True, None),
        ("           | accepted |            |            | 2026-01-10 |            | register |", True, None),
        ("2026-01-10 |          | 2026-01-12 |            | 2026-01-12 |            | register |", True, None),
        ("2026-01-10 | accepted | 2026-01-12 | 2026-02-01 | 2026-01-10 |            | register |", False, None),
        ("2026-01-10 | accepted | 2026-01-12 | 2026-02-02 | 2026-01-10 |            | register |", True, None),
        ("2026-01-10 | pending  |            |            | 2026-01-10 |            | register |", False, "2026-01-10"),
        ("2026-01-10 | declined |            |            | 2026-01-10 |            | register |", False, None),
        ("2026-01-10 | accepted |            |            | 2026-01-12 |            | worklist | active", True, None),
        ("           |          |            |            | 2026-01-12 |            | worklist | active", True, None),
        ("2026-01-10 | accepted |            |            | 2026-01-12 |            | worklist | closed", False, None),
        ("2026-01-03 | accepted |            |            | 2026-01-04 |            | worklist | active", False, None),
        ("2026-01-10 | accepted | 2026-01-12 |            | 2026-01-10 | 2026-02-02 | register |", True, None),
    ],
)  # fmt: skip
def test_a_case_is_open_when_accepted_or_started_and_not_ended(run_table, case, open_now, pending_since):
    (row,) = state(run_table, "1 | k1 | " + case).rows(named=True)
    assert row["in_coordination"] is open_now
    assert row["pending_since"] == (dt.date.fromisoformat(pending_since) if pending_since else None)


def test_a_version_that_no_longer_counts_and_one_not_yet_known_are_not_seen(run_table):
    assert state(
        run_table,
        "1 | k1 | 2026-01-10 | accepted | 2026-01-12 | | 2026-01-10 | 2026-02-01 | register |",
        "1 | k2 | 2026-01-10 | accepted | 2026-01-12 | | 2026-02-02 |            | register |",
    ).is_empty()


def test_an_answer_is_pending_until_the_version_that_holds_it_is_known(run_table):
    versions = (
        "1 | k1 | 2026-01-10 | pending  |            |  | 2026-01-10 | 2026-02-01 | register |",
        "1 | k1 | 2026-01-10 | accepted | 2026-01-20 |  | 2026-02-01 |            | register |",
    )
    (before,) = state(run_table, *versions, as_of=dt.date(2026, 1, 12)).rows(named=True)
    assert (before["in_coordination"], before["pending_since"]) == (False, dt.date(2026, 1, 10))
    (after,) = state(run_table, *versions).rows(named=True)
    assert (after["in_coordination"], after["pending_since"]) == (True, None)


@pytest.mark.parametrize(("answer", "declined_on"), [("accepted", None), ("declined", dt.date(2026, 1, 10))])
def test_an_answer_of_one_row_is_pending_until_it_is_known(run_table, answer, declined_on):
    given("spells.ongoing", ONGOING, run_table)
    fill("ingest.coordination", f"""
        person_key | case_id | offered_on | answer   | known_from | answer_known_from | source
        1          | k1      | 2026-01-10 | {answer} | 2026-01-10 | 2026-02-01        | register
    """, run_table)
    made = run_table("spells.coordination_state").sort("as_of")
    before, after = made.rows(named=True)
    assert (before["in_coordination"], before["pending_since"], before["last_declined_on"]) == (False, dt.date(2026, 1, 10), None)
    assert (after["in_coordination"], after["pending_since"]) == (answer == "accepted", None)
    assert after["last_declined_on"] == declined_on


def test_a_no_is_remembered_and_an_ended_case_is_one_before(run_table):
    expect(state(
        run_table,
        "1 | k1 | 2025-03-01 | declined |            |            | 2025-03-02 | | register |",
        "1 | k2 | 2025-05-01 | accepted | 2025-05-10 | 2025-08-01 | 2025-05-01 | | register |",
    ), """
        in_coordination | coordinated_before | last_declined_on | withdrawn
        false           | true               | 2025-03-01       | false
    """)


def test_each_moment_is_answered_for_itself(run_table):
    case = "1 | k1 | 2026-01-06 | accepted | 2026-01-08 | 2026-01-30 | 2026-01-06 | | register |"
    assert state(run_table, case)["in_coordination"].to_list() == [False]
    assert state(run_table, case, as_of=dt.date(2026, 1, 12))["in_coordination"].to_list() == [True]
