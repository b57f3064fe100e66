"""The settings as a commented TOML file: every key with its default and what it means."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from footfall.settings.tree import Settings
from footfall.settings.units import Duration, show_duration

_HEAD = """\
# Settings of Footfall. Lines such as "#port = 8290" are the defaults: take the # away and change the value.
# A variable wins over this file: FOOTFALL_COLLECTOR__PORT=8290; a flag over both.
"""


def describe(chosen: Mapping[str, Any] | None = None) -> str:
    """Return a TOML file of all settings, those `chosen` (by dotted key) set, the others as comments."""
    return _HEAD + _section(Settings, "", dict(chosen or {}))


def _section(section: type[BaseModel], prefix: str, chosen: dict[str, Any]) -> str:
    lines, inner = [], []
    for name, field in section.model_fields.items():
        key = prefix + (field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            title = (field.annotation.__doc__ or "").splitlines()[0]
            inner.append(f"\n# {title}\n[{key}]\n{_section(field.annotation, key + '.', chosen)}")
            continue
        lines += [f"# {line}" for line in textwrap.wrap(field.description or "", 110)]
        value = shown(chosen.get(key, field.default), duration=is_duration(field.metadata))
        lines.append(f"{'' if key in chosen else '#'}{key.removeprefix(prefix)} = {value}")
    return "".join(line + "\n" for line in lines) + "".join(inner)


def shown(value: object, *, duration: bool = False) -> str:
    """Return a value as TOML writes it; a duration in its largest unit."""
    return _toml(show_duration(value) if duration and isinstance(value, int) else value)


def is_duration(metadata: list[Any]) -> bool:
    """Say whether a field's metadata is that of a Duration."""
    return any(mark in metadata for mark in Duration.__metadata__)  # type: ignore[attr-defined]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)
