"""A month of plausible visits, as the collector would have written them, in a partition of its own.

Nothing is counted here: the records go through journal, mapping and counting like any others. Among them are robots,
retries, cut requests, events that came late, and two days on which a page showed a price that nobody can read.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from footfall.demo.imitation import DEVICES, ROBOTS, Browser
from footfall.demo.walks import BUY, Act, crawl, slug_of, walk
from footfall.journal import FrameKind, Journal, Request, pack, pack_request

PARTITION: Final = "history"
"""It has a clock of its own, so that the month does not make live sessions forgotten."""

DAYS: Final = 30

Record = tuple[int, int, bytes]
"""Arrival (ms), a number that parts equal ones, and the record as it lies in the journal."""

_HOUR: Final = 3_600_000
_GROUP: Final = 1_000
"""Records a transaction."""

_VISITS: Final = 33.0
"""Visits in an hour whose rhythm is 1."""

_RHYTHM: Final = (
    *(0.28, 0.16, 0.11, 0.10, 0.14, 0.28, 0.55, 0.90, 1.15, 1.30, 1.35, 1.35),
    *(1.50, 1.40, 1.30, 1.30, 1.40, 1.60, 1.90, 2.15, 2.25, 1.90, 1.25, 0.65),
)
"""Of each hour of the shop's day."""

_ROBOTS, _RETURNING = 0.012, 0.25
"""Shares of visits."""

_CUT, _RETRIED, _LATE = 0.0008, 0.012, 0.004
"""Shares of events."""

_ODD_SLUG, _ODD_PRICE = "dress-nightlife", "4 590 – 4 990 ₽"
_ODD_DAYS: Final = (11, 13)
"""Before the end, between so many days: somebody put two prices on the page, and counting could not know which."""


def write_history(folder: Path, now_ms: int, progress: Callable[[int, int], None], zone: str = "UTC") -> int:
    """Write the month before `now_ms` into the journal of `folder`; return how many events it has.

    Written once: a second call finds it there, and one that was stopped goes on where it was. `progress` is told of the
    hours written, and of how many. `zone` (IANA): whose mornings are quiet.

    Raises HeldError if somebody else writes it, UnavailableError if the disk is full.
    """
    with closing(Journal(folder / "journal" / f"{PARTITION}.db")) as journal:
        if journal.note("whole"):
            return journal.end
        begun = journal.note("begun")
        now_ms, zone = json.loads(begun) if begun else (now_ms, zone)
        notes = {"begun": json.dumps([now_ms, zone])}
        records = islice(month(now_ms, zone), journal.end, None)
        while group := list(islice(records, _GROUP)):
            journal.append([raw for _, _, raw in group], notes)
            hours = (group[-1][0] - now_ms) // _HOUR + DAYS * 24
            progress(max(0, hours), DAYS * 24)
        journal.append([], {"whole": "yes"})
        progress(DAYS * 24, DAYS * 24)
        return journal.end


def month(now: int, zone: str = "UTC", seed: int = 1, shop: str = "http://127.0.0.1:8080") -> Iterator[Record]:
    """Yield the records of the month that ends at `now` (ms), in the order of their arrival."""
    crowd = _Crowd(Random(seed), now, shop)  # noqa: S311
    waiting: list[Record] = []
    for start in _starts(Random(seed + 1), now, ZoneInfo(zone)):  # noqa: S311
        while waiting and waiting[0][0] < start:
            yield heappop(waiting)
        for record in crowd.visit(start):
            heappush(waiting, record)
    while waiting:
        yield heappop(waiting)


def _starts(rnd: Random, now: int, zone: ZoneInfo) -> Iterator[int]:
    """Yield when visits begin."""
    hours = DAYS * 24
    for hour in range(hours):
        begin = now - (hours - hour) * _HOUR
        local = datetime.fromtimestamp(begin / 1000, zone)
        mean = _VISITS * _RHYTHM[local.hour] * (1.2 if local.weekday() >= 5 else 1.0) * (0.85 + 0.3 * hour / hours)
        count = round(rnd.gauss(mean, mean**0.5))
        yield from sorted(begin + rnd.randrange(_HOUR) for _ in range(count))


class _Crowd:
    """All visitors of the month."""

    def __init__(self, rnd: Random, now: int, shop: str) -> None:
        self._rnd, self._now, self._shop = rnd, now, shop
        self._known: list[Browser] = []
        self._serial = 0
        self._odd = range(now - _ODD_DAYS[1] * 24 * _HOUR, now - _ODD_DAYS[0] * 24 * _HOUR)

    def visit(self, start: int) -> list[Record]:
        """Return the records of one visit."""
        rnd = self._rnd
        robot = rnd.random() < _ROBOTS
        browser = self._robot() if robot else self._person()
        records: list[Record] = []
        moment = start
        for act in crawl(rnd) if robot else walk(rnd, browser.language):
            moment += round(act.after * 1000)
            if moment >= self._now:
                break
            if act.kind == BUY and moment in self._odd and slug_of(act.path) == _ODD_SLUG:
                act = replace(act, price=_ODD_PRICE)
            records += self._records(browser, act, moment)
        return records

    def _robot(self) -> Browser:
        return Browser(self._rnd, self._shop, self._rnd.choice(ROBOTS), "en")

    def _person(self) -> Browser:
        rnd = self._rnd
        if self._known and rnd.random() < _RETURNING:
            return self._known.pop(rnd.randrange(len(self._known)))
        browser = Browser(rnd, self._shop, rnd.choice(DEVICES), "en" if rnd.random() < 0.15 else "ru")
        if rnd.random() < 0.5:
            self._known.append(browser)
        return browser

    def _records(self, browser: Browser, act: Act, moment: int) -> Iterator[Record]:
        """Yield what the collector gets of one act: mostly one request."""
        rnd = self._rnd
        query = browser.query(act, moment)
        chance = rnd.random()
        if chance < _LATE:
            arrival = moment + rnd.randrange(5 * 60_000, 20 * _HOUR)
            if arrival < self._now:
                yield self._numbered(arrival, FrameKind.POSTED, _posted(browser, act, moment))
            return
        if chance < _LATE + _CUT:
            query = query[:-1]
        target = f"/csc-event?{query}".encode()
        headers = tuple([(name.encode(), value.encode()) for name, value in browser.headers])
        request = Request(f"198.51.{rnd.randrange(100)}.0", target, headers)
        yield self._numbered(moment, FrameKind.EVENT, request)
        if chance > 1 - _RETRIED and (again := moment + rnd.randrange(1_000, 120_000)) < self._now:
            yield self._numbered(again, FrameKind.EVENT, request)

    def _numbered(self, arrival: int, kind: FrameKind, request: Request) -> Record:
        self._serial += 1
        return arrival, self._serial, pack(kind, arrival, pack_request(request))


def _posted(browser: Browser, act: Act, moment: int) -> Request:
    """Return the event as a program would post it later, with the time at which it happened."""
    event = {
        "eventType": act.kind,
        "eventId": browser.event,
        "sessionId": browser.session,
        "partyId": browser.party,
        "location": browser.location(act),
        "timestamp": moment,
        "userAgentString": browser.device.agent,
    }
    if act.price is not None:
        event |= {"price": act.price, "amount": act.amount}
    return Request("", b"/events", (), orjson.dumps(event))
