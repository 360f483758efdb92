"""`rehabrisk models`: which models there are, what each is worth, and the way back to the one before."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline import housekeeping
from pipeline.config.home import DEFAULT_HOME, Home
from pipeline.console import Console
from pipeline.errors import UsageError

HomeOption = Annotated[Path, typer.Option("--home", help="The region's home folder.")]
Version = Annotated[str, typer.Argument(help="A folder's name under models/.")]

SAME_MONTHS = (
    "Both were tested on the same moments; the last column is {first} less {second}. Whose outcomes these were is not kept, so the difference has no interval: "
    "the cards' intervals are those of each model alone, and say nothing of it."
)
OTHER_MONTHS = (
    "They were tested on other months or persons, and figures of different months differ by more than models do: no difference is given, and none should be "
    "read off. Each is in use after learning from its own test months too, so no month so far is new to both; train both ways on one night to compare."
)

app = typer.Typer(no_args_is_help=True, help="The models of a home: list, show, compare, roll back.")

MEASURES = (("auc", "AUC"), ("brier", "Brier"), ("ipa", "IPA"), ("o_e", "observed/expected"))


@app.command("list")
def list_models(home: HomeOption = DEFAULT_HOME) -> None:
    """Every version, the newest last: its kind, its test figures for day 90, and from which night it is or was in use.

    A folder that holds no model that can be read is listed too, with what to do.
    """
    from pipeline.train.artefact import promotions

    place, console = Home(home).require(), Console()
    versions = sorted(path.name for path in place.models.glob("[!.]*/"))
    if not versions:
        console.note("no model yet: the first night trains one")
        return
    current, unread = _current(place), []
    console.note(f"  {'version':<20}{'kind':<24}{'AUC day 90':<26}in use from the night of")
    for version in versions:
        since = ", ".join(one["since"] for one in promotions(place) if one["version"] == version) or "never"
        mark = "*" if version == current else " "
        try:
            meta, found = _read(place, version)
            told = f"{meta['kind']:<24}{_figure(found, meta['kind'], '90', 'auc'):<26}"
        except UsageError as why:
            unread.append(str(why))
            told = f"{'cannot be read, see below':<50}"
        console.note(f"{mark} {version:<20}{told}{since}")
    console.note("* in use now")
    for line in unread:
        console.note(line)


@app.command()
def show(version: Version, home: HomeOption = DEFAULT_HOME) -> None:
    """The model card of one version."""
    housekeeping.card(Home(home).require(), version, None, None, Console())


@app.command()
def compare(first: Version, second: Version, home: HomeOption = DEFAULT_HOME) -> None:
    """Two versions side by side: what each learnt from and its figures on its own test months; no difference where the months differ."""
    place, console = Home(home).require(), Console()
    both = [_read(place, version) for version in (first, second)]
    rows = [("", first, second)]
    for label, key in (("kind", "kind"), ("trained on", "as_of"), ("moments", "moments"), ("features", "features")):
        values = [meta.get(key, "") for meta, _ in both]
        rows.append((label, *(str(len(v)) if isinstance(v, list) else str(v) for v in values)))
    rows.append(("windows", *(found.get("windows", "not trained here") for _, found in both)))
    same = _tested_alike(both)
    for day in ("90", "180", "365"):
        for key, label in MEASURES:
            cells = [_figure(found, meta["kind"], day, key) for meta, found in both]
            less = _less(both, day, key) if same else ""
            rows.append((f"day {day} {label}", cells[0], f"{cells[1]:<26}{less}"))
    for name, left, right in rows:
        if name == "windows":
            console.note(f"windows of {first}: {left}\nwindows of {second}: {right}")
        else:
            console.note(f"{name:<26}{left:<26}{right}")
    gone, new = (set(both[a][0].get("features", [])) - set(both[b][0].get("features", [])) for a, b in ((0, 1), (1, 0)))
    for names, label in ((gone, f"features of {first} alone"), (new, f"features of {second} alone")):
        if names:
            console.note(f"{label}: {', '.join(sorted(names))}")
    console.note(SAME_MONTHS.format(first=first, second=second) if same else OTHER_MONTHS)


@app.command()
def rollback(
    home: HomeOption = DEFAULT_HOME,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="From the night of; default: the newest delivery's date.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Put the model that was in use before the present one back into use."""
    from pipeline.train.artefact import promotions

    place = Home(home).require()
    current = _current(place)
    order = [one["version"] for one in sorted(promotions(place), key=lambda one: one["since"])]
    if not current or order[0] == current:
        raise UsageError("there is no model before the one in use", remedy="train one, then promote it")
    # what was in use before the present model first was: twice back goes further back, not to and fro
    before = order[order.index(current) - 1]
    housekeeping.promote(place, before, _night(as_of), Console(quiet))


def _night(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a date", remedy="write it as YYYY-MM-DD") from None


def _versions(home: Home) -> list[str]:
    return sorted(path.parent.name for path in home.models.glob("*/meta.json"))


def _current(home: Home) -> str:
    file = home.models / "current"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _read(home: Home, version: str) -> tuple[dict, dict]:
    """meta.json and validation.json of a version. Raises UsageError where it is not there or cannot be read."""
    folder = home.models / version
    if Path(version).name != version or not folder.is_dir():
        raise UsageError(f"no model {version} in {home.models}", remedy=f"choose one of: {', '.join(_versions(home)) or 'none yet'}")
    found = []
    for name in ("meta.json", "validation.json"):
        try:
            found.append(json.loads((folder / name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as why:
            raise UsageError(f"model {version} cannot be read: {name} {_fault(why)}", remedy=_remedy(home, version)) from why
        if not isinstance(found[-1], dict) or (name == "meta.json" and "kind" not in found[-1]):
            raise UsageError(f"model {version} cannot be read: {name} does not describe one", remedy=_remedy(home, version))
    return tuple(found)


def _fault(why: OSError | ValueError) -> str:
    return "is not there" if isinstance(why, FileNotFoundError) else "cannot be opened" if isinstance(why, OSError) else "is no JSON"


def _remedy(home: Home, version: str) -> str:
    if version == _current(home):
        return "it is in use: put the folder back from a copy, or run `rehabrisk train` and promote what it writes"
    return "put the folder back from a copy, or remove it"


def _tested_alike(both: list[tuple[dict, dict]]) -> bool:
    """Whether both were tested on the same months of the same moments: the windows, their sizes and the draw agree."""
    told = [
        (found.get("test_months"), found.get("counts", {}).get("test"), meta.get("as_of"), meta.get("seed"), meta.get("max_gap_days"))
        for meta, found in both
    ]
    return told[0][0] is not None and told[0] == told[1]


def _less(both: list[tuple[dict, dict]], day: str, key: str) -> str:
    values = [found["models"][meta["kind"]].get(day, {}).get(key) for meta, found in both]
    return f"{values[0][0] - values[1][0]:+.3f}" if all(values) else ""


def _figure(found: dict, kind: str, day: str, key: str) -> str:
    value = found.get("models", {}).get(kind, {}).get(day, {}).get(key)
    return f"{value[0]:.3f} ({value[1]:.3f}-{value[2]:.3f})" if value else "-"
