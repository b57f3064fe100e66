"""Take over all of an SQLite store into PostgreSQL, without counting anything again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Table, delete, func, select

from footfall.errors import InputError, SettingsError
from footfall.store import tables
from footfall.store.address import is_postgres, parameters_of
from footfall.store.opening import open_store
from footfall.store.periods import Grain
from footfall.store.sqlite import Sqlite

if TYPE_CHECKING:
    from footfall.store.postgres import Postgres

_PAGE: Final = 5_000
_DAY: Final = 86_400

Progress = Callable[[str, int, int], None]
"""Called with a table's name, and how many of how many of its rows are copied."""


def copy_store(source: Path, target: str, progress: Progress = lambda name, done, total: None) -> Mapping[str, int]:
    """Copy facts, rollups, sessions, ids, positions, ledger and set-aside events; return the rows by table.

    All of it or nothing, in one transaction; the source is read as it is at one moment. Counting goes on in the target
    from where the source stands. Raises InputError if there is no source or the target is not empty, SettingsError if
    it is no PostgreSQL address, UnavailableError if either cannot be used.
    """
    if not is_postgres(target):
        raise SettingsError("store: expected postgresql://USER@HOST:PORT/DATABASE, to copy into")
    if not source.exists():
        raise InputError(f"{source}: no such file; expected an SQLite store")
    open_store(source).close()  # brings the layout up to date, or says what it is
    open_store(target).close()
    from footfall.store.postgres import Postgres

    with closing(Sqlite(source)) as old, closing(Postgres(parameters_of(target))) as new:
        with old.reading() as reading:
            new.make_room(_days(reading))
            with new.writing(alone=True) as writing:
                _must_be_empty(new.name, writing)
                writing.execute(delete(tables.meta))
                copied = {
                    table.name: _copy(new, reading, writing, table, progress) for table in tables.metadata.sorted_tables
                }
                new.count_on(writing, tables.products.c.id)
        return copied


def _days(connection: Connection) -> set[int]:
    """Return moments (Unix seconds) of all the days that have facts or values."""
    minutes = (tables.facts[Grain.MINUTE].c.start, tables.values[Grain.MINUTE].c.start)
    return {int(day) * _DAY for start in minutes for (day,) in connection.execute(select(start // _DAY).distinct())}


def _must_be_empty(name: str, connection: Connection) -> None:
    for table in (tables.positions, tables.ledger, tables.products):
        if _count(connection, table):
            raise InputError(f"{name}: holds counts already ({table.name}); expected a new store to copy into")


def _copy(new: "Postgres", reading: Connection, writing: Connection, table: Table, progress: Progress) -> int:
    total, done = _count(reading, table), 0
    rows = reading.execution_options(yield_per=_PAGE).execute(select(*table.c))

    def told() -> Iterator[Any]:
        nonlocal done
        for row in rows:
            yield row
            done += 1
            if done % _PAGE == 0:
                progress(table.name, done, total)

    new.load(writing, table, told())
    found = _count(writing, table)
    assert found == total, f"{table.name}: {found} rows arrived of {total}"
    progress(table.name, total, total)
    return total


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
