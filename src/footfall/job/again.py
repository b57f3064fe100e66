"""Counting again what is set aside, within the limits of a step; `retry.py` says what each such step is."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from footfall.errors import FencedError, InputError
from footfall.job.compute import Definition
from footfall.job.reading import Reading
from footfall.job.retry import Kept, chunks, is_of_price, recount, settle
from footfall.log import EventLog, Limits
from footfall.model.steps import Position, Step
from footfall.store import Store


@dataclass(frozen=True, slots=True)
class Again:
    """What a retry works with."""

    log: EventLog
    store: Store
    reading: Reading
    engine: Definition
    limits: Limits
    now: Callable[[], float]
    """Seconds since epoch."""
    commit: Callable[[Step, float], Position]
    """Writes a step that began at a monotonic second, and returns where the next one begins."""

    def retry(self, partition: str | None, positions: Collection[int] | None) -> int:
        """Count again what is set aside, all or only these positions; return how many are resolved.

        Raises InputError if one of the positions does not wait.
        """
        if positions is not None:
            waiting = {event.position for event in self.store.set_aside(partition)}
            missing = sorted(set(positions) - waiting)
            if missing:
                raise InputError(f"{partition}:{missing[0]}: not set aside; expected a position that is")
        names = sorted({event.partition for event in self.store.set_aside(partition)})
        return sum(self._retry(name, positions, of_price) for name in names for of_price in (True, False))

    def _retry(self, partition: str, wanted: Collection[int] | None, of_price: bool) -> int:
        """Retry the events of a partition that were set aside before or after their session moved."""
        last, limits, resolved = -1, self.limits, 0
        while True:
            before = self.store.position(partition)  # read first: a change of what waits then fences the step
            waiting = (
                event
                for event in self.store.set_aside(partition)
                if event.position > last and is_of_price(event) == of_price
                if wanted is None or event.position in wanted
            )
            try:
                for kept in chunks(waiting, limits):
                    step, began = self._again(before, kept, of_price), time.monotonic()
                    if step.tally.read:
                        before = self.commit(step, began)
                    resolved += len(step.resolves)
                    last = max(kept)
            except FencedError:  # counting goes on meanwhile: a smaller step fits between two of its own
                limits = replace(limits, events=max(1, limits.events // 2))
            else:
                return resolved

    def _again(self, before: Position, kept: Kept, of_price: bool) -> Step:
        partition = before.partition
        started, began = self.now(), time.monotonic()
        batch = self.log.again(partition, [(event.position, event.raw) for event in kept.values()])
        if of_price:
            step = settle(batch, kept, before, self.reading, self.engine)
        else:
            carried_of = partial(self.store.carried, partition)
            step = recount(batch, kept, before, carried_of, self.reading, self.engine)
        return replace(step, started=round(started * 1000), took=round((time.monotonic() - began) * 1000))
