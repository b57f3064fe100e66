"""The seam between where events are kept and where they are counted."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from footfall.log.batch import Batch, Limits, Record, Span


class EventLog(Protocol):
    """Records in order, by partition and position.

    What a caller may rely on:

    - Positions of a partition grow by at least one from record to record; a position, once read, always names the
      same record. `read(p, s, ...)` returns records at positions `>= s`, in order, none skipped, and `batch.next` is
      where to go on: **one past the last position looked at**, which may lie beyond the last record's position + 1
      where the log has gaps. `batch.next == s` means that nothing new is there.
    - A record that cannot be decoded is in the batch all the same, with `problem` set; its neighbours are unharmed.
    - Reading never changes the log and never blocks its writer.

    What an implementer must keep: no state about who read what. The store knows how far a partition is counted.
    """

    def partitions(self) -> Sequence[str]:
        """Return the partitions there are now, sorted. New ones may appear."""
        ...

    def span(self, partition: str) -> Span:
        """Return the first position still there and one past the last."""
        ...

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        """Return the records from `start` on as one Arrow table, at most as many as the limits allow."""
        ...

    def again(self, partition: str, kept: Sequence[tuple[int, bytes]]) -> Batch:
        """Return records that were set aside, decoded anew from `(position, raw)` by today's settings."""
        ...

    def records(self, partition: str, start: int) -> Iterator[Record]:
        """Yield the records from `start` to the present end with all their fields, for people."""
        ...
