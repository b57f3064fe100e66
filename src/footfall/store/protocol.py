"""The seam between counting and what is kept of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from footfall.model.steps import Carried, Fact, Lost, Position, Reason, SetAside, Step, Tally, Value


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One committed step."""

    step: int
    """Number of the step, growing, from 1, over all partitions."""
    partition: str
    first: int
    next: int
    tally: Tally
    reasons: Mapping[Reason, int]
    rules: int
    started: int
    took: int
    resolves: Sequence[int]
    lost: Lost | None = None
    """The step read nothing: it says what will never be counted."""


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one item over a period."""

    shop: str
    item: str
    views: int
    depth_sum: int
    quantity: int
    clicks: int
    values: Mapping[str, int]
    """Money by currency, in 1/10,000, exact (may exceed 64 bits)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """All facts and values of a store added up, over every item and all time."""

    views: int = 0
    depth_sum: int = 0
    quantity: int = 0
    clicks: int = 0
    high: int = 0
    low: int = 0
    """Money of all currencies is `high * 10**9 + low`."""


class Store(Protocol):
    """Facts and everything that makes them provable.

    `commit` writes all of a step or nothing. It is guarded by compare-and-set: the partition's row must still stand at
    `step.before` (its `next` **and** its `steps`), else `FencedError` is raised and nothing is written; the caller
    re-reads the position and throws its step away. Hence two counters at once cannot count twice.

    A connection lost during commit leaves the outcome unknown: `position` tells it.

    Any method may be called from any thread, also while another thread commits. What an iterator yields is the state
    of one moment, that of its first row: a commit meanwhile does not show in it. Close an iterator that is left early.

    Every method raises UnavailableError, naming the store, if it cannot be read or written just now.
    """

    def position(self, partition: str) -> Position:
        """Return how far the partition is counted; a partition never seen stands at 0."""
        ...

    def positions(self) -> Sequence[Position]:
        """Return all partitions that were ever counted, sorted by name."""
        ...

    def carried(self, partition: str, sessions: Sequence[str], events: Sequence[tuple[str, str]]) -> Carried:
        """Return the states of these sessions and when these (session, event id) pairs were last seen.

        Those not remembered are left out. What is returned may be older than `session_memory`: it is forgotten by the
        rules of counting.md, and deleted later.
        """
        ...

    def commit(self, step: Step) -> int:
        """Write the step and return its number in the ledger.

        A step with `resolves` also takes those positions out of the set-aside events (which must be there still, else
        FencedError), and any of its `set_aside` replaces the entry of the same position.
        Sessions and ids that the partition's clock has passed by `session_memory` are deleted now and then.

        Raises ValueError for a step that cannot be right: its tally does not add up, or it goes backwards (what a
        log that was truncated makes it do, `lost` says).
        """
        ...

    def ledger(self, partition: str | None = None, last: int | None = None) -> Iterator[LedgerEntry]:
        """Yield the committed steps, oldest first; only the `last` so many if given."""
        ...

    def tally(self, partition: str | None = None) -> Tally:
        """Return how all events ever read ended: the sum of the ledger, without reading all of it."""
        ...

    def set_aside(self, partition: str | None = None) -> Iterator[SetAside]:
        """Yield the events that wait for a retry, by partition and position.

        An empty `raw` means that the raw form was dropped for its age: such an event cannot be retried.
        """
        ...

    def waiting(self) -> int:
        """Return how many events are set aside."""
        ...

    def drop_raw(self, before: int) -> int:
        """Empty the raw form of set-aside events that arrived before `before` (ms); return how many."""
        ...

    def totals(self, since: int, until: int | None = None) -> Sequence[Total]:
        """Return the sums per (shop, item) of minutes with `since <= minute < until` (ms), by shop, then item."""
        ...

    def sums(self) -> Mapping[str, Sums]:
        """Return the sums by how finely they are kept: "minute" and others. All are equal if nothing is broken."""
        ...

    def facts(self, since: int | None = None, until: int | None = None) -> Iterator[Fact]:
        """Yield minute facts with `since <= minute < until` by (minute, shop, item)."""
        ...

    def values(self, since: int | None = None, until: int | None = None) -> Iterator[Value]:
        """Yield minute values with `since <= minute < until` by (minute, shop, item, currency)."""
        ...

    def newest(self) -> int | None:
        """Return the latest clock of all partitions, ms: the newest event that counting has seen. None before any."""
        ...

    def version(self) -> int:
        """Return the version of the layout that the data has."""
        ...

    def size(self) -> int:
        """Return the bytes that the store takes on disk; 0 if it has none."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
