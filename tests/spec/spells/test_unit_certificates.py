"""spells.unit_certificates: what reaches a care unit's screen in Rehabstöd (S1-S10 of docs/spells.md)."""

import datetime as dt

import duckdb
import polars as pl
import pytest

from pipeline.config.region import TableFormat
from pipeline.ingest.contract import EXTRACTS
from pipeline.ingest.typed import value
from pipeline.privacy.identity import normalise
from pipeline.spells.rehabstod import unit_view
from tests.spec.spells.selection import screen
from tests.tables import expect

TITLE = "What a care unit's screen is counted from"
TODAY = dt.date(2026, 3, 10)
SIGNED = dt.datetime(2026, 3, 1, 10)
FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 20)


def one(name, **what):
    return {"certificate_id": name, "issued_at": SIGNED, **what}


def period(name, start=FIRST, end=LAST, **what):
    return {"certificate_id": name, "start_date": start, "end_date": end, **what}


@pytest.fixture
def shown(run_table):
    """Ids on the screen today; a certificate has the plain period unless periods are told."""

    def at(*certificates, periods=None, as_of=TODAY, **how):
        told = periods or [period(one["certificate_id"]) for one in certificates]
        made = screen(run_table, certificates, told, as_of, **how)
        return sorted(set(made.select("care_unit_id", "certificate_id").rows()))

    return at


def test_s1_sick_leave_forms_with_a_diagnosis_and_no_infection_control(shown):
    assert shown(
        one("a"), one("b", form="FK7263"), one("c", form="other"), one("d", exclude="infection"), one("e", diagnosis_1=None)
    ) == [("U1", "a"), ("U1", "b")]


def test_s2_neither_revoked_nor_test_certificates(shown):
    gone = dt.datetime(2026, 3, 9, 8)
    assert shown(one("a", revoked_at=gone), one("b", exclude="test"), one("c")) == [("U1", "c")]
    assert shown(one("a", revoked_at=gone), as_of=dt.date(2026, 3, 8)) == [("U1", "a")]


def test_s3_a_replaced_certificate_is_out_and_back_when_its_replacer_is_revoked(shown):
    later = dt.datetime(2026, 3, 5, 10)
    assert shown(one("a"), one("b", issued_at=later, replaces_id="a")) == [("U1", "b")]
    taken_back = one("b", issued_at=later, replaces_id="a", revoked_at=dt.datetime(2026, 3, 8, 10))
    assert shown(one("a"), taken_back) == [("U1", "a")]
    assert shown(one("a"), taken_back, as_of=dt.date(2026, 3, 6)) == [("U1", "b")]


def test_s4_a_care_unit_and_its_sub_units_of_the_same_care_giver(shown):
    units = [
        {"unit_id": "C1", "provider_id": "P1"},
        {"unit_id": "S1", "provider_id": "P1", "parent_id": "C1"},
        {"unit_id": "S2", "provider_id": "P2", "parent_id": "C1"},
        {"unit_id": "C2", "provider_id": "P1"},
    ]
    assert shown(
        one("a", unit_id="C1"), one("b", unit_id="S1"), one("c", unit_id="S2"), one("d", unit_id="C2"), units=units
    ) == [("C1", "a"), ("C1", "b"), ("C2", "d"), ("S2", "c")]


def test_s4_of_a_unit_that_changed_care_giver_only_what_the_present_one_has_signed(shown):
    units = [{"unit_id": "U1", "provider_id": "P2"}]
    assert shown(
        one("a", provider_id="P1"), one("b", provider_id="P2"), one("c"), units=units
    ) == [("U1", "b"), ("U1", "c")]


def test_s5_all_that_the_unit_signed_for_whom_it_has_in_force_today_and_nothing_of_other_units(shown):
    told = [
        period("old", dt.date(2025, 1, 1), dt.date(2025, 1, 31)), period("now"), period("ahead", dt.date(2026, 4, 1), dt.date(2026, 4, 9)),
        period("else", dt.date(2026, 2, 1), dt.date(2026, 2, 28)), period("ended", dt.date(2026, 2, 1), dt.date(2026, 3, 6)),
    ]  # fmt: skip
    signed = [
        one("old", issued_at=dt.datetime(2025, 1, 1)), one("now"), one("ahead"), one("else", unit_id="U2"),
        one("ended", person_key=2),
    ]  # fmt: skip
    units = [{"unit_id": "U1"}, {"unit_id": "U2"}]
    mine = [("U1", "ahead"), ("U1", "now"), ("U1", "old")]
    assert shown(*signed, periods=told, units=units) == mine
    assert shown(*signed, periods=told, units=units, days_since_end=3) == mine
    assert shown(*signed, periods=told, units=units, days_since_end=4) == sorted([("U1", "ended"), *mine])


def test_s5_a_unit_whose_certificates_are_over_does_not_show_a_spell_that_goes_on_elsewhere(shown):
    told = [period("here", dt.date(2026, 2, 1), dt.date(2026, 2, 28)), period("there")]
    assert shown(one("here"), one("there", unit_id="U2"), periods=told, units=[{"unit_id": "U1"}, {"unit_id": "U2"}]) == [
        ("U2", "there")
    ]


def test_s6_a_doctors_list_is_of_those_whose_certificate_in_force_is_hers_with_the_whole_spell(run_table):
    signed = [one("hers", doctor_id="D1"), one("his", issued_at=dt.datetime(2026, 2, 1), doctor_id="D2")]
    told = [period("hers"), period("his", dt.date(2026, 2, 1), dt.date(2026, 2, 26))]
    made = unit_view(screen(run_table, signed, told, TODAY).rename({"person_key": "patient_id"}), TODAY)
    doctors = pl.DataFrame(signed).select(active_certificate_id="certificate_id", doctor_id="doctor_id")
    expect(made.join(doctors, on="active_certificate_id"), """
        doctor_id | start_date | end_date   | n_certificates
        D1        | 2026-02-01 | 2026-03-20 | 2
    """)


def test_s6_a_sub_units_list_is_of_those_whose_certificate_in_force_is_its_own_with_the_whole_spell_of_the_care_unit(run_table):
    units = [{"unit_id": "C1", "provider_id": "P1"}, {"unit_id": "S1", "provider_id": "P1", "parent_id": "C1"}]
    signed = [one("sub", unit_id="S1"), one("care", issued_at=dt.datetime(2026, 2, 1), unit_id="C1")]
    told = [period("sub"), period("care", dt.date(2026, 2, 1), dt.date(2026, 2, 26))]
    made = unit_view(screen(run_table, signed, told, TODAY, units).rename({"person_key": "patient_id"}), TODAY)
    units_of = pl.DataFrame(signed).select(active_certificate_id="certificate_id", unit_id="unit_id")
    expect(made.join(units_of, on="active_certificate_id"), """
        unit_id | start_date | end_date   | n_certificates
        S1      | 2026-02-01 | 2026-03-20 | 2
    """)


def test_s7_neither_the_deceased_nor_persons_of_protected_identity(shown):
    signed = [one("a", person_key=1), one("b", person_key=2), one("c", person_key=3)]
    told = [{"person_key": 1, "deceased_on": dt.date(2026, 3, 9)}, {"person_key": 2, "protected": True}]
    assert shown(*signed, persons=told) == [("U1", "c")]
    assert shown(*signed, persons=told, as_of=dt.date(2026, 3, 8)) == [("U1", "a"), ("U1", "c")]


@pytest.mark.parametrize("number", ["19121212-1213", "121212-121", "197002309299"])
def test_s7_a_number_that_cannot_be_one_never_comes_so_far(number):
    assert normalise(pl.Series([number]), TODAY)["identity"].to_list() == [None]


def test_s8_a_certificate_has_a_period_a_degree(run_table):
    degrees = {100: (1, 5), 75: (6, 9), 50: (10, 15), 25: (16, 20)}
    told = [period("a", dt.date(2026, 3, first), dt.date(2026, 3, last), degree=degree) for degree, (first, last) in degrees.items()]
    made = screen(run_table, [one("a", form="FK7263")], told, TODAY)
    assert sorted(made["degree"].to_list()) == [25, 50, 75, 100]
    assert unit_view(made.rename({"person_key": "patient_id"}), TODAY)["degree"].to_list() == [50]


@pytest.mark.parametrize(("sent", "kept"), [("m80.1", "M801"), ("M80-P", "M80-P"), ("F 43.8A", "F438A"), ("F41.1*", "F411")])
def test_s9_a_diagnosis_is_letters_digits_and_dash_in_capitals(sent, kept):
    column = next(one for one in EXTRACTS["certificates"].columns if one.name == "diagnosis_1")
    read = duckdb.execute(f"select {value(column, 'given', TableFormat())} from (select $1 as given)", [sent])
    assert read.fetchall() == [(kept,)]


def test_s10_birth_date_and_sex_are_the_numbers_a_coordination_numbers_day_less_60():
    read = normalise(pl.Series(["197911109291", "197911709298", "191212121212"]), TODAY)
    expect(read.select("birth_date", "sex"), """
        birth_date | sex
        1979-11-10 | M
        1979-11-10 | M
        1912-12-12 | M
    """)
