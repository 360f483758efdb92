"""`rehabrisk explain`: what it says of a person, and why a spell begins and ends where it does."""

import datetime as dt

import polars as pl
import pytest

from pipeline.spells.explain import Facts, explained
from pipeline.spells.rehabstod import patient_view
from pipeline.spells.screens import payer_spells, unit_spells
from pipeline.spells.words import words
from pipeline.worklist.rules import REASONS
from pipeline.worklist.words import words as listed
from tests.spec.known import GROUPS, asked, certificates_of_periods, fill, periods, spells_at
from tests.tables import given

AS_OF = dt.date(2026, 3, 10)
PLACED = {
    "as_of": "2026-03-10", "rank": 1, "unit": "U1", "ineligible_because": None, "p_90": 0.5, "p_180": 0.25, "p_365": 0.1,
    "net_days_left": 61.2, "preventable_days": 3.25, "preventable_low": -1.0, "preventable_high": 7.0,
    "reasons": [{"text": "a long spell before"}],
}  # fmt: skip


@pytest.fixture
def told(run_table):
    def at(text, language="en", protected=False, units="unit_id | provider_id\nU1 | P1\nU2 | P1", placed=(), replaces=(), **certificate):
        periods(text, run_table)
        certificates_of_periods(run_table, **certificate)
        for one, other in replaces:
            run_table.con.execute("update ingest.certificates set replaces_id = $2 where certificate_id = $1", [one, other])
        fill("ingest.units", units, run_table)
        fill("ingest.persons", "person_key\n1", run_table, protected=False)
        fill("ingest.coordination", "case_id | person_key | known_from | offered_on | answer\nk | 1 | 2026-03-02 | 2026-03-01 | declined", run_table)
        given("ingest.diagnosis_groups", GROUPS, run_table)
        asked(f"person_key | as_of\n1 | {AS_OF}", run_table)
        spells_at(run_table)
        run_table("spells.unit_certificates", days_since_end=0)
        run_table("statistics.spells", max_gap_days=5)

        def read(table):
            return run_table.con.sql(f"select * from {table}").pl()

        known = read("ingest.certificate_periods").filter(pl.col("known_until").is_null() & (pl.col("known_from") <= AS_OF))
        facts = Facts(
            1, AS_OF, 5, protected, read("ingest.certificates"), read("ingest.certificate_periods"),
            read("spells.certificate_segments"), read("spells.spells"), read("spells.ongoing"),
            read("spells.unit_certificates"), unit_spells(read("spells.unit_certificates"), AS_OF, 5, 0),
            patient_view(known.rename({"person_key": "patient_id"}), AS_OF), read("statistics.spells"),
            payer_spells(known, AS_OF), {"U1": "P1", "U2": "P1"}, read("ingest.coordination"), list(placed),
        )  # fmt: skip
        return [line.strip() for line in explained(facts, words(language))]

    return at


def after(lines, head):
    """The lines of one part: from its head to the next blank line."""
    start = next(at for at, line in enumerate(lines) if line.startswith(head))
    ends = [at for at, line in enumerate(lines) if at > start and line == ""]
    return lines[start + 1 : ends[0] if ends else None]


def test_a_boundary_is_told_by_the_certificate_beside_it_and_the_days_between(told):
    lines = told("""
        person_key | certificate_id | start_date | end_date
        1          | old            | 2026-01-01 | 2026-01-10
        1          | a              | 2026-02-20 | 2026-03-01
        1          | b              | 2026-03-05 | 2026-03-20
    """)
    part = after(lines, "Spells by our rule")
    assert part[:4] == [
        "2026-02-20 – 2026-03-20  26 days  2 certificates  ongoing",
        "26 net days",
        "begins: old ended 2026-01-10; 40 days without certificate are more than 5",
        "ends: the last certified day",
    ]
    assert part[4] == "days without certificate from 2026-03-02: 3, within the gap (5)"
    assert part[5].startswith("Rehabilitation chain: day 19, chain day 29")
    assert part[6] == "day 90: 71 days left, in the chain 61"
    assert "begins: no certificate before it" in part
    assert "ends: a begins 2026-02-20; 40 days without certificate are more than 5" in part


def test_what_the_screens_of_units_lack_is_seen_beside_ours(told):
    lines = told("""
        person_key | certificate_id | unit_id | start_date | end_date
        1          | a              | U1      | 2026-02-01 | 2026-02-28
        1          | b              | U2      | 2026-03-01 | 2026-03-20
    """)
    assert after(lines, "Spells by our rule")[0].startswith("2026-02-01 – 2026-03-20  48 days  2 certificates")
    assert after(lines, "Spells by Rehabstöd, the unit's list") == [
        "2026-03-01 – 2026-03-20  20 days  1 certificates  U2  ongoing", "begins: no certificate before it",
        "ends: the last certified day",
    ]  # fmt: skip
    assert after(lines, "Spells by statistics service")[0].startswith("2026-02-01 – 2026-03-20  48 days  2 certificates  P1")


def test_a_cut_that_the_gap_does_not_explain_is_told_as_the_walks(told):
    lines = told("""
        person_key | certificate_id | start_date | end_date   | known_from
        1          | early          | 2026-01-10 | 2026-02-09 | 2026-01-10
        1          | long           | 2026-02-14 | 2026-03-31 | 2026-01-10
        1          | now            | 2026-02-20 | 2026-03-10 | 2026-02-20
        1          | short          | 2026-02-24 | 2026-03-04 | 2026-02-14
    """)
    assert after(lines, "Spells by our rule")[0].startswith("2026-01-10 – 2026-03-31")
    assert after(lines, "Spells by Rehabstöd, the patient's page")[0].startswith("2026-01-10")
    part = after(lines, "Spells by Rehabstöd, the unit's list")
    assert part[0].startswith("2026-02-14 – 2026-03-31  46 days  3 certificates")
    assert part[1].startswith("begins: early (2026-01-10 – 2026-02-09) is left out: from the certificate taken last")


def test_what_a_payer_of_benefits_would_hold_is_told_by_its_own_gap(told):
    lines = told("""
        person_key | certificate_id | start_date | end_date
        1          | a              | 2026-01-01 | 2026-01-31
        1          | b              | 2026-02-06 | 2026-03-20
    """)
    assert after(lines, "Spells by our rule")[0].startswith("2026-01-01 – 2026-03-20")
    part = after(lines, "Spells by Försäkringskassan")
    assert part[0].startswith("2026-02-06 – 2026-03-20  43 days")
    assert part[1] == "begins: a ended 2026-01-31; 5 days without certificate are more than 4"


def test_each_certificate_says_whether_it_counts_and_since_when_not(told):
    lines = told("""
        person_key | certificate_id | start_date | end_date   | known_from | known_until | issued_at
        1          | a              | 2026-03-01 | 2026-03-20 | 2026-03-01 | 2026-03-05  | 2026-03-01T10:00
        1          | b              | 2026-03-01 | 2026-03-20 | 2026-03-06 |             | 2026-03-06T10:00
        1          | c              | 2026-03-21 | 2026-03-25 | 2026-03-19 |             | 2026-03-19T10:00
    """)
    part = after(lines, "Certificates")
    assert [line.split("F430  ")[1] for line in part if "signed" in line] == [
        "does not count since 2026-03-05: revoked or changed", "counts", "not known yet",
    ]  # fmt: skip


def test_a_certificate_that_is_back_since_its_replacer_was_revoked_tells_both_times(told):
    lines = told("""
        person_key | certificate_id | start_date | end_date   | known_from | known_until | issued_at
        1          | a              | 2026-03-01 | 2026-03-20 | 2026-03-01 | 2026-03-05  | 2026-03-01T10:00
        1          | a              | 2026-03-01 | 2026-03-20 | 2026-03-08 |             | 2026-03-01T10:00
        1          | b              | 2026-03-01 | 2026-03-31 | 2026-03-05 | 2026-03-08  | 2026-03-05T10:00
    """, replaces=[("b", "a")])
    part = after(lines, "Certificates")
    assert [(line.split()[0], line.split("known from ")[1][:10], line.split("F430  ")[1]) for line in part if "signed" in line] == [
        ("a", "2026-03-01", "does not count since 2026-03-05: replaced by b"),
        ("a", "2026-03-08", "counts"),
        ("b", "2026-03-05", "does not count since 2026-03-08: revoked or changed"),
    ]  # fmt: skip
    assert after(lines, "Spells by our rule")[0].startswith("2026-03-01 – 2026-03-20  20 days  1 certificates")


def test_units_of_a_person_of_protected_identity_are_not_told(told):
    placed = [PLACED]
    lines = told("person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-20", protected=True, placed=placed)
    assert not any("U1" in line or "P1" in line for line in lines)
    assert "Protected identity: units and care givers are not shown." in lines


def test_someone_of_whom_nothing_is_known_yet_is_told_so_in_swedish_too(told):
    lines = told("person_key | start_date | end_date\n1 | 2026-04-01 | 2026-04-20", language="sv")
    assert lines[-1] == "Inget intyg var känt den 2026-03-10."
    assert any(line.endswith("inte känt än") for line in lines)


def test_what_was_offered_and_what_the_list_said_is_told_too(told):
    text = "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-20"
    lines = told(text, placed=[PLACED])
    assert after(lines, "Coordination") == [
        "known 2026-03-02: offered 2026-03-01, answer declined, started –, ended –, marked –"
    ]
    assert after(lines, "The list of 2026-03-10: place 1, U1") == [
        "chance of passing day 90 / 180 / 365: 0.50 / 0.25 / 0.10; net days left 61; days to save 3.2 (-1.0 – 7.0)",
        "a long spell before",
    ]
    lines = told(text, placed=[PLACED | {"rank": None, "ineligible_because": "declined"}])
    assert "The list of 2026-03-10: not on it (declined)" in lines


def test_in_swedish_no_english_code_is_left_in_what_is_said_of_lists_and_coordination(told):
    text = "person_key | start_date | end_date\n1 | 2026-03-01 | 2026-03-20"
    lines = told(text, language="sv", placed=[PLACED | {"rank": None, "ineligible_because": "past_first_days"}])
    assert "Listan den 2026-03-10: inte med (de första dagarna är passerade)" in lines
    assert after(lines, "Koordinering") == ["känt 2026-03-02: erbjuden 2026-03-01, svar nej, påbörjad –, avslutad –, markering –"]
    for language in ("sv", "en"):
        assert set(words(language)["because"]) == set(REASONS)
        assert all(words(language)[name].keys() == listed(language)[name].keys() for name in ("status", "answer"))
