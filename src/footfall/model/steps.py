"""What one step of counting reads, carries and writes (counting.md, "What is not counted, and where it goes")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

RULES_VERSION = 1
"""Version of the counting rules; kept in the ledger with every step. A change of counting.md raises it."""


class Verdict(StrEnum):
    """How an event ended. Every event read ends in exactly one of these."""

    COUNTED = "counted"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    CORRUPT = "corrupt"
    BOT = "bot"
    SET_ASIDE = "set_aside"


class Reason(StrEnum):
    """Why an event was set aside or ignored."""

    UNDECODABLE = "undecodable"
    NO_TIMESTAMP = "no_timestamp"
    NO_SESSION = "no_session"
    WILD_TIMESTAMP = "wild_timestamp"
    LONG_SESSION = "long_session"
    LONG_EVENT = "long_event"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_OVER_LIMIT = "amount_over_limit"
    PRICE_UNREADABLE = "price_unreadable"
    PRICE_NEGATIVE = "price_negative"
    PRICE_DECIMALS = "price_decimals"
    PRICE_OVER_LIMIT = "price_over_limit"
    KIND = "kind"
    """Ignored: no metric uses this kind of event."""
    NO_ITEM = "no_item"
    """Ignored: the page belongs to no item."""
    OTHER_SHOP = "other_shop"
    """Ignored: the host is not in the setting `shops`."""


PRICE_REASONS = frozenset(
    {
        Reason.AMOUNT_UNREADABLE,
        Reason.AMOUNT_NOT_POSITIVE,
        Reason.AMOUNT_OVER_LIMIT,
        Reason.PRICE_UNREADABLE,
        Reason.PRICE_NEGATIVE,
        Reason.PRICE_DECIMALS,
        Reason.PRICE_OVER_LIMIT,
    }
)
"""Set aside after the session moved: a retry adds the facts and moves nothing else."""


class Loss(StrEnum):
    """Why positions of a log were never counted."""

    BEFORE = "before"
    """They were gone before anything of the partition was counted."""
    DELETED = "deleted"
    """Retention, or somebody, deleted them before they were counted."""
    REMADE = "remade"
    """The partition was deleted and made anew."""
    TRUNCATED = "truncated"
    """The log ends before the position that is counted: a copy was restored, or a broker lost what it had."""
    ADDED = "added"
    """Nothing: but the partition was added to others, and sessions under way may go on in it, with depths from 1."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Positions of a log that are gone and were never counted."""

    why: Loss
    partition: str
    """Where they lay: of a partition made anew, the one before it."""
    first: int
    end: int | None
    """One past the last; None: nobody knows."""

    @property
    def positions(self) -> int:
        """How many positions are gone for certain; of a log there are at most as many records as positions."""
        return self.end - self.first if self.end is not None and self.why in (Loss.BEFORE, Loss.DELETED) else 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition is counted, as the store knows it."""

    partition: str
    next: int = 0
    """The first position not counted yet."""
    clock: int | None = None
    """The clock of the partition: latest timestamp of its records so far, ms. None before the first."""
    steps: int = 0
    """How many steps were committed; with `next` it guards a commit (compare-and-set)."""


class SessionState(NamedTuple):
    """A session as it is carried from step to step. A tuple: there are thousands in a step."""

    session: str
    views: int
    """Page views so far: the depth of the latest one."""
    latest: int
    """Latest timestamp seen in the session, ms."""


class SeenEvent(NamedTuple):
    """An event id that is remembered, so that a retry is not counted twice. A tuple: there is one for each event."""

    session: str
    event: str
    last_seen: int
    """The partition's clock right after the record that bore the id, ms."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What the store remembers about the sessions and event ids of a batch."""

    sessions: Sequence[SessionState] = ()
    events: Sequence[SeenEvent] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Sums of one (shop, item, minute). They only ever add up."""

    shop: str
    item: str
    minute: int
    """Start of the minute, ms since epoch, UTC."""
    views: int
    depth_sum: int
    quantity: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Value:
    """Money of one (shop, item, minute, currency) in 1/10,000: `high * 10**9 + low`; each half only adds up."""

    shop: str
    item: str
    minute: int
    currency: str
    high: int
    low: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that could not be counted, kept so that it can be after a fix."""

    partition: str
    position: int
    arrival: int
    """When it was received or imported, ms."""
    reason: Reason
    detail: str
    """For a person: the value, and what was expected."""
    raw: bytes
    """The record as it lies in the log."""
    origin: str = ""
    """`FILE:LINE` of an imported event."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How the events of a step ended. `read` is always the sum of the others."""

    read: int = 0
    counted: int = 0
    ignored: int = 0
    duplicate: int = 0
    corrupt: int = 0
    bot: int = 0
    set_aside: int = 0

    @property
    def holds(self) -> bool:
        """Say whether `read = counted + ignored + duplicate + corrupt + bot + set aside`."""
        return self.read == self.counted + self.ignored + self.duplicate + self.corrupt + self.bot + self.set_aside


@dataclass(frozen=True, slots=True)
class Step:
    """Everything one step writes, in one transaction guarded by `before`."""

    before: Position
    """The position the step was computed from; the commit fails if the store is elsewhere by now."""
    next: int
    clock: int | None
    tally: Tally
    reasons: Mapping[Reason, int] = field(default_factory=dict)
    """How many were ignored or set aside, by reason."""
    facts: Sequence[Fact] = ()
    values: Sequence[Value] = ()
    sessions: Sequence[SessionState] = ()
    seen: Sequence[SeenEvent] = ()
    set_aside: Sequence[SetAside] = ()
    resolves: Sequence[int] = ()
    """A retry's: the positions that it resolves. Empty for an ordinary step."""
    lost: Lost | None = None
    """A step that reads nothing: it says in the ledger what will never be counted."""
    rules: int = RULES_VERSION
    started: int = 0
    """When the step began, by the machine's clock, ms. For people; no number depends on it."""
    took: int = 0
    """How long reading and computing took, ms."""
