"""A candidate on disk: HOME/models/<version>/, whole or not there; and which one is current."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.store.files import replace_folder, write_text_whole
from pipeline.train.card import card_html, card_lines, card_markdown
from pipeline.train.training import Candidate

CURRENT = "current"
PROMOTIONS = "promotions.json"


def save(candidate: Candidate, home: Home) -> str:
    """Write the candidate and return its version, `yyyymmdd-<8 hex of its content>`; it is not made current.

    Files: model.skops (trees), encoder.json, risk.json (curves' parameters), meta.json, validation.json,
    card.md, card.html. A version that is already there is replaced by the same content.
    """
    files = candidate.risk.to_files()
    texts = {name: _json(kept) for name, kept in files.items() if isinstance(kept, dict)}
    trees = files["model.skops"]
    # skops files differ from dump to dump, so the figures, the parameters and the settings name the content
    named = _json({"meta": candidate.meta, "validation": candidate.validation, **texts})
    version = f"{candidate.as_of:%Y%m%d}-{hashlib.sha256(named.encode()).hexdigest()[:8]}"
    meta = candidate.meta | {"version": version, "model_sha256": hashlib.sha256(trees).hexdigest()}
    lines = card_lines(meta, candidate.validation)

    def fill(folder: Path) -> None:
        (folder / "model.skops").write_bytes(trees)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "meta.json").write_text(_json(meta), encoding="utf-8")
        (folder / "validation.json").write_text(_json(candidate.validation), encoding="utf-8")
        (folder / "card.md").write_text(card_markdown(lines), encoding="utf-8")
        (folder / "card.html").write_text(card_html(lines), encoding="utf-8")
        for file in folder.iterdir():
            file.chmod(0o600)

    replace_folder(home.models / version, fill)
    return version


def promote(home: Home, version: str, since: dt.date | None = None) -> None:
    """Make `version` the model of nights from `since` on (None: from the night it was trained on).

    promotions.json only grows, so that a night of the past can be given the model it had; `current` names the
    version in use now, the last by `since`. Raises UsageError when the version is not there whole.
    """
    if not version or Path(version).name != version or not (home.models / version / "meta.json").is_file():
        there = sorted(path.parent.name for path in home.models.glob("*/meta.json"))
        raise UsageError(
            f"no model {version} in {home.models}", remedy=f"choose one of: {', '.join(there) or 'none yet'}"
        )
    trained = json.loads((home.models / version / "meta.json").read_text(encoding="utf-8"))["as_of"]
    told = promotions(home)
    told.append({"version": version, "since": max(since.isoformat() if since else trained, trained)})
    write_text_whole(home.models / PROMOTIONS, json.dumps(told, indent=1) + "\n")
    # the last of those with the latest night: sorting keeps the order of equals
    write_text_whole(home.models / CURRENT, sorted(told, key=lambda one: one["since"])[-1]["version"] + "\n")


def promotions(home: Home) -> list[dict]:
    """version and since of every promotion, in the order they were made."""
    file = home.models / PROMOTIONS
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def _json(kept: dict) -> str:
    return json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value):
    return value.item() if hasattr(value, "item") else str(value)
