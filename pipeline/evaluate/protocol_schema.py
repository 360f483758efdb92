"""The JSON schema of a protocol file, made from its dataclasses, so that editors complete and check while one writes."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from datetime import date
from typing import Any, Literal

from pipeline.evaluate.protocol import Protocol
from pipeline.evaluate.protocol_file import RANGES, SHIPPED

FILE = SHIPPED / "protocol.schema.json"
KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a protocol."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rehabrisk study protocol"}
    return head | _table(Protocol, "")


def text() -> str:
    """The file's content; protocols/protocol.schema.json is kept equal to it by a test."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _table(kind: type, place: str) -> dict[str, Any]:
    hints, told = typing.get_type_hints(kind), _comments(kind)
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {}}
    for item in dataclasses.fields(kind):
        inner = f"{place}.{item.name}" if place else item.name
        one = _value(hints[item.name], inner)
        if item.name in told:
            one["description"] = told[item.name]
        low, high = RANGES.get(inner, (None, None))
        if low is not None:
            one |= {"minimum": low, "maximum": high}
        made["properties"][item.name] = one
    needed = [
        item.name for item in dataclasses.fields(kind)
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    made["description"] = inspect.getdoc(kind).splitlines()[0]
    return made | ({"required": needed} if needed else {})


def _value(hint: Any, place: str) -> dict[str, Any]:
    origin, of = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, types.UnionType) or origin is typing.Union:
        return _value(next(one for one in of if one is not type(None)), place)
    if dataclasses.is_dataclass(hint):
        return _table(hint, place)
    if origin is tuple:
        return {"type": "array", "items": _value(of[0], place)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(of[1], place)}
    if origin is Literal:
        return {"enum": list(of)}
    if hint is date:
        return {"type": "string", "format": "date"}
    return {"type": KINDS[hint]}


def _comments(kind: type) -> dict[str, str]:
    """A field's comment on its own line of the class."""
    found = re.findall(r"^    (\w+): [^#\n]*#\s*(.+)$", inspect.getsource(kind), re.M)
    return {name: comment.strip() for name, comment in found}
