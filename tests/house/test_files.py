"""Names that say something, no clock, no pickle, no one's own paths, nothing too long."""

import subprocess

import pytest

from tests.house import files
from tests.house.tree import CODE, EVERY, NOTEBOOKS, PIPELINE, ROOT, SQL, TESTS, short

SUFFIXES = {
    ".py",
    ".sql",
    ".toml",
    ".md",
    ".json",
    ".yaml",
    ".yml",
    ".html",
    ".txt",
    ".lock",
    ".csv",
    "",
    ".run",
}
BLIND = {
    "features",
    "score",
    "worklist",
    "spells",
    "ingest",
    "moments",
    "simulate",
}  # may not see what came after


def text(path):
    return path.read_text(encoding="utf-8")


def kept_texts():
    """Every text file that the project keeps."""
    told = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / line for line in told.stdout.splitlines()]
    return [path for path in paths if path.suffix in SUFFIXES and path.is_file()]


@pytest.mark.parametrize("path", [path for path in CODE if short(path) != "pipeline/__main__.py"], ids=short)
def test_no_file_but_the_command_line_asks_what_day_it_is(path):
    assert files.clock_calls(text(path)) == []


@pytest.mark.parametrize("path", SQL, ids=short)
def test_no_sql_asks_what_day_it_is(path):
    assert not files.sql_clock(text(path))


@pytest.mark.parametrize("line", [
    "import datetime as dt\nd = dt.date.today()", "from datetime import datetime\nx = datetime.now()",
    "f = datetime.utcnow", "import time\nt = time.time()", "from time import time", "time.localtime()",
    "con.execute('select current_date')", "sql = f'select now() {x}'", "pd.Timestamp.now()",
])  # fmt: skip
def test_a_planted_look_at_the_clock_is_caught(line):
    assert files.clock_calls(line)


def test_a_timer_and_a_word_in_prose_are_no_clock():
    assert files.clock_calls('"""Not now() nor current_date."""\nimport time\nt = time.perf_counter()') == []
    assert files.sql_clock("select now()")
    assert not files.sql_clock("-- not now()\nselect a from t")


@pytest.mark.parametrize("path", [*EVERY, *SQL], ids=short)
def test_a_file_has_a_name_that_says_something_and_at_most_400_lines(path):
    assert not files.banned_name(short(path))
    assert not files.too_long(text(path))


@pytest.mark.parametrize(
    "place", ["pipeline/utils.py", "models/helpers/x.py", "tests/common.py", "pipeline/x/misc.py"]
)
def test_a_planted_name_that_says_nothing_is_caught(place):
    assert files.banned_name(place)


def test_a_planted_file_that_is_too_long_is_caught():
    assert files.too_long("x\n" * 401)
    assert not files.too_long("x\n" * 400)


@pytest.mark.parametrize("path", EVERY, ids=short)
def test_nothing_is_stored_in_a_format_whose_loading_runs_code(path):
    assert files.unsafe_storing(text(path)) == []


@pytest.mark.parametrize("line", [
    "import pickle", "from joblib import dump", "import dill as d", "df.to_pickle('x')", "np.load(p, allow_pickle=True)",
    "from sklearn.externals import joblib",
])  # fmt: skip
def test_a_planted_pickle_is_caught(line):
    assert files.unsafe_storing(line)


@pytest.mark.parametrize("path", [path for path in CODE if path.parent != PIPELINE and path.is_relative_to(PIPELINE)
                                  and path.relative_to(PIPELINE).parts[0] in BLIND], ids=short)  # fmt: skip
def test_the_night_never_names_the_future(path):
    assert not files.reads_the_future(text(path))


def test_a_planted_look_into_the_future_is_caught():
    assert files.reads_the_future("lake.read('outcomes.remaining')")
    assert files.reads_the_future("sql = f'select a from outcomes.remaining where {x}'")
    assert not files.reads_the_future('"""Not outcomes.remaining."""\nx = "outcomes"')


@pytest.mark.parametrize("path", NOTEBOOKS, ids=short)
def test_a_notebook_shows_and_does_not_define(path):
    assert files.notebook_faults(text(path)) == []


@pytest.mark.parametrize("planted", [
    "# %%\n" + "x = 1\n" * 100, "x = 1", "# %%\ndef long():\n" + "    x = 1\n" * 10,
])  # fmt: skip
def test_a_planted_notebook_with_logic_in_it_is_caught(planted):
    assert files.notebook_faults(planted)


def test_a_short_notebook_is_let_through():
    assert files.notebook_faults("# %%\ndef short():\n    return 1\n") == []


def test_no_file_holds_a_path_of_someones_own_machine():
    assert [short(path) for path in kept_texts() if files.PERSONAL.search(text(path))] == []


def test_a_planted_path_of_someones_own_is_caught():
    for planted in ("/ho" + "me/anna/x", "/Us" + "ers/Anna/x", "C:\\Us" + "ers\\anna", "/wo" + "rk/x"):
        assert files.PERSONAL.search(planted)


@pytest.mark.parametrize("path", TESTS, ids=short)
def test_no_test_is_left_out_or_put_over_a_mock(path):
    assert not files.SKIPS.search(text(path))
    assert not files.MOCKS.search(text(path))


def test_a_planted_skip_or_mock_is_caught():
    assert files.SKIPS.search("@pytest.mark.sk" + "ip")
    assert files.SKIPS.search("pytest.import" + "orskip('x')")
    assert files.MOCKS.search("from unittest.mo" + "ck import patch")


def folders_without_init(root):
    inside = {path.parent for path in root.rglob("*.py")}
    return sorted(str(folder) for folder in inside if not (folder / "__init__.py").is_file())


@pytest.mark.parametrize("root", ["pipeline", "models", "tests"])
def test_every_folder_of_code_is_a_package(root):
    assert folders_without_init(ROOT / root) == []


def test_a_planted_folder_that_is_no_package_is_caught(tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "x.py").touch()
    assert folders_without_init(tmp_path)


def unpinned(lock):
    lines = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    return [line for line in lines if line.startswith("-") or "==" not in line or "://" in line]


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_index():
    lock = text(ROOT / "requirements.lock")
    assert unpinned(lock) == []
    assert "--hash=sha256:" in lock


def test_a_planted_index_address_in_the_lock_is_caught():
    assert unpinned("--index-url https://somewhere\nduckdb==2.0.0 \\\n    --hash=sha256:00\n")
    assert unpinned("duckdb>=2\n")
