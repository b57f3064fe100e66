"""Avro containers, a block at a time."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, BinaryIO, Final

import fastavro

from footfall.errors import InputError
from footfall.transfer.rows import Row

_PER_MS: Final = {
    "timestamp-millis": 1,
    "timestamp-micros": 1_000,
    "timestamp-nanos": 1_000_000,
    "local-timestamp-millis": 1,
    "local-timestamp-micros": 1_000,
    "local-timestamp-nanos": 1_000_000,
}
"""Units in a millisecond. fastavro would make a datetime of them, and none of the year 12000."""

_ERRORS: Final = (ValueError, EOFError, KeyError, IndexError, OverflowError, ArithmeticError, TypeError, AttributeError)
"""What fastavro lets out of bytes that are not what the schema says."""


def avro_fields(name: str, stream: BinaryIO) -> list[str]:
    """Return the names of the record's fields. Raises InputError if it holds no records."""
    return [field["name"] for field in _opened(name, stream).writer_schema["fields"]]


_PACKED_BY: Final = {"snappy": "cramjam", "zstandard": "zstandard", "lz4": "lz4"}
"""Python packages without which fastavro cannot unpack these codecs."""


def avro_size(name: str, stream: BinaryIO, size: int) -> int:
    """Return how many records there are, having looked at every block. Raises InputError if it is not whole."""
    count, end = 0, -1
    try:
        for block in _opened(name, stream):
            count += block.num_records
            end = block.offset + block.size
    except _ERRORS as error:
        raise InputError(f"{name}: the Avro container is damaged or cut after record {count:,}: {error}") from error
    if end not in (-1, size):
        raise InputError(f"{name}: the Avro container is cut after record {count:,}: a block begins, and has no end")
    return count


def avro_rows(name: str, stream: BinaryIO) -> Iterator[Row]:
    """Yield a row for each record.

    A block whose bytes are not what the schema says is one broken row: nothing in it tells where a record begins, and
    one bad byte shifts all that follow it without an error.
    """
    reader = _opened(name, stream)
    schema, units = _plain(reader.writer_schema)
    place = 1
    for block in reader:
        records = _decoded(block, schema)
        if isinstance(records, str):
            last = place + block.num_records - 1
            yield Row(place, None, block.bytes_.getvalue(), f"the block of records {place} to {last}: {records}")
        else:
            for number, fields in enumerate(records, place):
                for field, per_ms in units.items():
                    if isinstance(moment := fields.get(field), int):
                        fields[field] = moment // per_ms
                yield Row(number, fields, b"", "")
        place += block.num_records


def _opened(name: str, stream: BinaryIO) -> Any:
    try:
        reader = fastavro.block_reader(stream)
    except _ERRORS as error:
        raise InputError(f"{name}: no Avro container, or cut within its header: {error}") from error
    codec = str(reader.metadata.get("avro.codec", "null"))
    if (package := _PACKED_BY.get(codec)) and find_spec(package) is None:
        raise InputError(
            f"{name}: its blocks are packed by {codec}; expected null, deflate, bzip2 or xz, or the Python package "
            f"{package} beside Footfall"
        )
    schema = reader.writer_schema
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        raise InputError(f"{name}: an Avro container of {schema!r}; expected one of records")
    return reader


def _plain(schema: Mapping[str, Any]) -> tuple[Any, dict[str, int]]:
    """Return the schema whose moments are plain numbers, and their units in a millisecond by field."""
    units: dict[str, int] = {}
    fields = []
    for field in schema["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        for at, kind in enumerate(kinds):
            if isinstance(kind, Mapping) and kind.get("logicalType") in _PER_MS:
                units[field["name"]] = _PER_MS[kind["logicalType"]]
                kinds = [*kinds[:at], kind["type"], *kinds[at + 1 :]]
        fields.append({**field, "type": kinds if isinstance(field["type"], list) else kinds[0]})
    return fastavro.parse_schema({**schema, "fields": fields}, _force=True), units


def _decoded(block: Any, schema: Any) -> list[dict[str, object]] | str:
    try:
        records = [fastavro.schemaless_reader(block.bytes_, schema, None) for _ in range(block.num_records)]
    except _ERRORS as error:
        return f"not what the schema says at byte {block.bytes_.tell()}: {error}"
    rest = len(block.bytes_.read())
    return f"{rest} bytes are left over" if rest else records  # type: ignore[return-value]
