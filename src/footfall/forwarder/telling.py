"""What a forwarder tells its operator: how it goes, not each transaction."""

import time
from collections.abc import Sequence
from typing import Final

import structlog

from footfall.errors import UnavailableError
from footfall.journal import Aside

_EVERY: Final = 10.0
"""Seconds between two lines while all goes well."""

_TROUBLE: Final = 30.0
"""Seconds between two lines while nothing goes."""

_log: Final = structlog.get_logger("footfall.forwarder")


class Teller:
    """Gathers what was done, and says it now and then."""

    def __init__(self) -> None:
        self._records, self._transactions, self._aside = 0, 0, 0
        self._since = time.monotonic()
        self._told = 0.0

    def begin(self, position: int, end: int) -> None:
        """The journal is forwarded from here on."""
        _log.info("forwarding", position=position, behind=end - position)

    def forwarded(self, records: int, aside: Sequence[Aside], behind: int) -> None:
        """A transaction was committed."""
        self._records += records
        self._transactions += 1
        self._aside += len(aside)
        for one in aside[:1]:  # of a flood, one; the rest is in the list
            _log.warning(
                "set aside", position=one.position, reason=one.reason, detail=one.detail, more=len(aside) - 1,
                see="footfall set-aside list",
            )  # fmt: skip
        if time.monotonic() - self._since >= _EVERY:
            self._tell(behind)

    def _tell(self, behind: int) -> None:
        now = time.monotonic()
        if self._transactions:
            _log.info(
                "forwarded",
                records=self._records,
                transactions=self._transactions,
                set_aside=self._aside,
                seconds=round(now - self._since, 1),
                behind=behind,
            )
        self._records, self._transactions, self._aside, self._since = 0, 0, 0, now

    def trouble(self, error: UnavailableError, failures: int, behind: int) -> None:
        """Nothing goes. A first failure is no news: the next attempt, at once, mostly succeeds."""
        now = time.monotonic()
        if failures == 0:
            _log.debug("tried again", problem=str(error))
            self._told = 0.0
        elif not self._told or now - self._told >= _TROUBLE:
            _log.warning("forwarding waits; events are kept in the journal", problem=str(error), behind=behind)
            self._told = now

    def well(self, failures: int) -> None:
        """It goes again, after so many failures."""
        if failures > 1:
            _log.info("forwarding goes on", failures=failures)

    def lost(self, position: int, first: int) -> None:
        """The journal no longer has what was to come next."""
        _log.error("records were deleted before they were forwarded", first=position, last=first - 1)

    def went_back(self, noted: int, position: int) -> None:
        """Kafka has forgotten what it had committed."""
        _log.error(
            "Kafka went back: it has less of the journal than it had; going on from there",
            had=noted,
            has=position,
            advice="was a broker restored, or did it lose its disk? Counting knows events sent twice by their ids",
        )

    def end(self, behind: int) -> None:
        """The last word."""
        self._tell(behind)
