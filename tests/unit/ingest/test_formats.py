"""Whatever a warehouse writes - gzip, other encodings, Parquet, SPSS - becomes the same tables."""

import polars as pl
import pyreadstat
import pytest
from polars.testing import assert_frame_equal

from tests.unit.ingest.conftest import ANNA, BO, FILES

PERSONS = f"patient_id;name;listed_unit_id\n{ANNA};Åsa Öst;U1\n{BO};Bo — Ek;\n"


def tables_of(region):
    names = ("persons", "units", "certificates", "certificate_periods")
    return {name: region.table(name).sort(pl.all()) for name in names}


@pytest.fixture
def plain(tmp_path):
    from tests.unit.ingest.conftest import TinyRegion

    region = TinyRegion(tmp_path / "plain")
    region.deliver(files={**FILES, "persons": PERSONS})
    region.night()
    return region


def same(region, plain):
    for name, ours in tables_of(region).items():  # two homes have two keys, so pseudonyms differ
        theirs = plain.table(name).drop("person_key", strict=False)
        ours = ours.drop("person_key", strict=False)
        assert_frame_equal(ours.sort(pl.all()), theirs.sort(pl.all()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "iso-8859-1", "windows-1252", "utf-16"])
@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_in_any_encoding_gives_the_same_tables(region, plain, encoding, suffix, line_end):
    text = PERSONS if encoding != "iso-8859-1" else PERSONS.replace("—", "-")
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    region.settings(f'[ingest.tables.persons]\nencoding = "{declared}"\n')
    files = {name: body for name, body in FILES.items() if name != "persons"}
    region.deliver(files={**files, f"persons.{suffix}": text.replace("\n", line_end).encode(encoding)})
    region.night()
    same(region, plain)


def test_parquet_with_real_dates_and_numbers_gives_the_same_tables(region, plain):
    files = {name: text for name, text in FILES.items() if name not in ("certificates", "certificate_periods")}
    folder = region.deliver(files={**files, "persons": PERSONS})
    periods = pl.read_csv(FILES["certificate_periods"].encode(), separator=";", try_parse_dates=True)
    periods.with_columns(pl.col("degree").cast(pl.Float64)).write_parquet(folder / "certificate_periods.parquet")
    certificates = pl.read_csv(FILES["certificates"].encode(), separator=";", schema_overrides={"patient_id": pl.String})
    certificates.with_columns(pl.col("issued_at").str.to_datetime()).write_parquet(folder / "certificates.parquet")
    region.settings('[ingest.tables.certificate_periods]\ndate_format = "%Y%m%d"\n')
    region.night()
    same(region, plain)


def test_an_spss_file_gives_the_same_tables(region, plain):
    files = {name: text for name, text in FILES.items() if name not in ("certificate_periods", "units")}
    folder = region.deliver(files={**files, "persons": PERSONS})
    for name in ("certificate_periods", "units"):
        frame = pl.read_csv(FILES[name].encode(), separator=";", try_parse_dates=True).to_pandas()
        pyreadstat.write_sav(frame, str(folder / f"{name}.sav"))
    region.night()
    same(region, plain)


def test_a_rejected_row_of_a_parquet_file_is_kept_with_its_row_number(region):
    files = {name: text for name, text in FILES.items() if name != "certificate_periods"}
    folder = region.deliver(files=files)
    pl.DataFrame(
        {"certificate_id": ["c1", "c2"], "start_date": ["2026-01-05"] * 2, "end_date": ["2026-01-09"] * 2, "degree": [100, 60]}
    ).write_parquet(folder / "certificate_periods.parquet")
    report = region.night()
    assert report.of("certificate_periods", "degree") == 1
    from pipeline.ingest.quarantine import counts

    assert counts(region.home)["lines"].to_list() == [[2]]


def test_a_decimal_comma_a_own_date_format_and_own_codes_are_read(region):
    region.settings(
        '[ingest.tables.units]\ndecimal = ","\n[ingest.tables.units.columns]\nPlatser = "capacity_per_week"\n"Skräp" = ""\n'
        '[ingest.tables.certificate_periods]\ndate_format = "%d/%m/%Y"\n'
        '[ingest.tables.certificate_periods.codes.degree]\nHel = "100"\n'
        '[ingest.tables.certificates]\ntimestamp_format = "%d.%m.%Y %H:%M"\n'
        '[ingest.tables.certificates.codes.occupation]\nA = "WORK"\nB = "STUDENT"\n'
    )
    region.deliver(files={
        **FILES,
        "units": "unit_id;Platser;Skräp\nU1;2,5;x\n",
        "certificates": f"certificate_id;patient_id;unit_id;issued_at;occupation\nc1;{ANNA};U1;05.01.2026 10:00;A|B\n",
        "certificate_periods": "certificate_id;start_date;end_date;degree\nc1;05/01/2026;18/01/2026;Hel\n",
    })
    region.night()
    assert region.table("units")["capacity_per_week"].to_list() == [2.5]
    assert region.table("certificates")["occupation"].to_list() == ["WORK|STUDENT"]
    row = region.table("certificate_periods").row(0, named=True)
    assert (str(row["start_date"]), str(row["end_date"]), row["degree"]) == ("2026-01-05", "2026-01-18", 100)
