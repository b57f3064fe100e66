"""The thin shell around `compute`: read, count, commit; once, continuously, on a schedule, or again."""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from footfall.errors import FencedError, FootfallError, InputError
from footfall.job.compute import compute
from footfall.job.reading import Reading
from footfall.job.retry import Kept, chunks, is_of_price, recount, settle
from footfall.log import EventLog, Limits
from footfall.metrics import MEMORY_LIMIT, Engine
from footfall.model.rules import Rules
from footfall.model.steps import Position, Step, Tally
from footfall.store import Store

_BYTES_AN_EVENT: Final = 1_000
"""What the engine may take for each event of the largest step; measured: 700."""

_LOOK: Final = 1.0
"""How often a schedule looks at the clock, s: it may be set, and the machine may sleep."""

_LONGEST_PAUSE: Final = 5.0
"""Longest pause, s, before what failed is tried again."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """One committed step, for people."""

    partition: str
    step: int
    """Its number in the ledger."""
    tally: Tally
    took: int
    """From the beginning of reading to the end of the commit, ms."""
    behind: int
    """How many positions of the partition are still to be read."""


class Counter:
    """Counts what is new in a log into a store.

    For one thread at a time. Any number of counters may share a store: each step is fenced, so they only get into each
    other's way.
    """

    def __init__(
        self,
        log: EventLog,
        store: Store,
        rules: Rules,
        limits: Limits,
        report: Callable[[StepReport], None],
        trouble: Callable[[FootfallError], None] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Count by `rules` in steps within `limits`; tell `report` of each.

        `trouble` is told of a partition that cannot be read or written just now, and `run` and `schedule` try again;
        without it they raise. `now` is the clock, in seconds since epoch: no number depends on it.
        """
        self._log, self._store, self._limits = log, store, limits
        self._report, self._trouble, self._now = report, trouble, now
        self._reading = Reading(rules)
        self._engine = Engine(
            session_timeout=rules.session_timeout,
            session_memory=rules.session_memory,
            memory_limit=max(MEMORY_LIMIT, limits.events * _BYTES_AN_EVENT),
        )
        self._positions: dict[str, Position] = {}

    def once(self, stop: threading.Event | None = None) -> None:
        """Count what is in the log now, then return; what arrives meanwhile may wait.

        A partition that cannot be counted does not keep the others from it: the first error is raised at the end.
        """
        errors: list[FootfallError] = []
        ends = self._ends(errors)
        while ends and not (stop and stop.is_set()):
            for partition, end in list(ends.items()):
                if not self._tried(partition, end, errors):
                    del ends[partition]
        if errors:
            raise errors[0]

    def run(self, stop: threading.Event, every_ms: int) -> None:
        """Count until `stop` is set; look for new events every so many ms, at once while there is a backlog."""
        shortest = pause = every_ms / 1000
        while not stop.is_set():
            errors: list[FootfallError] = []
            more = [self._tried(partition, end, errors) for partition, end in self._ends(errors).items()]
            self._tell(errors)
            pause = min(pause * 2, max(_LONGEST_PAUSE, shortest)) if errors else shortest
            if not any(more):
                stop.wait(pause)

    def schedule(self, stop: threading.Event, every_ms: int) -> None:
        """Count what is new whenever the clock passes a multiple of `every_ms`, until `stop` is set."""
        every = every_ms / 1000
        mark = self._now() // every
        while not stop.wait(min(every - self._now() % every, _LOOK)):
            if mark != self._now() // every:
                mark = self._now() // every
                try:
                    self.once(stop)
                except FootfallError as error:
                    self._tell([error])

    def retry(self, partition: str | None = None, positions: Collection[int] | None = None) -> int:
        """Count again what is set aside, all or only these positions; return how many are resolved.

        Raises InputError if one of the positions does not wait.
        """
        if positions is not None:
            waiting = {event.position for event in self._store.set_aside(partition)}
            missing = sorted(set(positions) - waiting)
            if missing:
                raise InputError(f"{partition}:{missing[0]}: not set aside; expected a position that is")
        names = sorted({event.partition for event in self._store.set_aside(partition)})
        return sum(self._retry(name, positions, of_price) for name in names for of_price in (True, False))

    def close(self) -> None:
        """Give the engine's memory back."""
        self._engine.close()

    def _ends(self, errors: list[FootfallError]) -> dict[str, int]:
        """Return where each partition ends now."""
        ends = {}
        for partition in self._log.partitions():
            try:
                ends[partition] = self._log.span(partition).end
            except FootfallError as error:
                errors.append(error)
        return ends

    def _tried(self, partition: str, end: int, errors: list[FootfallError]) -> bool:
        """Count the next events before `end`; say whether more are left that can be counted now."""
        try:
            return self._step(partition, end)
        except FencedError:
            self._positions.pop(partition, None)
            return True
        except FootfallError as error:
            self._positions.pop(partition, None)  # whether a broken commit was written, only the store knows
            errors.append(error)
            return False

    def _tell(self, errors: list[FootfallError]) -> None:
        for error in errors:
            if self._trouble is None:
                raise error
            self._trouble(error)

    def _step(self, partition: str, end: int) -> bool:
        before = self._positions.get(partition) or self._store.position(partition)
        if before.next >= end:
            self._positions[partition] = before
            return False
        started, began = self._now(), time.monotonic()
        batch = self._log.read(partition, before.next, self._limits)
        if batch.next == before.next:
            return False
        step = compute(batch, before, partial(self._store.carried, partition), self._reading, self._engine)
        took = _ms(time.monotonic() - began)
        after = self._commit(replace(step, started=_ms(started), took=took), began)
        return after.next < end

    def _retry(self, partition: str, wanted: Collection[int] | None, of_price: bool) -> int:
        """Retry the events of a partition that were set aside before or after their session moved."""
        last, limits, resolved = -1, self._limits, 0
        while True:
            before = self._store.position(partition)  # read first: a change of what waits then fences the step
            waiting = (
                event
                for event in self._store.set_aside(partition)
                if event.position > last and is_of_price(event) == of_price
                if wanted is None or event.position in wanted
            )
            try:
                for kept in chunks(waiting, limits):
                    step, began = self._again(before, kept, of_price), time.monotonic()
                    if step.tally.read:
                        before = self._commit(step, began)
                    resolved += len(step.resolves)
                    last = max(kept)
            except FencedError:  # counting goes on meanwhile: a smaller step fits between two of its own
                limits = replace(limits, events=max(1, limits.events // 2))
            else:
                return resolved

    def _again(self, before: Position, kept: Kept, of_price: bool) -> Step:
        partition = before.partition
        started, began = self._now(), time.monotonic()
        batch = self._log.again(partition, [(event.position, event.raw) for event in kept.values()])
        if of_price:
            step = settle(batch, kept, before, self._reading, self._engine)
        else:
            carried_of = partial(self._store.carried, partition)
            step = recount(batch, kept, before, carried_of, self._reading, self._engine)
        return replace(step, started=_ms(started), took=_ms(time.monotonic() - began))

    def _commit(self, step: Step, began: float) -> Position:
        number = self._store.commit(step)
        before = step.before
        after = Position(before.partition, step.next, step.clock, before.steps + 1)
        self._positions[before.partition] = after
        behind = max(self._log.span(before.partition).end - step.next, 0)
        self._report(StepReport(before.partition, number, step.tally, _ms(time.monotonic() - began), behind))
        return after


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
