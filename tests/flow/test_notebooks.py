"""The notebooks run whole on a region that the night has walked, and draw what they say."""

import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws(path, finished, tmp_path):
    done = subprocess.run(
        [sys.executable, str(path), "--home", str(finished.home.path), "--out", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = sorted(tmp_path.glob("*.svg"))
    assert pictures
    assert all("<svg" in picture.read_text(encoding="utf-8") for picture in pictures)
    assert "spells as known on 2026-01-12" in done.stdout
