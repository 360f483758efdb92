"""After a night full of faults no number and no name lies in clear outside raw/, vault/ and the lists."""

import datetime as dt
import io
import json
import re
import zipfile

import polars as pl
import pytest

from pipeline.privacy.access_log import AccessLog
from tests.flow import dirt, regions

# raw/ is the sender's own; truth/ is the simulator's; lists and the vault are where identities belong
ALLOWED = ("raw", "truth", "vault", "worklists")
# a number that stands alone: person keys and times in nanoseconds are longer, decimals have their point before them
NUMBER = re.compile(rb"(?<![\w.])(\d{6}|\d{8})([-+]?)(\d{4})(?!\w)")


@pytest.fixture(scope="module")
def identities(finished):
    """Ten-digit cores of every number, and every name, that the deliveries hold."""
    folder = finished.home.raw / regions.AS_OF.isoformat()
    numbers, names = set(), set()
    for file in folder.glob("*.csv"):
        rows = regions.extract(folder, file.stem)
        for column in {"patient_id", "former_id"} & set(rows.columns):
            numbers |= {re.sub(r"\D", "", text)[-10:] for text in rows[column].drop_nulls()}
        if file.stem == "persons":
            names |= set(rows["name"].drop_nulls())
    numbers |= {re.sub(r"\D", "", text)[-10:] for text in dirt.MARKED_NUMBERS}
    assert len(numbers) > 4000 and len(names) > 3000
    assert {dirt.LISTED_NAME, dirt.REJECTED_NAME} <= names
    return {number.encode() for number in numbers}, spelt(names)


def spelt(names: set[str]) -> re.Pattern[bytes]:
    """Family names as each way of writing text would put them; simulated ones end in a hyphen and a number."""
    stems = {re.sub(r"-\d+$", "-", name.split(" ", 1)[1]) for name in names}
    ways = {stem.encode(coding) for stem in stems for coding in ("utf-8", "cp1252", "utf-16-le")}
    ways |= {json.dumps(stem)[1:-1].encode() for stem in stems}
    assert len(ways) < 500  # one pattern, quick enough to hold against every byte
    numbered = b"|".join(re.escape(one) for one in sorted(ways) if one.rstrip(b"\0").endswith(b"-"))
    marked = b"|".join(re.escape(one) for one in sorted(ways) if not one.rstrip(b"\0").endswith(b"-"))
    return re.compile(b"(?:" + numbered + b")\\d|" + marked)


def texts_of(content: bytes, name: str) -> list[bytes]:
    """The bytes as they lie, and what a reader of the format sees."""
    found = [content]
    if name.endswith(".parquet"):
        rows = pl.read_parquet(io.BytesIO(content))
        nested = [column for column, kind in rows.schema.items() if kind.is_nested()]
        found.append(rows.drop(nested).write_csv().encode())
        found.append(str(rows.select(nested).rows()).encode())
    elif zipfile.is_zipfile(io.BytesIO(content)):
        packed = zipfile.ZipFile(io.BytesIO(content))
        found += [packed.read(one) for one in packed.namelist()]
    return found


def leaks(content: bytes, name: str, identities) -> str:
    """What kind of identity the content holds; blank when none."""
    numbers, names = identities
    for text in texts_of(content, name):
        seen = {(found[1] + found[3])[-10:] for found in NUMBER.finditer(text)}
        if seen & numbers:
            return f"{len(seen & numbers)} identity numbers"
        if names.search(text):
            return "a name"
    return ""


def test_the_scan_finds_what_it_looks_for(finished, identities):
    for folder in ("raw", "worklists"):
        for file in (finished.home.path / folder).rglob("*.csv"):
            if file.stem in ("units", "certificate_periods"):
                continue
            assert "identity numbers" in leaks(file.read_bytes(), file.name, identities), file.name
    listed = f"a;{dirt.LISTED_NAME};b".encode()
    assert leaks(listed, "x.csv", identities) == "a name"
    frame = io.BytesIO()
    pl.DataFrame({"number": ["198507239807"]}).write_parquet(frame)
    assert leaks(frame.getvalue(), "x.parquet", identities) == "1 identity numbers"
    assert leaks(b'"850723-9815"', "x.json", identities) == "1 identity numbers"


def test_no_number_and_no_name_lies_in_clear_outside_the_vault_and_the_lists(finished, identities):
    seen = 0
    for path in sorted(finished.home.path.rglob("*")):
        inside = path.relative_to(finished.home.path)
        if not path.is_file() or inside.parts[0] in ALLOWED:
            continue
        seen += 1
        found = leaks(path.read_bytes(), path.name, identities)
        assert not found, f"{found} in {inside}"
        assert not leaks(str(inside).encode(), "", identities), f"in the name of {inside}"
    assert seen > 60


def test_the_vault_keeps_them_encrypted(finished, identities):
    files = [file for file in finished.home.vault.rglob("*") if file.is_file()]
    assert {"persons.enc", "key", "access.log"} <= {file.name for file in files}
    for file in files:
        assert not leaks(file.read_bytes(), file.name, identities), file.name


def test_nothing_printed_and_nothing_recorded_names_anyone(finished, identities):
    assert not leaks(finished.stdout.encode(), "", identities)
    assert not leaks(finished.stderr.encode(), "", identities)
    for file in finished.home.runs.glob("*.json"):
        assert not leaks(file.read_bytes(), "", identities)


def test_counts_of_quarantine_name_nobody_and_are_not_logged_as_a_look(home, identities):
    log = (home.vault / "access.log").read_bytes()
    done = regions.rehabrisk("quarantine", home=home.path)
    assert done.returncode == 0 and "check digit" in done.stdout
    assert not leaks(done.stdout.encode() + done.stderr.encode(), "", identities)
    assert (home.vault / "access.log").read_bytes() == log


def test_quarantine_show_decrypts_the_rows_and_is_logged_first(home, identities):
    before = AccessLog(home).read()
    done = regions.rehabrisk("quarantine", "--show", home=home.path)
    assert done.returncode == 0, done.stderr
    assert dirt.REJECTED_NAME in done.stdout
    assert f"{dirt.REJECTED_NAME};{dirt.MARKED_NUMBERS[0]}" in done.stdout
    added = AccessLog(home).read()[before.height :]
    assert added["action"].to_list() == ["quarantine --show"]
    assert added["user"].str.len_chars().min() > 0
    assert abs((dt.datetime.now() - dt.datetime.fromisoformat(added["time"].item())).total_seconds()) < 600
    for path in home.quarantine.rglob("*"):  # looking leaves nothing decrypted behind
        assert not path.is_file() or not leaks(path.read_bytes(), path.name, identities)


def test_every_person_on_a_list_has_a_line_in_the_access_log(finished):
    entries = pl.read_parquet(finished.home.lake / "worklist.entries" / "entries.parquet")
    log = AccessLog(finished.home).read()
    assert log["action"].unique().to_list() == ["list"] and log["purpose"].unique().to_list() == ["care"]
    wanted = entries.select(patient="person_key", unit="list_unit_id").sort("patient")
    assert log.select("patient", "unit").sort("patient").equals(wanted)


def test_a_fault_of_the_program_is_told_without_the_values_it_met(home, identities):
    """The database's own message would quote the cell that it could not read."""
    file = home.lake / "certificate_periods" / "certificate_periods.parquet"
    rows = pl.read_parquet(file)
    rows.with_columns(start_date=pl.lit(f"{dirt.LISTED_NAME} 850723-9815")).write_parquet(file)
    sorted((home.worklists / "2026-01-12").iterdir())[0].unlink()
    done = regions.rehabrisk("nightly", home=home.path)
    assert done.returncode == 1
    assert "a fault of the program" in done.stderr and "->" in done.stderr and "Traceback" not in done.stderr
    said = done.stdout + done.stderr + "".join(one.read_text() for one in home.runs.glob("*.json"))
    assert "Zäta" not in said and not leaks(said.encode(), "", identities)
