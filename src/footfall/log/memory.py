"""A log in memory: the second implementation, for tests and experiments."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from footfall.errors import UnavailableError
from footfall.log.batch import Batch, Limits, Record, Span
from footfall.log.columns import Fields, batch_of
from footfall.log.decode import decode
from footfall.mapping import Mapping


class _Partition:
    def __init__(self) -> None:
        self.first = 0
        self.end = 0
        self.positions: list[int] = []
        self.raws: list[bytes] = []


class MemoryLog:
    """An `EventLog` of what was appended to it."""

    def __init__(self, mapping: Mapping, fields: Fields) -> None:
        """Map by `mapping` and take each column from the first of its `fields` that a record has."""
        self._mapping, self._fields = mapping, fields
        self._partitions: dict[str, _Partition] = {}

    def append(self, partition: str, raws: Sequence[bytes], at: int | None = None) -> int:
        """Put records behind the last, or at position `at` beyond it, and return the first one's position."""
        log = self._partitions.setdefault(partition, _Partition())
        first = log.end if at is None else at
        if first < log.end:
            raise ValueError(f"position {first} of {partition!r} is taken; expected {log.end} or more")
        log.positions.extend(range(first, first + len(raws)))
        log.raws.extend(raws)
        log.end = first + len(raws)
        return first

    def forget(self, partition: str, below: int) -> None:
        """Delete the records below a position. No position is used again."""
        log = self._partition(partition)
        kept = bisect_left(log.positions, below)
        del log.positions[:kept], log.raws[:kept]
        log.first = log.positions[0] if log.positions else log.end

    def partitions(self) -> Sequence[str]:
        """Return the partitions there are now, sorted."""
        return sorted(self._partitions)

    def span(self, partition: str) -> Span:
        """Return the first position still there and one past the last."""
        log = self._partition(partition)
        return Span(log.first, log.end)

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        """Return the records from `start` on as one Arrow table, at most as many as the limits allow."""
        log = self._partition(partition)
        first = last = bisect_left(log.positions, start)
        room = limits.bytes
        while last < len(log.raws) and last - first < max(limits.events, 1):
            room -= len(log.raws[last])
            if room < 0 and last > first:
                break
            last += 1
        next = log.positions[last - 1] + 1 if last > first else start
        kept = list(zip(log.positions[first:last], log.raws[first:last], strict=True))
        return batch_of(partition, start, next, self._decoded(kept), self._fields)

    def again(self, partition: str, kept: Sequence[tuple[int, bytes]]) -> Batch:
        """Return records that were set aside, decoded anew. The batch moves nothing: its `next` is its `start`."""
        start = kept[0][0] if kept else 0
        return batch_of(partition, start, start, self._decoded(kept), self._fields)

    def records(self, partition: str, start: int) -> Iterator[Record]:
        """Yield the records from `start` to the present end with all the fields that the mapping computes."""
        log = self._partition(partition)
        first = bisect_left(log.positions, start)
        yield from self._decoded(list(zip(log.positions[first:], log.raws[first:], strict=True)))

    def _decoded(self, kept: Sequence[tuple[int, bytes]]) -> list[Record]:
        return [decode(self._mapping, position, raw) for position, raw in kept]

    def _partition(self, partition: str) -> _Partition:
        try:
            return self._partitions[partition]
        except KeyError:
            raise UnavailableError(f"no partition {partition!r} in the log") from None
