"""The JSON Schema of a posted event: the file that the docs show is the one that decides."""

import json
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final

TEXT: Final = files("footfall.collector").joinpath("event.schema.json").read_bytes()
"""The schema as it is served."""

_SCHEMA: Final[Mapping[str, Any]] = json.loads(TEXT)

_IS: Final[Mapping[str, Callable[[object], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
}

_KNOWN: Final = {"type", "minLength", "maxLength", "pattern", "description"}
"""The words of JSON Schema that are used for members; a test holds the file to them."""


def problem_of(event: Mapping[str, object]) -> str | None:
    """Say what is wrong with the event by the schema, or None."""
    for name in _SCHEMA["required"]:
        if name not in event:
            return f"{name}: the member is missing"
    ways = [way["required"] for way in _SCHEMA["anyOf"]]
    if not any(all(name in event for name in way) for way in ways):
        return "expected " + ", or ".join(" and ".join(way) for way in ways)
    for name, rules in _SCHEMA["properties"].items():
        if name in event and (problem := _wrong(event[name], rules)):
            return f"{name}: {_shown(event[name])}; expected {problem}"
    return None


def _wrong(value: object, rules: Mapping[str, Any]) -> str | None:
    types = [rules["type"]] if isinstance(rules["type"], str) else rules["type"]
    if not any(_IS[kind](value) for kind in types):
        return " or ".join(types)
    if isinstance(value, str):
        if len(value) < rules.get("minLength", 0):
            return "no empty text"
        if len(value) > rules.get("maxLength", len(value)):
            return f"at most {rules['maxLength']} characters"
        if "pattern" in rules and not re.search(rules["pattern"], value):
            return f"a text that matches {rules['pattern']}"
    return None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:100] + "..."
