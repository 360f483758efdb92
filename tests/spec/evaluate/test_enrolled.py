"""evaluate.enrolled: a study's list at its time zero."""

from tests.spec.evaluate.filled import fill
from tests.tables import expect

TITLE = "Who was enrolled"


def test_everyone_on_the_studys_list_is_there_in_their_arm_whatever_came_later(run_table):
    fill("ingest.enrolments", """
        study_id | person_key | unit_id | arm          | enrolled_on | withdrew_on
        s        | 1          | U1      | intervention | 2026-01-01  |
        s        | 2          | U1      | control      | 2026-01-02  | 2026-02-01
        other    | 3          | U1      | control      | 2026-01-02  |
        s        | 4          | U1      | control      |             |
    """, run_table)
    expect(run_table("evaluate.enrolled", study_id="s"), """
        person_key | as_of      | arm          | withdrew_on
        1          | 2026-01-01 | intervention |
        2          | 2026-01-02 | control      | 2026-02-01
    """)


def test_a_list_nobody_is_on_is_empty(run_table):
    fill("ingest.enrolments", "", run_table)
    assert run_table("evaluate.enrolled", study_id="s").height == 0
