"""The thin shell around `compute`: read, count, commit; once, continuously, on a schedule, or again."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from footfall.errors import FencedError, FootfallError, InputError
from footfall.job import losses
from footfall.job.again import Again
from footfall.job.compute import compute
from footfall.job.flight import Flight
from footfall.job.reading import Reading
from footfall.job.rounds import Alone, Round, Share, StepReport
from footfall.log import EventLog, Limits
from footfall.metrics import MEMORY_LIMIT, Engine
from footfall.model.partitions import place_of
from footfall.model.rules import Rules
from footfall.model.steps import Loss, Lost, Position, Step, Tally
from footfall.store import Store

_BYTES_AN_EVENT: Final = 1_000
"""What the engine may take for each event of the largest step; measured: 700."""

_LOOK: Final = 1.0
"""How often a schedule looks at the clock, s: it may be set, and the machine may sleep."""

_LONGEST_PAUSE: Final = 5.0
"""Longest pause, s, before what failed is tried again."""

_SETTLED: Final = 1.0
"""Seconds without a record after which positions that hold none are passed over by a step of their own."""


class Counter:
    """Counts what is new in a log into a store.

    For one thread at a time. Any number of counters may share a store: each step is fenced, so they only get into each
    other's way. While a step is written, the next one is computed.
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
        *,
        share: Share | None = None,
        accepts_loss: bool = False,
    ) -> None:
        """Count by `rules` in steps within `limits`; tell `report` of each.

        `trouble` is told of a partition that cannot be read or written just now, and `run` and `schedule` try again;
        without it they raise. `now` is the clock, in seconds since epoch: no number depends on it. `share`: which
        partitions `run` and `schedule` count. `accepts_loss`: go on where the log has lost what was not counted.
        """
        self._log, self._store, self._limits = log, store, limits
        self._report, self._trouble, self._now = report, trouble, now
        self._share, self._accepts_loss = share or Alone(), accepts_loss
        self._reading = Reading(rules)
        self._engine = Engine(
            session_timeout=rules.session_timeout,
            session_memory=rules.session_memory,
            memory_limit=max(MEMORY_LIMIT, limits.events * _BYTES_AN_EVENT),
        )
        self._flight = Flight(store)
        self._looked: dict[str, tuple[int, float]] = {}
        """Positions looked at that held no record, up to where and since when: the next step passes over them."""
        self._listed: Sequence[str] = ()
        self._open: set[str] = set()

    def once(self, stop: threading.Event | None = None) -> None:
        """Count what is in the log now, then return; what arrives meanwhile may wait.

        A partition that cannot be counted does not keep the others from it: the first error is raised at the end.
        """
        round_ = Round(stop)
        ends = self._ends(self._mine(round_), round_)
        left = list(ends)
        while left and not round_.stopped:
            left = [partition for partition in left if self._tried(partition, ends[partition], round_)]
            if not left:
                self._land(round_)
            left = [name for name in ends if (name in left or name in round_.again) and name not in round_.failed]
            round_.again.clear()
        self._land(round_)
        if round_.errors:
            raise round_.errors[0]

    def run(self, stop: threading.Event, every_ms: int) -> None:
        """Count until `stop` is set; look for new events every so many ms, at once while there is a backlog."""
        shortest = pause = every_ms / 1000
        while not stop.is_set():
            round_ = Round(stop)
            more = [self._tried(partition, None, round_) for partition in self._mine(round_)]
            if not any(more):
                self._land(round_)
            self._tell(round_.errors)
            pause = min(pause * 2, max(_LONGEST_PAUSE, shortest)) if round_.errors else shortest
            if not any(more) and not round_.again:
                stop.wait(pause)
        self._land(Round(stop))

    def schedule(self, stop: threading.Event, every_ms: int) -> None:
        """Count what is new whenever the clock passes a multiple of `every_ms`, until `stop` is set."""
        every = every_ms / 1000
        mark = self._now() // every
        while not stop.wait(min(every - self._now() % every, _LOOK)):
            self._share.mine(self._listed)  # a member of a group that is never heard of would be put out
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
        again = Again(self._log, self._store, self._reading, self._engine, self._limits, self._now, self._commit)
        return again.retry(partition, positions)

    def accept(self, partition: str) -> Lost:
        """Enter into the ledger what is lost of a partition, so that counting goes on without it; return it.

        Raises InputError if nothing is lost there.
        """
        partitions = self._log.partitions()
        name = next((name for name in partitions if partition in (name, place_of(name))), None)
        if name is None:
            raise InputError(f"{partition}: no such partition; expected one of {', '.join(partitions)}")
        before = self._store.position(name)
        lost = self._lost(before, partitions)
        if lost is None:
            raise InputError(f"{name}: nothing is lost there; counted up to {before.next:,}")
        self._commit(self._step_of(lost, before), time.monotonic())
        return lost

    def close(self) -> None:
        """Wait for the step that is being written; give the engine's memory back."""
        self._flight.close()
        self._engine.close()

    def _mine(self, round_: Round) -> Sequence[str]:
        """Return the partitions that fall to this counter now."""
        try:
            self._listed = self._log.partitions()
        except FootfallError as error:
            round_.errors.append(error)
            return ()
        return self._share.mine(self._listed)

    def _ends(self, partitions: Sequence[str], round_: Round) -> dict[str, int]:
        """Return where each partition ends now."""
        ends = {}
        for partition in partitions:
            try:
                ends[partition] = self._log.span(partition).end
            except FootfallError as error:
                round_.fail(partition, error)
        return ends

    def _tried(self, partition: str, end: int | None, round_: Round) -> bool:
        """Count the next events, those before `end`; say whether more may be left that can be counted now."""
        try:
            return self._step(partition, end, round_)
        except FencedError:
            self._forget(partition, round_)
            return True
        except FootfallError as error:
            self._forget(partition, round_)
            round_.fail(partition, error)
            return False

    def _forget(self, partition: str, round_: Round) -> None:
        self._land(round_)
        self._flight.forget(partition)
        self._looked.pop(partition, None)

    def _tell(self, errors: list[FootfallError]) -> None:
        for error in errors:
            if self._trouble is None:
                raise error
            self._trouble(error)

    def _step(self, partition: str, end: int | None, round_: Round) -> bool:
        if partition not in self._open:
            self._open_up(partition)
        before = self._flight.position(partition)
        start, since = self._looked.get(partition, (before.next, 0.0))
        if end is not None and start == end:
            return self._pass_over(before, start, round_)
        started, began = self._now(), time.monotonic()
        batch = self._log.read(partition, start, self._limits)
        if batch.lost is not None:
            return self._lose(batch.lost, before, start, round_)
        if not len(batch.raws):
            if batch.next > start:
                self._looked[partition] = batch.next, began
                return True
            if began - since < _SETTLED and end is None:
                return False
            return self._pass_over(before, start, round_)
        carried_of = self._flight.carried_of(partition)
        step = compute(batch, before, carried_of, self._reading, self._engine)
        step = replace(step, started=_ms(started), took=_ms(time.monotonic() - began))
        return self._put(step, began, round_) and (end is None or batch.next < end)

    def _pass_over(self, before: Position, next: int, round_: Round) -> bool:
        """Enter that the positions up to `next` hold no record."""
        if next > before.next:
            step = Step(before=before, next=next, clock=before.clock, tally=Tally(), started=_ms(self._now()))
            self._put(step, time.monotonic(), round_)
        return False

    def _put(self, step: Step, began: float, round_: Round) -> bool:
        """Begin to write a step, when the one before it is written; say whether more can be counted now."""
        partition = step.before.partition
        failed = self._land(round_)
        if failed == partition:
            return partition not in round_.failed
        if round_.stopped:
            return False
        self._looked.pop(partition, None)
        self._flight.start(step, began)
        return True

    def _land(self, round_: Round) -> str | None:
        """Wait for the step in flight and tell how it ended; return its partition if it was not written."""
        landed = self._flight.land()
        if landed is None:
            return None
        partition = landed.step.before.partition
        if landed.error is None:
            self._told(landed.step, landed.number, landed.began)
            return None
        self._looked.pop(partition, None)
        if isinstance(landed.error, FencedError):
            round_.again.add(partition)
        else:
            round_.fail(partition, landed.error)
        return partition

    def _told(self, step: Step, number: int, began: float) -> None:
        partition = step.before.partition
        self._share.counted(partition, step.next)
        took = _ms(time.monotonic() - began)
        self._report(StepReport(partition, number, step.tally, took, self._behind(partition, step.next), step.lost))

    def _behind(self, partition: str, next: int) -> int:
        try:
            return max(self._log.span(partition).end - next, 0)
        except FootfallError:
            return 0  # the step is written all the same; the next read says what is wrong

    def _commit(self, step: Step, began: float) -> Position:
        """Write a step at once."""
        number = self._store.commit(step)
        before = step.before
        self._flight.forget(before.partition)
        self._told(step, number, began)
        return Position(before.partition, step.next, step.clock, before.steps + 1)

    def _open_up(self, partition: str) -> None:
        """Enter what must be in the ledger before anything of a partition is counted. Raises LossError."""
        known = {position.partition: position for position in self._store.positions() if position.steps}
        for before, lost in losses.opening(partition, self._listed, known):
            if lost is not None and losses.stops(lost) and not self._accepts_loss:
                raise losses.refusal(lost, partition)
            try:
                self._commit(losses.step_of(lost, before), time.monotonic())
            except FencedError:
                self._flight.forget(before.partition)  # another counter was faster
        self._open.add(partition)

    def _lose(self, found: Lost, before: Position, start: int, round_: Round) -> bool:
        """Go on behind what is lost, if that is accepted. Raises LossError."""
        if start != before.next:
            self._looked.pop(before.partition, None)  # so that the loss begins where the last step ended
            return True
        lost = losses.named(found, before)
        if losses.stops(lost) and not self._accepts_loss:
            raise losses.refusal(lost, before.partition)
        return self._put(self._step_of(lost, before), time.monotonic(), round_)

    def _lost(self, before: Position, partitions: Sequence[str]) -> Lost | None:
        """Return what is lost of a partition where its next step would begin."""
        known = {position.partition: position for position in self._store.positions() if position.steps}
        opening = losses.opening(before.partition, partitions, known)
        lost = opening[0][1] if opening else None
        if lost is None:
            found = self._log.read(before.partition, before.next, Limits(events=1)).lost
            lost = None if found is None else losses.named(found, before)
        return lost

    def _step_of(self, lost: Lost, before: Position) -> Step:
        given_up: list[int] = []
        if lost.why is Loss.TRUNCATED:
            waiting = self._store.set_aside(before.partition)
            given_up = [event.position for event in waiting if event.position >= lost.first]
        return replace(losses.step_of(lost, before, given_up), started=_ms(self._now()))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
