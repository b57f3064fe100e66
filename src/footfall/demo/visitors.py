"""Simulated visitors: they wander through the shop at a human pace and send what the real tag sends."""

import secrets
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Final
from urllib.parse import urlsplit

from footfall.demo.imitation import DEVICES, Browser
from footfall.demo.serve import Ready
from footfall.demo.walks import Act, walk

_PATIENCE: Final = 10.0
"""Seconds to wait for the collector's answer."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
"""Seconds before an event is sent again: doubled each time, up to the longest."""

_UNSENT: Final = 1_000
"""Most events that a visitor keeps while there is no collector."""

_BETWEEN: Final = (5.0, 60.0)
"""Seconds from the end of a visit until another visitor comes."""

_COMES_BACK: Final = 0.3


class _Line:
    """A connection to the collector, kept open."""

    def __init__(self, collector: str) -> None:
        self._host = urlsplit(collector).netloc
        self._connection: HTTPConnection | None = None

    def send(self, query: str, headers: dict[str, str]) -> int:
        """Send an event; return the status, or 0 if there was no answer."""
        for fresh in (False, True):  # one that was kept may have been closed meanwhile
            if fresh or self._connection is None:
                self.close()
                self._connection = HTTPConnection(self._host, timeout=_PATIENCE)
            try:
                self._connection.request("GET", f"/csc-event?{query}", headers=headers)
                answer = self._connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, HTTPException):
                self.close()
        return 0

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Visitor:
    """One at a time; when one has left, another comes, or the same again."""

    def __init__(self, rnd: Random, shop: str, pace: float, now: float) -> None:
        self._rnd, self._shop, self._pace = rnd, shop, pace
        self._come(now, rnd.uniform(0, 10))
        self._unsent: deque[tuple[str, dict[str, str]]] = deque(maxlen=_UNSENT)
        self._pause = 0.0
        self._again = 0.0

    def _come(self, now: float, after: float) -> None:
        rnd = self._rnd
        self._browser = Browser(rnd, self._shop, rnd.choice(DEVICES), "en" if rnd.random() < 0.15 else "ru")
        self._begin(now, after)

    def _begin(self, now: float, after: float) -> None:
        self._acts: Iterator[Act] = walk(self._rnd, self._browser.language)
        self._act = next(self._acts)
        self._acts_at = now + after * self._pace

    @property
    def due(self) -> float:
        """When there is something to do, monotonic seconds."""
        return min(self._acts_at, self._again) if self._unsent else self._acts_at

    def do(self, line: _Line, now: float) -> None:
        """Do what is due."""
        if now >= self._acts_at:
            query = self._browser.query(self._act, time.time_ns() // 1_000_000)
            self._unsent.append((query, dict(self._browser.headers)))
            act = next(self._acts, None)
            if act is not None:
                self._act, self._acts_at = act, now + act.after * self._pace
            elif self._rnd.random() < _COMES_BACK:
                self._begin(now, self._rnd.uniform(*_BETWEEN))
            else:
                self._come(now, self._rnd.uniform(*_BETWEEN))
        if now >= self._again:
            self._send(line, now)

    def _send(self, line: _Line, now: float) -> None:
        """Send what is unsent, the oldest first, each until the collector has it or will not have it."""
        while self._unsent:
            status = line.send(*self._unsent[0])
            if status in (0, 429) or status >= 500:
                self._pause = min(2 * self._pause or _FIRST_PAUSE * self._pace, _LONGEST_PAUSE * self._pace)
                self._again = now + self._pause
                return
            self._pause = 0.0
            self._unsent.popleft()


def send_visitors(
    count: int, collector: str, shop: str, stop: threading.Event, seed: int | None = None, pace: float = 1.0
) -> None:
    """Let so many visitors wander until `stop` is set.

    `collector`, `shop`: their addresses. `seed`: for the same walks again. `pace`: 0.1 is ten times as fast.
    """
    rnd = Random(secrets.randbits(64) if seed is None else seed)  # noqa: S311
    line = _Line(collector)
    began = time.monotonic()
    visitors = [_Visitor(rnd, shop, pace, began) for _ in range(count)]
    while visitors and not stop.is_set():
        visitor = min(visitors, key=lambda visitor: visitor.due)
        if not stop.wait(max(0.0, visitor.due - time.monotonic())):
            visitor.do(line, time.monotonic())
    line.close()


def visit(count: int, collector: str, shop: str, ready: Ready) -> None:
    """Let so many visitors wander until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ready(f"{count} visitors in the shop")
    send_visitors(count, collector, shop, stop)
