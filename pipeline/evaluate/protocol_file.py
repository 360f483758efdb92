"""A protocol file read once; whatever is wrong with it is told with its line."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import types
import typing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from pipeline.errors import SettingsError
from pipeline.evaluate.protocol import Protocol

SHIPPED = Path(__file__).with_name("protocols")
RANGES: dict[str, tuple[float, float]] = {
    "population.every_days": (1, 365),
    "arms.window_days": (1, 90),
    "follow_up.days": (30, 1095),
    "follow_up.months_before": (0, 24),
    "outcomes.questionnaire.slack_days": (1, 90),
    "outcomes.day_value": (0, 1e6),
    "outcomes.support_cost": (0, 1e7),
    "adjust.folds": (2, 20),
    "adjust.trim": (0, 0.2),
    "adjust.caliper": (0.01, 2),
    "adjust.period_months": (1, 12),
    "planning.sd": (1e-6, 1e9),
    "planning.icc": (0, 0.99),
    "planning.explained": (0, 0.99),
    "planning.effect_sd": (0, 1e9),
    "planning.power": (0.5, 0.99),
    "least_worthwhile": (0, 1e6),
    "smallest_cell": (3, 100),
    "repetitions": (99, 100_000),
}
PLAIN = {int: "a whole number", float: "a number", str: "text", bool: "true or false", date: "a date, YYYY-MM-DD"}


@dataclass(frozen=True)
class Read:
    """A protocol and the file it came from."""

    protocol: Protocol
    path: Path
    text: str

    @property
    def sha256(self) -> str:
        """Of the file's bytes: one changed letter is another protocol."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


def find(name: str | Path) -> Path:
    """The file of that path, or the shipped protocol of that name. Raises SettingsError when there is neither."""
    for path in (Path(name), SHIPPED / f"{name}.yaml", SHIPPED / str(name)):
        if path.is_file():
            return path
    shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.yaml")))
    raise SettingsError(f"there is no protocol {name}", remedy=f"give a file, or one of the shipped: {shipped}")


def read_protocol(path: Path) -> Read:
    """Read and check a protocol file.

    Raises
    ------
    SettingsError : not YAML, or a key unknown, missing, of the wrong kind or out of range; or parts of it contradict
        one another. The message names file and line and says what would be right.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text", remedy="save it as UTF-8") from None
    reader = _Reader(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{where}: not YAML", remedy="mend that line") from None
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path} holds no protocol", remedy="copy a shipped one and change it")
    protocol = reader.build(Protocol, node, "")
    reader.agree(protocol)
    return Read(protocol, path, text)


class _Reader:
    """Builds dataclasses from YAML nodes, which know their lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, int] = {}

    def build(self, kind: type, node: yaml.Node, place: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            raise self.fault(place, node, "must be a table of keys", "write key: value lines under it")
        hints = typing.get_type_hints(kind)
        fields = {item.name: item for item in dataclasses.fields(kind)}
        made: dict[str, Any] = {}
        for key, value in node.value:
            name, inner = str(key.value), f"{place}.{key.value}" if place else str(key.value)
            if name not in fields:
                raise self.fault(inner, key, "is not a setting", f"settings here are: {', '.join(fields)}")
            if name in made:
                raise self.fault(inner, key, "is written twice", "keep one of them")
            self.lines[inner] = key.start_mark.line + 1
            made[name] = self.value(hints[name], value, inner)
        missing = [
            name for name, item in fields.items()
            if name not in made and item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        ]  # fmt: skip
        if missing:
            raise self.fault(place, node, f"lacks {', '.join(missing)}", "every protocol must say it")
        return kind(**made)

    def value(self, hint: Any, node: yaml.Node, place: str) -> Any:
        origin, of = typing.get_origin(hint), typing.get_args(hint)
        if isinstance(hint, types.UnionType) or origin is typing.Union:
            hint = next(one for one in of if one is not type(None))
            origin, of = typing.get_origin(hint), typing.get_args(hint)
        if dataclasses.is_dataclass(hint):
            return self.build(hint, node, place)
        if origin is tuple:
            if not isinstance(node, yaml.SequenceNode):
                raise self.fault(place, node, "must be a list", "write it as [a, b] or as lines that begin with -")
            return tuple(self.value(of[0], one, f"{place}[{at}]") for at, one in enumerate(node.value))
        if origin is dict:
            if not isinstance(node, yaml.MappingNode):
                raise self.fault(place, node, "must be a table of keys", "write key: value lines under it")
            return {str(key.value): self.value(of[1], one, f"{place}.{key.value}") for key, one in node.value}
        if not isinstance(node, yaml.ScalarNode):
            raise self.fault(place, node, "must be one value", "write it on one line")
        given = yaml.SafeLoader("").construct_object(node)
        if origin is Literal:
            if given not in of:
                raise self.fault(place, node, f"is {given!r}", f"use one of {', '.join(repr(one) for one in of)}")
            return given
        return self.plain(hint, given, node, place)

    def plain(self, hint: type, given: Any, node: yaml.Node, place: str) -> Any:
        if hint is float and isinstance(given, int) and not isinstance(given, bool):
            given = float(given)
        if hint is str and given is None:
            given = ""
        if type(given) is not hint:
            raise self.fault(place, node, f"is {given!r}, not {PLAIN[hint]}", f"give {PLAIN[hint]}")
        low, high = RANGES.get(place, (None, None))
        if low is not None and not low <= given <= high:
            raise self.fault(place, node, f"is {given}", f"give a value from {low:g} to {high:g}")
        return given

    def agree(self, protocol: Protocol) -> None:
        """What no single key can tell."""
        population, arms = protocol.population, protocol.arms
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,60}", protocol.study):
            raise self.told("study", f"{protocol.study!r} is no folder's name", "use a-z, 0-9, - and _")
        if protocol.purpose == "research" and not protocol.approval:
            raise self.told("purpose", "research without approval", "give the ethical review authority's number as approval")
        if population.source == "enrolments" and not population.study_id:
            raise self.told("population.source", "enrolments needs study_id", "name the study as in the extract")
        if population.source in ("package", "csv") and not population.data:
            raise self.told("population.source", f"{population.source} needs data", "name the data")
        if population.source == "weekly":
            if not (population.since and population.until) or population.since >= population.until:
                raise self.told("population.source", "weekly needs since before until", "give both dates")
            if arms.came_about not in ("emulated trial", "stepped by unit", "matched"):
                raise self.told("arms.came_about", f"{arms.came_about} is not how weekly moments come into arms",
                                "say emulated trial, matched or stepped by unit")  # fmt: skip
        if (arms.came_about == "stepped by unit") != bool(arms.starts):
            raise self.told("arms.came_about", "starts and stepped by unit belong together", "give arms.starts, a day a unit")
        if "questionnaire" in protocol.outcomes.secondary and not protocol.outcomes.questionnaire:
            raise self.told("outcomes.secondary", "questionnaire is not described", "give outcomes.questionnaire")
        if arms.allocation and arms.allocation.unit == "cluster" and not protocol.clusters:
            raise self.told("arms.allocation.unit", "cluster, but there are no clusters", "name the column as clusters")
        if protocol.adjust.method in ("ancova", "aipw", "ipw", "match") and not protocol.adjust.covariates:
            raise self.told("adjust.method", f"{protocol.adjust.method} needs covariates", "name columns known at time zero")
        if protocol.adjust.method == "staggered" and not (arms.starts and protocol.outcomes.primary == "net_days"):
            raise self.told("adjust.method", "staggered is for units that start at different times", "give arms.starts, or another method")
        if protocol.adjust.method == "did" and not protocol.adjust.time:
            raise self.told("adjust.method", "did needs time", "name the column of before and after")

    def told(self, place: str, what: str, remedy: str) -> SettingsError:
        return SettingsError(f"{self.path}, line {self.lines.get(place, 1)}: {what}", remedy=remedy)

    def fault(self, place: str, node: yaml.Node, what: str, remedy: str) -> SettingsError:
        name = place or "the protocol"
        return SettingsError(f"{self.path}, line {node.start_mark.line + 1}: {name} {what}", remedy=remedy)
