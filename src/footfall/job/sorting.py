"""What is decided about each event by itself, before the definition sees it (counting.md, "What is decided")."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from footfall.job.reading import NO_CART, OTHER, Reading, Refusal
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
    """Return the events of a batch with all that each says by itself."""
    found = Sorted()
    for row, (arrival, problem, ts, session, event, corrupt, duplicate, agent, kind_of, *values) in enumerate(
        _rows(batch)
    ):
        refusal = _refusal(arrival, problem, ts, session, event)
        if refusal is not None:
            found.refused[row] = refusal
            continue
        kind = reading.kinds.get(kind_of, OTHER)
        reason, place, cart = reading.worth(kind, *values)
        if isinstance(cart, Refusal):
            found.unreadable[row] = cart
            cart = NO_CART
        found.pos.append(row)
        found.ts.append(ts)
        found.session.append(found.sessions[session])
        found.event.append(None if event is None else found.ids[session, event])
        robot = not (corrupt or duplicate or agent is None) and reading.is_robot(agent)
        found.flag.append(CORRUPT if corrupt else DUPLICATE if duplicate else ROBOT if robot else CLEAR)
        found.kind.append(kind)
        found.reason.append(None if reason is None else NUMBERS[reason])
        found.place.append(None if place is None else found.places[place])
        found.amount.append(cart.amount)
        found.currency.append(found.currencies[cart.currency])
        found.high.append(cart.high)
        found.low.append(cart.low)
    return found


def _rows(batch: Batch) -> Iterator[tuple[Any, ...]]:
    return zip(*(batch.events[name].to_pylist() for name in _COLUMNS), strict=True)


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
