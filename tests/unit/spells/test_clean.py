"""The clean rule in arrays against the same rule in SQL: equal rows in equal order, of equal types, whatever was delivered."""

import datetime as dt
import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NightFailed
from pipeline.spells import chained, clean
from pipeline.store import row_groups
from pipeline.store.tables import Lake
from tests.conftest import Runner
from tests.spec.known import typed
from tests.unit.spells.day_sets import Period
from tests.unit.spells.test_properties import DAY_0, QUICK, lawful, period

TABLES = (clean.SEGMENTS, clean.SPELLS)
TEXT = st.sampled_from([None, "", "F322", "F430", "M545", "Å99"])
DAY = st.integers(-5, 90).map(lambda n: DAY_0 + dt.timedelta(n))
ASKED = st.lists(st.tuples(st.integers(-1, 2), DAY), max_size=12, unique=True)


@st.composite
def row(draw):
    """A period with blanks, of a certificate that may say something else on its next: what the SQL has an answer to too."""
    one = asdict(draw(period())) | {"certificate_id": draw(st.sampled_from("ab"))}
    one |= {"doctor_id": draw(st.sampled_from([None, "", "D1", "D2"])), "unit_id": draw(st.sampled_from(["U1", "U2", "U3"]))}
    one |= {"diagnosis_1": draw(TEXT), "occupation": draw(TEXT)}
    return one | ({"issued_at": None} if draw(st.booleans()) else {})


def unlike(rows):
    """Without those that no rule tells apart: of one certificate, days, degree and time of signing, but of two units."""
    alike = ("person_key", "certificate_id", "start_date", "end_date", "degree", "issued_at")
    return list({tuple(one[name] for name in alike): one for one in rows}.values())


PERIODS = st.lists(period(), max_size=12).map(lawful).map(lambda found: [asdict(one) for one in found]) | st.lists(
    row(), max_size=12
).map(unlike)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def engine():
    return Runner()


@pytest.fixture(scope="module")
def over_tables():
    return Runner()


@pytest.fixture(scope="module")
def over_files():
    return Runner()


def by_sql(engine, found, asked, gap):
    fill(engine, found, asked)
    for table in TABLES:
        engine(table, max_gap_days=gap)
    return [shown(engine.con, f"{table} order by person_key, as_of, start_date") for table in TABLES]


def fill(engine, found, asked):
    frame = pl.DataFrame(found, schema_overrides={"known_until": pl.Date}, infer_schema_length=None)
    engine.fill("ingest.certificate_periods", typed("ingest.certificate_periods", frame))
    engine.fill("moments.asked", pl.DataFrame(asked, schema={"person_key": pl.Int64, "as_of": pl.Date}, orient="row"))


def by_arrays(lake, gap):
    clean.make_clean_spells(lake, gap)
    return [shown(lake.con, f"'{lake.file(table)}'") for table in TABLES]


def shown(con, source):
    kinds = con.execute(f"describe select * from {source}").fetchall()
    return [kind[:2] for kind in kinds], con.execute(f"select * from {source}").fetchall()


def kept(engine, found, asked, folder):
    """A lake that keeps the periods as the night does, but in row groups so small that persons lie in several."""
    engine.con.execute("drop view if exists ingest.certificate_periods")
    fill(engine, found, asked)
    file = folder / "periods.parquet"
    rows = engine.con.sql("select * from ingest.certificate_periods order by person_key, certificate_id, start_date, known_from").pl()
    rows.write_parquet(file, row_group_size=3)
    engine.con.execute("drop table ingest.certificate_periods")
    lake = Lake(engine.con, folder)
    lake.view("ingest.certificate_periods", file)
    return lake


@QUICK
@given(found=PERIODS, asked=ASKED, gap=st.sampled_from([0, 1, 5, 30]))
def test_arrays_and_sql_tell_the_same_of_any_rows(engine, over_tables, folder, found, asked, gap):
    fill(over_tables, found, asked)
    assert by_arrays(Lake(over_tables.con, folder), gap) == by_sql(engine, found, asked, gap)


def drawn(seed, persons=1000, periods=7000):
    """Many persons with days that lie close, so that each gap, overlap and tie comes often; blanks; several moments of a person."""
    draw = np.random.default_rng(seed)

    def some(values, n=periods):
        return [values[at] for at in draw.integers(0, len(values), n)]

    person = draw.integers(-persons // 2, persons // 2, periods)
    start, certificate = draw.integers(0, 90, periods), draw.integers(0, 9, periods)
    known = start + draw.integers(-3, 20, periods)
    until = [None if ends > 40 else DAY_0 + dt.timedelta(int(day + ends)) for day, ends in zip(known, draw.integers(1, 80, periods), strict=True)]
    frame = pl.DataFrame(
        {
            "person_key": person, "certificate_id": [f"c{one}" for one in certificate], "unit_id": [f"U{one % 3}" for one in certificate],
            "start_date": start, "end_date": start + draw.choice([0, 0, 1, 6, 13, 27], periods), "known_from": known, "known_until": until,
            "issued_at": some([None, *(dt.datetime(2024, 12, 1, hour) for hour in range(3))]), "degree": draw.choice([25, 50, 75, 100], periods),
            "doctor_id": some([None, "", "D1", "D2"]), "diagnosis_1": some([None, "", "F322", "Å99"]), "occupation": some([None, "WORK", "STUDENT"]),
        }
    )  # fmt: skip
    dated = ((pl.lit(DAY_0) + pl.duration(days=pl.col(name))).alias(name) for name in ("start_date", "end_date", "known_from"))
    asked = zip(draw.integers(-persons // 2, persons // 2, persons).tolist(), draw.integers(0, 120, persons).tolist(), strict=True)
    return frame.with_columns(*dated).to_dicts(), sorted({(key, DAY_0 + dt.timedelta(day)) for key, day in asked})


@pytest.mark.parametrize("gap", [0, 5])
def test_arrays_and_sql_tell_the_same_of_thousands_of_spells(engine, over_files, folder, gap):
    found, asked = drawn(seed=gap)
    made = by_arrays(kept(over_files, found, asked, folder), gap)
    assert len(made[1][1]) > 500
    assert made == by_sql(engine, found, asked, gap)


@QUICK
@given(found=PERIODS, asked=ASKED, at_once=st.sampled_from([1, 7]))
def test_persons_who_lie_in_several_row_groups_and_many_moments_are_told_whole(engine, over_files, folder, found, asked, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chained, "AT_ONCE", at_once)
        patch.setattr(row_groups, "ROWS", 2)
        made = by_arrays(kept(over_files, found, asked, folder), 5)
    assert made == by_sql(engine, found, asked, 5)


@QUICK
@given(found=PERIODS, later=st.lists(row(), max_size=12), as_of=DAY)
def test_what_is_known_later_changes_no_byte(over_files, folder, found, later, as_of):
    """Not the rows alone: a row group's end or a dictionary must not tell of it either."""
    asked = [(key, as_of) for key in (-1, 0, 1)]
    later = [one | {"known_from": as_of + dt.timedelta(1), "known_until": None, "unit_id": "U9"} for one in later]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_groups, "ROWS", 4)
        digests = []
        for rows in (found, [*found, *later]):
            lake = kept(over_files, rows, asked, folder)
            clean.make_clean_spells(lake, 5)
            digests.append([digest(lake.file(table)) for table in TABLES])
    assert digests[0] == digests[1]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def one(person, certificate):
    day = dt.datetime.combine(DAY_0, dt.time(9))
    return asdict(Period(person, certificate, DAY_0, DAY_0 + dt.timedelta(6), 100, day, DAY_0)) | {"unit_id": "U1"}


@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize("order", [[2, 0, 1], [1, 0, 2], [0, 2, 1]])
def test_a_file_that_does_not_lie_by_person_and_certificate_is_refused_and_no_table_changes(tmp_path, order, size):
    lake = kept(Runner(), [one(0, "a"), one(0, "b"), one(1, "c")], [(0, DAY_0), (1, DAY_0)], tmp_path)
    before = by_arrays(lake, 5)
    file = lake.source("ingest.certificate_periods")
    pl.read_parquet(file)[order].write_parquet(file, row_group_size=size)
    with pytest.raises(NightFailed, match="does not lie by person_key"):
        clean.make_clean_spells(lake, 5)
    assert [shown(lake.con, f"'{lake.file(table)}'") for table in TABLES] == before
    assert not list(tmp_path.rglob(".*"))
