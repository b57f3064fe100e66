"""The journal's one writer: SQLite in WAL mode, one row a group commit, on disk before it returns."""

import fcntl
import os
import sqlite3
import struct
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
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

_INSERT: Final = "INSERT INTO groups VALUES (?, ?, ?, ?)"

_LENGTH: Final = struct.Struct("<I")
_ARRIVAL: Final = struct.Struct("<xq")

_WAL_LIMIT: Final = 64_000_000
"""Bytes of write-ahead log at which the writer itself moves it into the file: under steady load the log never empties
by itself, because a group is always added while another thread moves the older ones."""

_BITE_GROUPS, _BITE_BYTES, _BITE_PAGES = 500, 8_000_000, 500
"""Deleted, and given back to the file system, at once: so that no append waits long for retention."""

_PAUSE: Final = 0.002
"""Seconds between two bites: who waits for a lock is not served first, but only if it is free."""


class Journal:
    """The writer. One process at a time: a lock file beside the journal names it. Its threads may share it."""

    def __init__(
        self, path: Path, *, max_bytes: int = 50_000_000_000, begin: int = 0, synchronous: str = "FULL"
    ) -> None:
        """Open the journal, making folder and file if they are not there.

        `begin`: no record gets a position below it, for an earlier journal had them, and the store has counted them.
        `synchronous` is for the negative control of durability only.

        Raises HeldError if another process writes it, VersionError if a newer Footfall made it, UnavailableError if it
        cannot be opened or written.
        """
        self._path, self._max_bytes = path, max_bytes
        self._wal = path.with_name(path.name + "-wal")
        self._wal_limit = _WAL_LIMIT
        self._turn = threading.Lock()
        self._lock = _hold(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
            self._prepare(synchronous, begin)
        except (sqlite3.Error, OSError) as error:
            os.close(self._lock)
            raise UnavailableError(f"{path}: the journal cannot be opened: {error}") from error
        except VersionError:
            os.close(self._lock)
            raise

    def _prepare(self, synchronous: str, begin: int) -> None:
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
        last = db.execute("SELECT first + n, arrival FROM groups ORDER BY first DESC LIMIT 1").fetchone() or (0, 0)
        self.end = max(last[0], int(self._meta("end") or 0))
        if begin > self.end:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('end', ?)", (str(begin),))
            self.end = begin
        self.latest = max(last[1], int(self._meta("latest") or 0))

    def append(self, records: Sequence[bytes], notes: Mapping[str, str] | None = None) -> int:
        """Write records and notes in one transaction; return the first record's position once all is on disk.

        Raises UnavailableError, with nothing written: disk full, journal full, file broken.
        """
        parts: list[bytes] = [b""] * (2 * len(records))
        parts[::2], parts[1::2] = map(_LENGTH.pack, map(len, records)), records
        body = b"".join(parts)
        (arrival,) = max(map(_ARRIVAL.unpack_from, records), default=(0,))
        with self._turn:
            self._make_room(len(body))
            first = self.end
            row = (first, len(records), arrival, body)
            try:
                if notes is None and records:
                    self._db.execute(_INSERT, row)  # a transaction of its own: the fewest switches between threads
                else:
                    self._write(row if records else None, notes or {})
            except sqlite3.Error as error:
                self._undo()
                raise UnavailableError(f"{self._path}: cannot be written: {error}") from error
            self.end = first + len(records)
            self.latest = max(self.latest, arrival)
        return first

    def _make_room(self, size: int) -> None:
        wal = _size(self._wal)
        if self.size() + size > self._max_bytes:
            self._checkpoint("TRUNCATE")
            if self.size() + size > self._max_bytes:
                raise UnavailableError(f"{self._path}: the journal is full (journal.max_bytes = {self._max_bytes})")
        if wal > self._wal_limit:
            whole = self._checkpoint("PASSIVE")  # then the file keeps its size and is filled again from its start
            self._wal_limit = wal if whole else wal + _WAL_LIMIT // 4  # a reader was in the way: a little later again

    def _checkpoint(self, mode: str) -> bool:
        """Move the write-ahead log into the file; say whether all of it was."""
        try:
            _, pages, moved = self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except sqlite3.Error:
            return False  # whether the disk is full, the append itself finds out
        return bool(pages == moved)

    def _write(self, row: tuple[int, int, int, bytes] | None, notes: Mapping[str, str]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        if row is not None:
            self._db.execute(_INSERT, row)
        for key, value in notes.items():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", ("note:" + key, value))
        self._db.execute("COMMIT")

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

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self._path

    def retain(self, below: int, before: int, stop: Callable[[], bool] = lambda: False) -> int:
        """Delete groups wholly below position `below` that arrived before `before` (ms); return how many records went.

        Only a run of the oldest groups goes, so that what is left has no gap, and in small bites, between which appends
        find their turn; between two of them it ends if `stop` says so. Freed pages go back to the file system. The end
        of the journal is noted first: a position is never used again, also when nothing is left. Raises
        UnavailableError.
        """
        gone = 0
        try:
            while not stop() and (bite := self._delete(below, before)):
                gone += bite
                time.sleep(_PAUSE)
            while not stop() and self._give_back():
                time.sleep(_PAUSE)
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: old records cannot be deleted: {error}") from error
        return gone

    def _delete(self, below: int, before: int) -> int:
        """Delete some of the oldest groups; return how many records went."""
        with self._turn:
            db = self._db
            stop, size = 0, 0
            gone = 0
            rows = db.execute(
                "SELECT first + n, n, length(body), first + n <= ? AND arrival < ? FROM groups ORDER BY first LIMIT ?",
                (below, before, _BITE_GROUPS),
            )
            for end, n, length, old in rows:
                if not old or size > _BITE_BYTES:
                    break
                stop, size, gone = end, size + length, gone + n
            rows.close()
            if gone:
                self._delete_below(stop)
            return gone

    def _delete_below(self, stop: int) -> None:
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            marks = (("end", str(self.end)), ("latest", str(self.latest)))
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", marks)
            db.execute("DELETE FROM groups WHERE first < ?", (stop,))
            db.execute("COMMIT")
        except sqlite3.Error:
            self._undo()
            raise

    def _give_back(self) -> bool:
        """Give some free pages back to the file system; say whether there may be more."""
        with self._turn:
            before = self._db.execute("PRAGMA freelist_count").fetchone()[0]
            if before:
                self._db.executescript(f"PRAGMA incremental_vacuum({_BITE_PAGES})")  # execute() frees a single page
            after = self._db.execute("PRAGMA freelist_count").fetchone()[0]
            return bool(after and after < before)

    def size(self) -> int:
        """Return the bytes that the journal takes, its write-ahead log included."""
        return _size(self._path) + _size(self._wal)

    def close(self) -> None:
        """Close the file and let go of the lock."""
        with self._turn:
            try:
                self._db.close()
            finally:
                os.close(self._lock)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


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
