"""The definition on DuckDB, in this process and in one thread."""

from typing import Any, Final, Self

import duckdb
from arro3.core import Array, DataType, Table

from footfall.metrics.counts import COLUMNS, Columns, Counts, ask
from footfall.metrics.queries import counting

MEMORY_LIMIT: Final = 64_000_000
"""Bytes that DuckDB may take; measured: it needs about 700 a record, so this is enough for 90,000 in a step."""

_INTEGER: Final = DataType.int64()


class Engine:
    """Counts batches. For one thread at a time."""

    def __init__(self, *, session_timeout: int, session_memory: int, memory_limit: int = MEMORY_LIMIT) -> None:
        """Make an engine for these settings (ms, bytes). It touches no disk and no network."""
        self._queries = counting(session_timeout, session_memory)
        self._db = duckdb.connect(
            config={
                "threads": 1,
                "memory_limit": f"{memory_limit}B",
                "temp_directory": "",
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
            }
        )

    def run(self, columns: Columns) -> Counts:
        """Return the counts of one batch. It must hold every column of `COLUMNS`."""
        table = Table.from_pydict({name: Array(columns[name], type=_INTEGER) for name in COLUMNS})
        self._db.register("batch", table)
        try:
            return ask(self._fetch, self._queries)
        finally:
            self._db.unregister("batch")

    def _fetch(self, statement: str) -> list[Any]:
        return self._db.execute(statement).fetchall()

    def close(self) -> None:
        """Give the memory back."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
