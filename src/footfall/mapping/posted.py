"""One event of `POST /events` becomes a record: its members bear the names of the record's fields."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from footfall.errors import InputError
from footfall.mapping.agents import AGENT_FIELDS, read_agent
from footfall.mapping.events import user_agent
from footfall.mapping.hosts import host_string
from footfall.mapping.moments import read_moment
from footfall.mapping.objects import read_object
from footfall.model.frames import Request

_NOT_IN_A_HOST: Final = frozenset("/?#@\\ \t\r\n")
"""With one of these in it, a shop would not be the host of the address made of it."""


class Posted(NamedTuple):
    """A posted event, taken apart."""

    request: Request
    members: Mapping[str, object]
    timestamp: int
    """Its own if it has one, else its arrival; ms."""
    location: str | None
    agent: str | None


Getter = Callable[[Posted], object]


def read_posted(arrival: int, request: Request) -> Posted:
    """Return the event. Raises InputError: no JSON object, a `timestamp` or `shop` that is none."""
    members = read_object(request.body)
    moment = members.get("timestamp")
    timestamp = arrival if moment is None else read_moment(moment)
    return Posted(request, members, timestamp, _location(members), _agent_of(request, members))


def _location(members: Mapping[str, object]) -> str | None:
    """Return the page's address. An event that names only its shop happened at the shop's front page."""
    location, shop = members.get("location"), members.get("shop")
    if isinstance(location, str) or shop is None:
        return location if isinstance(location, str) else None
    if not isinstance(shop, str) or not shop or not _NOT_IN_A_HOST.isdisjoint(shop):
        raise InputError(f"shop: {str(shop)[:100]!r}; expected a host such as shop.example")
    return f"https://{shop}/"


def _agent_of(request: Request, members: Mapping[str, object]) -> str | None:
    """Return the visitor's user agent: a server that posts for its visitors names it, a browser has it as header."""
    if "userAgentString" not in members:
        return user_agent(request)
    named = members["userAgentString"]
    return named if isinstance(named, str) else None


def text(name: str) -> Getter:
    """Return a getter of a member that is text, else None."""

    def get(posted: Posted) -> object:
        value = posted.members.get(name)
        return value if isinstance(value, str) else None

    return get


def _id(name: str) -> Getter:
    """Return a getter of an id: text, or the digits of an integer."""

    def get(posted: Posted) -> object:
        value = posted.members.get(name)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(name)(posted)

    return get


def _whole(name: str, bits: int) -> Callable[[Posted], int | None]:
    limit = 1 << bits - 1

    def get(posted: Posted) -> int | None:
        value = posted.members.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit:
            return value
        return None

    return get


def _event_type(posted: Posted) -> object:
    event_type = text("eventType")(posted)
    return "unknown" if event_type is None else event_type


def _client_time(posted: Posted) -> int:
    time = _whole("clientTimestamp", bits=64)(posted)
    return posted.timestamp if time is None else time


def _agent(field: str) -> Getter:
    return lambda posted: None if posted.agent is None else read_agent(posted.agent)[field]


def parameter(name: str) -> Getter:
    """Return a getter of a member, of the type that it came with."""
    return lambda posted: posted.members.get(name)


GETTERS: Final[dict[str, Getter]] = {
    "detectedDuplicate": lambda _: False,
    "detectedCorruption": lambda _: False,
    "firstInSession": lambda posted: posted.members.get("firstInSession") is True,
    "timestamp": lambda posted: posted.timestamp,
    "clientTimestamp": _client_time,
    "remoteHost": lambda posted: host_string(posted.request.peer),
    "referer": text("referer"),
    "location": lambda posted: posted.location,
    "viewportPixelWidth": _whole("viewportPixelWidth", bits=32),
    "viewportPixelHeight": _whole("viewportPixelHeight", bits=32),
    "screenPixelWidth": _whole("screenPixelWidth", bits=32),
    "screenPixelHeight": _whole("screenPixelHeight", bits=32),
    "partyId": _id("partyId"),
    "sessionId": _id("sessionId"),
    "pageViewId": _id("pageViewId"),
    "eventType": _event_type,
    "userAgentString": lambda posted: posted.agent,
    **{field: _agent(field) for field in AGENT_FIELDS},
    "eventId": _id("eventId"),
    "price": parameter("price"),
    "amount": parameter("amount"),
    "currency": text("currency"),
    "itemId": text("itemId"),
}
"""How each field of the default record is read."""
