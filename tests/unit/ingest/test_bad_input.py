"""Each bad delivery stops the night with what and where, and what to do; nothing is left half-written."""

import json
import re

import pytest

from pipeline.errors import UsageError
from tests.unit.ingest.conftest import ANNA, FILES

CERTIFICATES = FILES["certificates"]
LONG = "certificate_id;patient_id;unit_id;issued_at\n" + "".join(
    f"c{i};{ANNA};U1;2026-01-05T10:00:00\n" for i in range(5000)
)
BAD = {
    "no delivery at all": ({}, "no delivery under", "raw/YYYY-MM-DD/"),
    "an empty folder": ({"README.md": ""}, "delivery 2026-01-12 is empty", "remove the folder"),
    "a file of no bytes": ({**FILES, "certificates": ""}, "2026-01-12/certificates.csv is empty", "ask the sender"),
    "a byte order mark and no more": ({**FILES, "certificates": "\ufeff"}, "certificates.csv is empty", "ask the sender"),
    "gzip cut short": (
        {**{name: text for name, text in FILES.items() if name != "certificates"}, "certificates.csv.gz": LONG},
        "2026-01-12/certificates.csv.gz is cut short", "transfer is done",
    ),
    "a name no one knows": ({**FILES, "sickness.csv": "a;b\n"}, "2026-01-12/sickness.csv is none of the known", "file"),
    "two files of one table": ({**FILES, "units.txt": "unit_id\nU1\n"}, "both bring units", "keep one"),
    "a delivery still being written": ({**FILES, "contacts.csv.part": ""}, "still being written: contacts.csv.part", "transfer"),
    "a required table that never came": (
        {name: text for name, text in FILES.items() if name != "certificate_periods"},
        "required table certificate_periods", "certificate_periods.csv",
    ),
    "a column missing": (
        {**FILES, "certificates": "certificate_id;patient_id;unit_id\nc1;1;U1\n"},
        "certificates.csv: the header lacks issued_at", "region.toml",
    ),
    "a column no one knows": (
        {**FILES, "certificates": CERTIFICATES.replace("issued_at", "signed")},
        "column 4 ('signed') is not known", "[ingest.tables.certificates.columns]",
    ),
    "a column twice": ({**FILES, "units": "unit_id;name;name\nU1;a;b\n"}, "two columns are name", "leave one out"),
    "no header": ({**FILES, "persons": f"{ANNA};Anna Invented;F\n"}, "persons.csv: column 1 (not shown", "what it is"),
    "Latin-1 said to be UTF-8": (
        {**FILES, "persons": f"patient_id;name\n{ANNA};Åsa\n".encode("latin-1")},
        "2026-01-12/persons.csv is not utf-8", "encoding",
    ),
    "a quotation mark never closed": (
        {**FILES, "certificates": LONG.replace("c7;", '"c7;')}, "certificates.csv: ", "quotation mark"
    ),
    "Parquet cut short": ({**FILES, "contacts.parquet": b"PAR1abc"}, "contacts.parquet is no whole Parquet", "again"),
    "SPSS that is none": ({**FILES, "contacts.sav": b"nonsense" * 40}, "contacts.sav cannot be read as SPSS", "again"),
    "SAS that is none": ({**FILES, "contacts.sas7bdat": b"nonsense" * 40}, "contacts.sas7bdat cannot be read as SAS", "again"),
    "a manifest with another sum": (
        {**FILES, "manifest.json": json.dumps({"units.csv": {"sha256": "0" * 64}})}, "units.csv is not the file of its", "again"
    ),
    "a manifest with another count": (
        {**FILES, "manifest.json": json.dumps({"units.csv": {"rows": 3}})}, "units.csv has 2 rows, its manifest says 3", "again"
    ),
    "a manifest that names a missing file": (
        {**FILES, "manifest.json": json.dumps({"contacts.csv": {"rows": 3}})}, "names contacts.csv", "transfer"
    ),
    "a manifest that is none": ({**FILES, "manifest.json": "[]"}, "manifest.json is not of the form", "remove it"),
    "an encoding that is none": (FILES, "no encoding is called 'latin-99'", "windows-1252"),
    "a rule that fails too often": (
        {**FILES, "certificates": LONG.replace("2026-01-05T", "soon ")},
        "rule 'impossible date' fails for 5000 of 5000 rows, more than the 250 allowed; the first on lines 2, 3, 4", "date format",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_night_and_says_where_and_what_to_do(region, case):
    files, what, remedy = BAD[case]
    if files:
        folder = region.deliver(files=files)
        if case == "an encoding that is none":
            region.settings('[ingest.tables.units]\nencoding = "latin-99"\n')
        if case == "gzip cut short":
            path = folder / "certificates.csv.gz"
            path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UsageError, match=re.escape(what)) as stop:
        region.night()
    assert stop.value.exit_code == 2
    assert remedy in stop.value.remedy
    assert ANNA not in str(stop.value) and "Anna" not in str(stop.value)
    left = [str(path) for path in region.bytes_written()]
    assert not [path for path in left if "/." in path or path.startswith("lake/c")], "no table, no half file"
    assert not list(region.home.tmp.rglob("plain-*")) if region.home.tmp.exists() else True


def test_a_bad_second_delivery_leaves_every_table_as_it_was(region):
    region.deliver()
    region.night()
    before = {name: content for name, content in region.bytes_written().items() if "staged" not in str(name)}
    region.deliver("2026-01-19", certificates=LONG.replace("2026-01-05T", "soon "))
    with pytest.raises(UsageError):
        region.night()
    after = {name: content for name, content in region.bytes_written().items() if "staged" not in str(name)}
    assert before == after


def test_utf8_said_to_be_windows_1252_is_noticed(region):
    region.settings('[ingest.tables.persons]\nencoding = "windows-1252"\n')
    region.deliver(files={**FILES, "persons": f"patient_id;name\n{ANNA};Åsa\n"})
    with pytest.raises(UsageError, match=r"persons.csv is not windows-1252"):
        region.night()


@pytest.mark.parametrize(
    "settings, what",
    [
        ('[ingest.tables.visits]\nfile = "x"\n', r"\[ingest.tables.visits\]: no such table"),
        ('[ingest.tables.units.columns]\nA = "number"\n', "no column number"),
        ('[ingest.tables.persons.codes.sex]\nK = "W"\n', "sex has no code 'W'"),
    ],
)
def test_settings_for_what_does_not_exist_are_refused(region, settings, what):
    region.settings(settings)
    region.deliver()
    with pytest.raises(UsageError, match=what):
        region.night()
