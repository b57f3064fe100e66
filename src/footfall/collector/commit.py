"""Group commit: many events, one write to disk, and only then the answers.

It clocks itself: while a group is being written the next one gathers, and it is written as soon as the last one ends,
unless it pays to wait for those who have just been answered. A fixed timer would either keep a lone visitor waiting or
write too often under load.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import structlog

from footfall.collector.counts import Counts
from footfall.collector.room import Room
from footfall.errors import UnavailableError

_log: Final = structlog.get_logger("footfall.collector")


class Waiter(Protocol):
    """Waits for its records to be on disk."""

    def settle(self, problem: str | None) -> None:
        """Take note that they are (None), or why not. Called on the event loop."""
        ...


class _Group(NamedTuple):
    """What is written at once."""

    records: list[bytes]
    waiters: list[Waiter]
    size: int
    """Bytes of the records."""
    posted: int
    """Records that came by POST."""
    since: float
    """When the first of them came."""


class Commit:
    """Gathers records and has them written, group by group, by one thread of its own."""

    def __init__(self, append: Callable[[Sequence[bytes]], int], room: Room, counts: Counts, gather: float) -> None:
        """`append` writes records durably or raises; `gather`: seconds to wait for company. Needs a running loop."""
        self._append, self._room, self._counts, self._gather = append, room, counts, gather
        self._loop = asyncio.get_running_loop()
        self._records: list[bytes] = []
        self._waiters: list[Waiter] = []
        self._size, self._posted, self._since = 0, 0, 0.0
        self._writing = False
        self._timer: asyncio.TimerHandle | None = None
        self._company = 2
        """So many are a group that waits for nobody else."""
        self._handed, self._answered = 0.0, 0.0
        """When the last group went to the disk, and came back from it."""
        self._back, self._due = 0.0, 0
        """Seconds until as many had come as had been answered, the last time; and how many wait when they have."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._groups: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self.problem: str | None = None
        """Why the last group could not be written."""
        self._thread = threading.Thread(target=self._write, name="commit", daemon=True)
        self._thread.start()

    def add(self, record: bytes, waiter: Waiter) -> bool:
        """Have the record written; say whether there was room for it. The waiter hears when it is on disk."""
        size = len(record)
        if not self._room.take(size):
            return False
        self._records.append(record)
        self._size += size
        waiters = self._waiters
        waiters.append(waiter)
        if len(waiters) == self._due:
            self._back = time.perf_counter() - self._answered
        if not self._writing:
            self._gather_more()
        return True

    def add_all(self, records: Sequence[bytes], waiter: Waiter) -> bool:
        """Have records that were posted written together."""
        size = sum(map(len, records))
        if not self._room.take(size):
            return False
        self._records += records
        self._posted += len(records)
        self._size += size
        waiters = self._waiters
        waiters.append(waiter)
        if len(waiters) == self._due:
            self._back = time.perf_counter() - self._answered
        if not self._writing:
            self._gather_more()
        return True

    def _gather_more(self) -> None:
        if self._timer is None:
            self._idle.clear()
            self._since = time.perf_counter()
            self._timer = self._loop.call_later(self._gather, self._hand_over)
        if len(self._waiters) >= self._company:  # all who were here a moment ago are back: nobody to wait for
            self._hand_over()

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._writing = True
        self._due -= len(self._waiters)
        self._handed = time.perf_counter()
        self._groups.put(_Group(self._records, self._waiters, self._size, self._posted, self._since))
        self._records, self._waiters, self._size, self._posted = [], [], 0, 0

    def _write(self) -> None:
        """Write groups until there is None. Runs in the thread."""
        while (group := self._groups.get()) is not None:
            problem = None
            try:
                self._append(group.records)
            except UnavailableError as error:
                problem = str(error)
            except Exception as error:  # whatever it is: nobody may wait for ever, or hear that it is on disk
                problem = f"{type(error).__name__}: {error}"
            self._loop.call_soon_threadsafe(self._written, group, problem)

    def _written(self, group: _Group, problem: str | None) -> None:
        now = time.perf_counter()
        self._note(problem, group, now - group.since)
        self._writing = False
        self._room.give(group.size)
        self._answered = now
        self._next(len(group.waiters), now)
        for waiter in group.waiters:
            waiter.settle(problem)
        if not self._writing and self._timer is None:
            self._idle.set()

    def _next(self, answered: int, now: float) -> None:
        """Write those who wait now, or wait until as many are back as were answered: what serves more in a second.

        By what was seen last: `waiting / writing` against `(waiting + answered) / (writing + back)`.
        """
        waiting = len(self._waiters)
        self._company = self._due = waiting + answered
        if not waiting:
            return
        self._since = now
        if waiting * self._back >= answered * (now - self._handed):
            self._hand_over()
        else:
            self._timer = self._loop.call_later(self._gather, self._hand_over)

    def _note(self, problem: str | None, group: _Group, seconds: float) -> None:
        if problem is None:
            self._counts.written(len(group.records), group.posted, seconds)
            if self.problem is not None:
                _log.info("events are written again")
        else:
            self._counts.failed.inc()
            if self.problem is None:
                _log.error("events cannot be written; answering 503", problem=problem)
        self.problem = problem

    async def close(self) -> None:
        """Wait until all that was added is settled, then end the thread."""
        await self._idle.wait()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)
