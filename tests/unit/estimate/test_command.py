"""`rehabrisk estimate` from the command line."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.errors import UsageError
from pipeline.estimate.methods import METHODS

TABLE = """arm,days,event,age,centre,place
early,10,1,30,1,A
early,20,1,40,1,B
early,14,0,50,2,A
early,22,1,35,2,B
usual,30,1,31,3,A
usual,44,1,44,3,B
usual,38,0,52,4,A
usual,25,1,37,4,B
usual,,1,37,4,B
"""


@pytest.fixture
def ask(tmp_path):
    path = tmp_path / "study.csv"
    path.write_text(TABLE)

    def run(*words, text=None):
        if text is not None:
            path.write_text(text)
        told = CliRunner().invoke(app, ["estimate", words[0], "--csv", str(path), *words[1:]])
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            raise told.exception
        return json.loads(told.stdout)

    return run


def test_one_json_object_comes_out_and_rows_left_out_are_counted(ask):
    told = ask("mean-difference", "--outcome", "days", "--treated", "arm", "--treated-value", "usual")
    assert set(told) == {"method", "treated_value", "estimate", "se", "ci_low", "ci_high", "p", "df", "n", "terms", "table", "assumes", "fit"}
    assert (told["estimate"], told["n"], told["fit"]["rows_left_out"]) == (pytest.approx(34.25 - 16.5), 8, 1)
    assert set(told["terms"]["difference"]) == {"estimate", "se", "ci_low", "ci_high", "p", "df"}
    assert [line["arm"] for line in told["table"]] == ["0", "1"] and told["treated_value"] == "usual"


def test_a_formula_stands_for_outcome_and_covariates(ask):
    by_formula = ask("ols", "--formula", "days ~ arm + age")
    by_names = ask("ols", "--outcome", "days", "--treated", "arm", "--treated-value", "usual", "--covariates", "age")
    assert by_formula["estimate"] == pytest.approx(by_names["estimate"])
    assert set(by_names["terms"]) == {"Intercept", "arm", "age"}


def test_clusters_bring_satterthwaites_degrees_of_freedom(ask):
    told = ask("ols", "--outcome", "days", "--treated", "arm", "--treated-value", "usual", "--cluster", "centre")
    assert told["df"] == pytest.approx(2)
    assert [line["errors"] for line in told["table"]] == ["cr0", "cr1", "cr1s", "cr2", "cr3"]


@pytest.mark.parametrize(("treated", "control"), [
    ("ja", "nej"), ("Yes", "no"), ("TRUE", "FALSE"), ("true", "false"), ("treated", "control"), ("intervention", "kontroll"), ("1", "0"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["mean-difference", "ols"])
def test_words_that_say_yes_are_the_treated_arm_however_they_sort(ask, method, treated, control):
    text = f"arm,days\n{treated},1\n{control},5\n{treated},2\n{control},7\n{control},6\n{treated},3\n"
    told = ask(method, "--outcome", "days", "--treated", "arm", text=text)
    assert told["estimate"] == pytest.approx(-4)
    assert str(told["treated_value"]).lower() == treated.lower()


def test_the_treated_value_that_is_named_is_the_treated_arm(ask):
    text = "arm,days\nearly,1\nusual,5\nearly,2\nusual,7\n"
    for value, found in (("early", -4.5), ("usual", 4.5)):
        told = ask("mean-difference", "--outcome", "days", "--treated", "arm", "--treated-value", value, text=text)
        assert (told["estimate"], told["treated_value"]) == (pytest.approx(found), value)
    told = ask("mean-difference", "--outcome", "days", "--treated", "arm", "--treated-value", "1", text="arm,days\n1,1\n2,5\n1,2\n2,7\n")
    assert told["estimate"] == pytest.approx(-4.5)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_decimal_comma_are_read(ask, separator):
    text = "arm;days\n0;1,5\n0;2,5\n1;4,0\n1;6,0\n".replace(";", separator)
    if separator == "\t":
        text = text.replace(",", ".")
    assert ask("mean-difference", "--outcome", "days", "--treated", "arm", text=text)["estimate"] == 3.0


def test_r_writes_na_and_true(ask):
    text = "t,e\n1,TRUE\nNA,TRUE\n2,FALSE\n3,TRUE\n"
    told = ask("kaplan-meier", "--duration", "t", "--event", "e", "--times", "1,3", text=text)
    assert [line["survival"] for line in told["table"]] == pytest.approx([2 / 3, 0])


@pytest.mark.parametrize(("words", "said"), [
    (("guess",), "there is no method guess"),
    (("ols", "--outcome", "weight"), "no column weight"),
    (("mean-difference", "--outcome", "days"), "needs --treated"),
    (("mean-difference", "--outcome", "place", "--treated", "event"), "column place of study.csv is text"),
    (("mean-difference", "--outcome", "days", "--treated", "age"), "8 different values"),
    (("cox", "--duration", "days", "--event", "event"), "needs --covariates"),
    (("ols", "--formula", "days ~ )("), "formula cannot be used"),
    (("rmst", "--duration", "days", "--event", "event", "--tau", "-1"), "tau must be greater"),
    (("fine-gray", "--duration", "days", "--event", "event", "--cause", "3", "--covariates", "age"), "cause 3 never happens"),
    (("kaplan-meier", "--duration", "days", "--event", "event", "--times", "soon"), "not a number"),
    (("did", "--outcome", "days", "--treated", "event"), "needs --period"),
    (("did", "--outcome", "days", "--treated", "event", "--period", "place"), "period is text"),
    (("mean-difference", "--outcome", "days", "--treated", "arm"), "do not say which is the treated arm"),
    (("mean-difference", "--outcome", "days", "--treated", "arm", "--treated-value", "late"), "not one of the two values"),
    (("ols", "--outcome", "days", "--treated", "age", "--treated-value", "30"), "chooses of two"),
    (("ols", "--outcome", "days", "--treated-value", "usual"), "does not read --treated-value"),
    (("net-benefit", "--outcome", "days"), "a predicted chance"),
])  # fmt: skip
def test_a_bad_question_is_a_usage_error_with_a_remedy(ask, words, said):
    with pytest.raises(UsageError) as stop:
        ask(*words)
    assert said in stop.value.what
    assert stop.value.remedy
    assert stop.value.exit_code == 2


def test_an_error_quotes_no_cell(ask):
    with pytest.raises(UsageError) as stop:
        ask("mean-difference", "--outcome", "days", "--treated", "arm", text="arm,days\n0,191212121212\n1,a;b\n0,1,2,3\n")
    assert "1912" not in str(stop.value)


def test_help_names_every_method():
    told = CliRunner().invoke(app, ["estimate", "--help"]).stdout
    assert [name for name in METHODS if name not in told] == []
