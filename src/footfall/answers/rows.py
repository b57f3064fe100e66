"""What is answered: one row an item, and how far counting is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewed:
    """Views of one item in a period. There is at least one."""

    shop: str
    item: str
    views: int
    mean_depth: float
    """depth_sum / views, the nearest double."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was put into the cart of one item in a period. There is at least one piece."""

    shop: str
    item: str
    quantity: int
    value: float
    """The plain numbers of all currencies, added up exactly; then the nearest double."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far counting is, by the clock of the machine that answers."""

    newest: int | None
    """The newest event that counting has seen, ms. None before any."""
    age: float | None
    """Seconds since then; 0 for an event that lies ahead of this machine's clock."""
    behind: Mapping[str, int] | None
    """Events in the log that are not counted yet, by partition. None: the log cannot be read."""
    idle: float | None
    """Seconds since the latest step of counting ended. None before any."""
    problem: str = ""
    """Why the log cannot be read."""

    @property
    def waiting(self) -> int:
        """How many events wait in all partitions."""
        return sum((self.behind or {}).values())
