"""Parquet, a few thousand rows at a time. pyarrow is large, and loaded here only when it is needed."""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final

from footfall.errors import InputError
from footfall.transfer.rows import Row

_AT_ONCE: Final = 2_000


def parquet_fields(name: str, stream: BinaryIO) -> list[str]:
    """Return the names of the columns. Raises InputError if the file is not whole."""
    with _opened(name, stream) as file:
        return list(file.schema_arrow.names)


def parquet_size(name: str, stream: BinaryIO) -> int:
    """Return how many rows there are. Raises InputError if the file is not whole."""
    with _opened(name, stream) as file:
        return int(file.metadata.num_rows)


def parquet_rows(name: str, stream: BinaryIO) -> Iterator[Row]:
    """Yield a row for each row. A row group that cannot be read is one broken row."""
    import pyarrow  # type: ignore[import-untyped]

    place = 1
    with _opened(name, stream) as file:
        for group in range(file.num_row_groups):
            following = place + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(_AT_ONCE, row_groups=[group]):
                    for fields in _plain(batch).to_pylist():
                        yield Row(place, fields, b"", "")
                        place += 1
            except (pyarrow.ArrowException, OSError, ValueError) as error:  # ValueError: text that is no UTF-8
                yield Row(place, None, b"", f"the row group of rows {place} to {following - 1}: {error}")
            place = following


@contextmanager
def _opened(name: str, stream: BinaryIO) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet  # type: ignore[import-untyped]

    with tempfile.TemporaryFile() as unpacked:
        if isinstance(stream, gzip.GzipFile):  # Parquet is read from its end, and gzip goes one way
            shutil.copyfileobj(stream, unpacked)
            stream = unpacked
        try:
            file = pyarrow.parquet.ParquetFile(stream)
        except (pyarrow.ArrowException, OSError) as error:
            raise InputError(f"{name}: no Parquet file, or cut: {error}") from error
        with file:
            yield file


def _plain(batch: Any) -> Any:
    """Return the batch with moments as ms, and texts that older writers left without a type as texts."""
    import pyarrow as pa

    columns = []
    for column in batch.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            with suppress(pa.ArrowInvalid):  # bytes indeed
                column = column.cast(pa.large_string())
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
