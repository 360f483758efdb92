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
    return load(home, current_version(home))


def current_version(home: Home) -> str:
    """The promoted model's name, whether this program can read it or not. Raises UsageError when none is promoted."""
    current = home.models / "current"
    if not current.is_file():
        trained = sorted(path.parent.name for path in home.models.glob("*/meta.json"))
        raise UsageError(
            "no model is in use yet",
            remedy=f"run `rehabrisk promote {trained[-1]}`, having read its card"
            if trained
            else "run `rehabrisk nightly`: the first night trains one",
        )
    return current.read_text(encoding="utf-8").strip()


def model_for(home: Home, as_of: dt.date) -> LoadedModel | None:
    """The model that was in use on the night of `as_of`: the last one promoted for it or for a night before.

    None when there was none yet, or when it was written by an older program than this one can read.
    """
    version = version_for(home, as_of)
    if version is None:
        return None
    meta = home.models / version / "meta.json"
    if meta.is_file() and _read(meta).get("format_version", 0) < FORMAT_VERSION:
        return None
    return load(home, version)


def version_for(home: Home, as_of: dt.date) -> str | None:
    """The name of the model that was in use on the night of `as_of`, whether this program can read it or not."""
    file = home.models / "promotions.json"
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    held = sorted((one for one in told if one["since"] <= as_of.isoformat()), key=lambda one: one["since"])
    return held[-1]["version"] if held else None


def trained_on(model: LoadedModel) -> dt.date:
    """The night whose knowledge the model was trained on."""
    return dt.date.fromisoformat(model.meta["as_of"])


def load(home: Home, version: str) -> LoadedModel:
    """One version. Raises UsageError: missing, damaged, or written by a newer program."""
    folder = home.models / version
    if not version or not (folder / "meta.json").is_file():
        raise UsageError(f"no model {version} in {home.models}", remedy="`rehabrisk models list` names those there are")
    meta = _read(folder / "meta.json")
    if meta.get("format_version", 0) > FORMAT_VERSION:
        raise UsageError(
            f"model {version} has format {meta['format_version']}, this program reads up to {FORMAT_VERSION}",
            remedy="update the program, or promote an older model",
        )
    if meta.get("format_version", 0) < FORMAT_VERSION:
        raise UsageError(
            f"model {version} was written by an older program, and this one cannot use it",
            remedy="where it is in use, the next night trains a new one and uses that; its card can still be read",
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
