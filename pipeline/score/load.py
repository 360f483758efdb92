"""The current model, read from HOME/models; reading runs no code from the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from models.risk.fitted import FORMAT_VERSION, FittedRisk, from_files
from models.risk.national import NationalRisk
from pipeline.config.home import Home
from pipeline.errors import UsageError


@dataclass(frozen=True)
class LoadedModel:
    """`risk` answers outlook(frame) and effects(frame, groups); `meta` is meta.json."""

    version: str
    meta: dict
    risk: FittedRisk | NationalRisk


def load_current(home: Home) -> LoadedModel:
    """The promoted model. Raises UsageError when none is promoted, or it cannot be used."""
    current = home.models / "current"
    if not current.is_file():
        raise UsageError(
            "no model has been made current", remedy="run `rehabrisk train`, then promote its version"
        )
    return load(home, current.read_text(encoding="utf-8").strip())


def load(home: Home, version: str) -> LoadedModel:
    """One version. Raises UsageError: missing, damaged, or written by a newer program."""
    folder = home.models / version
    if not version or not (folder / "meta.json").is_file():
        raise UsageError(f"no model {version} in {home.models}", remedy="promote another version, or train")
    meta = _read(folder / "meta.json")
    if meta.get("format_version", 0) > FORMAT_VERSION:
        raise UsageError(
            f"model {version} has format {meta['format_version']}, this program reads up to {FORMAT_VERSION}",
            remedy="update the program, or promote an older model",
        )
    try:
        trees = (folder / "model.skops").read_bytes()
        if hashlib.sha256(trees).hexdigest() != meta["model_sha256"]:
            raise ValueError("model.skops is not the file that was saved")
        risk = from_files(_read(folder / "risk.json"), _read(folder / "encoder.json"), trees)
    except (OSError, KeyError, TypeError, ValueError) as why:
        raise UsageError(
            f"model {version} cannot be used: {why}", remedy="promote another version, or train anew"
        ) from why
    return LoadedModel(version, meta, risk)


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
