"""A `GET /csc-event` becomes a record (divolte.md 1.2, 5.4 and 5.7)."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from footfall.errors import InputError
from footfall.mapping.agents import AGENT_FIELDS, read_agent
from footfall.mapping.base36 import read_base36
from footfall.mapping.checksum import is_corrupt
from footfall.mapping.hosts import host_string
from footfall.mapping.identifiers import read_identifier
from footfall.mapping.mincode import Value, decode
from footfall.mapping.query import Query, read_query
from footfall.model.frames import Request

_PRESENT: Final = frozenset("venf")
"""Without one of these, or with a bad `p`, `s` or `c`, Divolte drops an event. We set it aside, saying why."""


class Event(NamedTuple):
    """An event request, taken apart."""

    arrival: int
    request: Request
    query: Query
    first: dict[str, str]
    """The first value of each parameter."""
    party: str
    session: str
    client_time: int
    parameters: Value
    """What the shop sent along (`u`); None if nothing, or nothing that can be read."""
    agent: str | None


Getter = Callable[[Event], object]


def read_event(arrival: int, request: Request) -> Event:
    """Return the event. Raises InputError, naming the parameter, for one that Divolte would drop."""
    query = read_query(request.target.partition(b"?")[2])
    first = query.first
    if not first.keys() >= _PRESENT:
        raise InputError(f"{min(_PRESENT - first.keys())}: the parameter is missing")
    party, session = _identifier(first, "p"), _identifier(first, "s")
    time = read_base36(first.get("c", ""))
    if time is None:
        raise InputError(f"c: {_shown(first, 'c')}; expected a time in ms, base 36")
    parameters = _parameters(first.get("u"))
    return Event(arrival, request, query, first, party, session, time, parameters, user_agent(request))


def _identifier(first: Mapping[str, str], name: str) -> str:
    identifier = read_identifier(first.get(name, ""))
    if identifier is None:
        raise InputError(f"{name}: {_shown(first, name)}; expected 0:<time in base 36>:<id>")
    return identifier


def _shown(first: Mapping[str, str], name: str) -> str:
    return repr(first[name][:100]) if name in first else "the parameter is missing"


def _parameters(text: str | None) -> Value:
    if text is None:
        return None
    try:
        return decode(text)
    except InputError:
        return None  # Divolte's habit: malformed parameters are absent, the event is kept


def _text(name: str) -> Getter:
    return lambda event: event.first.get(name)


def _pixels(name: str) -> Getter:
    return lambda event: read_base36(event.first.get(name, ""), bits=32)


def parameter(name: str) -> Getter:
    """Return a getter of one of the shop's parameters, of the type that it came with."""

    def get(event: Event) -> object:
        parameters = event.parameters
        return parameters.get(name) if isinstance(parameters, dict) else None

    return get


def _item(event: Event) -> str | None:
    parameters = event.parameters
    if isinstance(parameters, dict):
        for name in ("itemId", "item"):
            if isinstance(item := parameters.get(name), str) and item:
                return item
    return None


def user_agent(request: Request) -> str | None:
    """Return the first User-Agent header, or None."""
    for name, value in request.headers:
        if name == b"user-agent":
            return value.strip().decode("latin-1")
    return None


def _agent(field: str) -> Getter:
    return lambda event: None if event.agent is None else read_agent(event.agent)[field]


GETTERS: Final[dict[str, Getter]] = {
    "detectedDuplicate": lambda _: False,  # retries are known by their event id alone (counting.md)
    "detectedCorruption": lambda event: is_corrupt(event.query),
    "firstInSession": lambda event: event.first["f"] == "t",
    "timestamp": lambda event: event.arrival,
    "clientTimestamp": lambda event: event.client_time,
    "remoteHost": lambda event: host_string(event.request.peer),
    "referer": _text("r"),
    "location": _text("l"),
    "viewportPixelWidth": _pixels("w"),
    "viewportPixelHeight": _pixels("h"),
    "screenPixelWidth": _pixels("i"),
    "screenPixelHeight": _pixels("j"),
    "partyId": lambda event: event.party,
    "sessionId": lambda event: event.session,
    "pageViewId": _text("v"),
    "eventType": lambda event: event.first.get("t", "unknown"),
    "userAgentString": lambda event: event.agent,
    **{field: _agent(field) for field in AGENT_FIELDS},
    "eventId": _text("e"),
    "price": parameter("price"),
    "amount": parameter("amount"),
    "currency": parameter("currency"),
    "itemId": _item,
}
"""How each field of the default record is read."""
