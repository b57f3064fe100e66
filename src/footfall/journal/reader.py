"""Readers of the journal: any number, in any process, by position. They never block its writer."""

import sqlite3
import struct
from pathlib import Path
from urllib.parse import quote

from footfall.errors import UnavailableError, VersionError
from footfall.journal.journal import FORMAT

_LENGTH = struct.Struct("<I")


class JournalReader:
    """Reads what is committed. A reader kept open sees new groups at its next call."""

    def __init__(self, path: Path) -> None:
        """Open an existing journal. Raises UnavailableError if there is none, VersionError if it is newer."""
        self._path = path
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA query_only = 1")
            self._db.execute("PRAGMA busy_timeout = 5000")
            known = int(self._meta("format") or 0)
            self.uuid = self._meta("uuid") or ""
        except sqlite3.Error as error:
            raise UnavailableError(f"{path}: the journal cannot be read: {error}") from error
        if known > FORMAT:
            raise VersionError(f"{path}: the journal has format {known}; this Footfall knows {FORMAT}: upgrade it")

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def notes(self, prefix: str) -> dict[str, str]:
        """Return all notes whose key begins with `prefix`."""
        begin = "note:" + prefix
        rows = self._db.execute("SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?", (len(begin), begin))
        return {key.removeprefix("note:"): value for key, value in rows}

    def span(self) -> tuple[int, int]:
        """Return the first position still there and one past the last."""
        try:
            rows = self._db.execute(
                "SELECT (SELECT first FROM groups ORDER BY first LIMIT 1),"
                " (SELECT first + n FROM groups ORDER BY first DESC LIMIT 1),"
                " (SELECT value FROM meta WHERE key = 'end')"
            ).fetchone()
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the journal cannot be read: {error}") from error
        end = max(rows[1] or 0, int(rows[2] or 0))
        return (end if rows[0] is None else rows[0]), end

    def latest(self) -> int:
        """Return when the newest group arrived, ms; 0 before any. Raises UnavailableError."""
        try:
            row = self._db.execute("SELECT arrival FROM groups ORDER BY first DESC LIMIT 1").fetchone()
            return int(row[0] if row else self._meta("latest") or 0)
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the journal cannot be read: {error}") from error

    def read(self, start: int, events: int, size: int) -> tuple[list[tuple[int, bytes]], int]:
        """Return `(position, raw)` from `start` on, at most so many records and bytes, and the next position.

        At least one record is returned if there is one, however large. Positions below the first are passed over.
        """
        found: list[tuple[int, bytes]] = []
        room, position = size, start
        try:
            first = self._db.execute("SELECT MAX(first) FROM groups WHERE first <= ?", (start,)).fetchone()[0]
            groups = self._db.execute(
                "SELECT first, body FROM groups WHERE first >= ? ORDER BY first", (start if first is None else first,)
            )
            for first, body in groups:
                at, offset = first, 0
                while offset < len(body):
                    (length,) = _LENGTH.unpack_from(body, offset)
                    offset += 4 + length
                    if at >= start:
                        if found and (len(found) >= events or length > room):
                            groups.close()
                            return found, position
                        found.append((at, body[offset - length : offset]))
                        room -= length
                        position = at + 1
                    at += 1
        except sqlite3.Error as error:
            raise UnavailableError(f"{self._path}: the journal cannot be read: {error}") from error
        return found, position

    def close(self) -> None:
        """Close the file."""
        self._db.close()
