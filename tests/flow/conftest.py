"""Tests on samples that lie beside the checkout are collected only where the samples are."""

from pathlib import Path

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
collect_ignore = [] if SAMPLES.is_dir() else ["test_region_y_ingest.py"]
