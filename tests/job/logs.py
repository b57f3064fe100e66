"""Logs that the tests of counting make up: events in every state that counting.md names, near every limit of time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from hypothesis import strategies as st
from tests.fold import ROBOTS, Entry, Fold

from footfall.log import Limits, MemoryLog
from footfall.log.batch import Batch
from footfall.mapping import builtin
from footfall.model.columns import DEFAULT_FIELDS
from footfall.model.frames import FrameKind, pack, pack_line
from footfall.model.rules import Rules

T0: Final = 1_790_000_040_000
"""A full minute of 2026, ms."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
ALL: Final = Limits(events=1_000_000, bytes=1_000_000_000)
NO_RECORDS: Final = (b"[1]", b'{"sessionId": "A"', b"\xff\xfe", b'{"timestamp": NaN}', b"")


@dataclass(frozen=True)
class Log:
    """Events by (partition, position), in the order of their partition."""

    entries: Sequence[tuple[str, int, Entry]]

    def __len__(self) -> int:
        return len(self.entries)


def log_of(*events: Mapping[str, object] | None, partition: str = "live", lead: int = 0) -> Log:
    """Return a log of these events, each arriving `lead` ms before its timestamp."""
    return Log([(partition, position, entry(event, lead)) for position, event in enumerate(events)])


def entry(fields: Mapping[str, object] | None, lead: int = 0) -> Entry:
    stamp = (fields or {}).get("timestamp")
    return Entry((stamp if isinstance(stamp, int) else T0) - lead, fields)


def view(at: int = 0, item: str = "dress", session: object = "A", **others: object) -> dict[str, object]:
    """Return a page view `at` ms after T0."""
    location = f"https://shop.example/item/{item}/" if item else "https://shop.example/"
    plain = {"timestamp": T0 + at, "eventType": "pageView", "location": location, "sessionId": session}
    return {**plain, **others}


def click(at: int = 0, item: str = "dress", session: object = "A", **others: object) -> dict[str, object]:
    """Return a press of "buy" `at` ms after T0."""
    return {**view(at, item, session), "eventType": "buy_button_click", **others}


def raw(entry: Entry, number: int = 0) -> bytes:
    """Return the entry as it lies in the log."""
    body = NO_RECORDS[number % len(NO_RECORDS)] if entry.fields is None else json.dumps(entry.fields).encode()
    return pack(FrameKind.IMPORTED, entry.arrival, pack_line(f"shop.jsonl:{number + 1}", body))


class CutLog(MemoryLog):
    """A log that is read in pieces of given sizes, whatever the limits allow."""

    def __init__(self, log: Log, sizes: Iterator[int], rules: Rules | None = None) -> None:
        super().__init__(builtin("default"), DEFAULT_FIELDS if rules is None else rules.fields)
        self._sizes = sizes
        for partition, position, item in log.entries:
            self.append(partition, [raw(item, position)], at=position)

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        return super().read(partition, start, Limits(next(self._sizes), limits.bytes))


def folded(log: Log, rules: Rules | None = None) -> Fold:
    fold = Fold(rules)
    for partition, position, item in log.entries:
        fold.take(partition, position, item)
    return fold


# ---- what hypothesis makes -------------------------------------------------------------------------------------------

TIMEOUT, MEMORY = Rules().session_timeout, Rules().session_memory

_GAPS = (
    *(0, 1, SECOND, 20 * SECOND, MINUTE, 7 * MINUTE) * 3,
    *(TIMEOUT - 1, TIMEOUT, TIMEOUT + 1, TIMEOUT - MINUTE, 3 * HOUR) * 2,
    *(MEMORY - 1, MEMORY, MEMORY + 1, MEMORY - TIMEOUT, 3 * MEMORY),
    *(-1, -SECOND, -MINUTE, -TIMEOUT + 1, -TIMEOUT, -3 * HOUR) * 2,
    *(-MEMORY + 1, -MEMORY, -MEMORY - 1, -2 * MEMORY),
)
"""From an earlier moment to the event's timestamp, ms."""

_USUAL: Mapping[str, Sequence[object]] = {
    "sessionId": ("A", "B", "C"),
    "eventType": (*("pageView",) * 4, *("buy_button_click",) * 2, "checkout"),
    "location": (
        *("https://shop.example/item/dress/", "https://shop.example/item/hat/?x=1") * 2,
        *("https://shop.example/", "https://B.example:8443/item/dress/reviews/", "https://b.example/#/product/dress"),
    ),
    "eventId": (*(None,) * 4, "e1", "e2", "e3"),
    "userAgentString": (BROWSER, None),
    "price": ("1 990 ₽", "3 499,50 ₽", "от 990 руб./м2", "1,234.56 €", 990, 0.1, None, ""),
    "amount": (None, None, 1, 2, "3", " +4 "),
    "currency": (None, None, None, "eur", "RUR"),
}
_ODD: Mapping[str, Sequence[object]] = {
    "sessionId": ("7", 7, "", None, "x" * 300, "x" * 301, "ш" * 150, "ш" * 151, True, "A ", "a", ["A"]),
    "eventType": ("pageview", "PAGEVIEW", "", None, 5, "unknown"),
    "location": (
        *("https://user@Shop.Example./products/%D1%88%D0%B0%D0%BF%D0%BA%D0%B0", "https://[::1]:5/item/%E0%A4/"),
        *("https://[x/item/hat/", "/item/dress/", "item/hat", " https://shop.example/it\tem/hat/\n", None, 5, ""),
        *("https://shop.example/item/a\x01b/", "https://shop.example/Item/hat/", "https://shop.example/?x=/item/hat"),
        *(f"https://{'a' * 254}/item/hat/", f"https://shop.example/item/{'я' * 501}/", "https://кот.example/item/🎩"),
    ),
    "eventId": (1, "1", "", "e" * 300, "e" * 301, [], "E1"),
    "userAgentString": (*ROBOTS, "", 5),
    "detectedDuplicate": (True, "true", 1, "1", False, "yes", 2, None),
    "detectedCorruption": (True, "true", 1, "1", False, "yes", 2, None),
    "price": (
        *("1.990", "0.125", "$.50", "1E+7", "1.00000", 12.5, 10**9, "0", "  ", "1.234,56", "1.00010", "-0"),
        *("1 990 - 2 990", "нет", "990 р. RUR", "990 ₽ $", "-5", -5, "1.00001", 0.00001, 10**9 + 1, "1E+10"),
        *("12 34", True, [1], {"a": 1}, 10**400, "1E+1000", 1e300),
    ),
    "amount": (2.0, 100_000, "100000", 100_001, 0, -1, "0", "2.0", "1e3", 1.5, False, [], 10**30, "2 шт", "  "),
    "currency": ("USD", "€", "xx", 5, "", "Kzt"),
    "itemId": ("hat", "", 5, "a\nb", "я" * 501, ["hat"], "/"),
    "timestamp": (
        *(None, "x", "", True, 1.5, -1, 0, 946_684_799_999, 946_684_800_000, 2**70, -(2**70), "9" * 30, 1e300),
        15_999_999_999_999,  # the year 2477
    ),
    "referer": ("\ud800",),
    "\udfff": (1,),
    "shoes": (float("nan"), 10**1000, -(10**1000) + 1, {"a": [{"b": "\udc00"}]}),
}


@dataclass(frozen=True)
class Draft:
    """An event before it has its place in a log."""

    partition: int
    since_session: bool
    """The gap counts from the session's latest event, else from the partition's."""
    gap: int
    lead: int
    skipped: int
    fields: Mapping[str, object]
    odd: tuple[str, object] | None
    """A field that is not as it usually is."""
    is_record: bool


_ODD_FIELDS: Final = [(name, value) for name, values in _ODD.items() for value in values]
_ODDITIES = st.sampled_from(_ODD_FIELDS)
_FIELDS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in _USUAL.items()})
_DRAFTS = st.builds(
    Draft,
    partition=st.sampled_from((0, 0, 1)),
    since_session=st.booleans(),
    gap=st.sampled_from(_GAPS),
    lead=st.sampled_from((*(0,) * 20, HOUR, HOUR + 1, -DAY)),
    skipped=st.sampled_from((*(0,) * 20, 3)),
    fields=_FIELDS.map(lambda fields: {name: value for name, value in fields.items() if value is not None}),
    odd=st.integers(0, 4).flatmap(lambda number: _ODDITIES if number == 4 else st.none()),
    is_record=st.integers(0, 30).map(lambda number: number != 30),
)


def logs(most: int = 30) -> st.SearchStrategy[Log]:
    """Return logs of up to so many events in two partitions."""
    many = st.integers(1, most)  # by itself, hypothesis makes lists of six on average
    return many.flatmap(lambda n: st.lists(_DRAFTS, min_size=n, max_size=n)).map(_placed)


def _placed(drafts: Sequence[Draft]) -> Log:
    """Give each event its timestamp, arrival and position."""
    entries = []
    latest: dict[object, int] = {}
    ends = {"live": 0, "import": 0}
    for draft in drafts:
        partition = ("live", "import")[draft.partition]
        position = ends[partition] + draft.skipped
        ends[partition] = position + 1
        session = (partition, draft.fields["sessionId"])
        now = latest.get(partition, T0)
        at = (latest.get(session, now) if draft.since_session else now) + draft.gap
        latest[partition], latest[session] = max(now, at), max(latest.get(session, at), at)
        fields = {"timestamp": at, **draft.fields, **dict([draft.odd] if draft.odd else [])}
        entries.append((partition, position, Entry(at - draft.lead, fields if draft.is_record else None)))
    return Log(entries)


def visits(rnd: Random, many: int, *, begin: int = T0) -> Log:
    """Return so many events of visits in two partitions, quickly made: each eighth is odd, each eighth comes again."""
    entries: list[tuple[str, int, Entry]] = []
    ends, now = {"live": 0, "import": 0}, begin
    while len(entries) < many:
        partition = rnd.choice(("live", "live", "import"))
        if entries and rnd.random() < 0.125:
            item = rnd.choice(entries[-50:])[2]
        else:
            now += rnd.choice((0, 1, 40, 700, 9_000, 60_000))
            fields = {name: rnd.choice(values) for name, values in _USUAL.items()}
            fields |= {"timestamp": now, "sessionId": f"visit {rnd.randrange(40)}", "eventId": f"{len(entries)}"}
            if rnd.random() < 0.125:
                fields |= dict([rnd.choice(_ODD_FIELDS)])
            if rnd.random() < 0.03:
                fields["timestamp"] = now - rnd.choice((MINUTE, TIMEOUT, MEMORY))
            item = Entry(now, {name: value for name, value in fields.items() if value is not None})
        entries.append((partition, ends[partition], item))
        ends[partition] += 1
    return Log(entries)


def cuts() -> st.SearchStrategy[list[int]]:
    """Return sizes of steps, to be taken one after the other, over and over."""
    return st.lists(st.integers(1, 12), min_size=1, max_size=6)
