"""What the house rules look at: the project's files, by kind."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "pipeline"
SQL = sorted(PIPELINE.rglob("*.sql"))
CODE = sorted([*PIPELINE.rglob("*.py"), *(ROOT / "models").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
OTHERS = sorted((ROOT / "bench").rglob("*.py")) + NOTEBOOKS
EVERY = [*CODE, *TESTS, *OTHERS]


def short(path):
    """A path as it is shown in a test's name."""
    return str(path.relative_to(ROOT))
