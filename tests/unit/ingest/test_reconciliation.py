"""What became of the rows is counted where they lie, and held to the rows received."""

import re

import polars as pl
import pytest

from pipeline.errors import NightFailed
from tests.unit.ingest.conftest import ANNA, CEM, FILES


def staged(region, table, day="2026-01-12"):
    return region.home.lake / "staged" / table / f"{day}.parquet"


@pytest.mark.parametrize("table", ["persons", "units", "certificates", "certificate_periods", "contacts"])
def test_rows_lost_from_a_staged_file_stop_the_night(region, table):
    contacts = "contact_id;patient_id;started_at\n" + "".join(f"v{i};{ANNA};2026-01-02T10:00\n" for i in range(3))
    persons = FILES["persons"] + f"{CEM};Cem Invented;M\n"
    units = FILES["units"] + "U3;Three\n"
    region.deliver(files={**FILES, "persons": persons, "units": units, "contacts": contacts})
    region.night()
    file = staged(region, table)
    rows = pl.read_parquet(file)
    rows.head(rows.height - 1).write_parquet(file)
    region.deliver("2026-01-19", units="unit_id\nU9\n")
    said = f"2026-01-12/{table}.csv: {rows.height} rows received, but {rows.height - 1} accepted"
    with pytest.raises(NightFailed, match=re.escape(said)) as stop:
        region.night()
    assert f"lake/staged/{table}" in stop.value.remedy


def test_rows_doubled_in_a_staged_file_stop_the_night(region):
    region.deliver()
    region.night()
    rows = pl.read_parquet(staged(region, "units"))
    pl.concat([rows, rows.head(1)]).write_parquet(staged(region, "units"))
    region.deliver("2026-01-19", certificate_periods="certificate_id;start_date;end_date;degree\nc1;2026-01-19;2026-01-20;50\n")
    with pytest.raises(NightFailed, match=r"units\.csv: 2 rows received, but 3 accepted"):
        region.night()


def test_periods_of_a_certificate_that_was_never_in_force_are_accepted(region):
    head = "certificate_id;patient_id;unit_id;issued_at;received_at;replaces_id\n"
    region.deliver(files={
        **FILES,
        "certificates": f"{head}c1;{ANNA};U1;2026-01-05T10:00;2026-01-09T10:00;\nc2;{ANNA};U1;2026-01-06T10:00;;c1\n"
        f"c3;{CEM};U1;2026-01-05T10:00;;\n",
        "certificate_periods": FILES["certificate_periods"] + "c3;2026-01-07;2026-01-09;100\n",
    })  # fmt: skip
    counted = {file.table: (file.accepted, file.waiting) for file in region.night().files}
    assert counted["certificates"] == (2, 1) and counted["certificate_periods"] == (2, 1)
    assert region.table("certificate_periods")["certificate_id"].to_list() == ["c2"]


def test_replaced_waiting_and_repeated_rows_add_up(region):
    region.deliver(files={**FILES, "certificates": FILES["certificates"] + f"c3;{CEM};U1;2026-01-07T10:00:00\n",
                          "certificate_periods": FILES["certificate_periods"] + "c3;2026-01-07;2026-01-09;100\n"})
    region.deliver("2026-01-19", files={**FILES, "certificates": FILES["certificates"].replace("U1", "U2")})
    report = region.night()
    counted = {(file.delivery.day, file.table): (file.accepted, file.waiting) for file in report.files}
    assert counted[12, "certificates"] == (2, 1) and counted[19, "certificates"] == (2, 0)
    assert counted[12, "certificate_periods"] == (2, 1) and counted[19, "persons"] == (2, 0)
