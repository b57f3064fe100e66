"""What the journal needs beside events, in threads: its write-ahead log emptied, its old records deleted."""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from footfall.errors import FootfallError
from footfall.journal import Journal, checkpoint

_CHECKPOINT: Final = 0.5
"""Seconds between two looks at the write-ahead log. It grows until then, and a longer one takes longer to move."""

_RETAIN: Final = 600.0
"""Seconds between two rounds of deleting."""

_log: Final = structlog.get_logger("footfall.collector")

Counted = Callable[[], int]
"""Return the first position that is not counted yet. Raises UnavailableError if that cannot be told."""


class Upkeep:
    """Keeps a journal small while events come in."""

    def __init__(
        self, journal: Journal, counted: Counted, retention: int, *, wall: Callable[[], float] = time.time
    ) -> None:
        """`retention`: ms for which counted records are kept."""
        self._journal, self._counted, self._retention, self._wall = journal, counted, retention, wall
        self._stop = threading.Event()
        self._moved = journal.end
        self._threads = [
            threading.Thread(target=self._go_round, args=(work, seconds), name=work.__name__.strip("_"), daemon=True)
            for work, seconds in ((self.checkpoint, _CHECKPOINT), (self.retain, _RETAIN))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End, once what is being done is done."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _go_round(self, work: Callable[[], None], seconds: float) -> None:
        while not self._stop.is_set():
            work()
            self._stop.wait(seconds)

    def checkpoint(self) -> None:
        """Move what came since the last time from the write-ahead log into the file."""
        end = self._journal.end
        if end == self._moved:
            return
        try:
            checkpoint(self._journal.path)
        except sqlite3.Error as error:  # a full disk, say: whether events can be written, the next commit tells
            _log.debug("the write-ahead log was not moved", problem=str(error))
        else:
            self._moved = end

    def retain(self) -> None:
        """Delete records that are counted and older than the retention says; never one that is not counted."""
        try:
            counted, end = self._counted(), self._journal.end
            if counted > end:
                _log.error(
                    "nothing is deleted: more is counted than was ever in the journal; the two do not belong together",
                    counted=counted,
                    journal_end=end,
                )
                return
            before = round(self._wall() * 1000) - self._retention
            if gone := self._journal.retain(counted, before, stop=self._stop.is_set):
                _log.info("deleted counted raw requests", records=gone, counted_up_to=counted)
        except FootfallError as error:
            _log.warning("nothing is deleted: what is counted cannot be told", problem=str(error))
        except Exception:  # the thread must not end: it would never delete again
            _log.exception("old records were not deleted")
