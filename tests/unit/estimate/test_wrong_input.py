"""Every method asked well, and asked wrongly: an answer or a remedy, never a fault of the program."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.errors import InputError, UsageError
from pipeline.estimate.asked import Asked, names
from pipeline.estimate.columns import ARMS as SPREAD
from pipeline.estimate.columns import Columns
from pipeline.estimate.command import answer
from pipeline.estimate.methods import METHODS
from pipeline.estimate.reads import READS
from tests.unit.estimate.questions import QUESTIONS, rows, text

FIRST = list(dict(QUESTIONS[::-1]).items())[::-1]
COLUMN_OPTIONS = ("outcome", "duration", "event", "entry", "weights", "cost", "priority", "first")
EACH = pytest.mark.parametrize(("method", "question"), QUESTIONS, ids=lambda value: value if isinstance(value, str) else "")


def asked(method, question, path):
    listed = {name: names(value) if name in ("covariates", "times", "exact") else value for name, value in question.items()}
    return Asked(method, path, **listed)


def put(method, question, path, table):
    path.write_text(table if isinstance(table, str) else text(table))
    return json.loads(answer(asked(method, question, path), list(question)))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.csv"


@EACH
def test_every_way_of_asking_is_answered(method, question, path):
    assert put(method, question, path, rows())["estimate"] is not None


def test_every_method_is_asked_in_every_way():
    assert set(READS) == set(METHODS) == {method for method, _ in QUESTIONS}


class Recorded(Asked):
    """Notes which options are looked at."""

    def __getattribute__(self, name):
        if name in {field.name for field in dataclasses.fields(Asked)}:
            object.__getattribute__(self, "__dict__").setdefault("_seen", set()).add(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("method", READS)
def test_a_method_reads_the_options_it_says_it_reads_and_no_others(method, path):
    path.write_text(text(rows()))
    for place, way in enumerate(READS[method]):
        seen = set()
        for one, question in QUESTIONS:
            mine = next((k for k, other in enumerate(READS[method]) if other.when in question), len(READS[method]) - 1)
            if one == method and mine == place:
                assert set(question) <= set(way.options)
                columns = Columns(asked(method, question, path))
                told = asked(method, question, path)
                recorded = Recorded(**{f.name: getattr(told, f.name) for f in dataclasses.fields(Asked)})
                vars(recorded)["_seen"] = set()
                columns.asked = recorded
                METHODS[method](recorded, columns)
                seen |= vars(recorded)["_seen"] & set(question)
        # what is asked of the file is read there: columns named in a formula, or given by role
        assert seen == set(way.options), (way.when, set(way.options) ^ seen)


@pytest.mark.parametrize(("method", "question"), FIRST)
def test_an_option_that_a_method_does_not_read_is_refused_with_those_it_reads(method, question, path):
    path.write_text(text(rows()))
    way = next((one for one in READS[method] if one.when in question), READS[method][-1])
    for name in ("se", "caliper", "ties", "shape", "boot", "side"):
        if name not in way.options:
            with pytest.raises(UsageError) as stop:
                answer(asked(method, question, path), [*question, name])
            assert f"--{name}" in stop.value.what and f"--{way.options[-1]}" in stop.value.remedy


def test_the_command_line_refuses_before_it_opens_the_file():
    for words in (["cox", "--se", "foo"], ["kaplan-meier", "--caliper", "0.2"], ["ols", "--ties", "efron"]):
        with pytest.raises(UsageError) as stop:
            CliRunner().invoke(app, ["estimate", *words, "--csv", "nowhere.csv"], catch_exceptions=False)
        assert "does not read" in stop.value.what and stop.value.exit_code == 2


def test_the_help_shows_each_methods_options():
    told = CliRunner().invoke(app, ["estimate", "--help"], env={"COLUMNS": "100"}).stdout
    assert "--duration --event; may: --times --tau --treated --strata" in told


def test_a_formula_beside_what_it_stands_for_is_refused(path):
    path.write_text(text(rows()))
    for extra in ({"covariates": "x"}, {"outcome": "y"}):
        question = {"formula": "y ~ arm", **extra}
        with pytest.raises(UsageError):
            answer(asked("ols", question, path), list(question))


@EACH
def test_a_column_that_is_not_there_is_named(method, question, path):
    for option, name in question.items():
        if option in (*COLUMN_OPTIONS, "treated", "id", "cluster", "period", "strata", "covariates"):
            gone = name.split(",")[0]
            with pytest.raises(UsageError) as stop:
                put(method, question, path, [{k: v for k, v in row.items() if k != gone} for row in rows()])
            assert stop.value.exit_code == 2 and gone in stop.value.what + stop.value.remedy + question.get("formula", "")


@EACH
def test_text_among_the_numbers_is_told(method, question, path):
    for option, name in question.items():
        if option in COLUMN_OPTIONS:
            for spoilt in (5, range(96)):
                cells = [spoilt] if isinstance(spoilt, int) else spoilt
                with pytest.raises(InputError) as stop:
                    put(method, question, path, [row | ({name: "secret"} if i in cells else {}) for i, row in enumerate(rows())])
                assert "secret" not in str(stop.value)


@EACH
def test_infinite_and_unknown_values_are_told(method, question, path):
    for option, name in question.items():
        if option in COLUMN_OPTIONS and option != "first":
            with pytest.raises(InputError, match="infinite"):
                put(method, question, path, [row | ({name: "inf"} if i == 3 else {}) for i, row in enumerate(rows())])
            with pytest.raises(InputError, match="no row"):
                put(method, question, path, [row | {name: "NaN"} for row in rows()])


@EACH
def test_a_file_without_rows_is_told(method, question, path):
    for table in ("", "\n", text(rows()).splitlines()[0] + "\n", "\x00\xff\x01"):
        with pytest.raises(UsageError):
            put(method, question, path, table)


ARMS = ("mean-difference", "ipw", "aipw", "standardise", "match", "randomisation", "kaplan-meier", "rmst", "aalen-johansen",
        "time-lost", "mean-cumulative", "sequential-trials", "net-benefit")  # fmt: skip


@EACH
def test_one_arm_alone_is_told_where_two_are_compared(method, question, path):
    if "treated" in question:
        table = [row | {question["treated"]: 1} for row in rows()]
        if method in ARMS:
            with pytest.raises(InputError):
                put(method, question, path, table)


@EACH
def test_no_event_is_told_or_answered(method, question, path):
    if "event" in question:
        table = [row | {question["event"]: 0} for row in rows()]
        if method in ("rmst", "net-benefit"):
            put(method, question, path, table)  # nobody left: the curve stays at 1
        else:
            with pytest.raises(InputError):
                put(method, question, path, table)


@EACH
def test_a_treatment_that_is_the_same_in_all_rows_is_no_answer_of_another_column(method, question, path):
    if "treated" in question:
        with pytest.raises(InputError, match="same in all rows"):
            put(method, question, path, [row | {question["treated"]: 1} for row in rows()])


@EACH
def test_one_row_in_an_arm_has_no_spread_to_tell_of(method, question, path):
    if "treated" in question and method in SPREAD:
        with pytest.raises(InputError, match="single row"):
            put(method, question, path, [row | {question["treated"]: int(at == 3)} for at, row in enumerate(rows())])


@EACH
@pytest.mark.parametrize("value", [1e308, -2e120])
def test_what_no_amount_is_as_great_as_is_told_and_not_answered_with_null(method, question, path, value):
    for option in set(COLUMN_OPTIONS) & set(question):
        table = rows()
        table[4] = table[4] | {question[option]: value}
        with pytest.raises(InputError):
            put(method, question, path, table)


@EACH
def test_an_event_that_is_no_whole_number_is_told(method, question, path):
    if "event" in question:
        table = rows()
        table[4] = table[4] | {question["event"]: 0.5}
        with pytest.raises(InputError):
            put(method, question, path, table)


@EACH
def test_rows_of_weight_nought_are_as_if_they_were_not_there(method, question, path):
    if "weights" in READS[method][0].options or "weights" in READS[method][-1].options:
        asked_so = question | {"weights": "weightless"}
        try:
            without = put(method, asked_so, path, [row | {"weightless": 1} for row in rows() if row != rows()[0]])
        except UsageError:
            return
        told = put(method, asked_so, path, [row | {"weightless": int(row != rows()[0])} for row in rows()])
        assert told["estimate"] == pytest.approx(without["estimate"]) and told["se"] == pytest.approx(without["se"]) and told["n"] == without["n"]
        with pytest.raises(InputError, match="all weights"):
            put(method, asked_so, path, [row | {"weightless": 0} for row in rows()])


def test_one_cluster_cannot_be_drawn_in_halves(path):
    question = {"outcome": "y", "priority": "x", "cluster": "all"}
    with pytest.raises(InputError, match="too few clusters"):
        put("rate", question, path, [{"y": at * 1.5 % 7, "x": at % 5, "all": 1} for at in range(40)])


def test_the_answer_of_match_says_what_it_is(path):
    method, question = next(one for one in QUESTIONS if one[0] == "match")
    assert "plain difference" in put(method, question, path, rows())["assumes"]


@EACH
@pytest.mark.parametrize("few", [1, 2, 3, 5])
def test_few_rows_are_answered_or_told(method, question, path, few):
    try:
        told = put(method, question, path, rows()[:few])
    except UsageError as stop:
        assert stop.remedy
    else:
        assert told["n"] <= few


@pytest.mark.parametrize("option", [("tau", -1.0), ("tau", float("nan")), ("draws", -5), ("seed", -1), ("folds", 0), ("caliper", 0.0)])
def test_a_number_no_method_can_use_is_told(option, path):
    name, value = option
    method, question = next((m, q) for m, q in QUESTIONS if name in q)
    with pytest.raises(UsageError, match=f"--{name}"):
        put(method, question | {name: value}, path, rows())
