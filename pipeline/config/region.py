"""region.toml, parsed once into frozen dataclasses: one small class a room, unknown keys are errors."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import SettingsError

EXAMPLE = Path(__file__).with_name("region.toml")


@dataclass(frozen=True)
class EngineSettings:
    """DuckDB, embedded. `memory_limit` is DuckDB's own; beyond it, it spills inside the vault folder."""

    threads: int = 2
    memory_limit: str = "2GB"


@dataclass(frozen=True)
class ReserveNumber:
    """A region's own identity number: `pattern` is a regular expression over the whole number."""

    name: str
    pattern: str = ""  # blank: the ready pattern of that name in privacy/identity.py
    checked: bool = False  # True: verify the last digit (Luhn) where the scheme has one


@dataclass(frozen=True)
class TableFormat:
    """How one extract is read. `columns`: theirs -> canonical; `codes`: per canonical column, theirs -> canonical."""

    file: str = ""  # pattern of the file name; blank: the table's name and any known suffix
    format: Literal["", "csv", "parquet", "sas", "spss"] = ""
    separator: str = ";"
    encoding: str = "utf-8"
    decimal: str = "."
    date_format: str = "%Y-%m-%d"
    timestamp_format: str = ""  # blank: ISO 8601, blank or T between date and time
    columns: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class IngestSettings:
    """What may be rejected before the night stops, and how each extract is read."""

    max_rejected_share: float = 0.05  # of a file's rows, for any one rule ...
    max_rejected_rows: int = 100  # ... but never fewer rows than this
    max_period_days: int = 400
    waiting_days: int = 60  # a period waits this long (delivery dates) for its certificate
    reserve_numbers: tuple[ReserveNumber, ...] = ()
    tables: dict[str, TableFormat] = field(default_factory=dict)


@dataclass(frozen=True)
class SpellRules:
    """What a spell is (pipeline/spells/README.md). `rule` is for what is reported; lists, models and studies keep to the clean one."""

    rule: Literal["clean", "rehabstod", "statistics", "fk"] = "clean"
    max_gap_days: int = 5
    days_since_end: int = 0


@dataclass(frozen=True)
class TrainingSettings:
    """Which past moments the model learns from, and when it learns anew."""

    max_moments: int = 300_000
    seed: int = 1
    tune_months: int = 6
    test_months: int = 6
    first_days: int = 90  # spell days that are oversampled and weighted back
    per_spell: int = 5
    retrain_days: int = 0  # the night trains anew and promotes when the model is older; 0 = a person decides
    min_moments: int = 2_000
    min_events: int = 200
    srs_file: str = ""  # published SRS v3 hazards, from the home; blank: the card has no row for them
    srs_region: Literal["Nord", "Mitt", "Stockholm", "Vast", "Syd"] = "Stockholm"  # as SRS divides the country


@dataclass(frozen=True)
class BenefitSettings:
    """Where the evidence comes from; blank: models/benefit/evidence.toml."""

    evidence: str = ""


UnitKind = Literal["primary", "psychiatry", "orthopaedics", "medicine", "oncology", "rehab", "other"]  # of units.kind


@dataclass(frozen=True)
class WorklistRules:
    """Who may be on the list and how long it is (design: a list invites, a person decides)."""

    unit: Literal["issuing", "listed"] = "issuing"
    first_days: int = 90
    first_days_kinds: tuple[UnitKind, ...] = ("primary",)
    first_days_elsewhere: int = 365  # at units of other kinds
    declined_days: int = 180
    weeks_capacity: int = 1
    default_capacity: int = 5
    random_share: float = 0.0
    min_preventable_days: float = 1.0  # net days; an expectation below it is not worth a call
    max_rows: int = 200
    require_physician: bool = True
    seed: int = 1


@dataclass(frozen=True)
class MonitorSettings:
    """When a night's volumes are called strange."""

    fewest_ongoing_share: float = 0.5  # of the last nights' median


DEFAULT_GROUPS = {
    "mental": ("F320", "F321", "F329", "F330", "F331", "F339", "F41", "F43", "F45", "F48", "Z73"),
    "pain": ("M50", "M51", "M53", "M54", "M75", "M77", "M79", "R52", "G43", "G44"),
}


@dataclass(frozen=True)
class Region:
    """All settings of a home."""

    name: str = "region"
    language: Literal["sv", "en"] = "sv"
    engine: EngineSettings = EngineSettings()
    ingest: IngestSettings = IngestSettings()
    spells: SpellRules = SpellRules()
    groups: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEFAULT_GROUPS))
    training: TrainingSettings = TrainingSettings()
    benefit: BenefitSettings = BenefitSettings()
    worklist: WorklistRules = WorklistRules()
    monitor: MonitorSettings = MonitorSettings()


MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")
RANGES: dict[str, tuple[float, float]] = {
    "engine.threads": (1, 1024),
    "ingest.max_rejected_share": (0, 1),
    "ingest.max_rejected_rows": (0, 10**9),
    "ingest.max_period_days": (1, 3660),
    "spells.max_gap_days": (0, 90),
    "spells.days_since_end": (0, 14),
    "training.max_moments": (100, 10**7),
    "training.per_spell": (1, 1000),
    "training.seed": (0, 2**32 - 1),
    "training.tune_months": (1, 24),
    "training.test_months": (1, 24),
    "worklist.random_share": (0, 1),
    "worklist.first_days": (0, 3660),
    "worklist.first_days_elsewhere": (0, 3660),
    "worklist.declined_days": (0, 3660),
    "worklist.weeks_capacity": (1, 53),
    "worklist.default_capacity": (0, 10**4),
    "worklist.min_preventable_days": (-365, 365),
    "worklist.max_rows": (1, 10**6),
    "monitor.fewest_ongoing_share": (0, 1),
}


def load_region(path: Path) -> Region:
    """Read region.toml.

    Raises
    ------
    SettingsError : the file is not TOML, or a key is unknown, of the wrong type or out of range;
        the message names the file, the line and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text", remedy="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        raise _not_toml(path, text.splitlines(), str(fault)) from None
    reader = _Reader(path, text)
    region = reader.build(Region, given, "")
    if not MEMORY.fullmatch(region.engine.memory_limit):
        raise reader.fault("engine", "memory_limit", "is no amount of memory", 'write it like "2GB"')
    return dataclasses.replace(region, groups={**DEFAULT_GROUPS, **region.groups})


def _not_toml(path: Path, lines: list[str], told: str) -> SettingsError:
    """The parser's words with the line and, where one stands there or was left open above, the setting."""
    what, line = told, len(lines)
    if found := re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", told, re.DOTALL):
        what, line = found[1], min(int(found[2] or line), line)
    if what.startswith("Unclosed"):  # told where the next thing begins, not where it was opened
        opened = (at for at in range(line, 0, -1) if re.search(r"=\s*[\[{][^\]}]*$", lines[at - 1]))
        line = next(opened, line)
    setting = ""
    if key := re.match(r"""\s*["']?([\w.-]+)["']?\s*=""", lines[line - 1] if lines else ""):
        heads = (re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", text) for text in reversed(lines[:line]))
        section = next((head[1] for head in heads if head), "")
        setting = f"{section}.{key[1]}: ".removeprefix(".")
    return SettingsError(
        f"{path}, line {line}: {setting}{what[:1].lower() + what[1:]}",
        remedy='mend that line: text stands in quotes (name = "x"), a list in brackets, one setting a line',
    )


class _Reader:
    """Builds dataclasses from nested dicts and says on which line a key stands when it cannot."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def build(self, kind: type, given: dict[str, Any], place: str) -> Any:
        hints = typing.get_type_hints(kind)
        known = [item.name for item in dataclasses.fields(kind)]
        for key in given:
            if key not in known:
                near = ", ".join(known)
                raise self.fault(place, key, "is not a setting", f"settings here are: {near}")
        made = {}
        for key, value in given.items():
            made[key] = self.value(hints[key], value, place, key)
        return kind(**made)

    def value(self, hint: Any, value: Any, place: str, key: str) -> Any:
        origin = typing.get_origin(hint)
        inner = f"{place}.{key}" if place else key
        if dataclasses.is_dataclass(hint):
            if not isinstance(value, dict):
                raise self.fault(place, key, "must be a table", f"write it as [{inner}]")
            return self.build(hint, value, inner)
        if origin is Literal:
            if value not in typing.get_args(hint):
                allowed = ", ".join(repr(one) for one in typing.get_args(hint) if one)
                raise self.fault(place, key, f"is {value!r}", f"use one of {allowed}")
            return value
        if origin is tuple:
            if not isinstance(value, list):
                raise self.fault(place, key, "must be a list", f"write {key} = [ ... ]")
            return tuple(self.value(typing.get_args(hint)[0], one, place, key) for one in value)
        if origin is dict:
            if not isinstance(value, dict):
                raise self.fault(place, key, "must be a table", f"write it as [{inner}]")
            of = typing.get_args(hint)[1]
            return {name: self.value(of, one, inner, name) for name, one in value.items()}
        return self.plain(hint, value, place, key)

    def plain(self, hint: Any, value: Any, place: str, key: str) -> Any:
        if isinstance(hint, types.UnionType):
            hint = next(one for one in typing.get_args(hint) if one is not type(None))
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
            words = {int: "a whole number", float: "a number", str: "text in quotes", bool: "true or false"}
            raise self.fault(place, key, f"is {value!r}, not {words[hint]}", f"give {words[hint]}")
        low, high = RANGES.get(f"{place}.{key}", (None, None))
        if low is not None and not low <= value <= high:
            raise self.fault(place, key, f"is {value}", f"give a value from {low:g} to {high:g}")
        return value

    def fault(self, place: str, key: str, what: str, remedy: str) -> SettingsError:
        name = f"{place}.{key}" if place else key
        return SettingsError(f"{self.path}, line {self.line(place, key)}: {name} {what}", remedy=remedy)

    def line(self, place: str, key: str) -> int:
        """The line on which `key` stands, searched inside its own table first; 1 when not found."""
        wanted = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*=""")
        full = f"{place}.{key}" if place else key
        section = ""
        for number, text in enumerate(self.lines, 1):
            if head := re.match(r"^\s*\[+\s*([^\]]+?)\s*\]+", text):
                section = head.group(1).replace('"', "").replace("'", "")
                if section == full or section.startswith(full + "."):
                    return number
            elif section == place and wanted.match(text):
                return number
        for number, text in enumerate(self.lines, 1):  # dotted keys and inline tables
            if re.search(rf"\b{re.escape(key)}\b", text.split("#")[0]):
                return number
        return 1
