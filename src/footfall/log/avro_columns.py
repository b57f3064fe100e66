"""Decoded Avro becomes canonical columns, whole columns at a time (counting.md, "How values are read")."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from footfall.log.columns import Fields, Row, values_of_rows
from footfall.model.columns import Column
from footfall.model.values import Kind, read_figure, read_flag, read_id, read_text, read_timestamp

VALUES: Final = pa.schema(
    [
        pa.field("timestamp", pa.int64()),
        pa.field("event_type", pa.string()),
        pa.field("location", pa.string()),
        pa.field("session", pa.string()),
        pa.field("event", pa.string()),
        pa.field("duplicate", pa.bool_(), nullable=False),
        pa.field("corrupt", pa.bool_(), nullable=False),
        pa.field("price", pa.string()),
        pa.field("price_kind", pa.int8(), nullable=False),
        pa.field("amount", pa.string()),
        pa.field("amount_kind", pa.int8(), nullable=False),
        pa.field("currency", pa.string()),
        pa.field("item", pa.string()),
        pa.field("user_agent", pa.string()),
    ]
)
"""The columns of `ARROW_SCHEMA` that a record's fields decide, as pyarrow has them."""

_TEXTS: Final[tuple[Column, ...]] = ("event_type", "location", "currency", "user_agent")
_IDS: Final[tuple[Column, ...]] = ("session", "event", "item")
_FLAGS: Final[tuple[Column, ...]] = ("duplicate", "corrupt")
_FIGURES: Final[tuple[Column, ...]] = ("price", "amount")


def values_of(decoded: pa.RecordBatch, fields: Fields) -> pa.RecordBatch:
    """Return the columns of `VALUES`: each from the first of its `fields` that the schema has."""
    rows = decoded.num_rows

    def column(name: Column) -> pa.Array | None:
        found = next((field for field in fields[name] if field in decoded.schema.names), None)
        return None if found is None else decoded.column(found)

    columns: dict[str, pa.Array] = {"timestamp": _timestamps(column("timestamp"), rows)}
    columns |= {name: _texts(column(name), rows) for name in _TEXTS}
    columns |= {name: _ids(column(name), rows) for name in _IDS}
    columns |= {name: _flags(column(name), rows) for name in _FLAGS}
    for name in _FIGURES:
        columns[name], columns[f"{name}_kind"] = _figures(column(name), rows)
    return pa.record_batch([columns[field.name] for field in VALUES], schema=VALUES)


def values_of_one(row: Row, fields: Fields) -> pa.RecordBatch:
    """Return the columns of a single record, decoded by itself; one without fields could not be decoded."""
    columns = values_of_rows([row], fields)
    return pa.record_batch([pa.array(columns[field.name], field.type) for field in VALUES], schema=VALUES)


# Text, integers and booleans are taken as they are, a column at once; all else value by value, by the rules of `model`.


def _timestamps(found: pa.Array | None, rows: int) -> pa.Array:
    if found is not None and pa.types.is_integer(found.type):
        wide = found.cast(pa.int64())
        low, high = (read_timestamp(limit) for limit in (-(2**63), 2**63))
        return pc.max_element_wise(pc.min_element_wise(wide, high, skip_nulls=False), low, skip_nulls=False)
    return _each(found, rows, read_timestamp, pa.int64())


def _texts(found: pa.Array | None, rows: int) -> pa.Array:
    if found is not None and pa.types.is_string(found.type):
        return found
    return _each(found, rows, read_text, pa.string())


def _ids(found: pa.Array | None, rows: int) -> pa.Array:
    if found is not None and pa.types.is_string(found.type):
        empty = pc.equal(found, "")
        return pc.if_else(empty, pa.scalar(None, pa.string()), found) if pc.any(empty).as_py() else found
    return _each(found, rows, read_id, pa.string())


def _flags(found: pa.Array | None, rows: int) -> pa.Array:
    if found is not None and pa.types.is_boolean(found.type):
        return found.fill_null(False)
    return pa.array([False] * rows if found is None else map(read_flag, _listed(found)), pa.bool_())


def _figures(found: pa.Array | None, rows: int) -> tuple[pa.Array, pa.Array]:
    """Return the text of each, and of what kind it is."""
    if found is None or pa.types.is_null(found.type):
        return pa.nulls(rows, pa.string()), pa.repeat(pa.scalar(int(Kind.MISSING), pa.int8()), rows)
    if pa.types.is_union(found.type):
        found = _text_of_union(found)
    if pa.types.is_string(found.type):
        return found, pc.if_else(found.is_null(), int(Kind.MISSING), int(Kind.TEXT)).cast(pa.int8())
    read = [read_figure(value) for value in _listed(found)]
    return pa.array([text for text, _ in read], pa.string()), pa.array([int(kind) for _, kind in read], pa.int8())


def _text_of_union(found: pa.Array) -> pa.Array:
    """Return a union as text if nothing but text and null is in it, else as it is."""
    branches = [found.type.field(number).type for number in range(found.type.num_fields)]
    held = pc.unique(found.type_codes).to_pylist()
    texts = [number for number in held if pa.types.is_string(branches[number])]
    others = [number for number in held if number not in texts and not pa.types.is_null(branches[number])]
    if found.type.mode != "sparse" or others or len(texts) != 1:
        return found
    return pc.if_else(pc.equal(found.type_codes, texts[0]), found.field(texts[0]), pa.scalar(None, pa.string()))


def _each(found: pa.Array | None, rows: int, read: Callable[[object], object], kind: pa.DataType) -> pa.Array:
    if found is None or pa.types.is_null(found.type):
        return pa.nulls(rows, kind)
    return pa.array(map(read, _listed(found)), kind)


def _listed(found: pa.Array) -> Sequence[Any]:
    """Return the values; of a union, what each holds."""
    values: Sequence[Any] = found.to_pylist()
    return values
