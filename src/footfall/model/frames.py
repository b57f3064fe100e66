"""How one record lies in the journal: a kind, an arrival time, a payload. Raw first, mapped later."""

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from footfall.errors import InputError

_HEAD: Final = struct.Struct("<Bq")
"""Kind, then arrival in ms since epoch."""

_LINE_LIMIT: Final = 64_000
"""Bytes kept of a line that could not be read: enough to see what is wrong with it."""


class FrameKind(IntEnum):
    """What a payload holds."""

    EVENT = 1
    """A `GET /csc-event`, raw."""
    POSTED = 2
    """One event of `POST /events`: a request whose body is the event's JSON object."""
    IMPORTED = 3
    """One record of a file: a JSON object of field name -> value."""
    BROKEN = 4
    """A line of a file that could not be read, and why."""
    VALUE = 5
    """The value of a record of a Kafka topic, as it is there."""
    TOMBSTONE = 6
    """A record of a Kafka topic that has a key and no value."""


_KINDS: Final[dict[int, FrameKind]] = {kind.value: kind for kind in FrameKind}


class Frame(NamedTuple):
    """One record, taken apart."""

    kind: FrameKind
    arrival: int
    """When it was received or imported, ms since epoch."""
    payload: bytes


class Request(NamedTuple):
    """What is kept of a request: nothing that the privacy settings forbid."""

    peer: str
    """The visitor's address as it may be kept; the empty text if it may not."""
    target: bytes
    """Path and query as they came."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Allowed headers in the order they came, names in lower case."""
    body: bytes = b""


def pack(kind: FrameKind, arrival: int, payload: bytes) -> bytes:
    """Return the record as it lies in the log ("raw")."""
    return _HEAD.pack(kind, arrival) + payload


def unpack(raw: bytes) -> Frame:
    """Return the parts of a record. Raises InputError if it is none."""
    try:
        kind, arrival = _HEAD.unpack_from(raw)
        return Frame(_KINDS[kind], arrival, raw[_HEAD.size :])
    except (struct.error, KeyError) as error:
        raise InputError(f"no record of the journal: {raw[:16]!r}: {error}") from error


def arrival_of(raw: bytes) -> int:
    """Return when a record arrived, ms since epoch, also of one that cannot be unpacked."""
    return int.from_bytes(raw[1:9], "little", signed=True)


def pack_request(request: Request) -> bytes:
    """Return a request as a payload: a line each for peer, target and headers, an empty one, the body.

    No part can hold a line end: HTTP forbids it in targets and headers.
    """
    before, behind = around(request.peer, request.headers)
    return before + request.target + behind + request.body


def around(peer: str, headers: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Return what stands before and behind the target in a payload: for who packs many that differ in it alone."""
    lines = b"".join([b"\n" + name + b":" + value for name, value in headers])
    return peer.encode("latin-1", "replace") + b"\n", lines + b"\n\n"


def unpack_request(payload: bytes) -> Request:
    """Return the request of a payload. Raises InputError if it is none."""
    head, parted, body = payload.partition(b"\n\n")
    lines = head.split(b"\n")
    if not parted or len(lines) < 2:
        raise InputError(f"no request in the record: {payload[:40]!r}")
    headers = tuple([(name, value) for name, _, value in [line.partition(b":") for line in lines[2:]]])
    return Request(lines[0].decode("latin-1"), lines[1], headers, body)


def pack_line(origin: str, body: bytes, problem: str = "") -> bytes:
    """Return a record of a file as a payload: where it stood (`FILE:LINE`), what is wrong with it, itself."""
    limit = _LINE_LIMIT if problem else len(body)
    return origin.encode("utf-8", "replace") + b"\0" + problem.encode("utf-8", "replace") + b"\0" + body[:limit]


def unpack_line(payload: bytes) -> tuple[str, bytes, str]:
    """Return origin, body and problem (empty if none) of a record of a file. Raises InputError if it is none."""
    parts = payload.split(b"\0", 2)
    if len(parts) != 3:
        raise InputError(f"no line of a file in the record: {payload[:40]!r}")
    return parts[0].decode("utf-8", "replace"), parts[2], parts[1].decode("utf-8", "replace")
