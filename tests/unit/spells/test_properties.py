"""What holds for any certificates whatever: the SQL against day sets, and what may not matter."""

import datetime as dt
from dataclasses import asdict, replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.spells.rehabstod import patient_view, unit_view
from pipeline.spells.screens import payer_spells
from tests.conftest import Runner
from tests.spec.known import typed
from tests.spec.spells.selection import screen
from tests.unit.spells.day_sets import Period, spells
from tests.unit.spells.walked import patient_spells, unit_spells

DAY_0 = dt.date(2024, 11, 20)  # runs over a year's end and a leap day's lack
COMPARED = [
    "person_key", "start_date", "end_date", "days", "net_days", "n_certificates", "n_doctors", "ongoing",
    "degree",
]  # fmt: skip
QUICK = settings(max_examples=60, deadline=None)


@st.composite
def period(draw):
    start = DAY_0 + dt.timedelta(draw(st.integers(0, 60)))
    known_from = start + dt.timedelta(draw(st.integers(-3, 20)))
    return Period(
        person_key=draw(st.integers(-1, 1)),
        certificate_id=draw(st.sampled_from("abcdef")),
        start_date=start,
        end_date=start + dt.timedelta(draw(st.sampled_from([0, 0, 1, 6, 13, 27]))),
        degree=draw(st.sampled_from([25, 50, 75, 100])),
        issued_at=dt.datetime(2024, 12, 1) + dt.timedelta(hours=draw(st.integers(0, 5))),
        known_from=known_from,
        known_until=draw(st.none() | st.integers(1, 30).map(lambda n: known_from + dt.timedelta(n))),
        doctor_id=draw(st.sampled_from(["D1", "D2"])),
    )


def lawful(found):
    """As ingest leaves them: one signing time a certificate, one row a certificate, start and time known."""
    signed, seen, kept = {}, set(), []
    for one in found:
        one = replace(one, issued_at=signed.setdefault((one.person_key, one.certificate_id), one.issued_at))
        one = replace(one, certificate_id=f"{one.certificate_id}{one.person_key}")
        if (one.certificate_id, one.start_date) not in seen:
            seen.add((one.certificate_id, one.start_date))
            kept.append(one)
    return kept


PERIODS = st.lists(period(), min_size=1, max_size=12).map(lawful)
MOMENT = st.integers(0, 80).map(lambda n: DAY_0 + dt.timedelta(n))


@pytest.fixture(scope="module")
def engine():
    return Runner()


def run(engine, found, as_of, max_gap_days):
    frame = pl.DataFrame([asdict(one) for one in found], schema_overrides={"known_until": pl.Date})
    engine.fill("ingest.certificate_periods", typed("ingest.certificate_periods", frame))
    engine.fill("moments.asked", engine("moments.nightly", as_of=as_of))
    segments = engine("spells.certificate_segments")
    made = engine("spells.spells", max_gap_days=max_gap_days)
    return segments.sort(segments.columns), made.sort("person_key", "start_date")


@QUICK
@given(found=PERIODS, as_of=MOMENT, max_gap_days=st.sampled_from([0, 1, 5, 30]))
def test_the_sql_and_the_day_sets_tell_the_same_spells(engine, found, as_of, max_gap_days):
    _, made = run(engine, found, as_of, max_gap_days)
    expected = [
        asdict(spell)
        for key in sorted({one.person_key for one in found})
        for spell in spells(found, key, as_of, max_gap_days)
    ]
    assert made.select(COMPARED).to_dicts() == [{name: row[name] for name in COMPARED} for row in expected]


@QUICK
@given(found=PERIODS, as_of=MOMENT)
def test_segments_share_no_day_and_cover_each_certified_day(engine, found, as_of):
    segments, made = run(engine, found, as_of, 5)
    days = [
        (row["person_key"], row["start_date"] + dt.timedelta(n))
        for row in segments.to_dicts()
        for n in range((row["end_date"] - row["start_date"]).days + 1)
    ]
    certified = {(one.person_key, day) for one in found if one.known(as_of) for day in one.days()}
    assert len(days) == len(set(days)) and set(days) == certified
    assert made["days"].sum() == len(certified)


@QUICK
@given(found=PERIODS, as_of=MOMENT, max_gap_days=st.sampled_from([0, 5]))
def test_spells_of_a_person_lie_more_than_the_gap_apart(engine, found, as_of, max_gap_days):
    _, made = run(engine, found, as_of, max_gap_days)
    apart = made.select(
        (pl.col("start_date") - pl.col("end_date").shift(1).over("person_key")).dt.total_days() - 1
    ).to_series()
    assert (apart.drop_nulls() > max_gap_days).all()


@QUICK
@given(found=PERIODS, as_of=MOMENT, order=st.randoms(use_true_random=False))
def test_the_order_the_rows_came_in_does_not_matter(engine, found, as_of, order):
    shuffled = list(found)
    order.shuffle(shuffled)
    first, second = run(engine, found, as_of, 5), run(engine, shuffled, as_of, 5)
    assert all(a.equals(b) for a, b in zip(first, second, strict=True))


def cut_up(found, cut):
    """The longest period in two adjacent halves, and the other certificates' periods.

    Not its own others: a certificate's overlapping periods are ruled by their start, which a split moves.
    """
    long = max(found, key=lambda one: one.end_date - one.start_date)
    long = replace(long, end_date=max(long.end_date, long.start_date + dt.timedelta(1)))
    middle = long.start_date + dt.timedelta(cut % (long.end_date - long.start_date).days)
    rest = [one for one in found if one.certificate_id != long.certificate_id]
    return replace(long, end_date=middle), replace(long, start_date=middle + dt.timedelta(1)), rest


@QUICK
@given(found=PERIODS, as_of=MOMENT, cut=st.integers(0, 26))
def test_a_period_split_in_two_adjacent_ones_changes_nothing(engine, found, as_of, cut):
    first, second, rest = cut_up(found, cut)
    _, whole = run(engine, [replace(first, end_date=second.end_date), *rest], as_of, 5)
    _, split = run(engine, [first, second, *rest], as_of, 5)
    assert whole.equals(split)


@QUICK
@given(found=PERIODS, as_of=MOMENT, cut=st.integers(0, 26))
def test_a_certificate_split_in_two_adjacent_ones_changes_nothing_but_their_number(engine, found, as_of, cut):
    first, second, rest = cut_up(found, cut)
    before, whole = run(engine, [replace(first, end_date=second.end_date), *rest], as_of, 5)
    after, split = run(engine, [first, replace(second, certificate_id=f"{first.certificate_id}~"), *rest], as_of, 5)
    assert whole.drop("n_certificates").equals(split.drop("n_certificates"))
    assert degrees(before) == degrees(after)


def degrees(segments):
    return {
        (row["person_key"], row["start_date"] + dt.timedelta(n)): row["degree"]
        for row in segments.to_dicts()
        for n in range((row["end_date"] - row["start_date"]).days + 1)
    }


@QUICK
@given(found=PERIODS, as_of=MOMENT, revoked=period(), ago=st.integers(0, 9))
def test_a_certificate_revoked_by_then_changes_nothing(engine, found, as_of, revoked, ago):
    gone = replace(revoked, certificate_id="revoked", known_until=as_of - dt.timedelta(ago))
    assert all(a.equals(b) for a, b in zip(run(engine, found, as_of, 5), run(engine, [*found, gone], as_of, 5), strict=True))


@QUICK
@given(found=PERIODS, as_of=MOMENT)
def test_what_the_persons_are_called_changes_nothing(engine, found, as_of):
    called = {-1: 7, 0: -5, 1: 3}
    renamed = [replace(one, person_key=called[one.person_key]) for one in found]
    back = pl.col("person_key").replace({new: old for old, new in called.items()})
    first, second = run(engine, found, as_of, 5), run(engine, renamed, as_of, 5)
    for before, after in zip(first, second, strict=True):
        kept = [name for name in before.columns if name != "spell_id"]
        assert before.select(kept).sort(kept).equals(after.select(kept).with_columns(back).sort(kept))


UNITS = {"a": "U1", "b": "U1", "c": "U2", "d": "U3", "e": "U3", "f": "U3"}
PROVIDERS = {"U1": "P1", "U2": "P1", "U3": "P2"}


@QUICK
@given(found=PERIODS, as_of=MOMENT, max_gap_days=st.sampled_from([0, 1, 5, 30]))
def test_the_statistics_and_the_payers_spells_are_the_day_sets_of_each_care_giver_and_of_all(engine, found, as_of, max_gap_days):
    frame = typed(
        "ingest.certificate_periods",
        pl.DataFrame([asdict(one) | {"unit_id": UNITS[one.certificate_id[0]]} for one in found], schema_overrides={"known_until": pl.Date}),
    )
    engine.fill("ingest.certificate_periods", frame)
    engine.fill("ingest.units", pl.DataFrame({"unit_id": list(PROVIDERS), "provider_id": list(PROVIDERS.values())}))
    engine.fill("moments.asked", engine("moments.nightly", as_of=as_of))
    made = engine("statistics.spells", max_gap_days=max_gap_days)
    kept = ["person_key", "provider_id", "start_date", "end_date", "days", "ongoing"]
    wanted = []
    for provider in ("P1", "P2"):
        theirs = [one for one in found if PROVIDERS[UNITS[one.certificate_id[0]]] == provider]
        for key in (-1, 0, 1):
            wanted += [asdict(one) | {"provider_id": provider} for one in spells(theirs, key, as_of, max_gap_days)]
    begun = [tuple(row[name] for name in kept) for row in wanted if row["start_date"] <= as_of]
    assert sorted(made.select(kept).rows()) == sorted(begun)

    known = frame.filter((pl.col("known_from") <= as_of) & (pl.col("known_until").is_null() | (pl.col("known_until") > as_of)))
    kept = ["person_key", "start_date", "end_date", "days", "ongoing"]
    wanted = [asdict(one) for key in (-1, 0, 1) for one in spells(found, key, as_of, 4) if (one.end_date - one.start_date).days >= 14]
    begun = [tuple(row[name] for name in kept) for row in wanted if row["start_date"] <= as_of]
    assert payer_spells(known, as_of).select(kept).rows() == sorted(begun)


SHOWN = ["patient_id", "start_date", "end_date", "days", "n_certificates", "active_certificate_id"]


def as_certificates(found):
    names = {"person_key": "patient_id"}
    frame = pl.DataFrame([asdict(one) for one in found], schema_overrides={"known_until": pl.Date}).rename(names)
    return frame.select("certificate_id", "patient_id", "issued_at", "start_date", "end_date", "degree")


@QUICK
@given(found=PERIODS, today=MOMENT, gap=st.sampled_from([0, 1, 5, 30]), ago=st.sampled_from([0, 7, 14]))
def test_rehabstods_views_tell_what_the_walk_certificate_by_certificate_tells(found, today, gap, ago):
    given_rows = as_certificates(found)
    unit = unit_view(given_rows, today, gap, ago)
    assert sorted(unit.select(SHOWN).rows()) == unit_spells(given_rows.to_dicts(), today, gap, ago)
    whole = patient_view(given_rows, today, gap)
    assert sorted(whole.select(SHOWN).rows()) == patient_spells(given_rows.to_dicts(), today, gap)


@QUICK
@given(found=PERIODS, today=MOMENT, order=st.randoms(use_true_random=False))
def test_rehabstods_views_do_not_mind_the_order_of_rows_nor_what_patients_are_called(found, today, order):
    given_rows = as_certificates(found)
    shuffled = given_rows.to_dicts()
    order.shuffle(shuffled)
    for view in (unit_view, patient_view):
        made = view(given_rows, today)
        assert made.equals(view(pl.DataFrame(shuffled, schema=given_rows.schema), today))
        renamed = view(given_rows.with_columns(patient_id=10 - pl.col("patient_id")), today)
        assert made.sort(SHOWN).equals(renamed.with_columns(patient_id=10 - pl.col("patient_id")).sort(SHOWN))


@QUICK
@given(found=PERIODS, today=MOMENT, cut=st.integers(0, 26))
def test_rehabstods_views_do_not_mind_a_period_split_in_two_adjacent_ones(found, today, cut):
    first, second, rest = cut_up(found, cut)
    whole = as_certificates([replace(first, end_date=second.end_date), *rest])
    for view in (unit_view, patient_view):
        assert view(whole, today).equals(view(as_certificates([first, second, *rest]), today))


@st.composite
def in_a_row(draw):
    """Certificates of one person, none of which shares a day with another."""
    start, made = DAY_0, []
    for at in range(draw(st.integers(1, 6))):
        start += dt.timedelta(draw(st.integers(0, 8)))
        end = start + dt.timedelta(draw(st.integers(0, 20)))
        made.append(Period(1, f"c{at}", start, end, draw(st.sampled_from([25, 50, 75, 100])), dt.datetime(2024, 11, 1 + at), DAY_0 - dt.timedelta(9)))
        start = end + dt.timedelta(1)
    return made


@QUICK
@given(found=in_a_row(), today=st.integers(0, 120).map(lambda n: DAY_0 + dt.timedelta(n)), gap=st.sampled_from([0, 1, 5]), cut=st.integers(0, 19))
def test_where_no_certificates_overlap_rehabstod_ours_and_a_certificate_in_two_parts_all_say_the_same(found, today, gap, cut):
    ours = [one for one in spells(found, 1, today, gap) if one.start_date <= today]
    wanted = [(one.start_date, one.end_date, one.days, one.ongoing) for one in reversed(ours)]
    long = max(found, key=lambda one: one.end_date - one.start_date)
    middle = min(long.start_date + dt.timedelta(cut), long.end_date)
    parts = [replace(long, end_date=middle), replace(long, certificate_id="z", start_date=middle + dt.timedelta(1))]
    split = [*(one for one in found if one is not long), *parts] if middle < long.end_date else found
    for rows in (as_certificates(found), as_certificates(split)):
        page = patient_view(rows, today, gap)
        assert page.select("start_date", "end_date", "days", "ongoing").rows() == wanted
        assert unit_view(rows, today, gap).select("start_date", "end_date", "days", "ongoing").rows() == [one for one in wanted if one[3]]
    everything = patient_view(as_certificates(found), dt.date(2030, 1, 1), gap)
    assert everything["days"].sum() == sum((one.end_date - one.start_date).days + 1 for one in found)


@settings(max_examples=20, deadline=None)
@given(found=PERIODS, today=MOMENT, gone=period(), ago=st.integers(0, 9))
def test_a_revoked_certificate_reaches_no_screen_whatever_it_covers_or_replaces(engine, found, today, gone, ago):
    def signed(one, **what):
        return {"certificate_id": one.certificate_id, "person_key": one.person_key, "issued_at": dt.datetime(2024, 11, 1), **what}

    def days(one):
        return {"certificate_id": one.certificate_id, "start_date": one.start_date, "end_date": one.end_date, "degree": one.degree}

    certificates = list({one.certificate_id: signed(one) for one in found}.values())
    periods = [days(one) for one in found]
    taken_back = signed(gone, certificate_id="gone", replaces_id=found[0].certificate_id, person_key=found[0].person_key)
    revoked = dt.datetime.combine(today - dt.timedelta(ago), dt.time(8))
    before = screen(engine, certificates, periods, today)
    after = screen(engine, [*certificates, taken_back | {"revoked_at": revoked}], [*periods, days(gone) | {"certificate_id": "gone"}], today)
    assert before.sort(before.columns).equals(after.sort(before.columns))
