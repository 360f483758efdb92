"""What a later delivery corrects counts from that delivery on: at moments before it, the first word stands."""

from datetime import date

import polars as pl

from tests.unit.ingest.conftest import ANNA, BO, CEM, FILES

CERTIFICATE = "certificate_id;patient_id;unit_id;issued_at;diagnosis_1;revoked_at\n"
PERIOD = "certificate_id;start_date;end_date;degree\n"
CASE = "case_id;patient_id;offered_on;answer;recorded_at\n"
FIRST = {
    **FILES,
    "certificates": f"{CERTIFICATE}c1;{ANNA};U1;2026-01-05T10:00;F41.1;\nc2;{BO};U2;2026-01-06T10:00;M54.5;\n",
    "coordination": f"{CASE}k1;{ANNA};2026-01-07;pending;2026-01-07T10:00\nk2;{BO};2026-01-07;pending;2026-01-07T10:00\n",
}


def known(rows, day):
    """The rows that count at a moment."""
    as_of = date.fromisoformat(day)
    until = pl.col("known_until")
    return rows.filter((pl.col("known_from") <= as_of) & (until.is_null() | (until > as_of)))


def told(region, table, *columns):
    """What is known the day before and the day of the second delivery."""
    rows = region.table(table)
    return [known(rows, day).select(columns).sort(columns).rows() for day in ("2026-01-18", "2026-01-19")]


def test_a_changed_diagnosis_counts_from_the_delivery_that_changed_it(region):
    region.deliver(files=FIRST)
    region.deliver("2026-01-19", certificates=f"{CERTIFICATE}c1;{ANNA};U1;2026-01-05T10:00;Z99.9;\n")
    region.night()
    before, after = told(region, "certificates", "certificate_id", "diagnosis_1")
    assert before == [("c1", "F411"), ("c2", "M545")] and after == [("c1", "Z999"), ("c2", "M545")]
    before, after = told(region, "certificate_periods", "certificate_id", "diagnosis_1")
    assert before == [("c1", "F411"), ("c2", "M545")] and after == [("c1", "Z999"), ("c2", "M545")]
    assert region.table("certificates").select("certificate_id", "known_from").is_unique().all()


def test_the_same_row_again_and_a_revocation_alone_are_no_new_version(region):
    region.deliver(files=FIRST)
    region.deliver("2026-01-19", certificates=(
        f"{CERTIFICATE}c1;{ANNA};U1;2026-01-05T10:00;F41.1;2026-01-16T09:00\nc2;{BO};U2;2026-01-06T10:00;M54.5;\n"
    ), coordination=FIRST["coordination"], certificate_periods=FIRST["certificate_periods"])
    region.night()
    assert region.table("certificates").select("certificate_id", "known_from", "known_until").sort("certificate_id").rows() == [
        ("c1", date(2026, 1, 5), date(2026, 1, 16)), ("c2", date(2026, 1, 6), None),
    ]
    assert region.table("certificate_periods").height == 2 and region.table("coordination").height == 2


def test_a_changed_period_and_one_added_to_an_old_certificate_count_from_their_delivery(region):
    region.deliver(files=FIRST)
    region.deliver("2026-01-19", certificate_periods=f"{PERIOD}c1;2026-01-05;2026-01-30;50\nc2;2026-01-21;2026-01-30;25\n")
    region.night()
    before, after = told(region, "certificate_periods", "certificate_id", "start_date", "degree")
    assert before == [("c1", date(2026, 1, 5), 100), ("c2", date(2026, 1, 6), 50)]
    assert after == [("c1", date(2026, 1, 5), 50), ("c2", date(2026, 1, 6), 50), ("c2", date(2026, 1, 21), 25)]


def test_a_changed_answer_counts_from_the_delivery_that_changed_it(region):
    region.deliver(files=FIRST)
    region.deliver("2026-01-19", coordination=f"{CASE}k1;{ANNA};2026-01-07;declined;2026-01-08T10:00\n")
    region.night()
    before, after = told(region, "coordination", "case_id", "answer")
    assert before == [("k1", "pending"), ("k2", "pending")] and after == [("k1", "declined"), ("k2", "pending")]


def test_a_third_delivery_changes_it_again_and_a_new_certificate_counts_from_its_own_day(region):
    region.deliver(files=FIRST)
    region.deliver("2026-01-19", certificates=f"{CERTIFICATE}c1;{ANNA};U1;2026-01-05T10:00;Z99.9;\n")
    region.deliver("2026-01-26", certificates=(
        f"{CERTIFICATE}c1;{ANNA};U1;2026-01-05T10:00;F43.8A;\nc9;{ANNA};U1;2026-01-15T10:00;F41.1;\n"
    ), certificate_periods=f"{PERIOD}c9;2026-01-15;2026-01-20;50\n", persons=f"patient_id;former_id\n{CEM};{ANNA}\n")
    region.night()
    rows = region.table("certificates").filter(pl.col("certificate_id") == "c1").sort("known_from")
    assert rows.select("diagnosis_1", "known_from", "known_until").rows() == [
        ("F411", date(2026, 1, 5), date(2026, 1, 19)), ("Z999", date(2026, 1, 19), date(2026, 1, 26)),
        ("F438A", date(2026, 1, 26), None),
    ]
    assert rows["person_key"].n_unique() == 1
    nine = region.table("certificate_periods").filter(pl.col("certificate_id") == "c9")
    assert nine["known_from"].to_list() == [date(2026, 1, 15)]
