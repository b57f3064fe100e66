"""Where a store is: a path, or the address of a database, read without showing its password."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from footfall.errors import SettingsError

_EXPECTED: Final = "expected postgresql://USER@HOST:PORT/DATABASE, sqlite:///PATH, or nothing"

_SHOWN: Final = ("user", "host", "port", "dbname")


def is_postgres(place: Path | str) -> bool:
    """Say whether the place is the address of a PostgreSQL database."""
    return isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))


def path_of(place: Path | str) -> Path:
    """Return the file of an SQLite store. Raises SettingsError for an address that is none."""
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    kind, _, rest = place.partition("://")
    if kind != "sqlite" or not rest.startswith("/") or len(rest) < 2:
        raise SettingsError(f"store = {kind}://...: {_EXPECTED}")
    return Path(rest[1:])


def parameters_of(address: str) -> dict[str, str]:
    """Return libpq's parameters of a PostgreSQL address. Raises SettingsError, without showing the address."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise SettingsError(
            "store = postgresql://...: psycopg is not installed; install it: pip install 'footfall[postgres]'"
        ) from error
    try:
        found = conninfo_to_dict(address)
    except ProgrammingError:
        # Neither its text nor its chain is shown: libpq quotes the part that it cannot read, password and all.
        raise SettingsError(f"store = postgresql://...: the address cannot be read; {_EXPECTED}") from None
    return {name: str(value) for name, value in found.items() if value is not None}


def shown(parameters: Mapping[str, str]) -> str:
    """Return the address for people: without password and options."""
    user, host, port, database = (parameters.get(name, "") for name in _SHOWN)
    place = f"{host}:{port}" if port else host
    return f"postgresql://{f'{user}@' if user else ''}{place}/{database}"
