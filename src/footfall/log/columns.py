"""Records become an Arrow table of canonical columns (counting.md, "How values are read")."""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from arro3.core import Array, Table

from footfall.log.batch import ARROW_SCHEMA, Batch, Record
from footfall.model.columns import Column
from footfall.model.values import Kind, has_surrogate, read_figure, read_flag, read_id, read_text, read_timestamp

Row = Mapping[str, object]
Fields = Mapping[Column, Sequence[str]]

_NOTHING: Final[Row] = {}
_NO_FIGURE: Final = (None, Kind.MISSING)
_TOGETHER: Final = 1000
"""Rows looked through for surrogates at once: enough to be fast, and the text made of them stays small."""


def batch_of(partition: str, start: int, next: int, records: Sequence[Record], fields: Fields) -> Batch:
    """Return the records as a batch: each column from the first of its `fields` that the record has.

    A record with a lone surrogate in any of its texts is undecodable, and so is one without fields.
    """
    rows = [record.fields or _NOTHING for record in records]
    problems = [record.problem for record in records]
    for index, field in _surrogates(rows):
        problems[index] = f"a lone surrogate in {field!r}"
        rows[index] = _NOTHING
    events = _table(records, problems, rows, fields)
    raws = [record.raw for record in records]
    return Batch(partition, start, next, events, raws, [record.origin for record in records])


def _table(records: Sequence[Record], problems: Sequence[str | None], rows: Sequence[Row], fields: Fields) -> Table:
    columns: dict[str, Sequence[object]] = {
        "position": [record.position for record in records],
        "arrival": [record.arrival for record in records],
        "problem": problems,
        **values_of_rows(rows, fields),
    }
    arrays = [Array(columns[name], kind) for name, kind in zip(ARROW_SCHEMA.names, ARROW_SCHEMA.types, strict=True)]
    return Table.from_arrays(arrays, schema=ARROW_SCHEMA)


def values_of_rows(rows: Sequence[Row], fields: Fields) -> dict[str, Sequence[object]]:
    """Return the columns of `ARROW_SCHEMA` that the fields of records decide: all but position, arrival, problem."""
    prices = [_NO_FIGURE if value is None else read_figure(value) for value in _values(rows, fields["price"])]
    amounts = [_NO_FIGURE if value is None else read_figure(value) for value in _values(rows, fields["amount"])]
    return {
        "timestamp": [read_timestamp(value) for value in _values(rows, fields["timestamp"])],
        "event_type": _texts(rows, fields["event_type"]),
        "location": _texts(rows, fields["location"]),
        "session": _ids(rows, fields["session"]),
        "event": _ids(rows, fields["event"]),
        "duplicate": _flags(rows, fields["duplicate"]),
        "corrupt": _flags(rows, fields["corrupt"]),
        "price": [text for text, _ in prices],
        "price_kind": [kind for _, kind in prices],
        "amount": [text for text, _ in amounts],
        "amount_kind": [kind for _, kind in amounts],
        "currency": _texts(rows, fields["currency"]),
        "item": _ids(rows, fields["item"]),
        "user_agent": _texts(rows, fields["user_agent"]),
    }


def _values(rows: Sequence[Row], names: Sequence[str]) -> list[object]:
    """Return a column's values: of each row, that of the first name that it has."""
    if len(names) == 1:
        name = names[0]
        return [row.get(name) for row in rows]
    return [next((row[name] for name in names if name in row), None) for row in rows]


# The type tests below repeat what `read_text`, `read_id` and `read_flag` test first, to spare most values the call.


def _texts(rows: Sequence[Row], names: Sequence[str]) -> list[str | None]:
    return [value if value is None else read_text(value) for value in _values(rows, names)]


def _ids(rows: Sequence[Row], names: Sequence[str]) -> list[str | None]:
    return [value if value is None else read_id(value) for value in _values(rows, names)]


def _flags(rows: Sequence[Row], names: Sequence[str]) -> list[bool]:
    return [value if value is True or value is False else read_flag(value) for value in _values(rows, names)]


def _surrogates(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Return the rows with a lone surrogate in any text, and the field it is in.

    orjson refuses to write such a text, and looks at a row ten times as fast as a loop here could. It refuses other
    things too: then the rows are looked at one by one.
    """
    found = []
    for start in range(0, len(rows), _TOGETHER):
        part = rows[start : start + _TOGETHER]
        try:
            orjson.dumps(part)
        except TypeError:
            for index, row in enumerate(part, start):
                field = next((name for name, value in row.items() if _any_surrogate([name, value])), None)
                if field is not None:
                    found.append((index, field))
    return found


def _any_surrogate(values: list[object]) -> bool:
    while values:
        value = values.pop()
        if isinstance(value, str):
            if has_surrogate(value):
                return True
        elif isinstance(value, list | tuple):
            values.extend(value)
        elif isinstance(value, Mapping):
            values.extend(value)
            values.extend(value.values())
    return False
