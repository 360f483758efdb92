"""What other projects' fixtures and files hold is read beside the checkout, where it is."""

from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "cases" / "sjukfall"
SRS = SHARED / "evidence" / "srs" / "srs_models_v3.json"
BESIDE = {CASES: "test_rehabstod_cases.py", SRS: "test_published_srs.py"}
collect_ignore = [test for file, test in BESIDE.items() if not file.exists()]
