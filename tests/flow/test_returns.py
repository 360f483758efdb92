"""What a coordinator writes on a list, put back under raw/worklist_returns/, counts the next night."""

import csv
import datetime as dt
import re
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.flow import regions

TOMORROW = regions.AS_OF + dt.timedelta(days=1)
SECRET = "Ringde på måndagen, ville tänka på saken i Qvarnåkra"


def fill_csv(source: Path, target: Path, said: dict[int, dict[str, str]]) -> None:
    """Save a CSV list with cells of some ranks filled in, as a spreadsheet on Windows would."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    for row in rows:
        row.update(said.get(int(row["rank"]), {}))
    with target.open("w", encoding="cp1252", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys(), delimiter=";", lineterminator="\r\n")
        out.writeheader()
        out.writerows(rows)


def fill_xlsx(source: Path, target: Path, said: dict[int, dict[str, object]]) -> None:
    """Fill in cells of the spreadsheet by head, in the words it shows, and save it under another name."""
    book = openpyxl.load_workbook(source)
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for rank, cells in said.items():
        for head, value in cells.items():
            sheet.cell(rank + 1, heads[head]).value = value
    book.save(target)


@pytest.fixture(scope="module")
def after(finished, tmp_path_factory):
    """One night on, with a CSV list of the longest unit and a spreadsheet of the next longest put back."""
    home = regions.copied(finished.home, tmp_path_factory.mktemp("returns") / "home")
    # not those who pass the unit's last day overnight
    lists = {unit: rows.filter(rows["day"].cast(pl.Int64) < 80) for unit, rows in regions.worklists(home).items()}
    one, two = sorted(lists, key=lambda unit: (-lists[unit].height, unit))[:2]
    assert lists[one].height >= 4 and lists[two].height >= 3
    first, second = ([int(rank) for rank in lists[unit]["rank"]] for unit in (one, two))
    made = home.worklists / "2026-01-12"
    back = home.raw / "worklist_returns"
    back.mkdir()
    fill_csv(made / f"{one}.csv", back / f"{one} (1).csv", {
        first[0]: {"status": "declined", "offered_on": "2026-01-12", "answer": "declined", "note": SECRET},
        first[1]: {"status": "active", "offered_on": "2026-01-12", "answer": "accepted", "external_consent": "ja"},
        first[2]: {"status": "contacted", "offered_on": "2026-01-12"},
        first[3]: {"status": "vet inte riktigt", "note": SECRET},
    })  # fmt: skip
    fill_xlsx(made / f"{two}.xlsx", back / "min lista.xlsx", {
        second[0]: {"Svar": "Nej", "Erbjuden den": dt.datetime(2026, 1, 12)},
        second[1]: {"Svar": "Ja", "Erbjuden den": dt.datetime(2026, 1, 12), "Anteckning": SECRET},
    })  # fmt: skip
    # a list of the coordinator's own, of no date
    number = lists[one].filter(rank=str(first[3]))["patient_id"].item()
    (back / "egen lista.csv").write_text(f"Personnummer;Status\n{number};Aktiv\n", encoding="utf-8")
    who = {"csv": lists[one]["patient_id"].to_list(), "xlsx": lists[two]["patient_id"].to_list()}
    done = regions.rehabrisk("nightly", home=home.path, as_of=TOMORROW)
    assert done.returncode == 0, done.stderr
    return home, who, done


@pytest.fixture(scope="module")
def because(after):
    """patient_id -> why not, of the night after; None where on a list; by the same pseudonyms as last night's lists."""
    home, _, _ = after
    entries = pl.read_parquet(home.scores / "as_of=2026-01-12" / "lists.parquet")
    numbers = pl.concat(
        rows.select(list_unit_id=pl.lit(unit), rank=pl.col("rank").cast(pl.Int64), patient_id="patient_id")
        for unit, rows in regions.worklists(home).items()
    )
    named = entries.join(numbers, on=["list_unit_id", "rank"])
    told = named.join(regions.scores(home, TOMORROW), on="spell_id")
    return dict(zip(told["patient_id"], told["ineligible_because"], strict=True))


def test_answers_on_a_csv_list_take_the_person_off_with_the_right_reason(after, because):
    _, who, _ = after
    no, yes, asked, *_ = who["csv"]
    assert because[no] == "declined"
    assert because[yes] == "in_coordination"
    assert because[asked] == "offer_pending"


def test_answers_in_a_spreadsheet_under_another_name_do_the_same(after, because):
    _, who, _ = after
    assert because[who["xlsx"][0]] == "declined"
    assert because[who["xlsx"][1]] == "in_coordination"


def test_those_nothing_was_said_of_stay(after, because):
    home, who, _ = after
    listed = set(pl.concat(regions.worklists(home, TOMORROW).values())["patient_id"])
    answered = {*who["csv"][:3], *who["xlsx"][:2]}
    assert not listed & answered
    still = {number for number, why in because.items() if why is None}
    assert still and still <= listed
    assert who["csv"][3] in still  # what could not be understood changes nothing


def test_a_row_that_was_not_understood_is_told_and_kept_encrypted(after):
    home, _, done = after
    told = [line for line in done.stdout.splitlines() if "(1).csv" in line]
    assert told and "1 rejected" in told[0] and "3 accepted" in told[0]
    summary = done.stdout.split("Night of ")[1]
    assert re.search(r"lists read back +\d+ rows in \d+ files: .*\d+ accepted, .*2 rejected", summary)
    assert re.search(r"quarantined +[1-9]", summary)
    shown = regions.rehabrisk("quarantine", "--show", home=home.path)
    assert "status not understood" in shown.stdout and SECRET in shown.stdout


def test_a_row_that_no_date_says_when_to_use_is_told_with_what_to_do(after):
    home, who, done = after
    told = [line for line in done.stdout.splitlines() if "egen lista.csv" in line]
    assert len(told) == 2 and "1 rejected" in told[0] and "raw/worklist_returns/<date>/" in told[1]
    assert who["csv"][3] not in done.stdout
    assert "no date of return" in regions.rehabrisk("quarantine", "--show", home=home.path).stdout


def test_notes_lie_in_clear_nowhere_but_where_they_were_put(after):
    home, _, done = after
    words = [SECRET.encode(coding) for coding in ("utf-8", "cp1252", "utf-16-le")]
    for path in home.path.rglob("*"):
        inside = path.relative_to(home.path).parts[0]
        if not path.is_file() or inside == "raw":
            continue
        content = [path.read_bytes()]
        if path.suffix == ".parquet":
            rows = pl.read_parquet(path)
            content.append(rows.select(pl.col(pl.String)).write_csv().encode())
        assert not any(word in text for word in words for text in content), path.relative_to(home.path)
    assert SECRET not in done.stdout + done.stderr
    assert (home.vault / "returned_notes.parquet").is_file()


def test_a_returned_list_is_no_news_to_the_night_before_it(after, tmp_path):
    """What is known on the 12th is what was known then: its scores do not move."""
    home = regions.copied(after[0], tmp_path / "home")
    was = regions.digests(home, "scores/as_of=2026-01-12", "worklists/2026-01-12")
    assert [file for file in (home.raw / "worklist_returns").iterdir() if file.is_file()]
    regions.night(home, regions.AS_OF)
    assert regions.digests(home, "scores/as_of=2026-01-12", "worklists/2026-01-12") == was
