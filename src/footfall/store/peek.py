"""One question that the collector asks, without the weight of SQLAlchemy."""

import sqlite3
from pathlib import Path

from footfall.errors import UnavailableError
from footfall.store.address import connection_of, is_postgres, parameters_of, path_of, shown


def counted_up_to(place: Path | str, partition: str) -> int:
    """Return the first position of the partition that is not counted yet; 0 while there is no store.

    Raises UnavailableError if the store cannot be read, SettingsError for an address that is none.
    """
    if is_postgres(place):
        return _in_postgres(str(place), partition)
    path = path_of(place)
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True, timeout=10)
        try:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'positions'").fetchone() is None:
                return 0  # another process is making it just now
            row = connection.execute("SELECT next FROM positions WHERE partition = ?", (partition,)).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UnavailableError(f"{path}: the store cannot be read: {error}") from error
    return int(row[0]) if row else 0


def _in_postgres(address: str, partition: str) -> int:
    parameters = parameters_of(address)
    import psycopg
    from psycopg.conninfo import make_conninfo

    try:
        with psycopg.connect(make_conninfo("", **connection_of(parameters))) as connection:
            if connection.execute("SELECT to_regclass('positions')").fetchone() == (None,):
                return 0
            row = connection.execute("SELECT next FROM positions WHERE partition = %s", (partition,)).fetchone()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise UnavailableError(f"{shown(parameters)}: the store cannot be read: {reason}") from error
    return int(row[0]) if row else 0
