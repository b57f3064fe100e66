"""All checks, in the order in which an operator would look."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from footfall.doctor.counting import counted
from footfall.doctor.database import database
from footfall.doctor.disk import disk
from footfall.doctor.finding import Finding
from footfall.doctor.forwarding import forwarding
from footfall.doctor.ports import port
from footfall.errors import FootfallError, VersionError
from footfall.journal import JournalReader
from footfall.settings import KafkaAddress, Settings
from footfall.store import name_of, open_store, store_exists

_AHEAD: Final = 3_600_000
"""Milliseconds that the newest event may lie ahead of the clock (counting.md, "Sessions and depth")."""

_EARLIEST: Final = 1_735_689_600.0
"""2025-01-01: no machine with this Footfall has an earlier time of day."""


def examine(
    settings: Settings, journals: Path, store: Path | str, topics: Callable[[], Sequence[Finding]] = list
) -> list[Finding]:
    """Return what was found; nothing is changed.

    `journals`: the folder; `store`: the file, or the address of its database; `topics`: looks at those of a Kafka log.
    """
    return list(_all(settings, journals, store, topics))


def _all(
    settings: Settings, journals: Path, store: Path | str, topics: Callable[[], Sequence[Finding]]
) -> Iterator[Finding]:
    yield from _choices(settings)
    yield from disk(settings, journals)
    yield port(
        "collector", settings.collector.host, settings.collector.port, "/ping", "footfall up, or footfall collect"
    )
    yield port("api", settings.api.host, settings.api.port, "/health", "footfall up, or footfall serve")
    ends: dict[str, int] = {}
    for path in sorted(journals.glob("*.db")):
        yield _journal(path, ends)
    yield _clock(journals)
    if settings.kafka is not None:
        yield from _kafka(settings.kafka, journals, topics)
    yield from _store(settings, store, {} if settings.kafka else ends)  # what Kafka has, its topics tell


def _choices(settings: Settings) -> Iterator[Finding]:
    shops = ", ".join(settings.shops) or "every host"
    yield Finding(
        "ok", f"settings can be read; shops: {shops}; days: {settings.timezone}; {settings.counting.currency}"
    )
    if settings.collector.host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not listened on
        yield Finding(
            "warn",
            f"collector.host = {settings.collector.host!r}: everybody who reaches this machine can send events",
            "that is right for a collector without a proxy; behind one, set collector.host = 127.0.0.1",
        )


def _journal(path: Path, ends: dict[str, int]) -> Finding:
    try:
        reader = JournalReader(path)
        try:
            first, end = reader.span()
        finally:
            reader.close()
    except FootfallError as error:
        return Finding(
            "fail", str(error), _advice(error, "restore the file from a copy; moved away, a new one is made")
        )
    ends[path.stem] = end
    return Finding("ok", f"journal {path.stem}: positions {first:,} to {end:,}")


def _advice(error: FootfallError, damaged: str) -> str:
    """Return what to do about a file that cannot be used: only a damaged one is worth a copy."""
    text = str(error)
    if isinstance(error, VersionError):
        return "install the version of Footfall that wrote it, or a newer one; the file is well"
    if any(word in text for word in ("readonly", "read-only", "unable to open", "ermission")):
        return "let the user that runs Footfall read and write the folder and its files; they may be well"
    if "full" in text:
        return "make room; the file is well"
    return damaged


def _kafka(log: KafkaAddress, journals: Path, topics: Callable[[], Sequence[Finding]]) -> Iterator[Finding]:
    for path in sorted(journals.glob("live*.db")):
        yield forwarding(path, log.topic, time.time())
    try:
        yield from topics()
    except FootfallError as error:
        yield Finding("fail", str(error), "see that the brokers run and can be reached; until then the journal grows")


def _clock(journals: Path) -> Finding:
    now = time.time()
    if now < _EARLIEST:
        return Finding("fail", f"the clock says {_day(now)}", "set the clock; events are stamped by it")
    newest = max((_latest(path) for path in journals.glob("*.db")), default=0)
    if newest > now * 1000 + _AHEAD:
        return Finding(
            "fail",
            f"the newest event was received at {_day(newest / 1000)}, but the clock says {_day(now)}",
            "see whether the clock was set back or ran ahead; stamps go on by a steady clock until a restart",
        )
    return Finding("ok", f"the clock says {_day(now)} UTC")


def _latest(path: Path) -> int:
    try:
        reader = JournalReader(path)
        try:
            return reader.latest()
        finally:
            reader.close()
    except FootfallError:
        return 0


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _store(settings: Settings, place: Path | str, ends: dict[str, int]) -> Iterator[Finding]:
    yield Finding("ok", f"SQLite {sqlite3.sqlite_version}")
    remote = isinstance(place, str)
    try:
        if not store_exists(place):
            waiting = sum(ends.values())
            advice = "run: footfall up, or footfall count --once"
            yield Finding("warn", f"{name_of(place)}: nothing was counted yet; {waiting:,} events wait", advice)
            return
        if remote:
            from footfall.store.state import state_of  # as heavy as the store itself

            yield from database(state_of(place))
        store = open_store(place, session_memory=settings.counting.session_memory)
    except FootfallError as error:
        file = "restore it from a copy; the journals hold only what is younger than journal.retention"
        yield Finding(
            "fail", str(error), _advice(error, "see footfall db check, and the server's log" if remote else file)
        )
        return
    try:
        yield Finding("ok", f"store {name_of(place)}: layout {store.version()}, {store.size() / 1e6:,.1f} MB")
        yield from counted(store, ends, time.time())
    except FootfallError as error:
        yield Finding("fail", str(error), "see that the disk is not full and the store can be read")
    finally:
        store.close()
