"""A raw record of the journal becomes a record of the topic: an Avro value, a key, the time of receipt."""

import io
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import fastavro
import fastavro.schema

from footfall.errors import InputError, SettingsError
from footfall.mapping import SchemaName, avro_schema, builtin
from footfall.model.frames import arrival_of
from footfall.sinks import Outgoing

_KEYS: Final = ("partyId", "sessionId")
"""What decides the partition, in this order: a visitor's events stay together, a session's at least."""

_LONG: Final = 2**62
"""Timestamps beyond are cut, as counting cuts them (`read_timestamp`)."""


class Unfit(NamedTuple):
    """Why a record of the journal cannot be one of the topic."""

    problem: str


class Converter:
    """Turns raw records into those of one of the two built-in schemas. Pure."""

    def __init__(self, schema: SchemaName, prefix: bytes = b"") -> None:
        """`prefix`: bytes before each value; see `framing`."""
        tree = avro_schema(schema)
        self._schema = fastavro.parse_schema(tree)
        self._types: Mapping[str, Sequence[str]] = {
            field["name"]: [field["type"]] if isinstance(field["type"], str) else field["type"]
            for field in tree["fields"]  # type: ignore[attr-defined]
        }
        self._map = builtin(schema, also=_KEYS).map
        self._prefix = prefix
        self._buffer = io.BytesIO()

    def __call__(self, raw: bytes) -> Outgoing | Unfit:
        """Return the record, or why there can be none."""
        try:
            fields = self._map(raw)
        except InputError as error:
            return Unfit(str(error))
        except Exception as error:  # a fault of a mapping must not stop the journal at one record for ever
            return Unfit(f"the mapping failed: {type(error).__name__}: {error}")
        key = fields.get("partyId") or fields.get("sessionId")
        try:
            value = self._value(fields)
            return Outgoing(key.encode() if isinstance(key, str) else None, value, arrival_of(raw))
        except Exception as error:  # fastavro raises what comes to hand
            return Unfit(f"the fields do not fit the schema: {type(error).__name__}: {error}")

    def _value(self, fields: Mapping[str, object]) -> bytes:
        try:
            return self._written(fields)
        except Exception:  # hardly ever: a price that is a list, say
            types = self._types
            return self._written({name: _fitted(fields.get(name), types[name]) for name in types})

    def _written(self, fields: Mapping[str, Any]) -> bytes:
        buffer = self._buffer
        buffer.seek(0)
        buffer.truncate()
        buffer.write(self._prefix)
        fastavro.schemaless_writer(buffer, self._schema, fields)
        return buffer.getvalue()


def _fitted(value: object, types: Sequence[str]) -> object:
    """Return what counting reads in the same way, of one of the types."""
    if value is None or isinstance(value, str):
        return value
    if "double" in types:
        return _double(value)
    if "long" in types and isinstance(value, int):
        return max(-_LONG, min(value, _LONG))
    if "boolean" in types or "int" in types or "string" not in types:
        return value
    return None  # text of another type is missing text (`read_text`)


def _double(value: object) -> float:
    """Return a price or an amount as a double; what is no number is none in Avro either: NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max  # over the limit, as the integer itself


Convert = Callable[[bytes], Outgoing | Unfit]


def is_schema(schema: dict[str, object], file: Path) -> bool:
    """Say whether a file holds this Avro schema, descriptions and defaults aside. Raises SettingsError."""
    try:
        given = json.loads(file.read_bytes())
        return fastavro.schema.to_parsing_canonical_form(given) == fastavro.schema.to_parsing_canonical_form(schema)
    except OSError as error:
        raise SettingsError(f"log: schema = {file}: cannot be read: {error.strerror}") from error
    except Exception as error:  # fastavro raises what comes to hand
        raise SettingsError(f"log: schema = {file}: no Avro schema: {type(error).__name__}: {error}") from error
