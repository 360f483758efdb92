"""dvc.yaml: the order of research can be read, and what it makes may be noted."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_dvc_knows_every_stage():
    done = subprocess.run([sys.executable, "-m", "dvc", "stage", "list", "--name-only"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["simulate", "train", "card", "enrol", "evaluate", "notebooks"]
