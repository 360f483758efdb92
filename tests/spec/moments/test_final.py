"""moments.final: the persons of the past moments, asked about once more at the end."""

from tests.tables import expect, given

TITLE = "The end seen from the end"


def test_each_person_is_asked_about_once_at_the_cut(run_table):
    given("moments.training", """
        person_key | as_of
        1          | 2025-01-05
        1          | 2025-02-05
        2          | 2025-03-05
    """, run_table)
    expect(run_table("moments.final", cut="2026-01-31"), """
        person_key | as_of
        1          | 2026-01-31
        2          | 2026-01-31
    """)


def test_no_moments_ask_about_no_one(run_table):
    given("moments.training", "person_key | as_of\n1 | 2025-01-05", run_table)
    run_table.con.execute("delete from moments.training")
    assert run_table("moments.final", cut="2026-01-31").is_empty()
