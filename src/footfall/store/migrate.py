"""Bring a database to the layout of this version, or say that it is newer."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from footfall.errors import InputError, VersionError

VERSION: Final = 1
"""The layout this Footfall knows: the number of the last migration."""


def version_of(connection: Connection) -> int | None:
    """Return the version of the layout; 0 for an empty database, None for one that is not ours."""
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return int(found) if found and found.isdigit() else None
    return None if names else 0


def check_version(name: str, connection: Connection) -> int:
    """Return the version of the layout. Raises VersionError if it is newer, InputError if the file is no store."""
    found = version_of(connection)
    if found is None:
        raise InputError(f"{name}: is a database, but no store of Footfall; expected a store, or no file")
    if found > VERSION:
        raise VersionError(f"{name}: the store has version {found}; this Footfall knows {VERSION}: upgrade Footfall")
    return found


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, within the transaction of the connection."""
    # Imported here: 12 MB that a process which finds its store up to date need not carry.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
