"""evaluate.followed: what became of everyone from time zero on."""

import pytest

from tests.spec.evaluate.filled import fill
from tests.spec.known import empty
from tests.spec.known import fill as fill_known
from tests.tables import expect

TITLE = "What came of everyone"
CUT = {"cut": "2026-12-31", "delay_days": 20, "max_gap_days": 5, "follow_days": 100, "age_limit_years": 67}


@pytest.fixture
def followed(run_table):
    def made(segments, cohort="person_key | as_of\n1 | 2026-03-10", persons="", benefits="", contacts="", spells="", coordination="", **changed):
        fill("evaluate.cohort", cohort, run_table)
        fill("spells.final_segments", segments, run_table)
        fill("spells.final_spells", spells or segments, run_table)
        empty(run_table, "ingest.persons", "ingest.benefits", "ingest.contacts", "ingest.coordination")
        for table, text in (("ingest.persons", persons), ("ingest.benefits", benefits), ("ingest.contacts", contacts),
                            ("ingest.coordination", coordination)):  # fmt: skip
            if text:
                fill_known(table, text, run_table)
        return run_table("evaluate.followed", **(CUT | changed))

    return made


def test_net_days_are_days_after_time_zero_times_degree_relapses_included(followed):
    expect(followed("""
        person_key | start_date | end_date   | degree
        1          | 2026-03-01 | 2026-03-20 | 50
        1          | 2026-05-01 | 2026-05-04 | 100
        1          | 2026-07-01 | 2026-07-31 | 100
    """), """
        net_days | duration_days | cause | followed_days | outcome_seen
        9.0      | 10            | 1     | 100           | whole
    """)


def test_someone_not_on_sick_leave_after_all_has_ended_on_the_first_day(followed):
    expect(followed(""), "net_days | duration_days | cause | outcome_seen\n0.0 | 1 | 1 | whole")


@pytest.mark.parametrize(
    ("ended", "seen", "why"),
    [
        ("emigrated_on | 2026-03-21", 10, "moved"),
        ("deceased_on | 2026-03-21", 100, "whole"),
        ("emigrated_on | 2026-06-19", 100, "whole"),
        ("emigrated_on | 2026-06-18", 99, "moved"),
    ],
)
def test_a_move_ends_what_is_seen_and_death_does_not(followed, ended, seen, why):
    name, day = ended.split(" | ")
    made = followed(
        "person_key | start_date | end_date | degree\n1 | 2026-03-01 | 2026-08-01 | 100",
        persons=f"person_key | {name}\n1 | {day}",
    )
    expect(made, f"followed_days | outcome_seen\n{seen} | {why}")
    assert made["net_days"].item() == (10 if day == "2026-03-21" else seen)


def test_a_withdrawal_ends_the_follow_up_the_day_before(followed):
    made = followed(
        "person_key | start_date | end_date | degree\n1 | 2026-03-01 | 2026-08-01 | 100",
        "person_key | as_of | withdrew_on\n1 | 2026-03-10 | 2026-03-31",
    )
    expect(made, """
        net_days | duration_days | cause | followed_days | outcome_seen
        20.0     | 20            | 0     | 20            | withdrew
    """)


def test_the_end_of_data_less_its_delay_ends_it_too(followed):
    made = followed(
        "person_key | start_date | end_date | degree\n1 | 2026-11-01 | 2027-02-01 | 100", "person_key | as_of\n1 | 2026-12-01"
    )
    expect(made, "net_days | followed_days | duration_days | cause | outcome_seen\n10.0 | 10 | 4 | 0 | end of data")


@pytest.mark.parametrize(("column", "cause"), [("deceased_on", 2), ("emigrated_on", 3)])
def test_a_death_or_move_within_the_gap_is_why_no_renewal_came(followed, column, cause):
    made = followed(
        "person_key | start_date | end_date | degree\n1 | 2026-03-01 | 2026-03-20 | 100",
        persons=f"person_key | {column}\n1 | 2026-03-26",
    )
    expect(made, f"duration_days | cause\n10 | {cause}")


def test_full_disability_benefit_and_the_age_limit_are_ends_of_their_own(followed):
    spell = "person_key | start_date | end_date | degree\n1 | 2026-03-01 | 2026-08-01 | 100"
    paid = "person_key | start_date | end_date | degree | kind | known_from\n1 | 2026-04-01 | | 100 | disability | 2026-04-02"
    expect(followed(spell, benefits=paid), "duration_days | cause\n22 | 4")
    expect(followed(spell, benefits=paid.replace("2026-04-02", "2027-01-01")), "duration_days | cause\n144 | 1")
    expect(followed(spell, persons="person_key | birth_month\n1 | 1959-05-01"), "duration_days | cause\n52 | 5")


def test_visits_of_others_than_the_coordinator_count_within_the_follow_up(followed):
    made = followed("", contacts="""
        contact_id | person_key | started_at          | kind   | profession
        a          | 1          | 2026-03-10T09:00:00 | visit  | physician
        b          | 1          | 2026-03-11T09:00:00 | visit  | physician
        c          | 1          | 2026-03-12T09:00:00 | phone  | coordinator
        d          | 1          | 2026-03-12T10:00:00 | letter | physician
        e          | 1          | 2026-06-18T10:00:00 | video  | nurse
        f          | 1          | 2026-06-19T10:00:00 | visit  | nurse
    """)
    expect(made, "visits_count\n2")


def test_the_first_coordination_to_begin_after_time_zero_is_told_while_followed(followed):
    made = followed("", coordination="""
        case_id | person_key | started_on | known_from | known_until
        a       | 1          | 2026-03-10 | 2026-03-10 |
        b       | 1          | 2026-05-01 | 2026-05-02 |
        c       | 1          | 2026-03-20 | 2026-03-21 | 2026-04-15
        c       | 1          | 2026-04-09 | 2026-04-15 |
        d       | 1          | 2026-04-01 | 2027-02-01 |
    """)
    expect(made, "coordinated_after_days\n30")
    late = "case_id | person_key | started_on | known_from\na | 1 | 2026-06-19 | 2026-06-20"
    assert followed("", coordination=late)["coordinated_after_days"].to_list() == [None]
    nobody = "case_id | person_key | started_on | known_from\na | 1 | | 2026-06-20"
    assert followed("", coordination=nobody)["coordinated_after_days"].to_list() == [None]
