"""The time of receipt: it never runs backwards, and a leap of the wall clock does not carry it away."""

import time
from collections.abc import Callable
from typing import Final

_LEAP: Final = 3_600_000
"""Milliseconds by which the wall clock may part from the steady one. A timestamp over an hour ahead of the others'
would make counting forget every session (counting.md, "Sessions and depth")."""


def wall() -> int:
    """Return the time of day in ms since epoch."""
    return time.time_ns() // 1_000_000


def steady() -> int:
    """Return ms since the machine started, asleep or awake, whatever is done to the time of day."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Stamp:
    """Gives each event its time. After a leap, ahead or back, it goes on by the steady clock until a restart."""

    def __init__(self, latest: int, wall: Callable[[], int] = wall, steady: Callable[[], int] = steady) -> None:
        """`latest`: the last stamp given before a restart, ms. Over an hour ahead of the clock it is not believed."""
        self._wall, self._steady = wall, steady
        now = wall()
        self._offset = now - steady()
        self.problem: str | None = None
        """What is wrong with the clock, for people."""
        if latest - now > _LEAP:
            self.problem = f"the last event before the start is stamped {latest - now} ms ahead of the clock"
        self.latest = latest if 0 <= latest - now <= _LEAP else now
        self._leapt = False
        self._turn: float | None = None

    def __call__(self) -> int:
        """Return the time of receipt in ms since epoch."""
        now = self._steady() + self._offset
        if not self._leapt:
            seen = self._wall()
            if -_LEAP <= seen - now <= _LEAP:
                self._offset += seen - now  # follow the small corrections, so that years of them are no leap
                now = seen
            else:
                self._leapt = True
                way = "ahead" if seen > now else "back"
                self.problem = (
                    f"the clock leapt {abs(seen - now)} ms {way}; stamping goes on by the steady clock until a restart"
                )
        if now > self.latest:
            self.latest = now
        return self.latest

    def of(self, turn: float) -> int:
        """Return the stamp of what one turn of the loop reads. `turn`: the loop's clock, which stands meanwhile."""
        if turn != self._turn:
            self._turn = turn
            self()
        return self.latest
