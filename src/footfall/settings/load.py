"""Reading the settings: flag over variable over file over default, every error at once, each with its key and place."""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from footfall.errors import SettingsError
from footfall.settings.tree import Settings

PREFIX = "FOOTFALL_"
_NOT_SETTINGS = frozenset({"FOOTFALL_CONFIG", "FOOTFALL_LOG_LEVEL", "FOOTFALL_LOG_FORMAT"})
"""Variables of the command line itself."""

_HIDDEN = frozenset({"store"})
"""Settings whose value no message shows: where a password begins cannot be told if it is wrong."""

_SECRET = re.compile(r"(://)[^/@]*@")
"""Name and password within an address: no message shows them."""


def load(
    file: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings.

    `file` must exist if given; without it `footfall.toml` of the working folder is read if it is there. `flags` are
    dotted keys (`collector.port`); those with None are left out.

    Raises SettingsError with one line for each wrong key: its place, the value and what was expected.
    """
    path = file or Path("footfall.toml")
    tree: dict[str, Any] = {}
    places: dict[str, str] = {}
    problems: list[str] = []
    for place, key, value in [
        *_from_file(path, required=file is not None),
        *_from_environ(os.environ if environ is None else environ, problems),
        *(
            ("flag --" + key.split(".")[-1].replace("_", "-"), key, value)
            for key, value in (flags or {}).items()
            if value is not None
        ),
    ]:
        _put(tree, key.split("."), value)
        places[key] = place
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        problems += [_explain(dict(detail), places) for detail in error.errors()]
    if problems:
        raise SettingsError("\n".join(sorted(set(problems))))
    return settings


def _from_file(path: Path, *, required: bool) -> list[tuple[str, str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if required:
            raise SettingsError(f"{path}: no such file; expected a TOML file (footfall init writes one)") from None
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    try:
        return [(str(path), key, value) for key, value in _flat(tomllib.loads(text))]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: no TOML: {error}") from error


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, dict) and value and prefix + key != "counting.fields":
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, value))
    return pairs


def _from_environ(environ: Mapping[str, str], problems: list[str]) -> list[tuple[str, str, Any]]:
    pairs = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in _NOT_SETTINGS:
            key = name.removeprefix(PREFIX).lower().replace("__", ".")
            pairs.append((f"variable {name}", key, _plain(key, environ[name])))
    return pairs


def _plain(key: str, text: str) -> Any:
    """Read a variable as its setting wants it: lists and tables as JSON, or a list parted by commas."""
    kind = _kind(key)
    if kind.startswith(("tuple", "dict")):
        try:
            return json.loads(text)
        except ValueError:
            if kind.startswith("tuple"):
                return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _kind(key: str) -> str:
    section: type[BaseModel] = Settings
    *sections, name = key.split(".")
    for part in sections:
        inner = section.model_fields.get(part)
        if inner is None or not (isinstance(inner.annotation, type) and issubclass(inner.annotation, BaseModel)):
            return ""
        section = inner.annotation
    found = {field.alias or known: field for known, field in section.model_fields.items()}.get(name)
    return str(found.annotation) if found else ""


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[path[-1]] = value


def keys(section: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Return the dotted keys of all settings, in the order of the reference."""
    found: list[str] = []
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += keys(field.annotation, f"{prefix}{name}.")
        else:
            found.append(prefix + (field.alias or name))
    return found


def _explain(detail: dict[str, Any], places: Mapping[str, str]) -> str:
    parts = [str(part) for part in detail["loc"]]
    key = ".".join(parts)
    place = next((places[known] for known in sorted(places, key=len, reverse=True) if _touches(known, key)), "default")
    if detail["type"] == "extra_forbidden":
        known = [*keys(), *{name.split(".")[0] for name in keys()}]
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        return f"{place}: unknown key {key}" + (f"; did you mean {near[0]}?" if near else "")
    message = detail["msg"].removeprefix("Value error, ")
    shown = "..." if key in _HIDDEN else _SECRET.sub("\\1...@", repr(detail["input"]))
    return f"{place}: {key or 'settings'} = {shown}: {message[0].lower()}{message[1:]}"


def _touches(known: str, key: str) -> bool:
    return known == key or known.startswith(key + ".") or key.startswith(known + ".")
