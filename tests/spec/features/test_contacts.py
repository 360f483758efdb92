"""features.contacts: care use before the moment."""

from tests.spec.known import fill
from tests.tables import expect

TITLE = "Contacts with care"


def given_contacts(run_table, text):
    fill("ingest.contacts", text, run_table, kind="visit")
    return run_table("features.contacts")


def test_someone_without_contacts_has_zeros_and_no_last_contact(moment, run_table):
    moment("2026-01-20")
    expect(run_table("features.contacts"), """
        person_key | contacts_365d_count | mental_contacts_365d_count | since_contact_days
        1          | 0                   | 0                          |
    """)


def test_contacts_are_counted_by_profession_and_by_what_they_were_for(moment, run_table):
    moment("2026-01-20")
    made = given_contacts(run_table, """
        person_key | started_at       | known_from | profession      | diagnoses
        1          | 2026-01-18T08:00 | 2026-01-18 | physician       | F430
        1          | 2026-01-18T09:00 | 2026-01-18 | nurse           |
        1          | 2025-12-01T08:00 | 2025-12-01 | psychologist    | J069
        1          | 2025-06-01T08:00 | 2025-06-01 | physiotherapist | M545
        2          | 2026-01-18T08:00 | 2026-01-18 | physician       | F430
    """)
    expect(made, """
        contacts_365d_count | contacts_90d_count | contact_days_365d_count | since_contact_days
        4                   | 3                  | 3                       | 2
    """)
    expect(made, """
        physician_contacts_365d_count | nurse_contacts_365d_count | psychologist_contacts_90d_count | physiotherapist_contacts_365d_count | physiotherapist_contacts_90d_count
        1                             | 1                         | 1                               | 1                                   | 0
    """)
    expect(made, """
        mental_contacts_365d_count | pain_contacts_365d_count | pain_contacts_90d_count | other_contacts_365d_count | other_contacts_90d_count
        1                          | 1                        | 0                       | 1                         | 1
    """)


def test_several_codes_of_a_contact_are_each_looked_at_from_their_start(moment, run_table):
    moment("2026-01-20")
    expect(given_contacts(run_table, """
        person_key | started_at       | known_from | diagnoses
        1          | 2026-01-18T08:00 | 2026-01-18 | J069
    """), "other_contacts_365d_count\n1")
    for codes, mental, pain in (("J069|F430", 1, 0), ("M545|F322", 1, 1), ("XF43|ZM54", 0, 0)):
        run_table.con.execute("update ingest.contacts set diagnoses = ?", [codes])
        made = run_table("features.contacts")
        assert made["mental_contacts_365d_count"].to_list() == [mental]
        assert made["pain_contacts_365d_count"].to_list() == [pain]


def test_the_windows_are_90_and_365_days_with_the_moment_s_own(moment, run_table):
    moment("2026-01-20")
    expect(given_contacts(run_table, """
        person_key | started_at       | known_from
        1          | 2026-01-20T23:59 | 2026-01-20
        1          | 2025-10-23T00:00 | 2025-10-23
        1          | 2025-10-22T23:59 | 2025-10-22
        1          | 2025-01-21T00:00 | 2025-01-21
        1          | 2025-01-20T23:59 | 2025-01-20
    """), """
        contacts_90d_count | contacts_365d_count | since_contact_days
        2                  | 4                   | 0
    """)


def test_contacts_known_later_or_booked_ahead_are_not_seen(moment, run_table):
    moment("2026-01-20")
    expect(given_contacts(run_table, """
        person_key | started_at       | known_from
        1          | 2026-01-10T08:00 | 2026-01-21
        1          | 2026-01-21T08:00 | 2026-01-10
    """), """
        contacts_365d_count | since_contact_days
        0                   |
    """)


def test_a_contact_with_nothing_but_its_time_is_counted(moment, run_table):
    moment("2026-01-20")
    fill("ingest.contacts", """
        person_key | started_at       | known_from
        1          | 2026-01-10T08:00 | 2026-01-10
    """, run_table)
    expect(run_table("features.contacts"), """
        contacts_365d_count | physician_contacts_365d_count | inpatient_contacts_365d_count | other_contacts_365d_count
        1                   | 0                             | 0                             | 0
    """)


def test_care_before_the_spell_ends_the_day_before_it_and_begins_365_days_before_it(moment, run_table):
    moment("2026-01-20")  # the spell begins on 2026-01-01
    expect(given_contacts(run_table, """
        person_key | started_at       | known_from
        1          | 2026-01-10T08:00 | 2026-01-10
        1          | 2026-01-01T00:00 | 2026-01-01
        1          | 2025-12-31T23:59 | 2025-12-31
        1          | 2025-01-01T00:00 | 2025-01-01
        1          | 2024-12-31T23:59 | 2024-12-31
        1          | 2025-12-30T08:00 | 2026-01-21
        2          | 2025-12-30T08:00 | 2025-12-30
    """), """
        contacts_before_365d_count | contacts_365d_count
        2                          | 3
    """)


def test_care_before_a_long_spell_does_not_move_with_the_moment(moment, run_table):
    text = "person_key | start_date | end_date\n1 | 2024-06-01 | 2026-02-28"
    for as_of in ("2024-06-01", "2026-01-20"):
        moment(as_of, text=text)
        expect(given_contacts(run_table, """
            person_key | started_at       | known_from
            1          | 2024-05-31T08:00 | 2024-05-31
            1          | 2023-06-02T08:00 | 2023-06-02
        """), "contacts_before_365d_count\n2")
