"""What is decided about each event by itself, before the definition sees it (counting.md, "What is decided")."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from footfall.job.reading import CART_EVENT, NO_CART, OTHER, Cart, Reading, Refusal, Worth
from footfall.log import Batch
from footfall.model.rules import EARLIEST, FUTURE, LONGEST_ID
from footfall.model.steps import PRICE_REASONS, Reason

CLEAR, CORRUPT, DUPLICATE, ROBOT = 0, 1, 2, 3
"""The flags of the definition."""

NUMBERS: Final = {
    Reason.OTHER_SHOP: 1,
    Reason.KIND: 2,
    Reason.NO_ITEM: 3,
    **{reason: -number for number, reason in enumerate(sorted(PRICE_REASONS), 1)},
}
"""The definition's numbers of the reasons not to count an event: > 0 ignored, < 0 set aside."""

_COLUMNS: Final = (
    *("arrival", "problem", "timestamp", "session", "event", "corrupt", "duplicate", "user_agent", "event_type"),
    *("location", "item", "price", "price_kind", "amount", "amount_kind", "currency"),
)

_NO_MONEY: Final = (None, 0, None, 0, None)
"""Price, its kind, amount, its kind, currency of an event that puts nothing into the cart."""

_SURELY_SHORT: Final = LONGEST_ID // 4
"""A text of so many characters has at most `LONGEST_ID` bytes."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Key = TypeVar("_Key")


class Numbering(dict[_Key, int]):
    """Numbers what it is asked for: 0, 1, 2, ..."""

    def __missing__(self, key: _Key) -> int:
        number = self[key] = len(self)
        return number


@dataclass(slots=True)
class Sorted:
    """The events of a batch: those set aside for what they are, and all others by column, in log order."""

    COLUMNS: ClassVar = (
        "pos",
        "ts",
        "session",
        "event",
        "flag",
        "kind",
        "reason",
        *("place", "amount", "currency", "high", "low"),
    )
    """The fields that are columns of the definition."""

    refused: dict[int, Refusal] = field(default_factory=dict)
    """Why, by row of the batch."""
    unreadable: dict[int, Refusal] = field(default_factory=dict)
    """What is wrong with a price or an amount, by row of the batch."""

    pos: list[int] = field(default_factory=list)
    """Row of the batch."""
    ts: list[int] = field(default_factory=list)
    session: list[int] = field(default_factory=list)
    event: list[int | None] = field(default_factory=list)
    flag: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    reason: list[int | None] = field(default_factory=list)
    place: list[int | None] = field(default_factory=list)
    amount: list[int] = field(default_factory=list)
    currency: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)

    sessions: Numbering[str] = field(default_factory=Numbering)
    ids: Numbering[tuple[str, str]] = field(default_factory=Numbering)
    """(session, event id)."""
    places: Numbering[tuple[str, str]] = field(default_factory=Numbering)
    """(shop, item)."""
    currencies: Numbering[str] = field(default_factory=Numbering)


def sort_out(batch: Batch, reading: Reading) -> Sorted:
    """Return the events of a batch with all that each says by itself; column by column, for that is faster by far."""
    found = Sorted()
    columns = _listed(batch)
    _refuse(columns, found)
    found.pos = list(range(len(batch.raws)))
    if found.refused:
        found.pos = [row for row in found.pos if row not in found.refused]
        columns = [[column[row] for row in found.pos] for column in columns]
    _, _, found.ts, sessions, events, corrupt, duplicate, agents, types, *values = columns
    found.session, found.event = _numbered(found, sessions, events)
    robots = {agent for agent in set(agents) if agent is not None and reading.is_robot(agent)}
    found.flag = [
        CORRUPT if broken else DUPLICATE if twice else ROBOT if agent in robots else CLEAR
        for broken, twice, agent in zip(corrupt, duplicate, agents, strict=True)
    ]
    found.kind = [reading.kinds.get(kind, OTHER) for kind in types]
    _weigh(found, reading, values)
    return found


def _listed(batch: Batch) -> list[list[Any]]:
    """Return the columns as lists; by pyarrow, thrice as fast, where it is loaded already: it takes 50 MB."""
    pyarrow = sys.modules.get("pyarrow")
    events = batch.events if pyarrow is None else pyarrow.table(batch.events)
    return [events[name].to_pylist() for name in _COLUMNS]


def _refuse(columns: Sequence[Sequence[Any]], found: Sorted) -> None:
    """Note which events are set aside for what they are."""
    arrivals, problems, stamps, sessions, events, *_ = columns
    short = _SURELY_SHORT
    for row, (arrival, problem, ts, session, event) in enumerate(
        zip(arrivals, problems, stamps, sessions, events, strict=True)
    ):
        if (
            problem is not None
            or ts is None
            or session is None
            or not EARLIEST <= ts <= arrival + FUTURE
            or len(session) > short
            or (event is not None and len(event) > short)
        ):
            refusal = _refusal(arrival, problem, ts, session, event)
            if refusal is not None:
                found.refused[row] = refusal


def _numbered(
    found: Sorted, sessions: Sequence[str], events: Sequence[str | None]
) -> tuple[list[int], list[int | None]]:
    """Return the number of each session, and of each event id in it."""
    known, ids = found.sessions, found.ids
    numbers = [known.setdefault(session, len(known)) for session in sessions]
    return numbers, [
        None if event is None else ids.setdefault((session, event), len(ids))
        for session, event in zip(sessions, events, strict=True)
    ]


def _weigh(found: Sorted, reading: Reading, values: Sequence[Sequence[Any]]) -> None:
    """Work out what each event would count; of page views and others, once for each place."""
    locations, items, *money = values
    many, nothing = len(found.kind), found.currencies[NO_CART.currency]
    found.amount, found.high, found.low, found.currency = [0] * many, [0] * many, [0] * many, [nothing] * many
    known: dict[tuple[int, str | None, str | None], tuple[int | None, int | None]] = {}
    for index, event in enumerate(zip(found.kind, locations, items, strict=True)):
        if event[0] == CART_EVENT:
            cart, weight = _cart(found, reading, index, event, [column[index] for column in money])
            found.amount[index], found.high[index], found.low[index] = cart.amount, cart.high, cart.low
            found.currency[index] = found.currencies[cart.currency]
        else:
            weight = known.get(event) or known.setdefault(
                event, _weight(found, reading.worth(event[0], event[1], event[2], *_NO_MONEY))
            )
        found.reason.append(weight[0])
        found.place.append(weight[1])


def _cart(
    found: Sorted, reading: Reading, index: int, event: tuple[int, str | None, str | None], money: Sequence[Any]
) -> tuple[Cart, tuple[int | None, int | None]]:
    worth = reading.worth(*event, *money)
    cart = worth[2]
    if isinstance(cart, Refusal):
        found.unreadable[found.pos[index]] = cart
        cart = NO_CART
    return cart, _weight(found, worth)


def _weight(found: Sorted, worth: Worth) -> tuple[int | None, int | None]:
    """Return the numbers of the reason not to count an event, and of its place."""
    reason, place, _ = worth
    return None if reason is None else NUMBERS[reason], None if place is None else found.places[place]


def _refusal(
    arrival: int, problem: str | None, ts: int | None, session: str | None, event: str | None
) -> Refusal | None:
    """Return why an event is set aside for what it is: stage 1 of counting.md, "What is decided"."""
    if problem is not None:
        return Refusal(Reason.UNDECODABLE, problem)
    if ts is None:
        return Refusal(Reason.NO_TIMESTAMP, "no timestamp; expected ms since 1970 as an integer or as digits")
    if session is None:
        return Refusal(Reason.NO_SESSION, "no session id; expected a text or an integer")
    if ts < EARLIEST:
        return Refusal(Reason.WILD_TIMESTAMP, f"timestamp {_moment(ts)}; expected 2000-01-01 or later")
    if ts > arrival + FUTURE:
        expected = f"expected at most an hour later than its arrival, {_moment(arrival)}"
        return Refusal(Reason.WILD_TIMESTAMP, f"timestamp {_moment(ts)}; {expected}")
    if _is_long(session):
        return Refusal(Reason.LONG_SESSION, f"session id {session[:40]!r}...; expected at most {LONGEST_ID} bytes")
    if event is not None and _is_long(event):
        return Refusal(Reason.LONG_EVENT, f"event id {event[:40]!r}...; expected at most {LONGEST_ID} bytes")
    return None


def _is_long(text: str) -> bool:
    return len(text) > _SURELY_SHORT and len(text.encode()) > LONGEST_ID


def _moment(ms: int) -> str:
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return f"{ms} ms"
