"""One look at the partitions of a log: which are looked at, and what came of it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from footfall.errors import FootfallError
from footfall.model.steps import Lost, Tally


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
    lost: Lost | None = None


class Share(Protocol):
    """Which partitions fall to this counter, of several that share a log."""

    def mine(self, partitions: Sequence[str]) -> Sequence[str]:
        """Return those of the partitions that this counter counts now. To be asked again and again."""
        ...

    def counted(self, partition: str, next: int) -> None:
        """Hear how far a partition is counted. Nothing depends on it."""
        ...


class Alone:
    """The share of a counter that counts everything."""

    def mine(self, partitions: Sequence[str]) -> Sequence[str]:
        return partitions

    def counted(self, partition: str, next: int) -> None:
        pass


@dataclass(slots=True)
class Round:
    """What came of one look at all partitions."""

    stop: threading.Event | None
    errors: list[FootfallError] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """Partitions with an error."""
    again: set[str] = field(default_factory=set)
    """Partitions whose step was overtaken: it is to be computed anew."""

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()

    def fail(self, partition: str, error: FootfallError) -> None:
        self.errors.append(error)
        self.failed.add(partition)
