"""Rehabstöd's rules R1-R13 (docs/spells.md), each in a case of its own."""

import datetime as dt

import polars as pl
import pytest

from pipeline.spells.rehabstod import certificate_spans, chain_days, merged, patient_view, unit_view
from tests.tables import expect, rows

TODAY = dt.date(2026, 3, 10)


def certificates(text):
    """Signed on their first day at full degree, of patient 1, unless told."""
    frame = rows(text)
    first = pl.col("start_date").min().over("certificate_id").cast(pl.Datetime("us"))
    plain = {"patient_id": pl.lit(1), "issued_at": first, "degree": pl.lit(100)}
    return frame.with_columns(value.alias(name) for name, value in plain.items() if name not in frame.columns)


def unit(text, today=TODAY, **how):
    return unit_view(certificates(text), today, **how)


def patient(text, today=TODAY, **how):
    return patient_view(certificates(text), today, **how)


def test_r1_a_certificate_lasts_from_its_first_periods_start_to_its_last_ones_end():
    expect(certificate_spans(certificates("""
        certificate_id | start_date | end_date
        a              | 2026-03-01 | 2026-03-05
        a              | 2026-03-08 | 2026-03-20
    """), TODAY), """
        certificate_id | start_date | end_date
        a              | 2026-03-01 | 2026-03-20
    """)


def test_r2_a_hole_between_two_periods_of_one_certificate_is_no_day_of_sick_leave():
    text = """
        certificate_id | start_date | end_date
        a              | 2026-03-01 | 2026-03-05
        a              | 2026-03-08 | 2026-03-20
    """
    assert unit(text, dt.date(2026, 3, 6)).is_empty()
    assert unit(text, dt.date(2026, 3, 8))["ongoing"].to_list() == [True]


@pytest.mark.parametrize(("ago", "shown"), [(0, 0), (3, 0), (4, 1), (14, 1)])
def test_r3_a_certificate_just_ended_is_shown_for_as_many_days_as_the_setting_says(ago, shown):
    made = unit("certificate_id | start_date | end_date\na | 2026-02-20 | 2026-03-06", max_days_since_end=ago)
    assert made.height == shown
    assert not made["ongoing"].any()


def test_r4_one_spell_a_patient_and_none_for_whom_nothing_is_in_force():
    expect(unit("""
        patient_id | certificate_id | start_date | end_date
        1          | a              | 2026-01-01 | 2026-01-10
        1          | b              | 2026-03-01 | 2026-03-20
        2          | c              | 2026-01-01 | 2026-03-09
        3          | d              | 2026-03-11 | 2026-03-20
    """), """
        patient_id | start_date | end_date   | n_certificates
        1          | 2026-03-01 | 2026-03-20 | 1
    """)


def test_r5_of_several_in_force_the_one_signed_last_is_shown_and_of_equal_times_the_one_that_ends_first():
    expect(unit("""
        patient_id | certificate_id | issued_at        | start_date | end_date   | degree
        1          | a              | 2026-03-03T10:00 | 2026-03-01 | 2026-03-31 | 50
        1          | b              | 2026-03-02T10:00 | 2026-03-01 | 2026-03-20 | 100
        2          | c              | 2026-03-03T10:00 | 2026-03-01 | 2026-03-31 | 50
        2          | d              | 2026-03-03T10:00 | 2026-03-01 | 2026-03-20 | 100
    """), """
        patient_id | active_certificate_id | degree
        1          | a                     | 50
        2          | d                     | 100
    """)


@pytest.mark.parametrize(("gap", "start"), [(5, "2026-02-01"), (4, "2026-03-01")])
def test_r6_as_many_whole_days_as_the_gap_join_and_one_more_parts(gap, start):
    made = unit("""
        certificate_id | start_date | end_date
        a              | 2026-02-01 | 2026-02-23
        b              | 2026-03-01 | 2026-03-31
    """, max_gap_days=gap)
    assert made["start_date"].cast(str).to_list() == [start]


def test_r6_a_gap_of_none_joins_neighbours_and_a_gap_below_none_finds_nothing():
    text = "certificate_id | start_date | end_date\na | 2026-03-01 | 2026-03-08\nb | 2026-03-09 | 2026-03-12"
    assert unit(text, max_gap_days=0)["n_certificates"].to_list() == [2]
    assert unit(text, max_gap_days=-1).is_empty() and patient(text, max_gap_days=-1).is_empty()
    assert unit(text).columns == unit(text, max_gap_days=-1).columns


def test_r7_a_short_certificate_inside_a_long_one_cuts_the_spell_before_it():
    """Measured is from the certificate taken last, here `short`; the clean rule joins all and says 2026-01-10."""
    expect(unit("""
        certificate_id | issued_at        | start_date | end_date
        early          | 2026-01-10T10:00 | 2026-01-10 | 2026-02-09
        long           | 2026-02-14T10:00 | 2026-02-14 | 2026-03-31
        now            | 2026-02-20T10:00 | 2026-02-20 | 2026-03-10
        short          | 2026-02-24T10:00 | 2026-02-24 | 2026-03-04
    """), """
        start_date | end_date   | days | n_certificates | active_certificate_id
        2026-02-14 | 2026-03-31 | 46   | 3              | now
    """)


def test_r7_and_the_spell_behind_it():
    expect(unit("""
        certificate_id | issued_at        | start_date | end_date
        now            | 2026-03-09T10:00 | 2026-03-05 | 2026-03-20
        long           | 2026-03-01T10:00 | 2026-03-08 | 2026-05-31
        short          | 2026-03-02T10:00 | 2026-03-09 | 2026-04-10
        later          | 2026-03-03T10:00 | 2026-06-03 | 2026-06-10
    """), """
        start_date | end_date   | days | n_certificates
        2026-03-05 | 2026-05-31 | 88   | 3
    """)


def test_r7_what_began_before_the_walk_to_the_right_is_measured_from_the_earliest_it_took():
    expect(unit("""
        certificate_id | issued_at        | start_date | end_date
        early          | 2026-01-01T10:00 | 2026-02-01 | 2026-02-12
        now            | 2026-03-09T10:00 | 2026-03-01 | 2026-03-12
        behind         | 2026-02-15T10:00 | 2026-02-16 | 2026-03-20
    """), """
        start_date | end_date   | n_certificates | active_certificate_id
        2026-02-01 | 2026-03-20 | 3              | now
    """)


def test_r7_with_nothing_in_force_the_one_that_ended_first_of_those_just_ended_is_the_anchor():
    expect(unit("""
        certificate_id | start_date | end_date
        a              | 2026-02-20 | 2026-03-02
        b              | 2026-03-03 | 2026-03-08
    """, max_days_since_end=14), """
        active_certificate_id | start_date | end_date   | days | degree | ongoing
        a                     | 2026-02-20 | 2026-03-08 | 17   |        | false
    """)


def test_r8_and_r9_the_end_and_the_days_are_certified_ones_also_those_to_come_each_once():
    expect(unit("""
        certificate_id | start_date | end_date   | degree
        a              | 2026-02-20 | 2026-02-26 | 25
        a              | 2026-02-28 | 2026-03-05 | 50
        b              | 2026-03-04 | 2026-03-12 | 100
        c              | 2026-03-15 | 2026-04-10 | 100
    """), """
        start_date | end_date   | days | n_certificates
        2026-02-20 | 2026-04-10 | 47   | 3
    """)


def test_r10_length_by_itself_is_of_the_chain_in_force_else_of_the_last():
    two = certificates("""
        certificate_id | start_date | end_date
        long           | 2026-01-01 | 2026-01-31
        short          | 2026-01-05 | 2026-01-08
        next           | 2026-02-05 | 2026-02-10
        last           | 2026-03-01 | 2026-03-04
    """)
    assert chain_days(two, dt.date(2026, 2, 6)) == 37  # measured from the farthest end, unlike the view's walk
    assert chain_days(two, dt.date(2026, 2, 20)) == 0
    assert chain_days(two) == 4
    assert chain_days(two.clear()) == 0


def test_r10_periods_that_share_a_day_are_one_and_such_as_touch_stay_two():
    expect(merged(rows("""
        patient_id | start_date | end_date
        1          | 2026-01-01 | 2026-01-20
        1          | 2026-01-05 | 2026-01-06
        1          | 2026-01-20 | 2026-02-10
        1          | 2026-02-11 | 2026-02-12
        2          | 2026-01-10 | 2026-01-20
    """), "patient_id"), """
        patient_id | start_date | end_date
        1          | 2026-01-01 | 2026-02-10
        1          | 2026-02-11 | 2026-02-12
        2          | 2026-01-10 | 2026-01-20
    """)


def test_r11_the_degree_is_the_anchors_on_the_day_and_none_for_a_spell_that_ended():
    text = """
        certificate_id | issued_at        | start_date | end_date   | degree
        a              | 2026-03-01T10:00 | 2026-03-01 | 2026-03-09 | 100
        a              | 2026-03-01T10:00 | 2026-03-10 | 2026-03-20 | 50
        b              | 2026-02-01T10:00 | 2026-03-01 | 2026-03-12 | 25
    """
    assert unit(text)["degree"].to_list() == [50]
    assert unit(text, dt.date(2026, 3, 9))["degree"].to_list() == [100]
    assert unit(text, dt.date(2026, 3, 25), max_days_since_end=14)["degree"].to_list() == [None]


def test_r12_a_persons_spells_come_newest_first_cut_after_the_certificate_before_and_without_those_to_come():
    expect(patient("""
        certificate_id | start_date | end_date
        long           | 2026-01-01 | 2026-02-26
        short          | 2026-02-10 | 2026-02-12
        now            | 2026-03-01 | 2026-03-20
        later          | 2026-04-01 | 2026-04-05
    """), """
        start_date | end_date   | days | n_certificates | active_certificate_id | ongoing
        2026-03-01 | 2026-03-20 | 20   | 1              | now                   | true
        2026-01-01 | 2026-02-26 | 57   | 2              | short                 | false
    """)
    assert patient("certificate_id | start_date | end_date\na | 2026-01-01 | 2026-01-02\nb | 2026-03-01 | 2026-03-20")[
        "start_date"
    ].cast(str).to_list() == ["2026-03-01", "2026-01-01"]


def test_r13_a_gap_that_joins_two_certificates_is_itself_no_spell():
    text = "certificate_id | start_date | end_date\na | 2026-02-20 | 2026-03-08\nb | 2026-03-12 | 2026-03-20"
    assert unit(text).is_empty()
    assert patient(text)["ongoing"].to_list() == [False]
    assert unit(text, dt.date(2026, 3, 12))["days"].to_list() == [26]


def test_the_order_of_the_rows_and_the_names_of_the_patients_change_nothing():
    frame = certificates("""
        patient_id | certificate_id | issued_at        | start_date | end_date
        1          | a              | 2026-03-01T10:00 | 2026-03-01 | 2026-03-20
        1          | b              | 2026-03-01T10:00 | 2026-03-01 | 2026-03-20
        2          | c              | 2026-03-01T10:00 | 2026-02-01 | 2026-03-20
    """)
    renamed = frame.with_columns(pl.col("patient_id").cast(pl.String).replace({"1": "z", "2": "a"}))
    for view in (unit_view, patient_view):
        made = view(frame, TODAY)
        assert made.equals(view(frame.reverse(), TODAY))
        other = view(renamed, TODAY).drop("patient_id")
        assert sorted(other.rows()) == sorted(made.drop("patient_id").rows())


def test_a_missing_column_is_told_by_name():
    with pytest.raises(ValueError, match="issued_at"):
        unit_view(certificates("certificate_id | start_date | end_date\na | 2026-03-01 | 2026-03-20").drop("issued_at"), TODAY)
