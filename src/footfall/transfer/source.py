"""A file or standard input: of which kind it is, whether it is whole, and by which digest it is known again."""

import gzip
import hashlib
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from footfall.errors import InputError, UnavailableError
from footfall.transfer.avro import avro_fields, avro_rows, avro_size
from footfall.transfer.csvlines import csv_header, csv_rows
from footfall.transfer.jsonlines import json_rows
from footfall.transfer.kinds import GZIP, HEAD, Kind, tell_kind
from footfall.transfer.parquet import parquet_fields, parquet_rows, parquet_size
from footfall.transfer.rows import Progress, Row

STANDARD_INPUT: Final = "-"

_CHUNK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked at and found whole."""

    name: str
    """As it was typed; `FILE` in `FILE:LINE`."""
    kind: Kind
    gzipped: bool
    digest: str
    """SHA-256 of what is in it, unpacked: a file is the same file gzipped, renamed or piped."""
    size: int
    """Bytes of what is in it, unpacked."""
    records: int
    """How many records it has; of text: how many lines, blank ones included."""
    beginnings: frozenset[str]
    """Digests of its first bytes, for each length that was asked for."""
    file: BinaryIO

    def rows(self) -> Generator[Row, None, None]:
        """Yield its records from the beginning. One reader at a time: all share one place in the file."""
        with self._content() as stream:
            match self.kind:
                case Kind.JSON_LINES:
                    yield from json_rows(stream)
                case Kind.CSV:
                    yield from csv_rows(self.name, stream)
                case Kind.AVRO:
                    yield from avro_rows(self.name, stream)
                case Kind.PARQUET:
                    yield from parquet_rows(self.name, stream)

    def fields(self) -> list[str] | None:
        """Return the names of its fields if the file says them at its beginning. Raises InputError if they are none."""
        with self._content() as stream:
            match self.kind:
                case Kind.CSV:
                    return csv_header(self.name, stream)
                case Kind.AVRO:
                    return avro_fields(self.name, stream)
                case Kind.PARQUET:
                    return parquet_fields(self.name, stream)
        return None

    @contextmanager
    def _content(self) -> Iterator[BinaryIO]:
        """Yield what is in it: as much as was there when it was looked at, if it has grown meanwhile."""
        self.file.seek(0)
        with _unpacked(self.file, self.gzipped) as stream:
            if self.kind in (Kind.JSON_LINES, Kind.CSV):
                yield io.BufferedReader(_Beginning(stream, self.size), 2**18)
            else:
                yield stream


@contextmanager
def look_at(name: str, spool: Path, lengths: Collection[int], progress: Callable[[Progress], None]) -> Iterator[Source]:
    """Open a file, or standard input for `-`, and read it once: kind, digest, and that it is whole.

    What cannot be read twice is kept in a nameless file in the folder `spool` meanwhile.
    Raises InputError: not there, empty, cut, of no known kind.
    """
    with _opened(name, spool) as file:
        shown = "<stdin>" if name == STANDARD_INPUT else name
        try:
            yield _look(shown, file, lengths, progress)
        except OSError as error:
            raise InputError(f"{shown}: cannot be read: {error.strerror or error}") from error


def _look(name: str, file: BinaryIO, lengths: Collection[int], progress: Callable[[Progress], None]) -> Source:
    gzipped = file.read(len(GZIP)) == GZIP
    file.seek(0)
    whole = hashlib.sha256()
    size, line_ends, head, last = 0, 0, b"", b""
    beginnings = set()
    waiting = sorted({length for length in lengths if length}, reverse=True)
    total = os.fstat(file.fileno()).st_size
    try:
        # No more than was there at the beginning: who appends all the while would never let it end.
        with _unpacked(cast(BinaryIO, io.BufferedReader(_Beginning(file, total))), gzipped) as stream:
            while chunk := stream.read(_CHUNK):
                head += chunk[: HEAD - len(head)]
                at = 0
                while waiting and waiting[-1] <= size + len(chunk):
                    length = waiting.pop()
                    whole.update(chunk[at : length - size])
                    at = length - size
                    beginnings.add(whole.hexdigest())
                whole.update(chunk[at:])
                size += len(chunk)
                line_ends += chunk.count(b"\n")
                last = chunk[-1:]
                progress(Progress(f"checking {name}", file.tell(), total))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{name}: the gzip file is damaged or cut after {size:,} bytes: {error}") from error
    kind = tell_kind(name, head, size)
    records = line_ends + (last not in (b"", b"\n"))
    if kind in (Kind.AVRO, Kind.PARQUET):
        file.seek(0)
        with _unpacked(file, gzipped) as stream:
            records = avro_size(name, stream, size) if kind is Kind.AVRO else parquet_size(name, stream)
    return Source(name, kind, gzipped, whole.hexdigest(), size, records, frozenset(beginnings), file)


@contextmanager
def _opened(name: str, spool: Path) -> Iterator[BinaryIO]:
    if name == STANDARD_INPUT:
        with _spooled(sys.stdin.buffer, spool) as file:
            yield file
        return
    try:
        given = open(name, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    with given:
        if stat.S_ISREG(os.fstat(given.fileno()).st_mode):
            yield given
        else:
            with _spooled(given, spool) as file:
                yield file


@contextmanager
def _spooled(stream: BinaryIO, spool: Path) -> Iterator[BinaryIO]:
    try:
        spool.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=spool) as file:
            shutil.copyfileobj(stream, file, _CHUNK)
            file.seek(0)
            yield file
    except OSError as error:
        raise UnavailableError(f"{spool}: standard input cannot be kept there: {error.strerror}") from error


@contextmanager
def _unpacked(file: BinaryIO, gzipped: bool) -> Iterator[BinaryIO]:
    if gzipped:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            yield stream  # type: ignore[misc]
    else:
        yield file


class _Beginning(io.RawIOBase):
    """The first `size` bytes of a stream."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._stream.read(min(len(buffer), self._left))
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)
