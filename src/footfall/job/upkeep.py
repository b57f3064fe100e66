"""What retention no longer keeps goes: old raw forms of set-aside events, counted records of imports."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from footfall.errors import FootfallError, HeldError
from footfall.journal import Journal
from footfall.settings import JournalSettings
from footfall.store import Store

_EVERY: Final = 3_600.0
"""Seconds between two rounds."""

_log: Final = structlog.get_logger("footfall.job")


def upkeep(store: Store, folder: Path, live: str, settings: JournalSettings, now: int) -> None:
    """Delete what is too old at `now` (ms): only what is counted. Raises UnavailableError if the store cannot be used.

    The journals of the partition `live` (and of further workers: `live-2`) belong to the collector, which cleans them
    itself; another one that is being written just now is left alone until the next round.
    """
    store.drop_raw(now - settings.set_aside_retention)
    for path in sorted(folder.glob("*.db")):
        if path.stem.partition("-")[0] != live:
            _clean(path, store.position(path.stem).next, now - settings.retention)


def _clean(path: Path, below: int, before: int) -> None:
    try:
        journal = Journal(path)
        try:
            journal.retain(below, before)
        finally:
            journal.close()
    except HeldError:
        pass
    except FootfallError as error:
        _log.warning("old records are kept for now", problem=str(error))


def keep_up(work: Callable[[], None], stop: threading.Event) -> None:
    """Do the work once an hour, until `stop` is set; what fails is tried again an hour later."""
    while not stop.is_set():
        try:
            work()
        except FootfallError as error:
            _log.warning("upkeep waits", problem=str(error))
        stop.wait(_EVERY)
