"""The worklist page in a real Chromium: it reads, prints and reaches nothing outside itself."""

import pytest

from pipeline.worklist.write_lists import write_lists
from tests.unit.worklist.region import UNIT, entries, identities

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(open_page, tmp_path):
    """Open the page of the given entries."""

    def run(rows, language="sv", width=1400, **names):
        return open_page(write_lists(rows, identities(**names), tmp_path / "list", language)[2], width)

    return run


def test_the_page_is_read_without_a_word_from_the_browser_or_a_request_to_anyone(opened):
    page = opened(entries())
    assert page.title() == "Erbjudanden om koordinering – Vårdcentralen Åsen – 2026-01-12"
    assert page.said == [] and len(page.asked) == 1 and page.asked[0].startswith("file:")


def test_each_person_is_a_row_with_a_row_head_and_every_column_has_a_head(opened):
    page = opened(entries())
    assert page.get_by_role("rowheader").count() == 4
    assert page.get_by_role("columnheader").count() == 10
    page.emulate_media(media="print")
    assert page.get_by_role("columnheader", name="Fyll i").count() == 1  # on paper there is room to write
    page.emulate_media(media="screen")
    assert page.get_by_role("table").count() == 1 and page.get_by_role("heading", level=1).count() == 1
    assert page.locator("html").get_attribute("lang") == "sv"
    first = page.get_by_role("row").nth(1).inner_text()
    assert "Åsa Öst" in first and "198001019800" in first and "6,6" in first and "62 %" in first


def test_the_capacity_line_is_seen_after_the_last_place(opened):
    page = opened(entries())
    line = page.get_by_text("Hit räcker platserna (2)")
    second, third = (page.get_by_role("rowheader").nth(at).bounding_box()["y"] for at in (1, 2))
    assert second < line.bounding_box()["y"] < third


def test_english_is_english(opened):
    page = opened(entries(), "en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Offers of coordination" in page.title() and page.get_by_text("6.6", exact=True).count() == 1


def test_a_name_that_is_markup_is_shown_as_text_and_runs_nothing(opened):
    page = opened(entries(1), n=1, name="<img src=x onerror=document.title='run'>")
    assert "run" not in page.title()
    assert "<img src=x" in page.get_by_role("rowheader").first.inner_text()
    assert len(page.asked) == 1


def test_a_common_screen_shows_every_column_without_scrolling(opened):
    page = opened(entries(), width=1366)
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.scroll'))")


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_a_narrow_screen_scrolls_the_table_not_the_page(opened, width):
    page = opened(entries(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_text_is_dark_enough_on_what_lies_behind_it(opened):
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    page = opened(entries())
    worst = page.evaluate("""() => {
        const lum = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
            .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
        const back = e => { while (e) { const c = getComputedStyle(e).backgroundColor;
            if (c !== 'rgba(0, 0, 0, 0)') return c; e = e.parentElement; } return 'rgb(255, 255, 255)'; };
        return Math.min(...[...document.querySelectorAll('body *')].filter(e => e.innerText).map(e => {
            const [a, b] = [lum(getComputedStyle(e).color), lum(back(e))].sort((x, y) => y - x);
            return (a + .05) / (b + .05); })); }""")
    assert worst >= 4.5


def test_it_prints_on_landscape_pages_with_the_heads_on_each(opened, tmp_path):
    page = opened(entries(40), n=40)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 3 <= pdf.count(b"/Type /Page\n") <= 12
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"


def test_a_list_without_names_of_reasons_or_groups_still_reads(opened):
    page = opened(entries(3))
    third = page.get_by_role("row").nth(4).inner_text()  # after the capacity line
    assert "None" not in third and "nan" not in third
    assert UNIT in page.get_by_role("main").inner_text()
