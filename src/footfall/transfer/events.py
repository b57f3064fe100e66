"""Events out of the log, so that importing them elsewhere gives the same facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

import orjson

from footfall.log import EventLog, Record
from footfall.mapping import SchemaName, avro_schema
from footfall.model.columns import DEFAULT_FIELDS, Column
from footfall.transfer.names import META, encode, names_of
from footfall.transfer.rows import Progress
from footfall.transfer.writers import Format, Type, guarded, writer

_Put = Callable[[str, Record], None]
"""Writes a record of a partition."""

_TYPES: Final[Mapping[str, Type]] = {"boolean": "flag", "long": "integer", "int": "integer"}
"""Of Avro; all others are text, also a price, which may be text or number."""

_WIDEST: Final = 2**63

_META_KEY: Final = orjson.dumps(META)

_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class EventsReport:
    """What an export of events did."""

    rows: int
    undecodable: int
    """Records that could not be decoded: they have no fields, and are not exported."""


def export_events(
    log: EventLog,
    format: Format,
    out: BinaryIO,
    *,
    partition: str | None = None,
    since: int | None = None,
    until: int | None = None,
    fields: Mapping[Column, Sequence[str]] = DEFAULT_FIELDS,
    schema: SchemaName = "default",
    progress: Callable[[Progress], None] = lambda _: None,
) -> EventsReport:
    """Write the events with `since <= timestamp < until` (ms), partition by partition, in log order.

    JSON lines hold every field as it is. CSV and Parquet have the columns of the schema; what a cell cannot hold with
    its meaning (a number as a price, a field of no column, a text that a spreadsheet takes for a formula) stands in the
    column `footfall`, as JSON, and is restored from there by an import. That field also says where the event lay and
    when it arrived, by which a wild timestamp is known.
    """
    partitions = log.partitions() if partition is None else [partition]
    spans = {name: log.span(name) for name in partitions}
    total = sum(span.end - span.first for span in spans.values())
    moment = names_of({}, fields).moment
    rows = undecodable = looked = 0
    with _putter(format, out, fields, schema) as put:
        for name, span in spans.items():
            for record in log.records(name, span.first):
                if record.position >= span.end:
                    break
                looked += 1
                if looked % _AT_ONCE == 0:
                    progress(Progress("exporting events", looked, max(total, looked)))
                if record.fields is None:
                    undecodable += 1
                elif _within(moment(record.fields), since, until):
                    put(name, record)
                    rows += 1
    progress(Progress("exporting events", looked, looked))
    return EventsReport(rows, undecodable)


def _within(moment: int | None, since: int | None, until: int | None) -> bool:
    if moment is None:
        return since is None and until is None
    return (since is None or moment >= since) and (until is None or moment < until)


@contextmanager
def _putter(
    format: Format, out: BinaryIO, fields: Mapping[Column, Sequence[str]], schema: SchemaName
) -> Iterator[_Put]:
    if format == "jsonl":
        yield lambda partition, record: _put_line(out, partition, record)
        return
    columns = _columns(schema)
    rivals = {name for names in fields.values() if len(names) > 1 for name in names}
    with writer(format, {**columns, META: "text"}, out) as write:
        # An empty cell is no value: a later name of the same column could win then. Hence `rivals`.
        def put(partition: str, record: Record) -> None:
            values = dict(record.fields or {})
            cells: list[object] = []
            for name, kind in columns.items():
                value = values.get(name)
                cells.append(_cell(value, kind))
                if _holds(value, kind, format) and (value or name not in rivals):
                    values.pop(name, None)
            write([*cells, _meta(partition, record, values).decode()])

        yield put


def _columns(schema: SchemaName) -> dict[str, Type]:
    """Return the columns of the schema and their types."""
    columns: dict[str, Type] = {}
    for field in cast(list[dict[str, Any]], avro_schema(schema)["fields"]):
        types = field["type"] if isinstance(field["type"], list) else [field["type"]]
        columns[field["name"]] = _TYPES.get(types[-1], "text")
    return columns


def _put_line(out: BinaryIO, partition: str, record: Record) -> None:
    known = encode({name: value for name, value in (record.fields or {}).items() if name != META})
    out.write(b"%b%b%b:%b}\n" % (known[:-1], b"," if len(known) > 2 else b"", _META_KEY, _meta(partition, record, {})))


def _meta(partition: str, record: Record, values: Mapping[str, object]) -> bytes:
    about: dict[str, object] = {"position": f"{partition}:{record.position}", "arrival": record.arrival}
    if values:
        about["values"] = orjson.Fragment(encode(values))
    return orjson.dumps(about)


def _cell(value: object, kind: Type) -> object:
    """Return what stands in the cell, for people too: None where the column's type has no room for it."""
    if value is None:
        return None
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind == "integer":
        return value if _is_integer(value) else None
    return value if isinstance(value, str) else encode({"": value})[4:-1].decode()


def _holds(value: object, kind: Type, format: Format) -> bool:
    """Say whether the cell, read again, means the same: 1.990 and `1.990` are two prices (counting.md)."""
    if value is None:
        return True
    if isinstance(value, str):
        return kind == "text" and (format != "csv" or ("\r" not in value and guarded(value) is value))
    return isinstance(value, bool) if kind == "flag" else kind == "integer" and _is_integer(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_WIDEST <= value < _WIDEST
