"""The notebooks run whole on a region that the night has walked, and draw what they say."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.flow.regions import copied

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SHOWN = {"01_look_at_spells": "spells as known on 2026-01-12", "02_rerun_a_study": "Net sick days within 365 days"}


def test_every_notebook_is_run_here():
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_and_draws(name, request, tmp_path):
    home = request.getfixturevalue("finished").home if name.startswith("01") else copied(request.getfixturevalue("enrolled"), tmp_path / "home")
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, str(NOTEBOOKS / f"{name}.py"), "--home", str(home.path), "--out", str(out)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = sorted(out.glob("*.svg"))
    assert pictures
    assert all("<svg" in picture.read_text(encoding="utf-8") for picture in pictures)
    assert SHOWN[name] in done.stdout
