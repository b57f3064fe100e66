"""The fold: counting.md followed event by event, in plain Python. A second opinion that only the tests hold.

It shares nothing with what it is compared with. Nothing is cut into batches, nothing is ever deleted: every session
and every event id is kept for ever, and the rules of time are looked up when they are needed. Items and money come from
the slow reading of `tests.reading`, money is exact fractions, and the comments are the sentences of counting.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from fractions import Fraction

from tests import reading

from footfall.model.rules import Rules

HOUR = 3_600_000
YEAR_2000 = 946_684_800_000
ROBOTS = ("curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
"""Those that the tests send; every other user agent of theirs is a person's."""


@dataclass(frozen=True)
class Entry:
    """One record of the log."""

    arrival: int
    fields: Mapping[str, object] | None
    """As they were written; None: what lies there is no JSON object."""


@dataclass
class Session:
    views: int
    latest: int


@dataclass
class Partition:
    clock: int | None = None
    sessions: dict[str, Session] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """The clock right after the record that bore the id last."""


@dataclass
class Sums:
    views: int = 0
    depth: int = 0
    quantity: int = 0
    clicks: int = 0


class Fold:
    """Takes events in log order; everything it holds can be looked at at any time."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.facts: dict[tuple[str, str, int], Sums] = defaultdict(Sums)
        """By shop, item, minute."""
        self.money: dict[tuple[str, str, int, str], Fraction] = defaultdict(Fraction)
        """By shop, item, minute, currency; in whole units of it."""
        self.ended: Counter[str] = Counter()
        self.set_aside: dict[tuple[str, int], str] = {}
        """Why, by partition and position."""
        self.depths: dict[tuple[str, int], int] = {}
        """Of page views, by partition and position."""
        self._partitions: dict[str, Partition] = defaultdict(Partition)
        self._kept: dict[tuple[str, int], Entry] = {}

    def take(self, partition: str, position: int, entry: Entry) -> str:
        """Count one event; return how it ended."""
        ending = self._decide(partition, position, entry)
        self.ended[ending] += 1
        return ending

    def clock(self, partition: str) -> int | None:
        return self._partitions[partition].clock

    def retry(self, rules: Rules, wanted: Iterable[tuple[str, int]] | None = None) -> int:
        """Count again what is set aside, by other rules; return how many no longer wait."""
        self.rules = rules
        waiting = sorted(self.set_aside if wanted is None else wanted)
        resolved = 0
        for partition, position in waiting:
            entry = self._kept[partition, position]
            before = self.set_aside.pop((partition, position))
            if before.startswith(("price", "amount")):
                # An event set aside for its price or amount then adds its facts, and moves nothing else.
                refusal = self._unfit(entry)
                if refusal:
                    self.set_aside[partition, position] = before
                else:
                    self._count(partition, position, entry, depth=None)
            else:
                # One set aside by 1 goes through all five as if it came now, at the end of its partition.
                self._decide(partition, position, entry)
            resolved += (partition, position) not in self.set_aside
        return resolved

    def _decide(self, partition: str, position: int, entry: Entry) -> str:
        place, part = (partition, position), self._partitions[partition]
        # 1. undecodable; timestamp or session missing; timestamp wild; session or event id over 300 bytes: set aside.
        refusal = self._unfit(entry)
        if refusal:
            self._keep(place, entry, refusal)
            return "set_aside"
        timestamp, session, event = self._timestamp(entry), self._id(entry, "session"), self._id(entry, "event")
        assert timestamp is not None
        assert session is not None
        before = part.clock
        ending = self._flagged(entry, part, session, event)
        if ending is None:
            depth = self._move(part, session, timestamp, is_view=self._is_view(entry))
            ending = self._count(partition, position, entry, depth)
        # Everything else moves the partition's clock, after the decisions below.
        part.clock = timestamp if before is None else max(before, timestamp)
        # An id is known if a record with it came before, not itself ended by 1 or 2.
        if event is not None and ending != "corrupt":
            part.seen[session, event] = part.clock
        return ending

    def _flagged(self, entry: Entry, part: Partition, session: str, event: str | None) -> str | None:
        # 2. the corrupt flag.
        if reading.flag(self._value(entry, "corrupt")):
            return "corrupt"
        # 3. the collector's duplicate flag, or an event id that was seen before in the same session. No id: no check.
        if reading.flag(self._value(entry, "duplicate")):
            return "duplicate"
        if event is not None and (session, event) in part.seen:
            # ... the clock before this event is less than 24 hours past the clock right after that record.
            assert part.clock is not None
            if part.clock - part.seen[session, event] < self.rules.session_memory:
                return "duplicate"
        # 4. a robot's user agent.
        return "bot" if self._value(entry, "user_agent") in ROBOTS else None

    def _move(self, part: Partition, name: str, timestamp: int, *, is_view: bool) -> int | None:
        """Move the session; return the depth of a page view."""
        session = part.sessions.get(name)
        # An event whose timestamp is 30 minutes or more after the latest timestamp seen in the session so far ...
        if session is not None and timestamp - session.latest >= self.rules.session_timeout:
            session = None
        # ... if the clock is 24 hours or more past the session's latest timestamp, its next event starts a new session.
        if session is not None and part.clock is not None and part.clock - session.latest >= self.rules.session_memory:
            session = None
        if session is None:
            session = part.sessions[name] = Session(views=0, latest=timestamp)
        session.latest = max(session.latest, timestamp)
        if not is_view:
            return None
        # Depth is the ordinal number among the page views of its session, any page counted: 1, 2, 3, ...
        session.views += 1
        return session.views

    def _count(self, partition: str, position: int, entry: Entry, depth: int | None) -> str:
        """Return how a clean event ends: ignored, set aside for price or amount, or counted."""
        kind = self._value(entry, "event_type")
        location, named = self._value(entry, "location"), self._value(entry, "item")
        text = location if isinstance(location, str) else None
        shop, item = reading.place(text, named, tuple(self.rules.patterns))
        served = not self.rules.shops or any(fnmatchcase(shop, glob.lower()) for glob in self.rules.shops)
        if item is None or not served:
            return "ignored"
        timestamp = self._timestamp(entry)
        assert timestamp is not None
        minute = timestamp - timestamp % 60_000
        if self._is_view(entry):
            if depth is None:
                return "ignored"  # of a retry: it had no depth when its session moved, and can have none now
            self.depths[partition, position] = depth
            self.facts[shop, item, minute].views += 1
            self.facts[shop, item, minute].depth += depth
            return "counted"
        if not isinstance(kind, str) or kind not in self.rules.cart_events:
            return "ignored"
        return self._put_into_cart((partition, position), entry, (shop, item, minute))

    def _put_into_cart(self, place: tuple[str, int], entry: Entry, where: tuple[str, str, int]) -> str:
        rules = self.rules
        values: dict[str, object] = {
            "price": self._value(entry, "price"),
            "amount": self._value(entry, "amount"),
            "currency": self._value(entry, "currency"),
        }
        try:
            amount, value, currency = reading.cart(
                values, rules.decimal_mark, rules.currency, rules.max_price, rules.max_amount
            )
        except reading.RefusedError as refused:
            self._keep(place, entry, str(refused))
            return "set_aside"
        self.facts[where].quantity += amount
        self.facts[where].clicks += 1
        if value:
            self.money[*where, currency] += value
        return "counted"

    def _is_view(self, entry: Entry) -> bool:
        kind = self._value(entry, "event_type")
        return isinstance(kind, str) and kind in self.rules.page_views

    def _unfit(self, entry: Entry) -> str:
        """Return why an event is set aside for what it is, or the empty text."""
        if entry.fields is None or not is_json(dict(entry.fields)):
            return "undecodable"
        timestamp, session, event = self._timestamp(entry), self._id(entry, "session"), self._id(entry, "event")
        if timestamp is None:
            return "no_timestamp"
        if session is None:
            return "no_session"
        # More than an hour later than its arrival, or before 2000-01-01T00:00Z.
        if timestamp > entry.arrival + HOUR or timestamp < YEAR_2000:
            return "wild_timestamp"
        if len(reading.utf8(session)) > 300:
            return "long_session"
        return "long_event" if event is not None and len(reading.utf8(event)) > 300 else ""

    def _keep(self, place: tuple[str, int], entry: Entry, reason: str) -> None:
        self.set_aside[place] = reason
        self._kept[place] = entry

    def _timestamp(self, entry: Entry) -> int | None:
        return reading.timestamp(self._value(entry, "timestamp"))

    def _id(self, entry: Entry, column: str) -> str | None:
        return reading.identifier(self._value(entry, column))

    def _value(self, entry: Entry, column: str) -> object:
        """Return the value of the first field of a column that the record has."""
        assert entry.fields is not None
        for known, names in self.rules.fields.items():
            if known == column:
                for name in names:
                    if name in entry.fields:
                        return entry.fields[name]
        return None


def is_json(value: object, depth: int = 1) -> bool:
    """Say whether a value can stand in a record: a surrogate, NaN, infinity, too many levels or digits cannot."""
    if isinstance(value, str):
        return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, int):
        return -(10**1000) < value < 10**1000
    if isinstance(value, dict):
        return depth <= 100 and all(is_json(name) and is_json(inner, depth + 1) for name, inner in value.items())
    if isinstance(value, list):
        return depth <= 100 and all(is_json(inner, depth + 1) for inner in value)
    return True
