"""Imports go one way: rooms meet only in tables, models know nothing of the pipeline."""

import pytest

from tests.house.imports import wrong_imports
from tests.house.tree import CODE, short


@pytest.mark.parametrize("path", CODE, ids=short)
def test_a_file_imports_only_what_its_place_may(path):
    assert wrong_imports(short(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("pipeline/features/x.py", "from pipeline.spells import words"),
        ("pipeline/features/x.py", "from pipeline import outcomes"),
        ("pipeline/features/x.py", "import pipeline.outcomes.remaining"),
        ("pipeline/features/x.py", "from ..outcomes import remaining"),
        ("pipeline/features/x.py", "def late():\n    from pipeline.outcomes import remaining"),
        ("pipeline/features/x.py", "from models.risk import hazard"),
        ("pipeline/features/x.py", "from pipeline.run import nightly"),
        ("pipeline/store/x.py", "from pipeline.ingest import contract"),
        ("pipeline/config/x.py", "from pipeline.store import files"),
        ("pipeline/errors.py", "from pipeline.config import home"),
        ("pipeline/books.py", "from pipeline.ingest import report"),
        ("models/risk/x.py", "from pipeline.errors import UsageError"),
    ],
)
def test_a_planted_import_the_wrong_way_is_caught(place, line):
    assert wrong_imports(place, line)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (
            "pipeline/features/x.py",
            "from pipeline.errors import UsageError\nfrom .words import y\nimport polars",
        ),
        ("pipeline/score/x.py", "from models.registry import RISK_MODELS"),
        ("pipeline/run.py", "from pipeline import ingest"),
        ("pipeline/summary.py", "from pipeline.console import Console"),
        ("models/risk/x.py", "from models.measures import brier"),
    ],
)
def test_an_import_the_right_way_is_let_through(place, line):
    assert wrong_imports(place, line) == []
