"""A log that every engine must count alike, with what must come out written beside each record.

It is counted in pieces: what is remembered from one to the next is kept here in dictionaries, as a store keeps it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final, NamedTuple, Protocol

from tests.metrics.batches import BEGIN, columns

from footfall.metrics import Columns, Counts

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
TIMEOUT, MEMORY = 30 * MINUTE, DAY
CLEAR, CORRUPT, DUPLICATE, ROBOT = 0, 1, 2, 3
OTHER, VIEW, CLICK = 0, 1, 2


class Row(NamedTuple):
    """A record, and what must become of it."""

    part: int
    ts: int
    """After `BEGIN`, ms."""
    session: int
    event: int | None
    flag: int
    kind: int
    place: int | None
    """None: it is ignored."""
    ending: str
    depth: int = 0
    """Of a page view that is counted."""
    amount: int = 0
    units: int = 0
    currency: int = 0


LOG: Final = [
    # A visit, a retry, a click; part 1 goes on at its own time.
    Row(0, 0, 0, 1, CLEAR, VIEW, None, "ignored"),
    Row(0, 10 * SECOND, 0, 2, CLEAR, VIEW, 7, "counted", depth=2),
    Row(1, -300 * DAY, 10, 11, CLEAR, VIEW, 7, "counted", depth=1),
    Row(0, 10 * SECOND, 0, 2, CLEAR, VIEW, 7, "duplicate"),
    Row(0, 20 * SECOND, 0, 3, CLEAR, CLICK, 7, "counted", amount=2, units=39_800_000),
    Row(0, 59_999, 0, None, CLEAR, VIEW, 8, "counted", depth=3),
    Row(0, 60_000, 0, None, CLEAR, OTHER, None, "ignored"),
    # Late: takes the next ordinal, counts in its own minute.
    Row(0, 30 * SECOND, 0, 4, CLEAR, VIEW, 8, "counted", depth=4),
    # Corrupt: not seen. Duplicate by flag and robot: seen. None moves the session.
    Row(0, 70 * SECOND, 0, 5, CORRUPT, VIEW, 7, "corrupt"),
    Row(0, 71 * SECOND, 0, 5, CLEAR, VIEW, 7, "counted", depth=5),
    Row(0, 72 * SECOND, 0, 6, DUPLICATE, VIEW, 7, "duplicate"),
    Row(0, 73 * SECOND, 0, 6, CLEAR, VIEW, 7, "duplicate"),
    Row(0, 74 * SECOND, 0, 7, ROBOT, VIEW, 7, "bot"),
    Row(0, 75 * SECOND, 0, 7, CLEAR, VIEW, 7, "duplicate"),
    # Set aside for its price: the session moves, the id is known.
    Row(0, 76 * SECOND, 0, 8, CLEAR, CLICK, 7, "set_aside"),
    Row(0, 77 * SECOND, 0, 8, CLEAR, CLICK, 7, "duplicate"),
    # 29:59.999 of silence since the latest, then 30:00.000.
    Row(0, 76 * SECOND + TIMEOUT - 1, 0, None, CLEAR, VIEW, 7, "counted", depth=6),
    Row(0, 76 * SECOND + 2 * TIMEOUT - 1, 0, None, CLEAR, VIEW, 7, "counted", depth=1),
    Row(1, -300 * DAY + TIMEOUT - 1, 10, 11, CLEAR, VIEW, 7, "duplicate"),
    Row(1, -300 * DAY + TIMEOUT - 1, 10, 12, CLEAR, VIEW, 7, "counted", depth=2),
    # Remembered for 24 hours of the clock: at 23:59:59.999 a late event of session 1 goes on, at 24:00 it begins anew.
    Row(0, 2 * HOUR, 1, 21, CLEAR, VIEW, 7, "counted", depth=1),
    Row(0, 2 * HOUR + DAY - 1, 2, None, CLEAR, VIEW, 9, "counted", depth=1),
    Row(0, 2 * HOUR + 1, 1, 22, CLEAR, VIEW, 7, "counted", depth=2),
    Row(0, 2 * HOUR + DAY - 1, 1, 21, CLEAR, VIEW, 7, "duplicate"),
    Row(0, 2 * HOUR + DAY + 1, 2, None, CLEAR, VIEW, 9, "counted", depth=2),
    Row(0, 2 * HOUR + 2, 1, None, CLEAR, VIEW, 7, "counted", depth=1),
    # An id since it was last seen (at 2 h + 24 h - 1 ms): known a millisecond before 24 hours, then no more.
    Row(0, 2 * HOUR + 2 * DAY - 2, 3, None, CLEAR, VIEW, 9, "counted", depth=1),
    Row(0, 2 * HOUR + 2 * DAY - 2, 1, 21, CLEAR, VIEW, 7, "duplicate"),
    Row(0, 2 * HOUR + 3 * DAY - 2, 3, None, CLEAR, VIEW, 9, "counted", depth=1),
    Row(0, 2 * HOUR + 3 * DAY - 2, 1, 21, CLEAR, VIEW, 7, "counted", depth=1),
    # Corrupt moves the clock: session 3 is forgotten by it.
    Row(0, 2 * HOUR + 4 * DAY, 4, None, CORRUPT, VIEW, 9, "corrupt"),
    Row(0, 2 * HOUR + 3 * DAY - 1, 3, None, CLEAR, VIEW, 9, "counted", depth=1),
    # Money at the limits, in two currencies of one minute, and a price of nothing.
    Row(0, 2 * HOUR + 4 * DAY, 5, None, CLEAR, CLICK, 9, "counted", amount=100_000, units=10**18),
    Row(0, 2 * HOUR + 4 * DAY + 1, 5, None, CLEAR, CLICK, 9, "counted", amount=100_000, units=10**18 - 1),
    Row(0, 2 * HOUR + 4 * DAY + 2, 5, None, CLEAR, CLICK, 9, "counted", amount=1, units=1, currency=1),
    Row(0, 2 * HOUR + 4 * DAY + 3, 5, None, CLEAR, CLICK, 9, "counted", amount=3),
    Row(1, -299 * DAY, 10, 12, CLEAR, VIEW, 7, "duplicate"),
    Row(1, -299 * DAY, 10, 13, CLEAR, VIEW, 7, "counted", depth=1),
]


class Definition(Protocol):
    def run(self, columns: Columns) -> Counts: ...


@dataclass
class Outcome:
    """What a log came to."""

    facts: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """[views, depth_sum, quantity, clicks] by place and minute."""
    money: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """By place, minute and currency, in units."""
    endings: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By part and how records ended."""
    kept: set[int] = field(default_factory=set)
    """Positions of those set aside."""
    clocks: dict[int, int] = field(default_factory=dict)
    sessions: dict[int, tuple[int, int]] = field(default_factory=dict)
    """(views, latest)."""
    seen: dict[int, int] = field(default_factory=dict)

    def add(self, place: int, minute: int, *numbers: int) -> None:
        sums = self.facts.setdefault((place, minute), [0, 0, 0, 0])
        self.facts[place, minute] = [a + b for a, b in zip(sums, numbers, strict=True)]


Record = Mapping[str, int | None]


def records() -> list[Record]:
    """Return the log as the definition reads it, without what is remembered."""
    return [
        {
            "part": row.part,
            "pos": position,
            "ts": BEGIN + row.ts,
            "session": row.session,
            "event": row.event,
            "flag": row.flag,
            "kind": row.kind,
            "reason": 1 if row.place is None else -1 if row.ending == "set_aside" else None,
            "place": row.place,
            "amount": row.amount,
            "currency": row.currency,
            "high": row.units // 10**9,
            "low": row.units % 10**9,
        }
        for position, row in enumerate(LOG)
    ]


def expected() -> Outcome:
    """Return what the log must come to, by what is written beside each record."""
    outcome = Outcome()
    for position, row in enumerate(LOG):
        outcome.endings[row.part, row.ending] += 1
        if row.ending == "set_aside":
            outcome.kept.add(position)
        if row.ending != "counted":
            continue
        assert row.place is not None
        minute = (BEGIN + row.ts) // MINUTE * MINUTE
        is_click = row.kind == CLICK
        outcome.add(row.place, minute, int(not is_click), row.depth, row.amount, int(is_click))
        if row.units:
            outcome.money[row.place, minute, row.currency] += row.units
    return outcome


def counted(engine: Definition, log: Sequence[Record], sizes: Iterable[int], start: Outcome | None = None) -> Outcome:
    """Return what an engine makes of a log in batches of these sizes, taken over and over."""
    outcome, first = start or Outcome(), 0
    for size in cycle(sizes):
        batch = log[first : first + size]
        if not batch:
            return outcome
        _take(outcome, engine.run(columns([_carrying(record, outcome) for record in batch])))
        first += size
    return outcome


def _carrying(record: Record, outcome: Outcome) -> dict[str, int | None]:
    part, session, event = record["part"], record["session"], record["event"]
    assert part is not None
    assert session is not None
    views, latest = outcome.sessions.get(session, (None, None))
    return {
        **record,
        "carried_clock": outcome.clocks.get(part),
        "carried_seen": None if event is None else outcome.seen.get(event),
        "carried_views": views,
        "carried_latest": latest,
    }


def _take(outcome: Outcome, counts: Counts) -> None:
    for place, minute, *numbers in counts.facts:
        outcome.add(place, minute, *numbers)
    for place, minute, currency, high, low in counts.money:
        outcome.money[place, minute, currency] += int(high) * 10**9 + int(low)
    for part, verdict, reason, n, clock in counts.endings:
        clean = "counted" if reason is None else "ignored" if reason > 0 else "set_aside"
        outcome.endings[part, clean if verdict == "clean" else verdict] += n
        outcome.clocks[part] = max(clock, outcome.clocks.get(part, clock))
    outcome.kept |= {position for _, position in counts.kept}
    outcome.sessions |= {session: (views, latest) for session, views, latest in counts.sessions}
    outcome.seen |= dict(counts.seen)
