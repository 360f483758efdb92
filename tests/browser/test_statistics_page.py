"""The statistics' pages in a real browser: whole on a phone, on paper and without a network."""

import polars as pl
import pytest

from pipeline.statistics.count import count
from pipeline.statistics.write_pages import write_statistics
from tests.unit.statistics.regions import AS_OF, grouped

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    sizes = [900, 700, 500, 40, 4]
    units = pl.DataFrame({"unit_id": [f"U{at}" for at in range(5)], "name": [f"Vårdcentralen Ånga {at}" for at in range(5)], "list_size": [8000] * 5})
    made = tmp_path_factory.mktemp("pages") / "2026-01-12"
    write_statistics(count(grouped(1, sizes), AS_OF), units, made, "sv", "Region Ö", 5)
    return made


@pytest.mark.parametrize("page", ["region", "U0"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_needs_nothing_else_and_does_not_scroll_sideways(open_page, folder, page, width):
    opened = open_page(folder / f"{page}.html", width)
    assert opened.said == []
    assert opened.asked == [(folder / f"{page}.html").as_uri()]
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", ["region", "U0"])
def test_on_a_phone_women_and_men_are_both_in_sight(open_page, folder, page):
    opened = open_page(folder / f"{page}.html", 360)
    hidden = opened.evaluate("[...document.querySelectorAll('.two .scroll')].map(one => one.scrollWidth - one.clientWidth)")
    assert len(hidden) >= 4 and not any(hidden), hidden


def test_the_region_leads_to_each_unit_and_back(open_page, folder):
    page = open_page(folder / "region.html", 1280)
    page.click("text=Vårdcentralen Ånga 1")
    assert page.inner_text("h1") == "Vårdcentralen Ånga 1"
    page.click("text=Hela regionen")
    assert page.inner_text("h1") == "Hela regionen"


@pytest.mark.parametrize("width", [360, 1280])
def test_bars_are_as_long_as_their_numbers_say_and_inside_their_cells(open_page, folder, width):
    page = open_page(folder / "region.html", width)
    found = page.evaluate(
        "[...document.querySelectorAll('tbody')].map(body => [...body.querySelectorAll('td.bars .bar')].map(bar => "
        "[bar.children[0].getBoundingClientRect().width, bar.children[1].innerText, "
        "bar.children[1].getBoundingClientRect().right <= bar.parentElement.getBoundingClientRect().right + 1]))"
    )
    tables = [[(long, int(told), inside) for long, told, inside in body if told != "–"] for body in found if body]
    assert len(tables) == 5
    for bars in tables:
        longest, most, _ = max(bars, key=lambda bar: bar[1])
        assert longest > 30
        assert all(inside and abs(long - longest * told / most) < 1 for long, told, inside in bars)


def test_a_units_page_prints_on_two_sheets(browser, folder, tmp_path):
    page = browser.new_page()
    page.goto((folder / "U0.html").as_uri())
    paper = page.pdf(format="A4")
    page.close()
    assert paper.count(b"/Type /Page\n") == 2
