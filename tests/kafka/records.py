"""Records as a collector writes them: Avro of the built-in schemas, naked or framed as Confluent does."""

import io
from collections.abc import Mapping
from typing import Any, Final

import fastavro

from footfall.mapping import SchemaName, avro_schema
from footfall.mapping.schemas import field_names

_PARSED: Final[Mapping[SchemaName, Any]] = {
    name: fastavro.parse_schema(avro_schema(name)) for name in ("default", "lab2")
}
_REQUIRED: Final[Mapping[str, object]] = {
    "detectedDuplicate": False,
    "detectedCorruption": False,
    "firstInSession": False,
    "timestamp": 0,
    "clientTimestamp": 0,
    "remoteHost": "",
}


def encode(parsed: Any, fields: Mapping[str, object]) -> bytes:
    """Return the Avro of a record, naked."""
    target = io.BytesIO()
    fastavro.schemaless_writer(target, parsed, dict(fields))
    return target.getvalue()


def naked(fields: Mapping[str, object], schema: SchemaName = "default") -> bytes:
    """Return the record of one of the built-in schemas; a field that is required and missing is empty."""
    known = {name: value for name, value in {**_REQUIRED, **fields}.items() if name in field_names(schema)}
    return encode(_PARSED[schema], known)


def framed(number: int, avro: bytes) -> bytes:
    """Return the Avro in Confluent's frame, naming its schema."""
    return b"\0" + number.to_bytes(4, "big") + avro
