"""The store of the settings, and what is done to its database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from footfall.doctor import Finding
from footfall.errors import InputError, SettingsError
from footfall.job import verify
from footfall.model.partitions import place_of
from footfall.settings import Settings
from footfall.store import Store, name_of, open_store, store_exists
from footfall.transfer import Progress
from footfall.wiring.places import store_place


@contextmanager
def opened_store(settings: Settings, *, choose_zone: bool = True) -> Iterator[Store]:
    """Open the store, making it if it is not there; close it at the end.

    `choose_zone`: sum its days anew if the settings name another time zone. Who only looks leaves them as they are.
    Raises SettingsError for a folder that cannot be made, UnavailableError.
    """
    if not settings.store:
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"data = {settings.data}: the folder cannot be made: {error.strerror}") from error
    zone = settings.timezone if choose_zone else None
    store = open_store(store_place(settings), timezone=zone, session_memory=settings.counting.session_memory)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def existing_store(settings: Settings) -> Iterator[Store]:
    """Open the store to look at it. Raises InputError if there is none: looking makes no folders."""
    if not store_exists(store_place(settings)):
        if settings.store:
            raise InputError(f"{name_of(settings.store)}: nothing was counted here; footfall count makes the tables")
        raise InputError(
            f"{settings.data}: nothing was counted here; expected the data folder of footfall up (name it by --data)"
        )
    with opened_store(settings, choose_zone=False) as store:
        yield store


def counted_positions(settings: Settings) -> Mapping[str, int]:
    """Return how far each partition is counted, by the place where it lies; nothing while there is no store."""
    if not store_exists(store_place(settings)):
        return {}
    with opened_store(settings, choose_zone=False) as store:
        return {place_of(position.partition): position.next for position in store.positions()}


def upgrade_store(settings: Settings) -> tuple[str, int, int]:
    """Bring the store to the layout of this Footfall; return its name, and its layout before and after."""
    from footfall.store.state import state_of

    place = store_place(settings)
    before = state_of(place).layout if store_exists(place) else 0
    with opened_store(settings) as store:
        return name_of(place), before, store.version()


def check_store(settings: Settings) -> list[Finding]:
    """Return what is found on looking at the store's database, and on proving its ledger."""
    from footfall.doctor.database import database
    from footfall.store.state import state_of

    place = store_place(settings)
    if not settings.store and not store_exists(place):
        raise InputError(f"{place}: no store is here; footfall db upgrade makes one")
    state = state_of(place)
    findings = list(database(state))
    if state.layout == state.known and not state.reads and not state.differences:
        with opened_store(settings, choose_zone=False) as store:
            problems = verify(store)
        findings += [Finding("fail", problem, "count into a new store, or restore a copy") for problem in problems]
        findings += [] if problems else [Finding("ok", "ledger, positions, minutes, hours and days agree")]
    return findings


def roles_sql() -> str:
    """Return the SQL of the roles that count and answer in PostgreSQL."""
    from footfall.store import roles

    return roles.roles_sql()


def copy_store(settings: Settings, file: Path | None, progress: Callable[[Progress], None]) -> Mapping[str, int]:
    """Take over an SQLite store into the PostgreSQL of the settings; return the rows by table."""
    from footfall.store.copying import copy_store

    source = file or settings.data / "store.db"
    return copy_store(source, settings.store, lambda table, done, total: progress(Progress(table, done, total)))
