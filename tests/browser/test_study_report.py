"""A study's report in a real Chromium: it reads, prints, fits a narrow screen and reaches nothing outside itself."""

import pytest

from pipeline.evaluate.write_study import write_report
from tests.unit.evaluate.made_up import results, written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("report")
    return written(place, results(place)).parent


@pytest.fixture
def opened(open_page, folder):
    def run(language="sv", width=1200):
        return open_page(write_report(folder / "results.json", folder, language), width)

    return run


@pytest.mark.parametrize(("language", "title"), [("sv", "Utvärderingsrapport"), ("en", "Evaluation report")])
def test_it_is_read_without_a_word_from_the_browser_or_a_request_to_anyone(opened, language, title):
    page = opened(language)
    assert title in page.title() and page.said == [] and len(page.asked) == 1
    assert page.get_by_role("heading", level=1).count() == 1 and page.get_by_role("heading", level=2).count() >= 12


def test_every_figure_has_a_name_for_those_who_cannot_see_it_and_is_seen(opened):
    page = opened()
    figures = page.get_by_role("img")
    assert figures.count() >= 8
    for at in range(figures.count()):
        assert figures.nth(at).get_attribute("aria-label") and figures.nth(at).bounding_box()["height"] > 60


@pytest.mark.parametrize("width", [360, 800, 1200])
def test_a_narrow_screen_scrolls_the_tables_not_the_page(opened, width):
    page = opened(width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_first_printed_page_is_the_managers_and_ends_there(opened):
    page = opened()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 less its margins at 96 dots an inch
    assert page.locator("section.manager").bounding_box()["height"] + page.locator("header.top").bounding_box()["height"] < 960
    assert page.evaluate("getComputedStyle(document.querySelector('.statistician')).breakBefore") == "page"
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 6 <= pdf.count(b"/Type /Page\n") <= 16


def test_text_is_dark_enough_on_what_lies_behind_it(opened):
    page = opened()
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
