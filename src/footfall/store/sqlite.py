"""The store's database as SQLite; `database.py` says what another does differently."""

import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Table, create_engine, event
from sqlalchemy.dialects.sqlite import dialect, insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from footfall.errors import UnavailableError

BUSY: Final = 10
"""How long a writer waits for another, s: far longer than the longest step."""

CHUNK: Final = 500
"""Keys asked for in one statement: more are not faster, and SQLite allows 32,766 parameters."""

_PRAGMAS: Final = (
    "synchronous = FULL",  # a committed step survives a power cut: the journal may have let its records go
    "wal_autocheckpoint = 4000",  # 16 MB: a step of 20,000 events fits, and most commits do not checkpoint
    "journal_size_limit = 64000000",  # the write-ahead log shrinks again after a long reader let it grow
    "secure_delete = FAST",  # zero what was deleted where it costs no more writing
)


class Sqlite:
    """A file in WAL mode: one writer, any number of readers, none waits for the other kind."""

    sweep: Final = 4

    def __init__(self, path: Path) -> None:
        """Open the file, making folder and file if they are not there. Raises UnavailableError."""
        self._path = path
        self.name = str(path)
        """What error messages call it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(f"{path}: the store cannot be opened: {error.strerror}") from error
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
            connect_args={"timeout": BUSY, "check_same_thread": False},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self._use_wal()

    def _use_wal(self) -> None:
        """Turn WAL on: once in the life of a file; SQLite does not wait by itself if another process does so too."""
        tries = BUSY * 10
        while True:
            tries -= 1
            try:
                with self._engine.connect() as connection:
                    plain = connection.connection.dbapi_connection
                    assert plain is not None
                    plain.cursor().execute("PRAGMA journal_mode = WAL")
                    return
            except Exception as error:
                if tries and "locked" in str(error):
                    time.sleep(0.1)
                    continue
                self.close()
                raise UnavailableError(f"{self.name}: the store cannot be opened: {_cause(error)}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees the state of one moment. Raises UnavailableError for whatever goes wrong."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise UnavailableError(f"{self.name}: the store cannot be read: {_cause(error)}") from error

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """Give the one connection that may write; commit at the end, or nothing. Raises UnavailableError."""
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise UnavailableError(f"{self.name}: the store cannot be written: {_cause(error)}") from error

    def merge(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, add: bool) -> None:
        """Write rows, in the order of the table's columns; one whose key is there is added to it, or replaces it."""
        if rows:
            keys = len(table.primary_key)
            connection.exec_driver_sql(_upsert(table, add), sorted(rows, key=itemgetter(*range(keys))))

    def put_new(
        self, connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        """Write those rows, of these columns, whose key is not there yet; return how many."""
        return connection.exec_driver_sql(_insert_new(table, tuple(names)), list(rows)).rowcount

    def find(
        self, connection: Connection, table: Table, by: Sequence[str], keys: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Yield the rows whose columns `by` hold one of the keys, in the order of the keys: neighbours share a page."""
        asked = sorted(keys)
        for first in range(0, len(asked), CHUNK):
            some = asked[first : first + CHUNK]
            flat = tuple(value for key in some for value in key)
            yield from connection.exec_driver_sql(_lookup(table, tuple(by), len(some)), flat).all()

    def in_turn(self, connection: Connection) -> None:
        """Go on: there is one writer."""

    def make_room(self, starts: Collection[int]) -> None:
        """Go on: there is one table for all minutes."""

    def size(self) -> int:
        """Return the bytes that the file and its write-ahead log take."""
        total = 0
        for name in (self.name, self.name + "-wal"):
            try:
                total += os.stat(name).st_size
            except FileNotFoundError:
                continue
        return total

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails if another wrote in between: a writer says so at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


@cache
def _upsert(table: Table, add: bool) -> str:
    statement = insert(table)
    rest = [column.name for column in table.columns if not column.primary_key]
    changes = {name: table.c[name] + statement.excluded[name] if add else statement.excluded[name] for name in rest}
    key = list(table.primary_key)
    return str(statement.on_conflict_do_update(index_elements=key, set_=changes).compile(dialect=dialect()))


@cache
def _insert_new(table: Table, names: tuple[str, ...]) -> str:
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    return f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"  # noqa: S608 names of ours


@lru_cache(maxsize=64)
def _lookup(table: Table, by: tuple[str, ...], many: int) -> str:
    # IN (VALUES ...) would scan the table; CROSS JOIN holds SQLite to asking the index once a key.
    values = ", ".join(["(" + ", ".join("?" * len(by)) + ")"] * many)
    columns = ", ".join(f"known.{column.name}" for column in table.c)
    equal = " AND ".join(f"known.{name} = asked.{name}" for name in by)
    asked = f"WITH asked ({', '.join(by)}) AS (VALUES {values})"
    return f"{asked} SELECT {columns} FROM asked CROSS JOIN {table.name} AS known ON {equal}"  # noqa: S608 names of ours


def _cause(error: BaseException) -> str:
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)
