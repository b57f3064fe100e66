"""A forwarder's notes beside its journal: how far it is, for others to read, and what it had to set aside.

The position that counts is in Kafka; this one is never ahead of it. `live.db` has its notes in `live.notes`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from footfall.errors import UnavailableError
from footfall.journal.reader import JournalReader

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS forwarded (
    journal TEXT PRIMARY KEY,  -- its UUID: a journal that was moved away and made anew is another one
    cluster TEXT NOT NULL,
    topic TEXT NOT NULL,
    next INTEGER NOT NULL,     -- the first position that is not in the topic
    moment INTEGER NOT NULL    -- when that was written, ms
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS set_aside (
    journal TEXT NOT NULL,
    position INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    raw BLOB NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0,  -- whether a retry was asked for
    PRIMARY KEY (journal, position)
) WITHOUT ROWID;
"""

_BUSY: Final = 10.0
"""Seconds to wait for another process that writes."""


class Aside(NamedTuple):
    """A record of the journal that cannot be forwarded."""

    position: int
    arrival: int
    """ms"""
    reason: str
    """`undecodable`, or `refused` by the broker."""
    detail: str
    raw: bytes
    """As it lies in the journal."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """How far a journal is forwarded, as far as is noted."""

    journal: str
    """Its UUID."""
    cluster: str
    topic: str
    next: int
    moment: int
    """When that was written, ms."""


def notes_of(journal: Path) -> Path:
    """Return where the notes of a journal are."""
    return journal.with_suffix(".notes")


class Notebook:
    """The notes of one journal. What is written is on disk when a method returns. All raise UnavailableError."""

    def __init__(self, path: Path, journal: str) -> None:
        """Open the notes at `path`, making them if they are not there; `journal`: its UUID."""
        self._path, self._journal = path, journal
        with self._told():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the notes cannot be used: {error}") from error

    def known(self) -> Forwarded | None:
        """Return what is noted of this journal."""
        with self._told():
            return _forwarded(self._db, self._journal)

    def begin(self, cluster: str, topic: str, next: int, moment: int) -> None:
        """Note where forwarding goes on. What was set aside from there on is forgotten: it will be met again."""
        with self._told(), self._db:
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM set_aside WHERE journal = ? AND position >= ?", (self._journal, next))
            row = (self._journal, cluster, topic, next, moment)
            self._db.execute("INSERT OR REPLACE INTO forwarded VALUES (?, ?, ?, ?, ?)", row)

    def note(self, next: int, moment: int) -> None:
        """Note how far forwarding is."""
        with self._told():
            values = (next, moment, self._journal)
            self._db.execute("UPDATE forwarded SET next = ?, moment = ? WHERE journal = ?", values)

    def set_aside(self, records: Sequence[Aside]) -> None:
        """Keep records; those of the same positions are replaced."""
        with self._told(), self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR REPLACE INTO set_aside (journal, position, arrival, reason, detail, raw)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(self._journal, *record) for record in records],
            )

    def asked(self, most: int) -> list[Aside]:
        """Return records of which a retry was asked for."""
        with self._told():
            rows = self._db.execute(
                "SELECT position, arrival, reason, detail, raw FROM set_aside"
                " WHERE journal = ? AND asked ORDER BY position LIMIT ?",
                (self._journal, most),
            )
            return [Aside(*row) for row in rows]

    def resolve(self, positions: Iterable[int]) -> None:
        """Forget records that are in the topic by now."""
        with self._told(), self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "DELETE FROM set_aside WHERE journal = ? AND position = ?",
                [(self._journal, position) for position in positions],
            )

    def drop(self, before: int) -> int:
        """Forget records that arrived before a moment (ms); return how many."""
        with self._told():
            return self._db.execute("DELETE FROM set_aside WHERE arrival < ?", (before,)).rowcount

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def forwarded(journal: Path) -> Forwarded | None:
    """Return how far a journal is forwarded; None while nothing is noted. Raises UnavailableError."""
    with _looked_at(journal) as (db, uuid):
        return None if db is None else _forwarded(db, uuid)


def kept_aside(journal: Path) -> list[Aside]:
    """Return what was set aside of a journal. Raises UnavailableError."""
    with _looked_at(journal) as (db, uuid):
        if db is None:
            return []
        query = "SELECT position, arrival, reason, detail, raw FROM set_aside WHERE journal = ? ORDER BY position"
        return [Aside(*row) for row in db.execute(query, (uuid,))]


def ask_again(journal: Path, positions: Sequence[int] | None = None) -> int:
    """Ask the forwarder to try again, all or those at these positions; return how many will be tried.

    Raises UnavailableError.
    """
    with _looked_at(journal) as (db, uuid):
        if db is None:
            return 0
        if positions is None:
            return db.execute("UPDATE set_aside SET asked = 1 WHERE journal = ?", (uuid,)).rowcount
        rows = [(uuid, position) for position in positions]
        return db.executemany("UPDATE set_aside SET asked = 1 WHERE journal = ? AND position = ?", rows).rowcount


@contextmanager
def _looked_at(journal: Path) -> Iterator[tuple[sqlite3.Connection | None, str]]:
    """Yield the notes of a journal, and its UUID; no notes while there are none."""
    path = notes_of(journal)
    if not (journal.exists() and path.exists()):
        yield None, ""
        return
    reader = JournalReader(journal)
    uuid = reader.uuid
    reader.close()
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY)) as db:
            made = db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('forwarded', 'set_aside')").fetchone()
            yield (db if made[0] == 2 else None), uuid  # else its forwarder is making them just now
    except sqlite3.Error as error:
        raise UnavailableError(f"{path}: the notes cannot be used: {error}") from error


def _forwarded(db: sqlite3.Connection, journal: str) -> Forwarded | None:
    query = "SELECT journal, cluster, topic, next, moment FROM forwarded WHERE journal = ?"
    row = db.execute(query, (journal,)).fetchone()
    return None if row is None else Forwarded(*row)
