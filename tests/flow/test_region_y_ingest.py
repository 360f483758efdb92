"""A foreign region, read with its example settings: the report says fault by fault what was put into its files."""

import gzip
import json
import re
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline import ingest
from pipeline.config.home import Home
from pipeline.config.region import load_region
from pipeline.ingest.quarantine import counts, show
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from pipeline.store.engine import connect
from pipeline.store.files import private_folder
from pipeline.store.tables import Lake

CHECKOUT = Path(__file__).parents[2]
SAMPLE = CHECKOUT.parent / "shared" / "samples" / "region-y"
SETTINGS = CHECKOUT / "pipeline" / "config" / "examples" / "region-y.toml"


def night(home, as_of=date(2025, 11, 24)):
    region = load_region(home.region_file)
    con = connect(home, region.engine)
    lake = Lake(con, home.lake)
    report = ingest.run(home, region, con, lake, as_of)
    return report, lake


def home_at(path):
    home = Home(path)
    private_folder(home.path)
    shutil.copy(SETTINGS, home.region_file)
    for file in SAMPLE.glob("raw/*/*"):
        place = private_folder(home.raw / file.parent.name) / file.name
        place.write_bytes(file.read_bytes())
    return home


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    home = home_at(tmp_path_factory.mktemp("y") / "home")
    report, lake = night(home)
    return home, report, lake


@pytest.fixture(scope="module")
def expected():
    return json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))


def noted(report, table, what):
    return sum(file.notes.get(what, 0) for file in report.files if file.table == table)


def test_the_report_says_fault_by_fault_what_was_put_in(done, expected):
    _, report, _ = done
    certificates = [file for file in report.files if file.table == "certificates"]
    conflicts = report.of("certificates", "same key, other content")
    found = {
        "persons: check digit": report.of("persons", "check digit"),
        "certificate_periods: degree": report.of("certificate_periods", "degree"),
        "certificate_periods: end before start": report.of("certificate_periods", "end before start"),
        "certificate_periods: impossible date": report.of("certificate_periods", "impossible date"),
        "certificates: exact repeats (count once, nothing rejected)": sum(file.repeated for file in certificates),
        "certificates: same key, other content": conflicts // 2,  # two rows a key
        "certificates: unknown unit (waiting)": sum(file.waits.get("its unit", 0) for file in certificates),
        "certificates: person unknown in the first delivery, taken up in the second": noted(
            report, "certificates", "taken up when the person came"
        ),
        "certificates: revoked by the second delivery": noted(
            report, "certificates", "revoked since an earlier delivery"
        ),
        "contacts: line with too few fields": report.of("contacts", "line with too few fields"),
    }
    assert found == expected["faults"]


def test_nothing_else_was_rejected(done):
    _, report, _ = done
    assert report.total("quarantined") == 7 + 5 + 4 + 2 + 4 + 1


def test_every_row_received_is_accepted_repeated_waiting_or_quarantined(done, expected):
    _, report, _ = done
    assert {file.file: file.received for file in report.files} == expected["rows_in_file"]
    for file in report.files:
        assert file.received == file.accepted + file.repeated + file.waiting + file.quarantined
        assert min(file.accepted, file.repeated, file.waiting, file.quarantined) >= 0


def test_the_first_night_alone_has_15_certificates_waiting_for_their_person(tmp_path):
    report, _ = night(home_at(tmp_path / "home"), as_of=date(2025, 11, 10))
    waits = {file.table: file.waits for file in report.files}
    assert waits["certificates"] == {"its person": 15, "its unit": 3}
    assert waits["contacts"]["its person"] == 14


def test_the_same_deliveries_again_change_no_byte(done):
    home, first, _ = done

    def written():
        return {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}

    before = written()
    again, _ = night(home)
    assert written() == before
    assert again.lines() == first.lines() and not again.anew


def test_no_identity_number_and_no_name_is_written_anywhere_but_in_the_vault(done):
    home, _, _ = done
    numbers, names = set(), set()
    for file in SAMPLE.glob("raw/*/PERSONS*"):
        rows = pl.read_csv(file.read_bytes().decode("cp1252").encode(), separator=";", infer_schema=False)
        numbers |= set(rows["Personnr"])
        names |= set(rows["Namn"])
    words = {number.encode() for number in numbers} | {number.replace("-", "").encode() for number in numbers}
    spelt = ("Åsa Öst".encode(), "Åsa Öst".encode("cp1252"))
    assert len(numbers) > 2900 and names
    for path in home.path.rglob("*"):
        inside = path.relative_to(home.path).parts[0]
        if not path.is_file() or inside in ("raw", "vault"):
            continue
        found = [path.read_bytes()]
        if path.suffix == ".parquet":  # compressed bytes hide what a reader sees
            found.append(pl.read_parquet(path).write_csv().encode())
        for content in found:
            seen = set(re.findall(rb"(?=(\d{8}-?\d{4}))", content))
            assert not words & seen, f"an identity number in {path.name}"
            assert not any(name in content for name in spelt), f"a name in {path.name}"


def test_the_operator_sees_the_very_lines_that_were_rejected(done):
    home, _, _ = done
    vault = Vault(home, Keyring.open(home.vault))
    assert counts(home)["rows"].sum() == 23
    for row in show(home, vault).iter_rows(named=True):
        path = home.raw / row["delivery"].isoformat() / row["file"]
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        assert row["raw"] == content.decode("cp1252").split("\r\n")[row["line"] - 1]


def test_a_certificate_of_the_second_delivery_replaces_that_of_the_first(done):
    _, _, lake = done
    rows = lake.read("ingest.certificates")
    assert rows.height == rows.unique(["certificate_id", "known_from"]).height
    assert rows["form"].unique().to_list() == ["FK7804"]
    assert rows["counts"].all()
