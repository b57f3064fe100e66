"""The questions that can be asked of the store (counting.md, "Answers")."""

from collections.abc import Callable, Mapping, Sequence

from footfall.answers.numbers import mean_of, money_of, since_minute
from footfall.answers.rows import Ordered, Progress, Viewed
from footfall.errors import FootfallError
from footfall.model.steps import Tally
from footfall.store import Store

HOUR = 3_600
"""Seconds: how far back an answer reaches if nobody says since when."""


class Answers:
    """Answers from the store. Every method raises UnavailableError if it cannot be read just now.

    Any method may be called from any thread.
    """

    def __init__(self, store: Store, log_end: Callable[[], Mapping[str, int]] | None, now: Callable[[], float]) -> None:
        """Answer from `store`.

        `log_end` returns one past the last position of each partition of the log; without it nobody knows how far
        behind counting is. `now` returns Unix seconds.
        """
        self._store, self._log_end, self._now = store, log_end, now

    def now(self) -> int:
        """Return the present Unix second."""
        return int(self._now())

    def an_hour_ago(self) -> int:
        """Return the Unix second from which answers reach if nobody says since when."""
        return self.now() - HOUR

    def users(self, since: int) -> Sequence[Viewed]:
        """Return views and mean depth of every item viewed since that second's minute, by shop, then item."""
        return [
            Viewed(total.shop, total.item, total.views, mean_of(total.depth_sum, total.views))
            for total in self._store.totals(since_minute(since))
            if total.views
        ]

    def orders(self, since: int) -> Sequence[Ordered]:
        """Return pieces and money of every item put into a cart since that second's minute, by shop, then item."""
        return [
            Ordered(total.shop, total.item, total.quantity, money_of(total.values.values()))
            for total in self._store.totals(since_minute(since))
            if total.quantity
        ]

    def progress(self) -> Progress:
        """Return how far counting is. A log that cannot be read is told in it, not raised."""
        problem, ends = "", None
        try:
            ends = None if self._log_end is None else self._log_end()
        except FootfallError as error:
            problem = str(error)
        # The ends were read before the positions: what is counted meanwhile makes a difference below 0, never a lag.
        counted = {position.partition: position.next for position in self._store.positions()}
        behind = None if ends is None else {name: max(0, end - counted.get(name, 0)) for name, end in ends.items()}
        newest, now = self._store.newest(), self._now()
        steps = list(self._store.ledger(last=1))
        return Progress(
            newest=newest,
            age=None if newest is None else max(0.0, now - newest / 1000),
            behind=behind,
            idle=max(0.0, now - (steps[0].started + steps[0].took) / 1000) if steps else None,
            problem=problem,
        )

    def tally(self) -> Tally:
        """Return how all events ever read ended."""
        return self._store.tally()

    def set_aside(self) -> int:
        """Return how many events are set aside, waiting for a retry."""
        return self._store.waiting()
