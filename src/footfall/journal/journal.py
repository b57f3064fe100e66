"""The journal's one writer: SQLite in WAL mode, one row a group commit, on disk before it returns."""

import fcntl
import os
import sqlite3
import struct
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from footfall.errors import HeldError, UnavailableError, VersionError

FORMAT: Final = 1
"""Version of the file's layout."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups (
    first INTEGER PRIMARY KEY,  -- position of the group's first record
    n INTEGER NOT NULL,         -- how many records
    arrival INTEGER NOT NULL,   -- latest arrival in the group, ms
    body BLOB NOT NULL          -- each record behind its length, 4 bytes little-endian
);
"""

_LENGTH: Final = struct.Struct("<I")


class Journal:
    """The writer. One process at a time: a lock file beside the journal names it."""

    def __init__(self, path: Path, *, max_bytes: int = 50_000_000_000, synchronous: str = "FULL") -> None:
        """Open the journal, making folder and file if they are not there.

        `synchronous` is for the negative control of durability only.

        Raises HeldError if another process writes it, VersionError if a newer Footfall made it, UnavailableError if it
        cannot be opened or written.
        """
        self._path, self._max_bytes = path, max_bytes
        self._lock = _hold(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._prepare(synchronous)
        except (sqlite3.Error, OSError) as error:
            os.close(self._lock)
            raise UnavailableError(f"{path}: the journal cannot be opened: {error}") from error
        except VersionError:
            os.close(self._lock)
            raise

    def _prepare(self, synchronous: str) -> None:
        db = self._db
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or it has no effect
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "wal_autocheckpoint = 0"):
            db.execute(f"PRAGMA {pragma}")
        db.executescript(_SCHEMA)
        db.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?), ('uuid', ?)", (str(FORMAT), str(uuid.uuid4())))
        known = int(self._meta("format") or 0)
        if known > FORMAT:
            db.close()
            raise VersionError(
                f"{self._path}: the journal has format {known}; this Footfall knows {FORMAT}: upgrade it"
            )
        self.uuid = self._meta("uuid") or ""
        last = db.execute("SELECT first + n FROM groups ORDER BY first DESC LIMIT 1").fetchone()
        self.end = max(last[0] if last else 0, int(self._meta("end") or 0))
        self._page = db.execute("PRAGMA page_size").fetchone()[0]

    def append(self, records: Sequence[bytes], notes: Mapping[str, str] | None = None) -> int:
        """Write records and notes in one transaction; return the first record's position once all is on disk.

        Raises UnavailableError, with nothing written: disk full, journal full, file broken.
        """
        first = self.end
        body = b"".join([part for record in records for part in (_LENGTH.pack(len(record)), record)])
        if self.size() + len(body) > self._max_bytes:
            raise UnavailableError(f"{self._path}: the journal is full (journal.max_bytes = {self._max_bytes})")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            if records:
                arrival = max(int.from_bytes(record[1:9], "little", signed=True) for record in records)
                self._db.execute("INSERT INTO groups VALUES (?, ?, ?, ?)", (first, len(records), arrival, body))
            for key, value in (notes or {}).items():
                self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", ("note:" + key, value))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise UnavailableError(f"{self._path}: cannot be written: {error}") from error
        self.end = first + len(records)
        return first

    def _undo(self) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # the error that led here is raised; the next append says if it is still there

    def note(self, key: str) -> str | None:
        """Return a note, or None."""
        return self._meta("note:" + key)

    def notes(self, prefix: str) -> dict[str, str]:
        """Return all notes whose key begins with `prefix`."""
        begin = "note:" + prefix
        rows = self._db.execute("SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?", (len(begin), begin))
        return {key.removeprefix("note:"): value for key, value in rows}

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def retain(self, below: int, before: int) -> int:
        """Delete groups wholly below position `below` that arrived before `before` (ms); return how many records went.

        Only a run of the oldest groups goes, so that what is left has no gap. Freed pages go back to the file system.
        The end of the journal is noted first: a position is never used again, also when nothing is left.
        """
        db = self._db
        stop = db.execute(
            "SELECT first FROM groups WHERE first + n > ? OR arrival >= ? ORDER BY first LIMIT 1", (below, before)
        ).fetchone()
        limit = stop[0] if stop else self.end
        try:
            db.execute("BEGIN IMMEDIATE")
            gone = db.execute("SELECT COALESCE(SUM(n), 0) FROM groups WHERE first < ?", (limit,)).fetchone()[0]
            if gone:
                db.execute("INSERT OR REPLACE INTO meta VALUES ('end', ?)", (str(self.end),))
                db.execute("DELETE FROM groups WHERE first < ?", (limit,))
            db.execute("COMMIT")
            if gone:
                db.executescript("PRAGMA incremental_vacuum")  # execute() would free a single page
        except sqlite3.Error as error:
            self._undo()
            raise UnavailableError(f"{self._path}: old records cannot be deleted: {error}") from error
        return int(gone)

    def size(self) -> int:
        """Return the bytes that the journal takes, its write-ahead log included."""
        total = 0
        for name in (self._path, self._path.with_name(self._path.name + "-wal")):
            try:
                total += os.stat(name).st_size
            except FileNotFoundError:
                continue
        return total

    def close(self) -> None:
        """Close the file and let go of the lock."""
        try:
            self._db.close()
        finally:
            os.close(self._lock)


def checkpoint(path: Path) -> None:
    """Move what was committed from the write-ahead log into the file, without blocking the writer.

    Uses a connection of its own, so that it can run in another thread.
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    finally:
        db.close()


def _hold(path: Path) -> int:
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UnavailableError(f"{path}: the journal cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(fd, 40).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise HeldError(
            f"{path}: the journal is held by process {holder}; end it, or use another --data folder"
        ) from None
    os.ftruncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd
