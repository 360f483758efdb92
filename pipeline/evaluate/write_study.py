"""A study's files: results.json, tables as CSV, figures as SVG and PNG, the report; all at once or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pipeline.store.files import private_folder, write_text_whole

LANGUAGES = ("sv", "en")


def write_study(results: dict, folder: Path, language: str) -> Path:
    """Write everything under `folder`. Returns the page to open."""
    private_folder(folder)
    write_text_whole(folder / "results.json", as_text(results))
    return folder / "results.json"


def as_text(results: dict) -> str:
    """JSON with nothing in it that JSON does not have."""
    return json.dumps(plain(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Numbers of the language, None for those that do not exist, ten significant digits."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    return float(f"{value:.10g}") if math.isfinite(value) else None
