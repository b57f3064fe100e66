"""The Avro schema of a log's records: read, checked, and freed of what counting must not interpret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastavro

from footfall.errors import InputError, SettingsError

_KEPT: Final = ("type", "name", "namespace", "fields", "items", "values", "symbols", "size")
"""Attributes that decide how bytes are read. Logical types are left out: a timestamp stays the integer it is."""


@dataclass(frozen=True)
class RecordSchema:
    """A schema that values can be decoded by."""

    tree: Mapping[str, Any]
    """As JSON, without logical types, defaults and descriptions."""
    parsed: Any
    """As fastavro wants it."""

    @classmethod
    def of(cls, tree: object) -> "RecordSchema":
        """Return the schema of a JSON value. Raises InputError if it is no schema, or not that of a record."""
        plain = _plain(tree)
        known = isinstance(plain, dict) and plain.get("type") == "record" and isinstance(plain.get("fields"), list)
        if not known:
            raise InputError('no Avro schema of a record; expected {"type": "record", "name": ..., "fields": [...]}')
        try:
            parsed = fastavro.parse_schema(plain)
        except Exception as error:  # fastavro raises what comes to hand: KeyError, ValueError, its own
            raise InputError(f"no Avro schema: {type(error).__name__}: {error}") from error
        return cls(plain, parsed)


def read_schema(path: Path) -> RecordSchema:
    """Return the schema of a file. Raises SettingsError, naming the file."""
    try:
        return RecordSchema.of(json.loads(path.read_bytes()))
    except OSError as error:
        raise SettingsError(f"log: schema = {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"log: schema = {path}: no JSON: {error}; expected an Avro schema") from error
    except InputError as error:
        raise SettingsError(f"log: schema = {path}: {error}") from error


def _plain(node: object) -> Any:
    if isinstance(node, list):
        return [_plain(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("type"), dict) and "fields" not in node and "name" not in node:
        return _plain(node["type"])  # {"type": {"type": "long", ...}}
    found = {key: node[key] for key in _KEPT if key in node}
    for key in ("type", "items", "values"):
        if key in found:
            found[key] = _plain(found[key])
    if isinstance(found.get("fields"), list):
        found["fields"] = [_plain(field) for field in found["fields"]]
    return found
