"""Ruff and sqlfluff have nothing to say; their settings are in pyproject.toml."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT


def run(*command, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_ruff_has_nothing_to_say():
    told = run("ruff", "check", "--no-cache", "--quiet", ".")
    assert told.returncode == 0, told.stdout


def test_sqlfluff_has_nothing_to_say():
    told = run("sqlfluff", "lint", "--disable-progress-bar", "pipeline")
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(("name", "planted", "command"), [
    ("x.py", "import os\n", ("ruff", "check", "--no-cache")),
    ("x.sql", "select A.a,b FROM t as A\n", ("sqlfluff", "lint", "--disable-progress-bar")),
])  # fmt: skip
def test_a_planted_fault_is_caught(tmp_path, name, planted, command):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (tmp_path / name).write_text(planted)
    assert run(*command, str(tmp_path / name), cwd=tmp_path).returncode == 1
