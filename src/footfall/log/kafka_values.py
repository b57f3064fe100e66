"""The values of a topic's records: decoded into columns, and kept as they are for those set aside."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, overload

import pyarrow as pa  # type: ignore[import-untyped]
from arro3.core import Table

from footfall.errors import InputError
from footfall.log.avro_columns import VALUES, values_of_one
from footfall.log.avro_decode import AvroDecoder
from footfall.log.batch import ARROW_SCHEMA
from footfall.log.columns import Fields
from footfall.log.framing import Framing, Naked
from footfall.model.frames import FrameKind, pack, unpack

_TABLE: Final = pa.schema(ARROW_SCHEMA)


class Raws(Sequence[bytes]):
    """The raw form of each row, made when it is asked for: few are."""

    def __init__(self, values: Sequence[bytes | None], arrivals: Sequence[int]) -> None:
        self._values, self._arrivals = values, arrivals

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return Raws(self._values[index], self._arrivals[index])
        return raw_of(self._values[index], self._arrivals[index])


def raw_of(value: bytes | None, arrival: int) -> bytes:
    """Return a record as it is kept; its timestamp in Kafka is its arrival (counting.md, "Sessions and depth")."""
    return pack(FrameKind.TOMBSTONE if value is None else FrameKind.VALUE, arrival, value or b"")


def value_of(raw: bytes) -> tuple[bytes | None, int]:
    """Return value and arrival of a record that was kept. Raises InputError if it is no record of a topic."""
    frame = unpack(raw)
    if frame.kind not in (FrameKind.VALUE, FrameKind.TOMBSTONE):
        raise InputError(f"a record of kind {frame.kind.name}; expected one of a Kafka topic")
    return (frame.payload if frame.kind is FrameKind.VALUE else None), frame.arrival


def table_of(
    positions: Sequence[int],
    arrivals: Sequence[int],
    values: Sequence[bytes | None],
    framing: Framing,
    fields: Fields,
) -> Table:
    """Return the records as rows of `ARROW_SCHEMA`. Raises UnavailableError if a schema cannot be asked for."""
    problems: list[str | None] = [None] * len(values)
    columns = _in_order(list(_decoded(values, framing, fields, problems)))
    found = {"position": pa.array(positions, pa.int64()), "arrival": pa.array(arrivals, pa.int64())}
    found["problem"] = pa.array(problems, pa.string())
    named = [found[name] if name in found else columns[name] for name in _TABLE.names]
    return Table.from_arrow(pa.Table.from_arrays(named, schema=_TABLE))


def fields_of(value: bytes | None, framing: Framing) -> Mapping[str, Any]:
    """Return a record with all its fields. Raises InputError if it cannot be decoded."""
    decoder, body = framing.open(_there(value))
    try:
        return decoder.fields(body)
    except InputError as error:
        raise InputError(framing.explain(_there(value), str(error))) from error


def _decoded(
    values: Sequence[bytes | None], framing: Framing, fields: Fields, problems: list[str | None]
) -> Iterator[tuple[Sequence[int], pa.Table]]:
    """Yield the columns of the rows of each schema, then those of rows that have none."""
    if isinstance(framing, Naked) and all(values):  # the usual case, whose loop would cost as much as the decoding
        groups: dict[AvroDecoder, tuple[Sequence[int], Sequence[Any]]] = {framing.decoder: (range(len(values)), values)}
        broken: Sequence[int] = ()
    else:
        groups, broken = _grouped(values, framing, problems)
    for decoder, (rows, bodies) in groups.items():
        wrong: dict[int, str] = {}
        yield rows, decoder.columns(bodies, wrong)
        for index, problem in wrong.items():
            row = rows[index]
            problems[row] = framing.explain(_there(values[row]), problem)
    yield broken, pa.Table.from_batches([values_of_one({}, fields)] * len(broken), VALUES)


def _grouped(
    values: Sequence[bytes | None], framing: Framing, problems: list[str | None]
) -> tuple[dict[AvroDecoder, tuple[Sequence[int], Sequence[Any]]], Sequence[int]]:
    """Return rows and Avro of each schema, and the rows that have none."""
    groups: dict[AvroDecoder, tuple[list[int], list[bytes]]] = {}
    broken: list[int] = []
    for row, value in enumerate(values):
        try:
            decoder, body = framing.open(_there(value))
        except InputError as error:
            problems[row] = str(error)
            broken.append(row)
            continue
        rows, bodies = groups.setdefault(decoder, ([], []))
        rows.append(row)
        bodies.append(body)
    return dict(groups), broken


def _there(value: bytes | None) -> bytes:
    if value is None:
        raise InputError("a tombstone: a key without a value")
    if not value:
        raise InputError("an empty value")
    return value


def _in_order(parts: Sequence[tuple[Sequence[int], pa.Table]]) -> pa.Table:
    """Return the parts as one table, each row in its place."""
    order = [row for rows, _ in parts for row in rows]
    table = pa.concat_tables([table for _, table in parts]).combine_chunks()
    if order == list(range(len(order))):
        return table
    places = [0] * len(order)
    for index, row in enumerate(order):
        places[row] = index
    return table.take(pa.array(places, pa.int64()))
