"""`rehabrisk models`: what is there, and the way back."""

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from pipeline import housekeeping, run_models
from pipeline.config.home import Home
from pipeline.console import Console
from pipeline.errors import UsageError
from pipeline.train.artefact import promote, promotions, save
from pipeline.train.training import shipped
from tests.unit.train.invented import AS_OF, candidate

MONTH = dt.timedelta(days=30)


@pytest.fixture
def home(tmp_path):
    housekeeping.init(Home(tmp_path / "home"), Console(quiet=True))
    return Home(tmp_path / "home")


def told(home, *words):
    done = CliRunner().invoke(run_models.app, [*words, "--home", str(home.path)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def versions(home):
    """The shipped figures, an own model, and the same one under another code version; promoted in that order."""
    third = candidate().__class__(candidate().risk, AS_OF, candidate().meta | {"seed": 2}, candidate().validation)
    kept = [save(one, home) for one in (shipped(AS_OF, "abc123"), candidate(), third)]
    for place, version in enumerate(kept):
        promote(home, version, AS_OF + place * MONTH)
    return kept


def current(home):
    return (home.models / "current").read_text().strip()


def test_every_version_is_listed_with_its_figure_and_the_one_in_use_marked(home):
    assert "no model yet" in told(home, "list")
    first, _, third = versions(home)
    lines = told(home, "list").splitlines()
    assert [line.startswith("*") for line in lines if line[2:].startswith("2025")].count(True) == 1
    assert next(line for line in lines if third in line).startswith(f"* {third}")
    assert "national_figures" in next(line for line in lines if first in line)
    auc = candidate().validation["models"][candidate().meta["kind"]]["90"]["auc"][0]
    assert f"{auc:.3f} (" in next(line for line in lines if third in line)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [("meta.json", None, "is not there"), ("meta.json", "{", "is no JSON"), ("meta.json", "[]", "does not describe"), ("validation.json", "\xff", "is no JSON")],
)
def test_a_folder_that_cannot_be_read_is_listed_with_what_to_do_and_hides_no_other(home, file, text, said):
    first, second, third = versions(home)
    for version in (first, third):
        broken = home.models / version / file
        broken.unlink() if text is None else broken.write_bytes(text.encode("latin-1"))
    lines = told(home, "list").splitlines()
    assert [version for version in (first, second, third) if "cannot be read, see below" in next(line for line in lines if version in line)] == [first, third]
    assert next(line for line in lines if third in line).startswith(f"* {third}")
    below = "\n".join(lines[lines.index("* in use now") :])
    assert below.count(said) == 2 and f"model {first} cannot be read" in below
    assert "put the folder back from a copy, or remove it" in below and "it is in use" in below and "rehabrisk train" in below


def test_a_version_is_shown_by_its_card(home):
    first, second, _ = versions(home)
    for version in (first, second):
        assert told(home, "show", version).startswith(f"# Model card {version}")


def test_a_card_is_shown_whatever_the_program_can_use_of_the_model(home, tmp_path):
    first, second, third = versions(home)
    for version in (first, second, third):
        meta = home.models / version / "meta.json"
        meta.write_text(json.dumps(json.loads(meta.read_text()) | {"format_version": 0}))
        assert told(home, "show", version).startswith(f"# Model card {version}")
    housekeeping.card(home, None, AS_OF + MONTH, tmp_path / "out", Console(quiet=True))
    assert second in (tmp_path / "out" / "card.md").read_text()
    housekeeping.card(home, None, None, tmp_path / "out", Console(quiet=True))
    assert third in (tmp_path / "out" / "card.md").read_text()
    with pytest.raises(UsageError, match="older program"):
        housekeeping.promote(home, first, AS_OF, Console(quiet=True))
    for nonsense in ("zz", "../models/" + first):
        with pytest.raises(UsageError, match="no card of a model") as stop:
            housekeeping.card(home, nonsense, None, None, Console(quiet=True))
        assert "models list" in str(stop.value)


def test_back_goes_one_step_at_a_time_and_ends_with_a_remedy(home):
    first, second, _ = versions(home)
    later = (AS_OF + 3 * MONTH).isoformat()
    told(home, "rollback", "--as-of", later)
    assert current(home) == second
    told(home, "rollback", "--as-of", later)
    assert current(home) == first
    with pytest.raises(UsageError, match="no model before"):
        told(home, "rollback", "--as-of", later)
    assert [one["version"] for one in promotions(home)][-2:] == [second, first]  # nothing of the past is unsaid


def test_two_versions_stand_side_by_side(home):
    first, second, _ = versions(home)
    text = told(home, "compare", first, second)
    assert "day 90 AUC" in text and "features" in text and "trained on" in text
    assert f"{candidate().meta['moments']}" in text
    assert f"Model card {second}" in told(home, "show", second)


def test_a_difference_is_given_on_the_same_months_alone(home):
    _, second, third = versions(home)
    text = told(home, "compare", second, third)  # drawn with another seed: other moments
    assert "no difference is given" in text and "+0.000" not in text
    same = candidate().__class__(candidate().risk, AS_OF, candidate().meta | {"code_version": "later"}, candidate().validation)
    alike = told(home, "compare", second, save(same, home))
    assert "has no interval" in alike
    assert next(line for line in alike.splitlines() if line.startswith("day 90 AUC")).endswith("+0.000")


def test_a_version_that_is_not_there_is_told_with_those_that_are(home):
    kept = versions(home)
    with pytest.raises(UsageError, match="no model nonsense") as stop:
        told(home, "compare", kept[0], "nonsense")
    assert kept[1] in str(stop.value)
    (home.models / kept[0] / "validation.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        told(home, "compare", kept[0], kept[1])
    assert json.loads((home.models / kept[1] / "meta.json").read_text())["version"] == kept[1]
