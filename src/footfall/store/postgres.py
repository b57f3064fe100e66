"""The store's database as PostgreSQL, 15 or newer; `database.py` says what SQLite does differently."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import BigInteger, Column, Connection, Dialect, LargeBinary, Table, Text, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeEngine

from footfall.errors import SettingsError, UnavailableError
from footfall.store.address import connection_of, shown
from footfall.store.escapes import escape, unescape, within

OLDEST: Final = 150_000
"""The oldest version that is tested, as libpq numbers it."""

_DURABLE: Final = (
    # A committed step survives a power cut: the journal may have let its records go.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)

_LOCK: Final = 0x666F6F74
"""First number of our advisory locks: "foot". The second: 1, writers together or one alone; 2, the end of a step."""

_TOGETHER: Final = f"SELECT pg_advisory_xact_lock_shared({_LOCK}, 1)"
_ALONE: Final = f"SELECT pg_advisory_xact_lock({_LOCK}, 1)"
_IN_TURN: Final = f"SELECT pg_advisory_xact_lock({_LOCK}, 2)"

_PATIENT: Final = "SET LOCAL statement_timeout = 0"
"""For making tables and days anew."""

_SIZE: Final = """
SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""

_IDS: Final = frozenset({"session", "event", "swept"})
"""Columns whose texts are escaped."""


_FEW: Final = 500
"""Rows that are sent with their statement, which waits for others to go with. More are copied: that costs less work."""

_DAY: Final = 86_400
"""Seconds."""


class Postgres:
    """A database for any number of writers. Its current schema is ours alone."""

    sweep: Final = 2
    """Less than of SQLite: here, looking costs more than keeping."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Take libpq's parameters; nothing is connected yet."""
        self.name = shown(parameters)
        """What error messages call it."""
        self._months: set[int] = set()
        self._engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(make_conninfo("", **connection_of(parameters))),
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=8,
            pool_pre_ping=True,
            use_native_hstore=False,
            isolation_level="READ COMMITTED",
        )
        event.listen(self._engine, "connect", self._prepare)

    def _prepare(self, plain: "psycopg.Connection[Any]", _record: object) -> None:
        encoding, version = plain.info.parameter_status("server_encoding"), plain.info.server_version
        if encoding != "UTF8":
            raise SettingsError(
                f"store = {self.name}: the database's encoding is {encoding}; expected UTF8 (createdb --encoding=UTF8)"
            )
        if version < OLDEST:
            raise SettingsError(
                f"store = {self.name}: PostgreSQL {version // 10_000}; expected {OLDEST // 10_000} or newer"
            )
        plain.execute(_DURABLE)
        plain.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees the state of one moment. Raises UnavailableError for whatever goes wrong."""
        try:
            with self._engine.connect() as connection:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    yield connection
        except (SQLAlchemyError, psycopg.Error) as error:
            raise UnavailableError(f"{self.name}: the store cannot be read: {_cause(error)}") from error

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """Give a connection that may write; commit at the end, or nothing. Raises UnavailableError.

        If the connection is lost within COMMIT, nobody here knows the outcome: the position tells it.
        """
        try:
            with self._engine.connect() as connection, connection.begin():
                connection.info["waiting"] = []
                if alone:
                    connection.exec_driver_sql(_PATIENT)
                connection.exec_driver_sql(_ALONE if alone else _TOGETHER)
                yield connection
                _send(connection)
        except (SQLAlchemyError, psycopg.Error) as error:
            self._months.clear()  # whatever went wrong, perhaps it is another database now
            raise UnavailableError(f"{self.name}: the store cannot be written: {_cause(error)}") from error

    def merge(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, add: bool) -> None:
        """Write rows, in the order of the table's columns; one whose key is there is added to it, or replaces it."""
        if len(rows) <= _FEW:
            if rows:
                asked = _by_column(within(escape, rows, _ids(table.c.keys())))
                connection.info["waiting"].append((_upsert(table, _arrays(table, table.c.keys()), add), asked))
            return
        _send(connection)  # rows are taken table by table in one order, however many they are
        connection.exec_driver_sql(_stage(table, connection.dialect))
        with _plain(connection).cursor().copy(f"COPY staged_{table.name} FROM STDIN") as copy:
            for row in within(escape, rows, _ids(table.c.keys())):
                copy.write_row(row)
        connection.exec_driver_sql(_upsert(table, f"staged_{table.name}", add))

    def load(self, connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, in the order of the table's columns, into a table that has none of their keys."""
        names = table.c.keys()
        ids, columns = _ids(names), ", ".join(f'"{name}"' for name in names)
        with _plain(connection).cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([escape(value) if place in ids else value for place, value in enumerate(row)])

    def count_on(self, connection: Connection, number: Column[int]) -> None:
        """Let the database go on numbering behind the largest number that was loaded."""
        largest = f"SELECT MAX({number.name}) FROM {number.table.name}"  # noqa: S608
        sequence = f"pg_get_serial_sequence('{number.table.name}', '{number.name}')"
        connection.exec_driver_sql(f"SELECT setval({sequence}, COALESCE(({largest}), 0) + 1, false)")

    def put_new(
        self, connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        """Write those rows, of these columns, whose key is not there yet; return how many."""
        if not rows:
            return 0
        return connection.exec_driver_sql(_insert_new(table, tuple(names)), _by_column(rows)).rowcount

    def find(
        self, connection: Connection, table: Table, by: Sequence[str], keys: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Yield the rows whose columns `by` hold one of the keys, found in the order of the keys."""
        if not keys:
            return
        asked = _by_column(within(escape, sorted(keys), _ids(by)))
        found = _plain(connection).execute(_lookup(table, tuple(by)), asked).fetchall()
        yield from within(unescape, found, _ids(table.c.keys()))

    def in_turn(self, connection: Connection) -> None:
        """Wait until no other writer is between here and the end of its transaction."""
        _send(connection)
        connection.exec_driver_sql(_IN_TURN)

    def make_room(self, starts: Collection[int]) -> None:
        """See that the months of these moments (Unix seconds) have their partitions, and the months after them too."""
        missing = {_month(day * _DAY) for day in {start // _DAY for start in starts}} - self._months
        if not missing:
            return
        with self.writing() as connection:
            for month in sorted(missing | {_month(month + 32 * _DAY) for month in missing}):
                connection.exec_driver_sql("SELECT make_month(%s)", (month,))
        self._months |= missing

    def size(self) -> int:
        """Return the bytes that tables and indexes take."""
        with self.reading() as connection:
            return int(connection.exec_driver_sql(_SIZE).scalar_one())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _send(connection: Connection) -> None:
    """Send the statements that wait, all at once: one round trip for all of them."""
    waiting, plain = connection.info["waiting"], _plain(connection)
    if waiting:
        with plain.pipeline():
            for statement, values in waiting:
                plain.execute(statement, values)
        waiting.clear()


def _plain(connection: Connection) -> "psycopg.Connection[Any]":
    plain = connection.connection.dbapi_connection
    assert isinstance(plain, psycopg.Connection)
    return plain


def _ids(names: Sequence[str]) -> list[int]:
    return [place for place, name in enumerate(names) if name in _IDS]


def _by_column(rows: Iterable[Sequence[Any]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _month(second: int) -> int:
    """Return the beginning of the month (UTC) that holds a Unix second."""
    begin = datetime.fromtimestamp(second, UTC).replace(day=1, hour=0, minute=0, second=0)
    return int(begin.timestamp())


@cache
def _stage(table: Table, dialect: Dialect) -> str:
    """Return statements that see to an empty temporary table: made once a connection, emptied by each commit."""
    columns = ", ".join(f"{column.name} {column.type.compile(dialect)}" for column in table.c)
    staged = f"staged_{table.name}"
    made = f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ({columns}) ON COMMIT DELETE ROWS"
    return f"{made}; DELETE FROM {staged}"  # noqa: S608


_KINDS: Final[Mapping[type[TypeEngine[Any]], str]] = {
    # Binary is half the work of writing a list as text; but a list of nothing but nulls has no kind.
    Text: '%b::TEXT[] COLLATE "C"',
    BigInteger: "%s::BIGINT[]",
    LargeBinary: "%s::BYTEA[]",
}
"""How a column's values are sent."""


@cache
def _upsert(table: Table, source: str, add: bool) -> str:
    key = ", ".join(column.name for column in table.primary_key)
    rest = [column.name for column in table.c if not column.primary_key]
    columns = ", ".join([key, *rest])
    if add:  # a step may add to a key many times, but one statement only once
        sums = ", ".join(f"CAST(SUM({name}) AS BIGINT)" for name in rest)
        chosen = f"SELECT {key}, {sums} FROM {source} GROUP BY {key} ORDER BY {key}"  # noqa: S608
        changes = ", ".join(f"{name} = {table.name}.{name} + EXCLUDED.{name}" for name in rest)
    else:
        chosen = f"SELECT {columns} FROM {source} ORDER BY {key}"  # noqa: S608
        changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in rest)
    return f"INSERT INTO {table.name} ({columns}) {chosen} ON CONFLICT ({key}) DO UPDATE SET {changes}"


@cache
def _insert_new(table: Table, names: tuple[str, ...]) -> str:
    columns = ", ".join(names)
    chosen = f"SELECT {columns} FROM {_arrays(table, names)} ORDER BY {columns}"  # noqa: S608
    return f"INSERT INTO {table.name} ({columns}) {chosen} ON CONFLICT DO NOTHING"


@cache
def _lookup(table: Table, by: tuple[str, ...]) -> str:
    # The limit holds the planner to asking the index once a key. It does not know that a step's keys lie together, and
    # would read the whole table.
    equal = " AND ".join(f"{table.name}.{name} = asked.{name}" for name in by)
    one = f"SELECT * FROM {table.name} WHERE {equal} LIMIT 1"  # noqa: S608
    columns = ", ".join(f"known.{column.name}" for column in table.c)
    return f"SELECT {columns} FROM {_arrays(table, by)} CROSS JOIN LATERAL ({one}) AS known"  # noqa: S608


def _arrays(table: Table, names: Sequence[str]) -> str:
    """Return parameters, an array a column, as the rows of a table `asked`."""
    kinds = (_KINDS[type(table.c[name].type)] for name in names)
    return f"unnest({', '.join(kinds)}) AS asked ({', '.join(names)})"


def _cause(error: BaseException) -> str:
    """Return the reason in one line. psycopg names server, user and database, never a password."""
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    return " ".join(text.split())
