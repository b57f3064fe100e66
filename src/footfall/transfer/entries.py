"""Rows made ready for the log, in the order of the files or in that of time."""

import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from footfall.errors import InputError, UnavailableError
from footfall.mapping import read_object
from footfall.model.frames import FrameKind, pack_line
from footfall.transfer.names import META, Names, encode, renamed
from footfall.transfer.rows import Row
from footfall.transfer.source import Source

AT_ONCE: Final = 32_000_000
"""Bytes of entries sorted in memory; more are sorted in parts, on disk, and merged."""

_BLOCK: Final = 65_536
"""Bytes of each part that lie in memory while parts are merged."""


class Entry(NamedTuple):
    """A record of a file as it will lie in the log, but for its arrival."""

    key: int
    """Where it belongs in time, ms: its timestamp, or that of the record before it if it has none."""
    moment: int | None
    """Its timestamp, if it has one and a session: it moves the clock of its partition."""
    arrival: int | None
    """When it arrived elsewhere, ms, if it was exported from there."""
    kind: FrameKind
    payload: bytes


_HEAD: Final = struct.Struct("<q?q?qBI")


def entries_of(sources: Sequence[Source], names: Names) -> Iterator[Entry]:
    """Yield the records of the sources one after the other."""
    key = 0
    for source in sources:
        for row in source.rows():
            entry = _entry(source.name, row, names, key)
            key = entry.key
            yield entry


def _entry(name: str, row: Row, names: Names, key: int) -> Entry:
    place = f"{name}:{row.place}"
    fields, body, arrival = row.fields, row.body, None
    if fields is None:
        return Entry(key, None, None, FrameKind.BROKEN, pack_line(place, body, row.problem or "unreadable"))
    if META in fields:
        fields, arrival = _restored(fields)
        body = b""
    if names.renames and not names.renames.keys().isdisjoint(fields):
        fields, body = renamed(fields, names.renames), b""
    if not body:
        try:
            body = encode(fields)
        except ValueError as error:
            problem = f"no JSON can be made of it: {error}"
            return Entry(key, None, None, FrameKind.BROKEN, pack_line(place, repr(fields).encode(), problem))
    moment = names.moment(fields)
    moves = moment if moment is not None and names.has_session(fields) else None
    return Entry(key if moment is None else moment, moves, arrival, FrameKind.IMPORTED, pack_line(place, body))


def _restored(fields: dict[str, object]) -> tuple[dict[str, object], int | None]:
    """Return an exported event as it was before, and when it arrived; any other record unchanged."""
    meta = fields[META]
    kept = {name: value for name, value in fields.items() if name != META}
    if isinstance(meta, str):  # of a table: its empty cells are fields that were not there
        kept = {name: value for name, value in kept.items() if value not in ("", None)}
        try:
            meta = read_object(meta.encode())
        except InputError:
            return fields, None
    if not isinstance(meta, dict) or not isinstance(arrival := meta.get("arrival"), int):
        return fields, None
    values = meta.get("values")
    return kept | (values if isinstance(values, dict) else {}), arrival


def by_time(entries: Iterable[Entry], folder: Path, at_once: int = AT_ONCE) -> Iterator[Entry]:
    """Yield the entries in the order of time; those of one moment in the order they came.

    At most so many bytes of them lie in memory; the others in a nameless file in the folder.
    Raises UnavailableError if they do not fit there.
    """
    parts: list[tuple[int, int]] = []
    held: list[Entry] = []
    size = 0
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for entry in entries:
                held.append(entry)
                size += len(entry.payload) + 200  # what a tuple and its numbers take
                if size >= at_once:
                    held.sort(key=itemgetter(0))
                    parts.append(_spill(file, held))
                    held, size = [], 0
            held.sort(key=itemgetter(0))
            spilled = [_part(file, begin, end) for begin, end in parts]
            yield from merge(*spilled, held, key=itemgetter(0))
    except OSError as error:
        raise UnavailableError(f"{folder}: sorting needs room there: {error.strerror}") from error


def _spill(file: BinaryIO, entries: Iterable[Entry]) -> tuple[int, int]:
    begin = file.tell()
    for entry in entries:
        head = _HEAD.pack(
            entry.key,
            entry.moment is not None,
            entry.moment or 0,
            entry.arrival is not None,
            entry.arrival or 0,
            entry.kind,
            len(entry.payload),
        )
        file.write(head + entry.payload)
    return begin, file.tell()


def _part(file: BinaryIO, begin: int, end: int) -> Iterator[Entry]:
    """Yield the entries of a part; parts are read in turns, so each keeps its own place."""
    buffer, at = b"", 0
    while begin + at < end:
        need = _HEAD.size
        if len(buffer) - at >= need:
            need += _HEAD.unpack_from(buffer, at)[-1]
        if len(buffer) - at < need:
            begin += at
            file.seek(begin)
            buffer, at = file.read(min(max(_BLOCK, need), end - begin)), 0
            continue
        key, has_moment, moment, has_arrival, arrival, kind, length = _HEAD.unpack_from(buffer, at)
        at += _HEAD.size
        payload = buffer[at : at + length]
        at += length
        yield Entry(key, moment if has_moment else None, arrival if has_arrival else None, FrameKind(kind), payload)
