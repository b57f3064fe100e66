"""Reading the body of `POST /events`: one JSON object, an array, or an object a line. Pure.

Each event is cut out of the body and read by itself, so that a bad one harms no other, and is kept as it came.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from footfall.collector.schema import problem_of
from footfall.errors import InputError
from footfall.mapping import read_moment, read_object

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)
"""A string, also one that does not end, or a sign that parts or nests. Possessive: linear time on any input."""

_SPACE: Final = b" \t\r\n"

_PAST: Final = 86_400_000
_AHEAD: Final = 60_000
"""How far back an event's own timestamp may lie, and how far ahead the sender's clock may be, ms."""

_LONGEST_ID: Final = 300
"""Bytes (counting.md, "What is not counted")."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event of a body that is not taken."""

    index: int
    """Its place in the body, from 0."""
    reason: str


def sort_out(body: bytes, lines: bool, limit: int, now: int) -> tuple[list[bytes], list[Refused]] | None:
    """Return the events of a body that may be kept, and those that may not. None: there are more than `limit`.

    `lines`: it is known to be one a line; `now`: ms since epoch. Raises InputError for an empty body and an array that
    does not end.
    """
    events = cut(body, lines=lines, limit=limit)
    if len(events) > limit:
        return None
    good, refused = [], []
    for index, event in enumerate(events):
        try:
            check(event, now)
        except InputError as error:
            refused.append(Refused(index, str(error)))
        else:
            good.append(event)
    return good, refused


def cut(body: bytes, *, lines: bool, limit: int) -> list[bytes]:
    """Return the events of a body, each as it came, and at most one more than `limit`.

    Raises InputError for an empty body and an array that does not end.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    if not body:
        raise InputError("the body is empty; expected a JSON object, an array, or an object a line")
    if not lines and body.startswith(b"["):
        return list(islice(_elements(body), limit + 1))
    rows = [row for row in (row.strip(_SPACE) for row in body.split(b"\n")) if row]
    if lines or (len(rows) > 1 and (_whole(rows[0]) or all(row.startswith(b"{") for row in rows))):
        return rows[: limit + 1]
    return [body]


def _whole(row: bytes) -> bool:
    return row.startswith(b"{") and row.endswith(b"}")


def _elements(body: bytes) -> Iterator[bytes]:
    depth, begin, end = 0, 1, None
    for token in _TOKEN.finditer(body):
        sign = token[0]
        if sign in (b"[", b"{"):
            depth += 1
        elif sign in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                end = token.start()
                break
        elif sign == b"," and depth == 1:
            yield body[begin : token.start()].strip(_SPACE)
            begin = token.end()
    if end is None or body[end : end + 1] != b"]" or body[end + 1 :].strip(_SPACE):
        raise InputError("the body is no JSON array: it does not end where its first bracket closes")
    last = body[begin:end].strip(_SPACE)
    if last or begin > 1:
        yield last


def check(event: bytes, now: int) -> None:
    """Return if the event may be kept. `now`: ms since epoch. Raises InputError, saying why not."""
    found = read_object(event)
    _refuse_double_members(event)
    if problem := problem_of(found):
        raise InputError(problem)
    for name in ("eventId", "sessionId"):
        if len(str(found[name]).encode()) > _LONGEST_ID:
            raise InputError(f"{name}: over {_LONGEST_ID} bytes")
    for name in ("price", "amount"):
        value = found.get(name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{name}: a number too large to be read")
    if (timestamp := found.get("timestamp")) is not None:
        _check_moment(timestamp, now)


def _refuse_double_members(event: bytes) -> None:
    """Refuse what two readers would understand differently (RFC 8259, section 4)."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            raise InputError(f"{next(name for name in names if names.count(name) > 1)}: the member is there twice")
        return members

    json.loads(event, object_pairs_hook=unique, parse_int=str)


def _check_moment(value: object, now: int) -> None:
    moment = read_moment(value)
    if moment > now + _AHEAD:
        raise InputError(f"timestamp: {value!s:.40} lies ahead; expected one within the last 24 hours")
    if moment < now - _PAST:
        raise InputError(
            f"timestamp: {value!s:.40} lies over 24 hours back; bring older events in by: footfall import FILE"
        )
