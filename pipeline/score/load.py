"""The current model, read from HOME/models; reading runs no code from the file."""

from __future__ import annotations

import datetime as dt
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


def model_for(home: Home, as_of: dt.date) -> LoadedModel | None:
    """The model that a night at `as_of` may use: none that was trained on what came later.

    The promoted one where it is old enough, else the newest version that is; None when there is none.
    """
    current = home.models / "current"
    if current.is_file():
        model = load_current(home)
        if trained_on(model) <= as_of:
            return model
    dated = []
    for file in home.models.glob("*/meta.json"):
        meta = _read(file)
        if meta.get("format_version", 0) <= FORMAT_VERSION and dt.date.fromisoformat(meta["as_of"]) <= as_of:
            dated.append((meta["as_of"], file.parent.name))
    return load(home, max(dated)[1]) if dated else None


def trained_on(model: LoadedModel) -> dt.date:
    """The night whose knowledge the model was trained on."""
    return dt.date.fromisoformat(model.meta["as_of"])


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
