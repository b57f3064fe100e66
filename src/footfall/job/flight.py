"""One commit in flight: while a step is written, the next one is read, decoded and computed from what it will leave."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from footfall.errors import FootfallError
from footfall.job.compute import CarriedOf
from footfall.model.steps import Carried, Position, Step
from footfall.store import Store


@dataclass(frozen=True, slots=True)
class Landed:
    """How a commit ended."""

    step: Step
    began: float
    """When reading for the step began, monotonic seconds."""
    number: int
    """Of the step in the ledger; 0 if it was not written."""
    error: FootfallError | None


class Flight:
    """Commits steps one after the other in a thread of its own, and says what the next one starts from.

    The order is kept by the store's compare-and-set: a step computed from one that was not written is refused. For one
    thread at a time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "commit")
        self._flying: tuple[Step, float, Future[int]] | None = None
        self._positions: dict[str, Position] = {}

    def position(self, partition: str) -> Position:
        """Return where the next step of the partition begins. Raises UnavailableError."""
        known = self._positions.get(partition)
        if known is None:
            known = self._positions[partition] = self._store.position(partition)
        return known

    def forget(self, partition: str) -> None:
        """Ask the store next time: only it knows."""
        self._positions.pop(partition, None)

    def carried_of(self, partition: str) -> CarriedOf:
        """Return what says what is remembered: by the step in flight first, then by the store."""
        if self._flying is None or self._flying[0].before.partition != partition:
            return partial(self._store.carried, partition)
        return partial(_carried, self._flying[0], self._store)

    def start(self, step: Step, began: float) -> None:
        """Begin to write a step; none may be in flight."""
        assert self._flying is None, "one commit at a time"
        before = step.before
        self._flying = step, began, self._thread.submit(self._store.commit, step)
        self._positions[before.partition] = Position(before.partition, step.next, step.clock, before.steps + 1)

    def land(self) -> Landed | None:
        """Wait for the step in flight, and return how it ended; None if there is none."""
        if self._flying is None:
            return None
        step, began, future = self._flying
        try:
            number = future.result()
        except FootfallError as error:
            self.forget(step.before.partition)  # whether a broken commit was written, only the store knows
            return Landed(step, began, 0, error)
        finally:
            self._flying = None
        return Landed(step, began, number, None)

    def close(self) -> None:
        """Wait for the step in flight and end the thread."""
        self._thread.shutdown()


def _carried(flying: Step, store: Store, sessions: Sequence[str], events: Sequence[tuple[str, str]]) -> Carried:
    states = {state.session: state for state in flying.sessions}
    seen = {(event.session, event.event): event for event in flying.seen}
    before = store.carried(
        flying.before.partition,
        [session for session in sessions if session not in states],
        [event for event in events if event not in seen],
    )
    return Carried(
        [*(states[session] for session in sessions if session in states), *before.sessions],
        [*(seen[event] for event in events if event in seen), *before.events],
    )
