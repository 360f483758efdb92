"""The report: in both languages, every number from results.json, no small count, no conclusion that does not follow."""

import copy
import functools
import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest

from pipeline.evaluate.flow_diagram import flow
from pipeline.evaluate.sentences import digits_of
from pipeline.evaluate.words import LANGUAGES, MINUS, NARROW, Speech, table
from pipeline.evaluate.write_study import plain, write_report
from tests.unit.evaluate.made_up import cohort, results, written

CONSTANT = {"95", "1", "100", "0.05", "20", "10", "24", "12", "3"}  # of the language and of columns' names, not of the study


class Shown(HTMLParser):
    """The text that a reader sees, less figures, style and what is marked as fixed."""

    VOID = ("meta", "br", "img", "link", "use", "path", "input")

    def __init__(self):
        super().__init__()
        self.words, self.shut = [], []

    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            return
        fixed = tag in ("style", "svg", "title") or "data-fixed" in dict(attrs)
        self.shut.append((tag, fixed))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            self.shut.pop()

    def handle_data(self, data):
        if not any(fixed for _, fixed in self.shut):
            self.words.append(data)


def leaves(value):
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, str):
        return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", value)]
    return [float(value)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return results(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    return written(tmp_path_factory.mktemp("report"), made).parent


@functools.cache
def page_of(folder, language):
    return write_report(folder / "results.json", folder, language).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_in_the_text_is_one_of_results_json(folder, made, language):
    reader = Shown()
    reader.feed(page_of(folder, language))
    say = Speech(language)
    known = set(CONSTANT)
    for leaf in leaves(made):
        for value in (leaf, 100 * leaf):
            known |= {f"{abs(value):g}", *(say.number(abs(value), digits) for digits in range(4))}
    text = " ".join(reader.words)
    point = re.escape(say.words["decimal"])
    group = NARROW if language == "sv" else ","
    shown = re.findall(rf"(?<![\w.])\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d+)?|\d+(?:{point}\d+)?", re.sub(r"[A-Z]\w*-?\d\w*", "", text))
    assert len(shown) > 150
    assert sorted({one for one in shown if one not in known and one.replace(",", ".") not in known}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_brings_a_number_of_its_own(language):
    """Numbers of data come from results.json; what the words themselves may hold are names of methods and fixed limits."""

    def texts(value):
        return [text for one in value.values() for text in texts(one)] if isinstance(value, dict) else [value]

    numbers, named = r"\d+(?:[.,]\d+)?", r"SHA-256|HC2|CR[0-3]S?|EQ-5D\S*|ICD-10|95\s?%|95 per cent|95 procents|\{\w+\}"
    words = dict(table(language))
    translated = words.pop("studies") | words.pop("designs")
    own = {found: text for text in texts(words) for found in re.findall(numbers, re.sub(named, "", text))}
    # the level of a test, a hundred persons, the months and days that columns are counted in, the least of a subgroup
    assert set(own) <= {"0,05", "0.05", "1", "100", "12", "20", "24", "30"}, own
    assert all(re.findall(numbers, name) == re.findall(numbers, said) for name, said in translated.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_the_program_is_left_in_the_text(folder, language):
    reader = Shown()
    reader.feed(page_of(folder, language))
    text = " ".join(reader.words)
    assert not re.search(r"\b(None|nan|inf|undefined|Undefined)\b|\{|\}|_days|_count|unit_id", text)
    assert f'<html lang="{language}">' in page_of(folder, language)


def test_both_languages_have_the_same_words_with_the_same_places():
    def places(value, at=""):
        if isinstance(value, dict):
            return {name: found for key, one in value.items() for name, found in places(one, f"{at}.{key}").items()}
        return {at: sorted(set(re.findall(r"\{(\w+)\}", value)))}

    assert places(table("sv")) == places(table("en"))


def test_page_one_gives_the_answer_only_when_the_interval_carries_it(folder, made):
    assert made["verdict"]["conclusion"] == "fewer" and made["verdict"]["good"]
    assert "We cannot conclude" not in page_of(folder, "en")


def test_the_bars_of_page_one_differ_by_its_headline(tmp_path):
    for method in ("ancova", "ipw", "match", "none"):
        for seed in (1, 2):
            frame = cohort(150, effect=-20.5, seed=seed).with_columns(net_days=pl.col("net_days") + 0.8 * pl.col("age_years"))
            made = results(tmp_path, ("method: ancova", f"method: {method}"), ("without_each_cluster: true", "without_each_cluster: false"), frame=frame)
            main, drawn = made["primary"], made["adjusted_means"]
            page = page_of_new(tmp_path, made)
            treated, control = (float(re.search(r"([\d.,]+) \S", text)[1]) for text in re.findall(r'<div class="bar"><i [^>]*></i><span>[^:]*: ([^<]*)', page))
            assert treated - control == pytest.approx(round(main["estimate"]["estimate"], digits_of(made)))
            assert (treated, control) == (drawn["treated"], drawn["control"])
            assert control == pytest.approx(main["control_mean"], abs=0.51)


def page_of_new(tmp_path, made):
    return write_report(written(tmp_path, made), tmp_path, "en").read_text(encoding="utf-8")


def test_moments_are_not_called_persons_nor_persons_units(tmp_path):
    frame = cohort().with_columns(person_key=pl.col("person_key") // 2 + 1)
    made = results(tmp_path, ("clusters: unit_id\n", "\n"), ("without_each_cluster: true", "without_each_cluster: false"), frame=frame)
    assert made["n"]["persons"] < made["n"]["all"] and made["n"]["clusters"] is None
    page = write_report(written(tmp_path, made), tmp_path, "sv").read_text(encoding="utf-8")
    assert f"Med {made['power']['clusters']} personer" in page and not re.search(r"\d enheter", page.split("<pre")[0].split('class="statistician"')[0])
    assert f"n = {made['n']['treated']} tillfällen</th>" in page and f"är {made['n']['persons']} personers" in page
    boxes = [text.get_text() for text in flow(made, Speech("sv")).axes[0].texts]
    assert sum(bool(re.search(r"n = \S+ tillfällen", text)) for text in boxes) == 4


def test_without_an_effect_it_says_that_we_cannot_conclude(tmp_path):
    made = results(tmp_path, frame=cohort(150, effect=0.0, seed=3))
    assert made["primary"]["estimate"]["ci_low"] < 0 < made["primary"]["estimate"]["ci_high"]
    assert made["verdict"]["conclusion"] == "cannot"
    page = page_of(written(tmp_path, made).parent, "sv")
    assert re.search(r'<p class="big">Det går inte att dra någon slutsats', page)


CLAIMS = {  # what may be said only of a difference that is found
    "en": ("gain more: the order helps", "should not be used to choose", "With 95 per cent confidence", "the conclusion changes only", "the conclusion stands"),
    "sv": ("vinner mer: ordningen hjälper", "ordningen bör inte användas", "Med 95 procents säkerhet", "slutsatsen ändras först", "slutsatsen står sig"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("low", "high"), [(3.0, 9.0), (-9.0, -3.0)])
def test_a_report_that_cannot_conclude_claims_nothing_further_on_either(made, tmp_path, language, low, high):
    said = {}
    for conclusion, reasons in (("fewer", []), ("cannot", [{"code": "unbalanced", "number": 0.4}])):
        other = copy.deepcopy(made)
        other["verdict"] |= {"conclusion": conclusion, "good": True if conclusion == "fewer" else None, "reasons": reasons}
        other["targeting"]["autoc"] |= {"ci_low": low, "ci_high": high}
        page = write_report(written(tmp_path, other), tmp_path, language).read_text(encoding="utf-8").split("<pre")[0]
        said[conclusion] = {claim for claim in CLAIMS[language] if claim in page}
        assert (Speech(language)("text.cost_cannot") in page) == (conclusion == "cannot")
    assert len(said["fewer"]) == 3  # of gaining more and less one is said, and of changing and standing
    assert said["cannot"] == set()


def test_an_interval_that_cannot_be_worked_out_is_not_written_as_dashes(made, tmp_path):
    other = copy.deepcopy(made)
    other["verdict"] |= {"conclusion": "cannot", "good": None, "reasons": [{"code": "no_interval"}]}
    other["primary"]["estimate"] |= {"ci_low": None, "ci_high": None}
    page = page_of_new(tmp_path, other)
    assert "between – and –" not in page and page.count("The uncertainty cannot be worked out") == 2


def test_page_one_tells_the_pairs_that_the_answer_rests_on_first_and_what_they_could_have_shown(tmp_path):
    fewer_treated = pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("intervention")).otherwise(pl.lit("control"))
    frame = cohort(300).with_columns(person_key=pl.col("person_key") // 2 + 1, arm=fewer_treated)
    made = results(
        tmp_path, ("clusters: unit_id\n", "\n"), ("without_each_cluster: true", "without_each_cluster: false"), ("method: ancova", "method: match"), frame=frame
    )
    n, power = made["n"], made["power"]
    pairs = n["matched"]
    assert pairs["both"] < n["all"] and pairs["persons"] < n["persons"]
    one = page_of_new(tmp_path, made).split('class="statistician"')[0]
    first = f"Compared are the {pairs['treated']} moments that found a match and their {pairs['control']} matched controls, of {pairs['persons']} persons in all."
    assert first in one and one.index(first) < one.index(f"among {n['all']} moments of {n['persons']} persons")
    assert f"is detected with probability {100 * power['power']:.0f}%" in one
    assert f"The least worthwhile difference, {power['least_worthwhile']:.0f} days, is detected with probability {100 * power['power_at_worthwhile']:.0f}%" in one


def test_page_one_tells_how_many_are_in_the_estimate(made, folder):
    one = page_of(folder, "en").split('class="statistician"')[0]
    assert f"{made['primary']['n']} were followed throughout and are in the estimate" in one
    assert made["primary"]["n"] < made["n"]["all"]


def test_arms_that_differ_from_the_start_and_were_not_drawn_carry_no_conclusion(tmp_path):
    frame = cohort().with_columns(age_years=pl.when(pl.col("arm") == "control").then(60).otherwise(pl.col("age_years") % 20 + 20))
    made = results(tmp_path, ("came_about: randomised", "came_about: concurrent controls"), ("  allocation: {unit: person}\n", ""), frame=frame)
    assert made["verdict"]["conclusion"] == "cannot"
    assert "unbalanced" in [one["code"] for one in made["verdict"]["reasons"]]


def test_whole_units_in_each_arm_and_few_of_them_carry_no_conclusion(tmp_path):
    frame = cohort().with_columns(arm=pl.when(pl.col("unit_id").is_in(["U0", "U1", "U2"])).then(pl.lit("intervention")).otherwise(pl.lit("control")))
    frame = frame.with_columns(net_days=pl.col("net_days") - 80 * (pl.col("arm") == "intervention"))
    made = results(tmp_path, ("allocation: {unit: person}", "allocation: {unit: cluster}"), ("without_each_cluster: true", "without_each_cluster: false"), frame=frame)
    assert made["verdict"]["conclusion"] == "cannot"
    assert "few_treated_clusters" in [one["code"] for one in made["verdict"]["reasons"]]


def test_a_protocol_changed_after_the_outcomes_were_read_is_told_on_page_one(tmp_path):
    earlier = {"sha256": "0" * 64, "registered": "2026-01-05", "first_read": "2026-01-10T04:05:00", "data_as_of": "2026-01-09"}
    made = results(tmp_path, history=[earlier])
    page = page_of(written(tmp_path, made).parent, "en")
    assert page.index("The protocol was changed after outcomes") < page.index("statistician\">")


def test_counts_under_the_limit_are_neither_in_results_nor_in_tables(tmp_path):
    frame = cohort().with_columns(
        outcome_seen=pl.when(pl.col("person_key") <= 3).then(pl.lit("moved")).otherwise(pl.lit("whole")),
        chapter=pl.when(pl.col("person_key").is_between(10, 12)).then(pl.lit("Z")).otherwise(pl.lit("F")),
    )
    made = results(tmp_path, frame=frame)
    assert all(row[arm] is None or row[arm] == 0 or row[arm] >= 5 for row in made["flow"]["followed"] for arm in ("treated", "control", "both"))
    rare = [row for row in made["table_one"] if row["name"] == "chapter"]
    assert all(row[arm] is None or row[arm]["n"] == 0 or row[arm]["n"] >= 5 for row in rare for arm in ("treated", "control"))
    small = [row for row in made["table_one"] if row["name"] == "chapter" and row["level"] != "F"]
    # the three are controls: a nought beside them is about nobody
    assert small and all(row["control"] is None and row["smd"] is None and (row["treated"] is None or row["treated"]["n"] == 0) for row in small)


def test_the_page_asks_nothing_of_the_net_and_runs_no_script(folder):
    page = page_of(folder, "sv")
    assert not re.search(r"<script|<link|@import|https?://(?!www\.w3\.org)", page)


def test_tables_and_figures_of_an_earlier_run_do_not_stay(folder):
    page_of(folder, "sv")
    (folder / "tables" / "old.csv").write_text("x")
    write_report(folder / "results.json", folder, "sv")
    assert not (folder / "tables" / "old.csv").exists()
    for name in ("flow", "balance", "return", "degree", "subgroups", "published", "power"):
        assert (folder / "figures" / f"{name}.svg").read_text().startswith("<svg") and (folder / "figures" / f"{name}.png").stat().st_size > 5000
    head = (folder / "tables" / "table_one.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("\ufeffname;level;control_mean")


def test_the_same_results_give_the_same_page(folder):
    assert write_report(folder / "results.json", folder, "en").read_text(encoding="utf-8") == page_of(folder, "en")


def test_the_same_rows_give_the_same_results(made, tmp_path):
    again = results(tmp_path)
    for one in (again["protocol"], made["protocol"]):
        assert one["sha256"]
    assert again == made


def test_numbers_are_written_as_the_language_writes_them():
    assert Speech("sv").number(-1234.5, 1) == f"{MINUS}1{NARROW}234,5"
    assert Speech("en").number(-1234.5, 1) == f"{MINUS}1,234.5"
    assert Speech("en").number(-0.04, 1) == "0.0" and Speech("en").number(3, sign=True) == "+3"
    assert Speech("sv").p(0.00001) == "<0,001" and Speech("en").number(None) == "–"


def test_results_hold_nothing_that_json_does_not_have():
    assert json.loads(json.dumps(plain({"a": float("nan"), "b": (1, float("inf")), "c": 1 / 3}))) == {"a": None, "b": [1, None], "c": 0.333333}


def test_every_published_study_and_design_has_its_name_in_both_languages(made):
    for language in LANGUAGES:
        words = table(language)
        assert {row["name"] for row in made["published"] if row["kind"] == "study"} == set(words["studies"])
        assert {row["design"] for row in made["published"] if row["kind"] == "study"} == set(words["designs"])


def test_this_study_stands_first_and_what_the_trials_say_together_after_them(made):
    kinds = [row["kind"] for row in made["published"]]
    assert kinds[0] == "own" and kinds.count("together") == 1
    assert {row["group"] for row in made["published"][1 : kinds.index("together")]} == {"trials"}
    names = " ".join(row["name"] or "" for row in made["published"])
    assert all(one in names for one in ("Vogel", "CO-WORK-CARE", "SLL"))
    sll = next(row for row in made["published"] if "SLL" in (row["name"] or ""))
    assert sll["n"] == 548 and round(sll["percent"]) == -32 and sll["ci_low"] is None


def test_printed_figures_are_written_as_the_language_writes_them():
    assert Speech("sv").printed("-16.18 (-32.42 to 0.06), over 130 (assumed)") == f"{MINUS}16,18 ({MINUS}32,42 till 0,06), av 130 (antaget)"
    assert Speech("en").printed("HR 1.12 (0.97-1.29)") == "HR 1.12 (0.97–1.29)"
    assert Speech("sv").printed("-32 %, no interval") == f"{MINUS}32 %, utan intervall"
    assert Speech("en").printed("58 against 36, p = 0.038") == "58 against 36, p = 0.038"
