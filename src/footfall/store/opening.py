"""Open the store that a path or an address names."""

from pathlib import Path

from footfall.errors import SettingsError
from footfall.store.checks import MEMORY
from footfall.store.protocol import Store

_EXPECTED = "expected a path, or sqlite:///PATH"


def open_store(place: Path | str, *, timezone: str | None = None, session_memory: int = MEMORY) -> Store:
    """Open the store, making it if it is not there, and bring its layout and its days up to date.

    `timezone` is the zone of the shop's days; if it is another than before, the days are summed anew. None takes the
    one that the store has (UTC for a new one). `session_memory`: how long sessions and event ids are remembered, ms.

    Raises VersionError if a newer Footfall made it, SettingsError for an address or a zone that is none, InputError if
    the file is no store, UnavailableError if it cannot be read or written.
    """
    # Imported here: SQLAlchemy is 10 MB that a process with no store need not carry.
    from footfall.store.sql import SqlStore
    from footfall.store.sqlite import Sqlite

    path = Path(place) if isinstance(place, Path) or "://" not in place else _path_of(place)
    database = Sqlite(path)
    try:
        return SqlStore(database, timezone=timezone, session_memory=session_memory)
    except BaseException:
        database.close()
        raise


def _path_of(address: str) -> Path:
    kind, _, rest = address.partition("://")
    if kind != "sqlite" or not rest.startswith("/") or len(rest) < 2:
        raise SettingsError(f"store: {kind}://...: {_EXPECTED}")
    return Path(rest[1:])
