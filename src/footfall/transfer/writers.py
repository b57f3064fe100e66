"""Rows out: CSV that no spreadsheet takes for a formula, JSON lines, Parquet."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO, Final, Literal

import orjson

Format = Literal["csv", "jsonl", "parquet"]

Type = Literal["text", "integer", "flag", "money", "moment"]
"""Of a column: str, int, bool, Decimal of up to four places, aware datetime; each may be None."""

Write = Callable[[Sequence[object]], None]
"""Takes the values of one row in the order of the columns."""

_FORMULA: Final = ("=", "+", "-", "@", "'", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text may begin with that a spreadsheet runs (OWASP, "CSV Injection"), and the apostrophe that guards it."""

_JSON: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME

_AT_ONCE: Final = 20_000
"""Rows of a Parquet row group: they lie in memory until it is written."""


@contextmanager
def writer(format: Format, columns: Mapping[str, Type], out: BinaryIO) -> Iterator[Write]:
    """Yield what writes a row; the file is whole when the context ends, and stays open."""
    match format:
        case "csv":
            with _csv(columns, out) as write:
                yield write
        case "jsonl":
            yield _jsonl(columns, out)
        case "parquet":
            with _parquet(columns, out) as write:
                yield write


def guarded(text: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet could take it for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


@contextmanager
def _csv(columns: Mapping[str, Type], out: BinaryIO) -> Iterator[Write]:
    text = io.TextIOWrapper(out, "utf-8", newline="")
    rows = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    rows.writerow(columns)

    def write(values: Sequence[object]) -> None:
        rows.writerow([_cell(value) for value in values])

    try:
        yield write
    finally:
        text.detach()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case bool():
            return "true" if value else "false"
        case datetime():
            return _moment(value)
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: object) -> str:
    return _moment(value) if isinstance(value, datetime) else str(value)


def _jsonl(columns: Mapping[str, Type], out: BinaryIO) -> Write:
    names = tuple(columns)

    def write(values: Sequence[object]) -> None:
        out.write(orjson.dumps(dict(zip(names, values, strict=True)), _text, _JSON))

    return write


@contextmanager
def _parquet(columns: Mapping[str, Type], out: BinaryIO) -> Iterator[Write]:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "flag": pa.bool_(),
        "money": pa.decimal128(38, 4),
        "moment": pa.timestamp("ms", "UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    held: list[list[object]] = [[] for _ in columns]

    def flush() -> None:
        arrays = [pa.array(values, field.type) for values, field in zip(held, schema, strict=True)]
        file.write_table(pa.Table.from_arrays(arrays, schema=schema))
        for values in held:
            values.clear()

    def write(values: Sequence[object]) -> None:
        for column, value in zip(held, values, strict=True):
            column.append(value)
        if len(held[0]) == _AT_ONCE:
            flush()

    with pq.ParquetWriter(out, schema, compression="zstd") as file:
        yield write
        flush()
