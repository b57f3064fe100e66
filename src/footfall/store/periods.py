"""Minutes, hours and days: which rollups make up a period. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from footfall.errors import SettingsError

MINUTE: Final = 60_000
HOUR: Final = 3_600_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_FIRST, _LAST = date(1999, 12, 31).toordinal(), date(2060, 1, 1).toordinal()
"""Days whose midnights tell one version of a time zone from another: from the earliest event on."""


class Grain(StrEnum):
    """How finely sums are kept."""

    MINUTE = "minute"
    HOUR = "hour"
    """Hours of UTC."""
    DAY = "day"
    """Days of the shop's time zone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a period, from the sums of one grain: those with `since <= start < until` (ms)."""

    grain: Grain
    since: int
    until: int


class Days:
    """The days of a time zone.

    A day begins at its local midnight: at the first one where clocks go back over midnight, at the end of the gap
    where they skip it. So days follow each other without a gap, whatever the zone does.
    """

    def __init__(self, name: str) -> None:
        """Take the days of the zone of this name. Raises SettingsError if there is none."""
        try:
            self._zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(
                f"timezone: {name!r}: no such time zone; expected a name such as Europe/Moscow"
            ) from error
        self.name = name
        self.print = _print_of(self._zone)
        """Tells whether two zones have the same days: another version of the zone's rules has another print."""

    def start(self, moment: int) -> int:
        """Return the start of the day that holds the moment, ms."""
        day = self._date(moment) + timedelta(days=1)  # the next may have begun: clocks may go back over midnight
        while (begin := self._midnight(day)) > moment:
            day -= timedelta(days=1)
        return begin

    def following(self, start: int) -> int:
        """Return the start of the day after the one that starts there, ms."""
        day = self._date(start)
        while (following := self._midnight(day)) <= start:
            day += timedelta(days=1)
        return following

    def starts(self, moments: Iterable[int]) -> Mapping[int, int]:
        """Return the start of the day of each moment, ms."""
        found: dict[int, int] = {}
        begin = end = 0
        for moment in sorted(moments):
            if not begin <= moment < end:
                begin = self.start(moment)
                end = self.following(begin)
            found[moment] = begin
        return found

    def _date(self, moment: int) -> date:
        return (_EPOCH + moment * _MS).astimezone(self._zone).date()

    def _midnight(self, day: date) -> int:
        return _midnight(day, self._zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // _MS


@lru_cache(maxsize=8)
def _print_of(zone: ZoneInfo) -> str:
    digest, before = hashlib.sha256(), None
    for number in range(_FIRST, _LAST):
        offset = zone.utcoffset(datetime.fromordinal(number))
        if offset != before:
            digest.update(f"{number} {offset};".encode())
            before = offset
    return digest.hexdigest()


def split(since: int, until: int, days: Days | None) -> Iterator[Piece]:
    """Yield the pieces that make up the whole minutes of `since <= minute < until`: days, hours, then minutes.

    Without `days`, hours are the coarsest.
    """
    since, until = -(-since // MINUTE) * MINUTE, -(-until // MINUTE) * MINUTE
    if since >= until:
        return
    if days is not None:
        begin, end = days.start(since), days.start(until)
        begin = begin if begin == since else days.following(begin)
        if begin < end:
            yield Piece(Grain.DAY, begin, end)
            yield from _without_days(since, begin)
            yield from _without_days(end, until)
            return
    yield from _without_days(since, until)


def _without_days(since: int, until: int) -> Iterator[Piece]:
    begin, end = -(-since // HOUR) * HOUR, until // HOUR * HOUR
    if begin >= end:
        begin = end = until
    for piece in (Piece(Grain.HOUR, begin, end), Piece(Grain.MINUTE, since, begin), Piece(Grain.MINUTE, end, until)):
        if piece.since < piece.until:
            yield piece
