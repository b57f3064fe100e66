"""Requests for the tests of this room."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import orjson

from footfall.mapping.base36 import to_base36
from footfall.mapping.checksum import checksum
from footfall.mapping.query import read_query
from footfall.model.frames import FrameKind, Request, pack, pack_line, pack_request

ARRIVAL: Final = 1_795_469_302_979
AGENT: Final = (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0")

PARAMETERS: Final[Mapping[str, str]] = {
    "p": "0:i1t84hgy:party",
    "s": "0:i1t84hgy:session",
    "v": "0:pageView",
    "e": "0:pageView0",
    "c": "i1t8q2b6",
    "n": "f",
    "f": "t",
    "l": "https://shop.example/item/dress/",
    "i": "1ak",
    "j": "sj",
    "k": "2",
    "w": "uq",
    "h": "qd",
    "t": "buy_button_click",
}


def event(
    changes: Mapping[str, str | None] | None = None, *headers: tuple[bytes, bytes], peer: str = "10.0.0.0"
) -> bytes:
    """Return a raw event with a right checksum; a parameter changed to None is left out."""
    merged = {**PARAMETERS, **(changes or {})}
    query = urlencode([(name, value) for name, value in merged.items() if value is not None], quote_via=quote)
    target = f"/csc-event?{query}&x={to_base36(checksum(read_query(query.encode())))}"
    return raw_event(target, *headers, peer=peer)


def raw_event(target: str, *headers: tuple[bytes, bytes], peer: str = "10.0.0.0") -> bytes:
    """Return a raw event of this very target."""
    return pack(FrameKind.EVENT, ARRIVAL, pack_request(Request(peer, target.encode(), headers or (AGENT,))))


def posted(members: object, *headers: tuple[bytes, bytes]) -> bytes:
    """Return a raw posted event."""
    body = members if isinstance(members, bytes) else orjson.dumps(members)
    return pack(FrameKind.POSTED, ARRIVAL, pack_request(Request("10.0.0.0", b"/events", headers or (AGENT,), body)))


def imported(members: object, origin: str = "history.jsonl:7") -> bytes:
    """Return a raw imported record."""
    body = members if isinstance(members, bytes) else orjson.dumps(members)
    return pack(FrameKind.IMPORTED, ARRIVAL, pack_line(origin, body))
