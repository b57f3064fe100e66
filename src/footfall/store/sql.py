"""The store in an SQL database, through SQLAlchemy Core."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, func, select, update

from footfall.model.steps import Carried, Fact, Position, SetAside, Step, Tally, Value
from footfall.store import reading, tables, writing
from footfall.store.checks import MEMORY, check_step
from footfall.store.database import Database
from footfall.store.migrate import VERSION, check_version, upgrade
from footfall.store.periods import Days
from footfall.store.protocol import LedgerEntry, Sums, Total
from footfall.store.zone import choose, days_of, made_by

_DROPPED_AT_ONCE = 1000
"""Raw forms dropped in one transaction, so that counting never waits long for it."""


class SqlStore:
    """Everything of `Store`, on disk.

    The time zone of the days is the database's: every step is written, and every period read, by the one that was
    chosen last, whichever process chose it.
    """

    def __init__(self, database: Database, *, timezone: str | None, session_memory: int = MEMORY) -> None:
        """Bring the database up to date and its days into the time zone; None leaves them as they are.

        Raises VersionError, InputError, SettingsError (no such zone) or UnavailableError.
        """
        self._database, self._memory = database, session_memory
        chosen = None if timezone is None else Days(timezone)
        with database.reading() as connection:
            if check_version(database.name, connection) == VERSION and (chosen is None or made_by(connection, chosen)):
                days = chosen or days_of(connection, None)
                if days is not None:
                    self._days = days
                    return
        with database.writing(alone=True) as connection:
            if check_version(database.name, connection) < VERSION:  # again: another process may have been faster
                upgrade(connection)
            self._days = chosen or days_of(connection, None) or Days("UTC")
            choose(connection, self._days)

    def position(self, partition: str) -> Position:
        with self._database.reading() as connection:
            return reading.one_position(connection, partition)

    def positions(self) -> Sequence[Position]:
        with self._database.reading() as connection:
            return reading.all_positions(connection)

    def carried(self, partition: str, sessions: Sequence[str], events: Sequence[tuple[str, str]]) -> Carried:
        with self._database.reading() as connection:
            return reading.carried(self._database, connection, partition, sessions, events)

    def commit(self, step: Step) -> int:
        """Write the step: all of what follows, or nothing."""
        check_step(step)
        database = self._database
        database.make_room({f.minute // 1000 for f in step.facts} | {v.minute // 1000 for v in step.values})
        with database.writing() as connection:
            self._move(connection, step)
            writing.resolve(connection, step)
            writing.remember(database, connection, step)
            writing.put_aside(database, connection, step.before.partition, step.set_aside)
            writing.sweep(database, connection, step, self._memory)
            # Last what writers of other partitions may wait for.
            writing.add_facts(database, connection, step.facts, step.values, self._now(connection))
            return writing.enter(database, connection, step)

    def _move(self, connection: Connection, step: Step) -> None:
        writing.move(self._database, connection, step)

    def _now(self, connection: Connection) -> Days:
        """Return the days as they are in this transaction."""
        days = days_of(connection, self._days)
        assert days is not None
        self._days = days
        return days

    def ledger(self, partition: str | None = None, last: int | None = None) -> Iterator[LedgerEntry]:
        with self._database.reading() as connection:
            yield from reading.ledger(connection, partition, last)

    def tally(self, partition: str | None = None) -> Tally:
        with self._database.reading() as connection:
            return reading.tally(connection, partition)

    def set_aside(self, partition: str | None = None) -> Iterator[SetAside]:
        with self._database.reading() as connection:
            yield from reading.set_aside(connection, partition)

    def waiting(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(tables.set_aside)).scalar_one()

    def drop_raw(self, before: int) -> int:
        table, dropped = tables.set_aside, 0
        row = table.c
        while True:
            with self._database.writing() as connection:
                old = select(row.partition, row.position).where(row.raw.is_not(None), row.arrival < before)
                keys = [tuple(key) for key in connection.execute(old.limit(_DROPPED_AT_ONCE))]
                for partition, position in keys:
                    this = (row.partition == partition, row.position == position)
                    connection.execute(update(table).where(*this).values(raw=None))
            dropped += len(keys)
            if len(keys) < _DROPPED_AT_ONCE:
                return dropped

    def totals(self, since: int, until: int | None = None) -> Sequence[Total]:
        with self._database.reading() as connection:
            return reading.totals(connection, since, until, self._now(connection))

    def sums(self) -> Mapping[str, Sums]:
        with self._database.reading() as connection:
            return reading.sums(connection)

    def facts(self, since: int | None = None, until: int | None = None) -> Iterator[Fact]:
        with self._database.reading() as connection:
            yield from reading.facts(connection, since, until)

    def values(self, since: int | None = None, until: int | None = None) -> Iterator[Value]:
        with self._database.reading() as connection:
            yield from reading.values(connection, since, until)

    def newest(self) -> int | None:
        with self._database.reading() as connection:
            return connection.execute(select(func.max(tables.positions.c.clock))).scalar()

    def version(self) -> int:
        with self._database.reading() as connection:
            return check_version(self._database.name, connection)

    def size(self) -> int:
        return self._database.size()

    def close(self) -> None:
        self._database.close()
