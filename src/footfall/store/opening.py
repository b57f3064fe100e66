"""Open the store that a path or an address names."""

from pathlib import Path
from typing import TYPE_CHECKING

from footfall.store.address import is_postgres, parameters_of, path_of
from footfall.store.checks import MEMORY
from footfall.store.protocol import Store

if TYPE_CHECKING:
    from footfall.store.database import Database


def open_store(place: Path | str, *, timezone: str | None = None, session_memory: int = MEMORY) -> Store:
    """Open the store, making it if it is not there, and bring its layout and its days up to date.

    `timezone` is the zone of the shop's days; if it is another than before, the days are summed anew. None takes the
    one that the store has (UTC for a new one). `session_memory`: how long sessions and event ids are remembered, ms.

    Raises VersionError if a newer Footfall made it, SettingsError for an address or a zone that is none, InputError if
    the file is no store, UnavailableError if it cannot be read or written.
    """
    # Imported here: SQLAlchemy is 10 MB that a process with no store need not carry.
    from footfall.store.sql import SqlStore

    database = open_database(place)
    try:
        return SqlStore(database, timezone=timezone, session_memory=session_memory)
    except BaseException:
        database.close()
        raise


def store_exists(place: Path | str) -> bool:
    """Say whether there is a store at this place; nothing is made. Raises as `open_store` does."""
    if not is_postgres(place):
        return path_of(place).exists()
    from footfall.store.migrate import check_version

    database = open_database(place)
    try:
        with database.reading() as connection:
            return check_version(database.name, connection) > 0
    finally:
        database.close()


def open_database(place: Path | str) -> "Database":
    """Open what the place names, as it is. Raises SettingsError or UnavailableError."""
    if is_postgres(place):
        parameters = parameters_of(str(place))  # says what is missing, if psycopg is
        from footfall.store.postgres import Postgres

        return Postgres(parameters)
    from footfall.store.sqlite import Sqlite

    return Sqlite(path_of(place))
