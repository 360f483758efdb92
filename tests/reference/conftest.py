"""Cases that another project's fixtures hold are read beside the checkout, where they are."""

from pathlib import Path

CASES = Path(__file__).parents[3] / "shared" / "cases" / "sjukfall"
collect_ignore = [] if CASES.is_dir() else ["test_rehabstod_cases.py"]
