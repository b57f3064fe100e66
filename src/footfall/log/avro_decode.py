"""Naked Avro records of one schema: decoded by the batch, and one by one where a batch fails.

A record counts as decoded only if all its bytes were used. The fast decoder takes trailing bytes silently: so each
record gets a mark behind it, and the schema a last field that must hold this mark.
"""

import io
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import fastavro
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyruhvro  # type: ignore[import-untyped]

from footfall.errors import InputError
from footfall.log.avro_columns import VALUES, values_of, values_of_one
from footfall.log.avro_schema import RecordSchema
from footfall.log.columns import Fields

_FEW: Final = 8
"""So many records of a batch that failed are decoded one by one rather than by two smaller batches."""

_ADDRESS: Final = re.compile(r" from <[^>]* at 0x[0-9a-f]+>")

_MARK: Final = "__end_of_record"

_NOTHING: Final[Mapping[str, object]] = {}


class AvroDecoder:
    """Decodes values by one schema into the columns that counting needs."""

    def __init__(self, schema: RecordSchema, fields: Fields) -> None:
        """Take each column from the first of its `fields` that the schema has."""
        self._schema, self._fields = schema, fields
        self._end = secrets.randbits(61) | 1 << 61  # nobody can write it into a record by chance, or on purpose
        self._mark = _varint(self._end)
        last = {"name": _MARK, "type": "long"}
        self._marked: str | None = json.dumps({**schema.tree, "fields": [*schema.tree["fields"], last]})
        if _try(pyruhvro.avro_to_arrow_schema, self._marked) is None:
            self._marked = None  # a schema that only fastavro knows: slow, but right

    def columns(self, values: Sequence[bytes], problems: dict[int, str]) -> pa.Table:
        """Return the columns of `VALUES`, a row for each value; those that cannot be decoded are told in `problems`."""
        parts: list[pa.RecordBatch] = []
        self._decode(values, 0, parts, problems)
        return pa.Table.from_batches(parts, VALUES)

    def fields(self, value: bytes) -> dict[str, Any]:
        """Return a record with all its fields. Raises InputError if it cannot be decoded to its last byte."""
        source = io.BytesIO(value)
        try:
            found = fastavro.schemaless_reader(source, self._schema.parsed, None)
        except EOFError as error:
            raise InputError("no record of the schema: its bytes end too early") from error
        except Exception as error:  # what fastavro raises for broken bytes is not its contract
            said = _ADDRESS.sub("", f"{type(error).__name__}: {error}")  # the same words each time
            raise InputError(f"no record of the schema: {said}") from error
        left = len(value) - source.tell()
        if left:
            raise InputError(f"no record of the schema: {left} of {len(value)} bytes are left over")
        if not isinstance(found, dict):
            raise InputError("no record of the schema")
        return found

    def _decode(
        self, values: Sequence[bytes], first: int, parts: list[pa.RecordBatch], problems: dict[int, str]
    ) -> None:
        decoded = self._at_once(values)
        if decoded is not None:
            parts.append(values_of(decoded, self._fields))
        elif len(values) <= _FEW:
            parts += [self._alone(value, row, problems) for row, value in enumerate(values, first)]
        else:
            half = len(values) // 2
            self._decode(values[:half], first, parts, problems)
            self._decode(values[half:], first + half, parts, problems)

    def _at_once(self, values: Sequence[bytes]) -> pa.RecordBatch | None:
        """Return the records, or None if there is anything wrong with any of them."""
        if self._marked is None:
            return None
        mark = self._mark
        decoded = _try(pyruhvro.deserialize_array, [value + mark for value in values], self._marked)
        if decoded is None or not pc.all(pc.equal(decoded.column(_MARK), self._end)).as_py():
            return None
        try:
            decoded.validate(full=True)  # pyruhvro takes any bytes for text
        except pa.ArrowInvalid:
            return None
        return decoded

    def _alone(self, value: bytes, row: int, problems: dict[int, str]) -> pa.RecordBatch:
        found = _NOTHING
        try:
            found = self.fields(value)
        except InputError as error:
            problems[row] = str(error)
        return values_of_one(found, self._fields)


def _try(function: Any, *arguments: object) -> Any:
    """Return what pyruhvro returns, or None for whatever it raises: also a panic, which is no Exception."""
    try:
        return function(*arguments)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # the slow decoder has the last word
        return None


def _varint(number: int) -> bytes:
    """Return a positive long as Avro writes it."""
    left, found = number << 1, bytearray()
    while left > 127:
        found.append(left & 127 | 128)
        left >>= 7
    return bytes([*found, left])
