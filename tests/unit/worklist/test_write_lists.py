"""worklist.write_lists: what a coordinator gets, and that it is whole, private and harmless."""

import csv
import stat
import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from pipeline.errors import NightFailed, UsageError
from pipeline.store.cells import guarded, unguarded
from pipeline.store.files import file_stem
from pipeline.worklist.returns import read_returns
from pipeline.worklist.words import COLUMNS, LANGUAGES, choices, words
from pipeline.worklist.write_lists import write_lists
from tests.unit.worklist.region import UNIT, entries, identities

PAYLOADS = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "'",
    "=cmd|' /C calc'!A0",
]


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "worklists" / "2026-01-12"


def test_a_unit_gets_three_files_that_only_their_owner_may_read(folder):
    files = write_lists(entries(), identities(), folder, "sv")
    assert [file.name for file in files] == [f"{UNIT}.csv", f"{UNIT}.xlsx", f"{UNIT}.html"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(folder.iterdir()) == sorted(files)


def test_the_csv_has_the_contracts_columns_in_its_order_a_bom_and_a_point(folder):
    path = write_lists(entries(), identities(), folder)[0]
    raw = path.read_bytes()
    assert raw.startswith(
        b"\xef\xbb\xbfrank;patient_id;name;age;sex;spell_start;day;degree;diagnosis;target_group;"
    )
    assert raw.split(b"\r\n")[0].endswith(b"change;status;offered_on;answer;external_consent;note")
    first, _, third, last = read_csv(path)
    assert first["patient_id"] == "198001019800" and first["name"] == "Åsa Öst"
    assert (first["spell_start"], first["p_90"], first["net_days_left"]) == ("2026-01-01", "0.620", "88.3")
    assert (third["age"], third["sex"], third["days_to_day_90"], third["status"]) == ("", "", "", "")
    assert last["preventable_days"] == "-0.5"  # a number, not text: no apostrophe


@given(st.text() | st.sampled_from(PAYLOADS))
def test_no_text_begins_like_a_formula_and_every_text_reads_back_as_it_was(text):
    assert not guarded(text).startswith(tuple("=+-@\t\r\n"))
    assert unguarded(guarded(text)) == text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")) | st.sampled_from(PAYLOADS))
def test_any_name_and_reason_survives_the_csv(text):
    with tempfile.TemporaryDirectory() as place:
        path = write_lists(entries(1, reason=text), identities(1, name=text), Path(place) / "list")[0]
        (row,) = read_csv(path)
    assert unguarded(row["name"]) == text and unguarded(row["reason_1"]) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_spreadsheet_has_the_regions_heads_frozen_with_filters_and_drop_downs(folder, language):
    path = write_lists(entries(), identities(), folder, language)[1]
    sheet = load_workbook(path).worksheets[0]
    assert [cell.value for cell in sheet[1]] == [words(language)["heads"][name] for name in COLUMNS]
    assert sheet.freeze_panes == "D2"
    assert sheet.auto_filter.ref == "A1:AA5"
    lists = {
        str(one.sqref).rstrip("0123456789").split(":")[1]: one.formula1
        for one in sheet.data_validations.dataValidation
        if one.type == "list"
    }
    assert lists == {column: f'"{",".join(choices(language)[name])}"'
                     for column, name in (("W", "status"), ("Y", "answer"), ("Z", "external_consent"))}  # fmt: skip


def test_the_spreadsheet_prints_in_two_pages_across_with_heads_and_names_on_both(folder):
    _, sheet_file, _ = write_lists(entries(), identities(), folder, "sv")
    sheet = load_workbook(sheet_file).active
    heads = [cell.value for cell in sheet[1]]
    (cut,) = [one.id for one in sheet.col_breaks.brk]
    assert heads[cut] == words("sv")["heads"]["reason_1"]
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$C")
    assert sheet.page_setup.orientation == "landscape" and not sheet.page_setup.fitToWidth
    wide = [sheet.column_dimensions[get_column_letter(at)].width for at in range(1, len(heads) + 1)]
    pages = (sum(wide[:cut]), sum(wide[:3]) + sum(wide[cut:]))
    inches = max(pages) * 7 / 96 * sheet.page_setup.scale / 100  # 7 pixels a character at 96 to the inch
    assert inches < 297 / 25.4 - sheet.page_margins.left - sheet.page_margins.right


def test_the_spreadsheets_numbers_are_numbers_dates_are_dates_and_the_identity_number_is_text(folder):
    path = write_lists(entries(), identities(), folder, "sv")[1]
    row = dict(zip(COLUMNS, load_workbook(path).worksheets[0][2], strict=True))
    assert {row[name].data_type for name in ("rank", "p_90", "preventable_low", "age")} == {"n"}
    assert row["spell_start"].is_date and row["spell_start"].number_format == "yyyy-mm-dd"
    assert row["patient_id"].data_type == "s" and row["patient_id"].value == "198001019800"
    assert (row["target_group"].value, row["change"].value, row["sex"].value) == (
        "Psykisk ohälsa",
        "Ny",
        "Kvinna",
    )


def test_the_spreadsheet_holds_the_rounded_numbers_of_the_csv_for_programs_that_ignore_how_they_are_shown(folder):
    rows = entries(1).with_columns(p_90=pl.lit(0.123456789), net_days_left=pl.lit(64.987654), preventable_low=pl.lit(-0.04))
    csv_file, sheet_file, _ = write_lists(rows, identities(1), folder)
    told = dict(zip(COLUMNS, load_workbook(sheet_file).worksheets[0][2], strict=True))
    assert {name: told[name].value for name in ("p_90", "net_days_left", "preventable_low")} == {
        "p_90": 0.123, "net_days_left": 65.0, "preventable_low": 0.0,
    }  # fmt: skip
    (row,) = read_csv(csv_file)
    assert (row["p_90"], row["net_days_left"], row["preventable_low"]) == ("0.123", "65.0", "0.0")


@pytest.mark.parametrize(
    ("language", "other", "told"),
    [
        ("sv", -12.4, "Liknande fall: i snitt omkring 60 dagar kvar. Övriga uppgifter sammantaget: omkring 10 dagar kortare. Den här sjukskrivningen: omkring 95 dagar kvar."),
        ("en", 12.5, "Similar cases: about 60 days left on average. Other facts together: about 15 days longer. This sick leave: about 95 days left."),
        ("sv", 2.4, "Liknande fall: i snitt omkring 60 dagar kvar. Den här sjukskrivningen: omkring 95 dagar kvar."),
    ],
)  # fmt: skip
def test_the_page_tells_where_reasons_start_what_the_other_facts_add_up_to_and_where_they_end(folder, language, other, told):
    rows = entries(1, reason="<Degree>").with_columns(
        comparable_days_left=pl.lit(58.0), other_effects_days=pl.lit(other), days_left=pl.lit(94.0)
    )
    page = write_lists(rows, identities(1), folder, language)[2].read_text(encoding="utf-8")
    assert "<li>&lt;Degree&gt;</li><li>F43.8A</li>" in page
    assert f'<p class="account">{told}</p>' in page


def test_a_row_without_reasons_has_no_account_of_them(folder):
    rows = entries(1, reason=None).with_columns(
        reason_1=pl.lit(None, dtype=pl.String), reason_2=pl.lit(None, dtype=pl.String),
        comparable_days_left=pl.lit(58.0), other_effects_days=pl.lit(0.0), days_left=pl.lit(58.0),
    )  # fmt: skip
    assert '<p class="account">' not in write_lists(rows, identities(1), folder)[2].read_text(encoding="utf-8")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_a_formula_in_the_spreadsheet_or_markup_on_the_page(folder, payload):
    _, sheet_file, page = write_lists(
        entries(reason="<script>alert(1)</script>"), identities(name=payload), folder
    )
    sheet = load_workbook(sheet_file).worksheets[0]
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "n", "d"}
    assert sheet["C2"].value.replace("_x000D_", "\r") == payload  # the format's own word for a line break
    assert "<script" not in page.read_text(encoding="utf-8")


def test_the_capacity_line_stands_under_the_last_place(folder):
    _, sheet_file, page = write_lists(entries(), identities(), folder, "sv")
    sheet = load_workbook(sheet_file).worksheets[0]
    assert [sheet.cell(line, 1).border.bottom.style for line in (2, 3, 4)] == [None, "thick", None]
    text = page.read_text(encoding="utf-8")
    assert text.count('class="cut"') == 1 and "Hit räcker platserna (2)" in text


def test_a_list_of_the_same_date_is_replaced_whole(folder):
    write_lists(
        pl.concat([entries(), entries(unit="B").with_columns(spell_id=pl.lit("b"))]), identities(), folder
    )
    write_lists(entries(1), identities(1), folder)
    assert sorted(path.name for path in folder.iterdir()) == [f"{UNIT}.csv", f"{UNIT}.html", f"{UNIT}.xlsx"]
    assert [path.name for path in folder.parent.iterdir()] == ["2026-01-12"]
    assert len(read_csv(folder / f"{UNIT}.csv")) == 1


def test_a_night_that_fails_while_writing_leaves_the_list_that_was_there(folder):
    write_lists(entries(2), identities(2), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(NightFailed, match="1 of 3 persons on the lists are not in the vault"):
        write_lists(entries(3), identities(2), folder)
    broken = entries(2).with_columns(as_of=pl.lit(None, dtype=pl.Date))
    with pytest.raises(TypeError):
        write_lists(broken, identities(2), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["2026-01-12"]


def test_the_same_list_written_twice_is_the_same_to_the_byte(folder):
    first = {path.name: path.read_bytes() for path in write_lists(entries(), identities(), folder)}
    assert first == {path.name: path.read_bytes() for path in write_lists(entries(), identities(), folder)}


def test_identities_may_be_asked_for_and_only_those_on_lists_are(folder):
    asked = []

    def vault(keys):
        asked.extend(keys)
        return identities(9)

    write_lists(entries(2), vault, folder)
    assert asked == [0, 1]


def test_a_unit_whose_id_is_no_file_name_stays_inside_the_folder():
    stems = {file_stem(unit) for unit in ("../../etc", "a/b", "a_b", "a b", ".", "x" * 300)}
    assert len(stems) == 6
    assert all(Path(stem).name == stem and not stem.startswith(".") and len(stem) < 120 for stem in stems)


def test_no_list_at_all_leaves_an_empty_folder(folder):
    assert write_lists(entries(1).clear(), identities(), folder) == []
    assert list(folder.iterdir()) == []


def test_a_unit_whose_list_is_empty_gets_one_that_says_so_and_takes_who_is_added(folder, tmp_path):
    emptied = pl.DataFrame({"list_unit_id": ["A", "Z"], "list_unit_name": ["Åsen", None], "as_of": [date(2026, 1, 12)] * 2})
    made = write_lists(entries(2), identities(2), folder, "sv", emptied)
    assert [file.name for file in made] == [f"{unit}{suffix}" for unit in ("A", UNIT, "Z") for suffix in (".csv", ".xlsx", ".html")]
    assert {oct(file.stat().st_mode & 0o777) for file in made} == {"0o600"}
    assert (folder / "A.csv").read_text(encoding="utf-8-sig") == ";".join(COLUMNS) + "\n"
    page = (folder / "A.html").read_text(encoding="utf-8")
    assert words("sv")["none"] in page and "Åsen" in page and "2026-01-12" in page
    assert words("sv")["none"] not in (folder / f"{UNIT}.html").read_text(encoding="utf-8")
    book = load_workbook(folder / "Z.xlsx")
    sheet = book.worksheets[0]
    assert sheet.max_row == 1 and len(sheet.data_validations.dataValidation) == 4
    heads = {cell.value: cell.column for cell in sheet[1]}
    for head, value in {"Personnummer": identities(1)["identity"].item(), "Status": "Aktiv"}.items():
        sheet.cell(2, heads[head]).value = value
    (tmp_path / "back").mkdir()
    book.save(tmp_path / "back" / "Z.xlsx")
    (row,) = read_returns(tmp_path / "back").rows.iter_rows(named=True)
    assert (row["unit_id"], row["status"], row["known_on"]) == ("Z", "active", date(2026, 1, 13))


def test_an_unknown_language_is_refused(folder):
    with pytest.raises(UsageError, match="'fi'"):
        write_lists(entries(), identities(), folder, "fi")


def test_both_languages_have_the_same_words():
    shape = {lang: {key: sorted(value) if isinstance(value, dict) else None for key, value in words(lang).items()}
             for lang in LANGUAGES}  # fmt: skip
    assert shape["sv"] == shape["en"] and set(shape["sv"]["heads"]) == set(COLUMNS)


def test_no_name_lies_outside_the_home_while_lists_are_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))  # whoever builds a file there fails
    assert len(write_lists(entries(), identities(), folder)) == 3


@pytest.mark.parametrize(("born", "age"), [(date(1986, 1, 12), "40"), (date(1986, 1, 13), "39"), (date(1970, 8, 11), "55"), (None, "44")])
def test_the_age_is_that_of_the_very_day_where_the_date_of_birth_is_known(tmp_path, born, age):
    listed = entries(1).with_columns(as_of=pl.lit(date(2026, 1, 12)), age=pl.lit(44))
    known = identities(1).with_columns(birth_date=pl.lit(born, dtype=pl.Date))
    path = write_lists(listed, known, tmp_path / "w")[0]
    row = path.read_text(encoding="utf-8-sig").splitlines()[1].split(";")
    assert row[3] == age
