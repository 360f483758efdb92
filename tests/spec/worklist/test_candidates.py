"""worklist.candidates: what the rules need to know about each ongoing spell."""

import datetime as dt

import pytest

from tests.tables import expect, given

TITLE = "Whom a list may show"

ONGOING = """
    spell_id   | person_key | as_of      | unit_id | start_date | end_date   | day | chain_day | degree | diagnosis | target_group | certificate_id | ongoing
    1-20260105 | 1          | 2026-02-01 | A       | 2026-01-05 | 2026-02-20 | 28  | 28        | 100    | F430      | mental       | c1             | true
"""
PERSONS = """
    person_key | sex | birth_month | listed_unit_id | deceased_on | emigrated_on | protected
    1          | F   | 1980-05-01  | B              |             |              |
"""
UNITS = """
    unit_id | name | kind    | provider_id | capacity_per_week
    A       | Al   | primary | R           | 3.0
    B       | Björk| primary | P           |
"""
CERTIFICATES = """
    certificate_id | doctor_id | form   | known_from | known_until
    c1             | d1        | FK7804 | 2026-01-05 |
"""
CASES = (
    "case_id | person_key | offered_on | answer | started_on | ended_on | end_reason | status | known_from"
)
TEXTS = [("coordination", "answer"), ("coordination", "end_reason"), ("coordination", "status"),
         ("certificates", "form"), ("certificates", "doctor_id")]  # fmt: skip


@pytest.fixture
def ask(run_table):
    """Fill a plain region, change what the test names, run at 2026-02-01."""

    def run(*cases, heads=CASES, **tables):
        for name, text in {"spells.ongoing": ONGOING, "ingest.persons": PERSONS, "ingest.units": UNITS,
                           "ingest.certificates": CERTIFICATES}.items():  # fmt: skip
            given(name, tables.get(name.split(".")[1], text), run_table)
        nobody = "x | 99 | 2020-01-01 | pending | | | | | 2020-01-01"
        given("ingest.coordination", "\n".join([heads, *(cases or [nobody])]), run_table)
        if "source" not in heads:
            run_table.con.execute(
                "alter table ingest.coordination add column source varchar default 'register'"
            )
        run_table.con.execute("alter table ingest.coordination add column answer_known_from date")
        if "known_until" not in heads:
            run_table.con.execute("alter table ingest.coordination add column known_until date")
        for table, column in TEXTS:  # a column of blanks alone has no type
            run_table.con.execute(f"alter table ingest.{table} alter {column} type varchar")
        run_table("spells.coordination_state")
        return run_table("worklist.candidates", declined_days=180)

    return run


def test_a_spell_is_shown_with_its_person_and_both_units(ask):
    expect(
        ask(),
        """
        spell_id   | unit_id | unit_kind | capacity_per_week | listed_unit_id | listed_provider_id | sex | protected | deceased | has_physician | in_coordination | pending | withdrawn
        1-20260105 | A       | primary   | 3.0               | B              | P                  | F   | false     | false    | true          | false           | false   | false
    """,
    )


@pytest.mark.parametrize(("ongoing", "ended"), [("true", False), ("false", True)])
def test_a_spell_just_ended_is_marked(ask, ongoing, ended):
    row = f"1-20260105 | 1 | 2026-02-01 | A | 2026-01-05 | 2026-01-31 | 27 | 27 | 100 | F430 | mental | c1 | {ongoing}"
    assert ask(ongoing=ONGOING.splitlines()[1] + "\n" + row)["ended"].to_list() == [ended]


def test_a_spell_whose_person_or_unit_never_came_is_kept_and_marked(ask):
    got = ask(
        persons=PERSONS.replace("1          | F", "7          | F"),
        units=UNITS.replace("A       |", "C       |"),
    )
    expect(
        got,
        """
        spell_id   | unit_known | listed_unit_known | protected | deceased
        1-20260105 | false      | false             | false     | false
    """,
    )


@pytest.mark.parametrize(("date", "gone"), [("2026-02-01", True), ("2026-02-02", False)])
def test_a_death_or_a_move_counts_from_its_day(ask, date, gone):
    row = f"1          | F   | 1980-05-01  | B              | {date}  | {date}   |"
    got = ask(persons=PERSONS.splitlines()[1] + "\n" + row).row(0, named=True)
    assert (got["deceased"], got["emigrated"]) == (gone, gone)


@pytest.mark.parametrize(
    ("case", "state"),
    [
        ("k1 | 1 | 2026-01-10 | accepted | 2026-01-12 | | | | 2026-01-10", "in_coordination"),
        ("k1 | 1 | 2026-01-10 | accepted | | | | | 2026-01-10", "in_coordination"),
        ("k1 | 1 | | | 2026-01-12 | | | | 2026-01-12", "in_coordination"),
        ("k1 | 1 | 2026-01-10 | accepted | 2026-01-12 | 2026-03-01 | | | 2026-01-10", "in_coordination"),  # end ahead
        ("k1 | 1 | 2026-01-10 | pending | | | | | 2026-01-10", "pending"),
        ("k1 | 1 | 2026-01-10 | | | | | | 2026-01-10", "pending"),
        ("k1 | 1 | | | | | | active | 2026-01-10", "in_coordination"),
        ("k1 | 1 | | | | | | contacted | 2026-01-10", "pending"),
        ("k1 | 1 | 2026-01-10 | accepted | 2026-01-12 | 2026-02-01 | | | 2026-01-10", None),  # ended today
        ("k1 | 1 | 2025-07-01 | pending | | | | | 2025-07-01", None),  # never answered, long ago
        ("k1 | 1 | | | | | | active | 2026-01-04", None),  # the mark of an earlier spell
        ("k1 | 1 | 2026-01-10 | accepted | 2026-01-12 | | | | 2026-02-02", None),  # not known yet
        ("k1 | 2 | 2026-01-10 | accepted | 2026-01-12 | | | | 2026-01-10", None),  # somebody else
    ],
)  # fmt: skip
def test_a_case_is_open_when_accepted_or_started_and_not_ended_and_pending_while_unanswered(ask, case, state):
    got = ask(case).row(0, named=True)
    assert {name for name in ("in_coordination", "pending") if got[name]} == ({state} if state else set())


@pytest.mark.parametrize(
    ("case", "state"),
    [
        ("w1 | 1 | 2026-01-10 | accepted | | | | active | 2026-01-12 | worklist", "in_coordination"),
        ("w1 | 1 | 2025-12-10 | accepted | | | | active | 2025-12-12 | worklist", None),  # an earlier spell's
        ("w1 | 1 | 2026-01-10 | accepted | | | | closed | 2026-01-12 | worklist", None),
        ("w1 | 1 | 2026-01-10 | accepted | | | | | 2026-01-12 | worklist", "in_coordination"),
        ("w1 | 1 | 2026-01-10 | pending | | | | contacted | 2026-01-12 | worklist", "pending"),
        ("w1 | 1 | 2026-01-10 | pending | | | | no_action | 2026-01-12 | worklist", None),
    ],
)
def test_what_a_returned_list_says_holds_for_its_own_spell_until_it_is_closed(ask, case, state):
    got = ask(case, heads=CASES + " | source").row(0, named=True)
    assert {name for name in ("in_coordination", "pending") if got[name]} == ({state} if state else set())


def test_a_no_on_a_returned_list_is_remembered_in_the_next_spell(ask):
    got = ask(
        "w1 | 1 | 2025-12-10 | declined | | | | declined | 2025-12-12 | worklist", heads=CASES + " | source"
    )
    assert got["last_declined_on"].to_list() == [dt.date(2025, 12, 10)]


def test_the_newest_no_is_remembered_whatever_came_before(ask):
    got = ask(
        "k1 | 1 | 2025-03-01 | declined | | | | | 2025-03-01",
        "k2 | 1 | 2025-11-01 | declined | | | | | 2025-11-02",
        "k3 | 1 | | declined | | | | | 2025-12-24",
        "k4 | 1 | 2026-02-01 | declined | | | | | 2026-02-02",
    )
    expect(
        got,
        """
        spell_id   | last_declined_on
        1-20260105 | 2025-12-24
    """,
    )


def test_one_who_withdrew_stays_withdrawn_until_a_later_yes(ask):
    withdrew = "k1 | 1 | 2025-03-01 | accepted | 2025-03-02 | 2025-04-01 | withdrawn | | 2025-04-01"
    again = "k2 | 1 | 2025-06-01 | accepted | 2025-06-02 | 2025-09-01 | done | | 2025-09-01"
    assert ask(withdrew)["withdrawn"].to_list() == [True]
    assert ask(withdrew, again)["withdrawn"].to_list() == [False]


def test_the_newest_mark_of_this_spell_counts(ask):
    got = ask(
        "k1 | 1 | | | | | | active | 2026-01-10",
        "k2 | 1 | | | | | | closed | 2026-01-20",
        "k3 | 1 | | | | | | no_action | 2026-02-02",
    )
    expect(
        got,
        """
        spell_id   | last_status | in_coordination
        1-20260105 | closed      | false
    """,
    )


@pytest.mark.parametrize(
    ("row", "assessed"),
    [
        ("c1 | | FK7804 | 2026-01-05 |", True),
        ("c1 | d1 | | 2026-01-05 |", True),
        ("c1 | | | 2026-01-05 |", False),
        ("c1 | d1 | FK7804 | 2026-02-02 |", False),  # not known yet
        ("c1 | d1 | FK7804 | 2026-01-05 | 2026-02-01", False),  # revoked
        ("c2 | d1 | FK7804 | 2026-01-05 |", False),  # another certificate
    ],
)
def test_an_assessment_is_a_certificate_in_force_by_a_physician_or_on_the_physicians_form(ask, row, assessed):
    text = CERTIFICATES.splitlines()[1] + "\n" + row
    got = ask(certificates=text)
    assert got["has_physician"].to_list() == [assessed]


def test_a_case_counts_as_it_was_until_a_later_delivery_changed_it(ask):
    heads = CASES + " | known_until"
    was = "k1 | 1 | 2026-01-10 | accepted | 2026-01-12 | | | | 2026-01-10 | "
    now = "k1 | 1 | 2026-01-10 | declined | | | | | "
    assert ask(was + "2026-02-02", now + "2026-02-02 |", heads=heads)["in_coordination"].to_list() == [True]
    assert ask(was + "2026-02-01", now + "2026-02-01 |", heads=heads)["in_coordination"].to_list() == [False]
