"""worklist.returns: lists that coordinators filled in, whatever program saved them."""

import datetime as dt
from zipfile import ZipFile

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.packaging.custom import BoolProperty, IntProperty, StringProperty

from pipeline.config.home import Home
from pipeline.config.region import ReserveNumber
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from pipeline.worklist.rejected import keep_rejected_returns
from pipeline.worklist.returns import read_date, read_returns, returned
from pipeline.worklist.words import COLUMNS, words
from pipeline.worklist.write_lists import write_lists
from tests.unit.worklist.region import AS_OF, UNIT, entries, identities

TRUE_NUMBER = "198001019804"  # invented: the series 980-999 is kept for tests
CANONICAL = "patient_id;spell_start;status;offered_on;answer;external_consent;note"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "worklist_returns").mkdir()
    return tmp_path / "worklist_returns"


def put(folder, *lines, name=f"{UNIT}.csv", heads=CANONICAL, encoding="utf-8-sig"):
    (folder / name).write_bytes("\r\n".join([heads, *lines]).encode(encoding))
    return read_returns(folder)


def rules(report):
    return report.rejected.select("line", "rule").rows()


def balanced(report):
    sums = report.files.select(
        pl.sum_horizontal("accepted", "untouched", "repeated", "rejected") == pl.col("received")
    )
    return sums.to_series().all()


def test_a_list_as_it_was_written_comes_back_untouched(folder):
    for path in write_lists(entries(), identities(), folder / "2026-01-12", "sv"):
        if path.suffix == ".html":
            path.unlink()
    report = read_returns(folder)
    assert report.rows.is_empty() and report.rejected.is_empty()
    assert report.files["untouched"].to_list() == [4, 4] and balanced(report)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_spreadsheet_filled_in_and_renamed_still_knows_its_unit_and_date(folder, language):
    filled = folder / "klart från Åsa.xlsx"
    book = load_workbook(write_lists(entries(), identities(), folder.parent / "out", language)[1])
    sheet, at = book.worksheets[0], {name: place for place, name in enumerate(COLUMNS, 1)}
    sheet.cell(2, at["status"], words(language)["status"]["active"])
    sheet.cell(2, at["offered_on"], dt.datetime(2026, 1, 15))
    sheet.cell(2, at["external_consent"], words(language)["yes"])
    sheet.cell(3, at["answer"], words(language)["answer"]["declined"])
    sheet.cell(3, at["note"], "=ringer igen")
    sheet.cell(6, at["patient_id"], 198001019899)  # someone the coordinator added, typed as a number
    sheet.cell(6, at["status"], "-")
    book.save(filled)
    report = read_returns(folder)
    assert report.rejected.is_empty() and balanced(report)
    assert report.rows.drop("file", "line", "note", "spell_start").rows() == [
        ("198001019800", UNIT, "active", dt.date(2026, 1, 15), "accepted", True, dt.date(2026, 1, 15)),
        ("198001019801", UNIT, None, None, "declined", None, dt.date(2026, 1, 15)),
        ("198001019899", UNIT, None, None, None, None, dt.date(2026, 1, 15)),
    ]
    assert report.rows["spell_start"].to_list() == [dt.date(2026, 1, 1)] * 2 + [None]


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8-sig", ";"), ("utf-8", ","), ("cp1252", ";"), ("utf-16", "\t"), ("cp1252", "\t")],
)
def test_whatever_a_spreadsheet_calls_csv_is_read(folder, encoding, separator):
    heads = (
        "Personnummer;Sjukskriven från;STATUS;Erbjuden den;Svar;Samtycke till externa kontakter;Anteckning"
    )
    line = "19800101-9800;2026-01-01;Lämnas utan åtgärd;;;nej;på väg åter"
    report = put(folder, line.replace(";", separator), heads=heads.replace(";", separator), encoding=encoding)
    (row,) = report.rows.rows(named=True)
    assert (row["patient_id"], row["status"], row["external_consent"]) == (
        "19800101-9800",
        "no_action",
        False,
    )
    assert row["note"] == "på väg åter" and row["unit_id"] == UNIT and row["line"] == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [("Kontaktad", "contacted"), ("aktiv", "active"), ("Uppföljning", "follow_up"), ("AVSLUTAD", "closed"),
     ("Avböjt", "declined"), ("Lämnas utan åtgärd", "no_action"), ("Medicinsk rehab", "medical_rehab"),
     ("Follow-up", "follow_up"), ("Left without action", "no_action"), ("medical_rehab", "medical_rehab")],
)  # fmt: skip
def test_rehabstods_status_words_are_known_in_both_languages(folder, status, code):
    assert put(folder, f"198001019800;2026-01-01;{status};;;;").rows["status"].to_list() == [code]


@pytest.mark.parametrize(
    ("status", "answer"),
    [("Kontaktad", "pending"), ("Aktiv", "accepted"), ("Avböjt", "declined"), ("Avslutad", None)],
)
def test_a_status_implies_the_answer_that_was_left_blank(folder, status, answer):
    assert put(folder, f"198001019800;2026-01-01;{status};;;;").rows["answer"].to_list() == [answer]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (";2026-01-01;Aktiv;;;;", "patient_id missing"),
        ("1,98001E+11;2026-01-01;Aktiv;;;;", "patient_id rounded by spreadsheet"),
        ("198001019800;i januari;Aktiv;;;;", "spell_start not understood"),
        ("198001019800;2026-01-01;Påbörjad;;;;", "status not understood"),
        ("198001019800;2026-01-01;Aktiv;2026-02-30;;;", "offered_on not understood"),
        ("198001019800;2026-01-01;Aktiv;03/04/2026;;;", "offered_on not understood"),
        ("198001019800;2026-01-01;;;kanske;;", "answer not understood"),
        ("198001019800;2026-01-01;;;;vet ej;", "external_consent not understood"),
        ("198001019800;2026-01-01;Avböjt;;Ja;;", "status and answer disagree"),
        ("198001019800;2026-01-01;Aktiv;;Nej;;", "status and answer disagree"),
    ],
)
def test_a_row_that_cannot_be_understood_is_set_aside_by_its_line_and_rule(folder, line, rule):
    report = put(folder, "198001019801;2026-01-01;Aktiv;;;;", line)
    assert rules(report) == [(3, rule)]
    assert report.rejected["text"].to_list() == [line]
    assert report.rows.height == 1 and balanced(report)


def test_two_rows_for_one_spell_are_one_when_alike_and_none_when_they_differ(folder):
    same = "198001019800;2026-01-01;Aktiv;;;;"
    report = put(folder, same, same, "19800101-9800;2026-01-01;Aktiv;;;;")
    assert report.rows.height == 1 and report.files["repeated"].to_list() == [2] and balanced(report)
    report = put(folder, same, "198001019800;2026-01-01;Avböjt;;;;")
    assert report.rows.is_empty() and rules(report) == [(2, "two rows differ"), (3, "two rows differ")]


def test_a_file_that_is_no_list_is_set_aside_as_a_whole(folder):
    (folder / "a.xlsx").write_bytes(b"PK\x03\x04 cut short")
    put(folder, "1;2", name="b.csv", heads="x;y")
    (folder / "c.csv").write_bytes(b"")
    Workbook().save(folder / "d.xlsx")
    (folder / "~$e.xlsx").write_bytes(b"beside an open file")
    report = read_returns(folder)
    assert report.rejected.select("file", "line", "rule").rows() == [
        ("a.xlsx", 0, "unreadable file"),
        ("b.csv", 0, "no known heads"),
        ("c.csv", 0, "no known heads"),
        ("d.xlsx", 0, "no known heads"),
    ]
    assert balanced(report)


@pytest.mark.parametrize("told", ["tolfte januari", "2026-13-45", 20260112, True])
def test_a_spreadsheet_whose_own_date_is_none_is_set_aside_as_a_whole(folder, told):
    book = load_workbook(write_lists(entries(), identities(), folder.parent / "out", "sv")[1])
    del book.custom_doc_props["as_of"]
    kind = BoolProperty if told is True else IntProperty if isinstance(told, int) else StringProperty
    book.custom_doc_props.append(kind(name="as_of", value=told))
    book.save(folder / "a.xlsx")
    assert rules(read_returns(folder)) == [(0, "unreadable file")]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "docProps/custom.xml"])
def test_a_spreadsheet_that_is_damaged_inside_is_set_aside_as_a_whole(folder, part):
    whole = write_lists(entries(), identities(), folder.parent / "out", "sv")[1]
    with ZipFile(whole) as good, ZipFile(folder / "a.xlsx", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, b"<cut short" if name == part else good.read(name))
    assert rules(read_returns(folder)) == [(0, "unreadable file")]


def test_lines_above_the_heads_and_a_guarded_note_are_read(folder):
    report = put(folder, CANONICAL, "198001019800;2026-01-01;Aktiv;;;;'=1+1", heads="Vår lista;;;;;;")
    assert report.rows.select("note", "line").rows() == [("=1+1", 3)]


@pytest.mark.parametrize(
    "name", [f"{UNIT} (1).csv", f"{UNIT} - kopia.csv", f"{UNIT} - Kopia (2).csv", f"{UNIT}_ifylld.csv"]
)
def test_a_copys_name_still_names_the_unit(folder, name):
    assert put(folder, "198001019800;2026-01-01;Aktiv;;;;", name=name).rows["unit_id"].to_list() == [UNIT]


def test_no_folder_and_no_files_give_an_empty_report(tmp_path):
    report = read_returns(tmp_path / "absent")
    assert report.rows.is_empty() and report.rejected.is_empty() and report.files.is_empty()


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-01-31", 31), ("20260131", 31), ("260131", 31), ("2026-01-31 00:00:00", 31), ("31/1 2026", 31),
     ("31.1.2026", 31), ("31/01/2026", 31), ("3.1.2026", 3), ("31 januari 2026", 31), ("31-jan-2026", 31),
     ("46053", 31), ("2026/01/31", 31), ("01/01/2026", 1)],
)  # fmt: skip
def test_dates_are_read_as_people_in_sweden_write_them(text, day):
    assert read_date(text) == dt.date(2026, 1, day)


@pytest.mark.parametrize("text", ["03/04/2026", "2026-13-01", "i går", "1", "31/1", "2026"])
def test_a_date_that_may_mean_two_days_or_none_is_left_alone(text):
    assert read_date(text) is None


def test_what_was_put_back_counts_from_its_delivery_or_folder_or_the_lists_own_date(tmp_path):
    home = Home(tmp_path)
    line = f"{TRUE_NUMBER};2026-01-01;Aktiv;;;;"
    for place in ("2026-01-19/worklist_returns", "worklist_returns/2026-01-20", "worklist_returns"):
        (home.raw / place).mkdir(parents=True, exist_ok=True)
        put(home.raw / place, line)
    undated = home.raw / "worklist_returns" / f"{UNIT}.csv"
    undated.write_bytes(
        write_lists(entries(), identities(), tmp_path / "w")[0]
        .read_bytes()
        .replace(b"new;;;;;", b"new;Aktiv;;;;")
        .replace(b"198001019800", TRUE_NUMBER.encode())
    )
    found = {
        day: returned(home, dt.date(2026, 1, day)).rows["known_on"].sort().to_list()
        for day in (12, 13, 19, 20)
    }
    assert dt.date(2026, 1, 12) == AS_OF and found[12] == []
    assert found[13] == [dt.date(2026, 1, 13)]
    assert found[19] == [dt.date(2026, 1, 13), dt.date(2026, 1, 19)]
    assert found[20] == [dt.date(2026, 1, 13), dt.date(2026, 1, 19), dt.date(2026, 1, 20)]


@pytest.mark.parametrize(
    "place", ["worklist_returns", "worklist_returns/2026-01-12", "2026-01-12/worklist_returns"]
)
@pytest.mark.parametrize("form", [0, 1])
def test_no_list_is_known_to_the_night_that_made_it(tmp_path, place, form):
    home = Home(tmp_path)
    folder = home.raw / place
    folder.mkdir(parents=True)
    who = identities(1).with_columns(identity=pl.lit(TRUE_NUMBER))
    made = write_lists(entries(1), who, tmp_path / "w")[form]
    if form:
        book = load_workbook(made)
        book.worksheets[0].cell(2, list(COLUMNS).index("status") + 1, "Aktiv")
        book.save(folder / made.name)
    else:
        (folder / made.name).write_bytes(made.read_bytes().replace(b"new;;;;;", b"new;Aktiv;;;;"))
    assert returned(home, AS_OF).rows.is_empty() and returned(home, AS_OF).rejected.is_empty()
    assert returned(home, AS_OF + dt.timedelta(1)).rows["known_on"].to_list() == [AS_OF + dt.timedelta(1)]


def test_rows_without_a_date_to_count_from_are_rejected_with_what_to_do_and_count_once_it_is_told(tmp_path):
    home = Home(tmp_path)
    folder = home.raw / "worklist_returns"
    (folder / "2026-01-19").mkdir(parents=True)
    put(folder, f"{TRUE_NUMBER};2026-01-01;Aktiv;;;;", "198001019800;2026-01-01;Aktiv;;;;", name="A.csv")
    report = returned(home, dt.date(2026, 1, 19))
    assert report.rows.is_empty() and balanced(report)
    assert rules(report) == [(2, "no date of return"), (3, "patient_id check digit")]
    assert report.files["rejected"].to_list() == [2]
    (told,) = report.remedies()
    assert told.startswith("worklist_returns/A.csv: 1 rows") and "raw/worklist_returns/<date>/" in told
    assert TRUE_NUMBER not in told
    (folder / "A.csv").rename(folder / "2026-01-19" / "A.csv")
    mended = returned(home, dt.date(2026, 1, 19))
    assert mended.rows["patient_id"].to_list() == [TRUE_NUMBER] and mended.remedies() == []


def test_a_number_that_is_no_identity_number_is_rejected_and_a_regions_own_is_not(tmp_path):
    home = Home(tmp_path)
    folder = home.raw / "2026-01-19" / "worklist_returns"
    folder.mkdir(parents=True)
    good = write_lists(entries(1), identities(1), tmp_path / "w")[0].read_text(encoding="utf-8-sig")
    good = good.replace("new;;;;;", "new;Aktiv;;;;").replace("198001019800", TRUE_NUMBER)
    (folder / f"{UNIT}.csv").write_text(good, encoding="utf-8")
    put(folder, "198001019800;2026-01-01;Aktiv;;;;", "R123;2026-01-01;Aktiv;;;;", name="B.csv")
    report = returned(home, dt.date(2026, 1, 19))
    assert report.rows["patient_id"].to_list() == [TRUE_NUMBER]
    assert rules(report) == [(2, "patient_id check digit"), (3, "patient_id format")] and balanced(report)
    own = (ReserveNumber("own", r"R\d{3}"),)
    assert returned(home, dt.date(2026, 1, 19), own).rows["patient_id"].to_list() == ["R123", TRUE_NUMBER]


def test_rejected_rows_are_kept_encrypted_by_day_and_go_when_the_list_is_mended(tmp_path):
    home = Home(tmp_path)
    vault = Vault(home, Keyring.open(home.vault))
    folder = home.raw / "2026-01-19" / "worklist_returns"
    folder.mkdir(parents=True)
    put(folder, f"{TRUE_NUMBER};2026-01-01;Kanske;;;;")
    today = dt.date(2026, 1, 20)
    assert keep_rejected_returns(home, vault, returned(home, today), today) == 1
    (kept,) = home.quarantine.glob("*/*.parquet")
    before = kept.read_bytes()
    frame = pl.read_parquet(kept)
    assert frame.drop("raw").row(0) == (
        dt.date(2026, 1, 19),
        f"2026-01-19/worklist_returns/{UNIT}.csv",
        2,
        "status not understood",
    )
    assert vault.decrypt_text(frame["raw"].to_list(), "quarantine") == [
        f"{TRUE_NUMBER};2026-01-01;Kanske;;;;"
    ]
    assert TRUE_NUMBER.encode() not in before
    keep_rejected_returns(home, vault, returned(home, today), today)
    assert kept.read_bytes() == before
    put(folder, f"{TRUE_NUMBER};2026-01-01;Aktiv;;;;")
    assert keep_rejected_returns(home, vault, returned(home, today), today) == 0 and not kept.exists()
