"""statistics.write_pages: pages that say what was counted, and hold no surprise in a unit's name."""

import csv
import datetime as dt

import polars as pl
import pytest

from pipeline.statistics.count import LEVELS, SIDES, count
from pipeline.statistics.figures import Speech, lines, per_listed
from pipeline.statistics.write_pages import _words, write_statistics
from tests.unit.statistics.regions import AS_OF, grouped

UNITS = pl.DataFrame(
    {"unit_id": ["U0", "U1", "U2"], "name": ["<b>Åsa</b> & co", "=1+1", None], "list_size": [8000, None, 5000]}
)
WORDS = Speech({"hidden": "–", "decimal": ",", "thousands": " ", "sex": {"F": "Kvinnor", "M": "Män"}})


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "2026-01-12"
    found = count(grouped(1, [900, 700, 500]), AS_OF)
    return folder, write_statistics(found, UNITS, folder, "sv", "Region Ö", 5)


def test_a_name_is_text_and_never_markup_or_a_formula(files):
    folder, _ = files
    for name in ("region", "U0"):
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert "<b>Åsa" not in page and "&lt;b&gt;Åsa&lt;/b&gt; &amp; co" in page
    with (folder / "statistics.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["unit_name"] for row in csv.DictReader(file, delimiter=";") if row["unit_id"] == "U1"} == {"'=1+1"}


def test_a_unit_without_a_name_goes_by_its_id(files):
    folder, made = files
    assert "<h1>U2</h1>" in (folder / "U2.html").read_text(encoding="utf-8")
    assert [file.name for file in made] == ["U0.html", "U1.html", "U2.html", "region.html", "statistics.csv"]


def test_hidden_numbers_are_blank_in_the_csv_and_marked(files):
    folder, _ = files
    with (folder / "statistics.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {(row["spells"] == "", row["hidden"]) for row in rows} == {(True, "1"), (False, "0")}


def test_the_csv_has_the_listed_that_the_page_divides_by(files):
    folder, _ = files
    with (folder / "statistics.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["unit_id"]: row["listed"] for row in rows} == {"region": "13000", "U0": "8000", "U1": "", "U2": "5000"}
    spells = next(int(row["spells"]) for row in rows if [row[one] for one in ("unit_id", "measure", "grouping", "sex")] == ["U0", "started", "total", "all"])
    assert f"{1000 * spells / 8000:.1f} per 1 000 listade".replace(".", ",") in (folder / "U0.html").read_text(encoding="utf-8")


def test_no_level_is_taken_for_a_number_by_a_spreadsheet():
    """LibreOffice and Excel read 91- as -91."""
    levels = [level for grouping, names in (LEVELS | {"long": SIDES}).items() if grouping != "degree" for level in names]
    assert len(levels) > 50 and not any(level[-1] == "-" or level.isdigit() for level in levels)


def test_a_hidden_month_breaks_the_line():
    months = tuple(dt.date(2025, month, 1) for month in range(1, 8))
    cells = {("ongoing", "month", str(month), sex): at + 5 for at, month in enumerate(months) for sex in "FM"}
    cells["ongoing", "month", "2025-04-01", "M"] = None
    assert str(lines(cells, "ongoing", months, WORDS)).count("<polyline") == 3


def test_too_few_months_make_no_line():
    months = tuple(dt.date(2025, month, 1) for month in range(1, 8))
    cells = {("ongoing", "month", str(month), sex): None for month in months for sex in "FM"}
    assert lines(cells, "ongoing", months, WORDS) is None


def test_a_line_with_most_months_hidden_is_not_drawn_and_the_page_says_whose(tmp_path):
    months = tuple(dt.date(2025, month, 1) for month in range(1, 13))
    cells = {("started", "month", str(month), "F"): 20 + at for at, month in enumerate(months)}
    cells |= {("started", "month", str(month), "M"): 7 if at % 2 else None for at, month in enumerate(months)}
    drawing = str(lines(cells, "started", months, WORDS))
    assert drawing.count("<polyline") == 1 and "Män" not in drawing and "<circle" not in drawing
    rare = grouped(2, [900, 70, 60])
    write_statistics(count(rare, AS_OF), UNITS, tmp_path / "pages", "sv", "Region Ö", 5)
    page = (tmp_path / "pages/U2.html").read_text(encoding="utf-8")
    assert "<circle" not in page
    assert "Inte ritat: kvinnor, män. För få månader kan visas" in page


def test_a_line_of_noughts_that_are_all_shown_is_drawn():
    months = tuple(dt.date(2025, month, 1) for month in range(1, 8))
    cells = {("started", "month", str(month), sex): 0 for month in months for sex in "FM"}
    assert str(lines(cells, "started", months, WORDS)).count("<polyline") == 2


def test_the_region_tells_how_many_units_have_no_page_and_why(tmp_path):
    units = pl.DataFrame({"unit_id": [f"U{at}" for at in range(9)], "name": [None] * 9, "list_size": [None] * 9}, schema_overrides={"list_size": pl.Int64})
    found = count(grouped(1, [900, 400, 300, 60, 9, 3]), AS_OF)
    write_statistics(found, units, tmp_path / "pages", "en", "Region Ö", 5)
    alone = len([*(tmp_path / "pages").glob("U*.html")])
    page = (tmp_path / "pages/region.html").read_text(encoding="utf-8")
    assert alone == 6 - len(found.together) >= 3 and "U5" in found.together
    assert f"Units with a page of their own: {alone}. Without one, in Other units: {len(found.together)}, as fewer than 5 women or men" in page
    assert "none of these spells is theirs: 3." in page
    assert "page of their own" not in (tmp_path / "pages/U0.html").read_text(encoding="utf-8")


def test_noughts_between_hidden_months_make_no_line_either():
    months = tuple(dt.date(2025, month, 1) for month in range(1, 8))
    cells = {("started", "month", str(month), sex): None if at % 2 else 0 for at, month in enumerate(months) for sex in "FM"}
    assert lines(cells, "started", months, WORDS) is None


def test_numbers_are_written_as_the_language_does():
    assert (WORDS.number(12345.6, 1), WORDS.number(None), WORDS.percent(0.567)) == ("12\u00a0345,6", "–", "57\u00a0%")
    assert (per_listed(16, 8000), per_listed(16, None)) == (2.0, None)


def test_both_languages_have_the_same_words():
    swedish, english = (_words(language) for language in ("sv", "en"))
    assert swedish.keys() == english.keys()
    assert all(swedish[name].keys() == english[name].keys() for name, value in swedish.items() if isinstance(value, dict))
