"""Words of what an analyst reads about spells, in the region's language (locale/*.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def words(language: str) -> dict[str, Any]:
    """Tables rules, compare and explain."""
    return tomllib.loads((Path(__file__).parent / "locale" / f"{language}.toml").read_text(encoding="utf-8"))
