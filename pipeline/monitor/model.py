"""What the card of the model in use warns of: told each night, not on the card alone."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl


def alarms_of_night(models: Path, scores: pl.DataFrame) -> list[dict]:
    """Alarms of the model that made `scores` (model_version); none where there are no scores."""
    return [alarm for version in scores["model_version"].unique().sort() for alarm in model_alarms(models, version)]


def model_alarms(models: Path, version: str) -> list[dict]:
    """Alarms (what, seen, next_step) from models/<version>/validation.json."""
    found = _validation(models, version)
    if not found.get("suspect_leak"):
        return []
    value, low, high = found["early_auc"]
    return [
        {
            "what": "model",
            "seen": f"AUC {value:.2f} ({low:.2f}-{high:.2f}) for passing day 90 on days 10 to 30 of a spell, better than any "
            "register model is known to be",
            "next_step": f"look for a feature that knows the future (`rehabrisk card --version {version}`), and promote "
            "another model until it is found",
        }
    ]


def reference(models: Path, version: str) -> dict:
    """What the model learnt from, as pipeline.monitor.volumes.distributions; {} where it learnt from no data of the region."""
    return _validation(models, version).get("reference", {})


def _validation(models: Path, version: str) -> dict:
    return json.loads((models / version / "validation.json").read_text(encoding="utf-8"))
