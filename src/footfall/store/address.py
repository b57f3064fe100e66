"""Where a store is: a path, or the address of a database, read without showing its password."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from footfall.errors import SettingsError

_EXPECTED: Final = "expected postgresql://USER@HOST:PORT/DATABASE, sqlite:///PATH, or nothing"

_SHOWN: Final = ("user", "host", "port", "dbname")

_DEFAULTS: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms; a server that is gone without a word is noticed
    "fallback_application_name": "footfall",
}
"""Of the connection, in libpq's words; the address may say otherwise."""

_OPTIONS: Final = (
    "lock_timeout=10s",  # far longer than the longest step
    "statement_timeout=60s",
    "idle_in_transaction_session_timeout=10min",  # an export into a pipe that nobody reads holds back vacuum
    "cursor_tuple_fraction=1.0",  # what is read through a cursor is read to its end
    "jit=off",  # compiling takes longer than our longest question
    "plan_cache_mode=force_custom_plan",  # a table may grow a thousandfold in the life of a connection
)
"""Of the session; the address may say otherwise (?options=-c statement_timeout=5min)."""


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


def connection_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return libpq's parameters with ours where the address says nothing."""
    options = [*(f"-c {option}" for option in _OPTIONS), parameters.get("options", "")]
    return {**_DEFAULTS, **parameters, "options": " ".join(options).strip(), "client_encoding": "utf8"}


def name_of(place: Path | str) -> str:
    """Return what messages call the store at this place. Raises SettingsError for an address that is none."""
    return shown(parameters_of(str(place))) if is_postgres(place) else str(path_of(place))
