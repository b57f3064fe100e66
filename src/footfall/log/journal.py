"""The embedded log: the journals of a folder, a partition each, mapped while reading."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from footfall.journal import JournalReader
from footfall.log.batch import Batch, Limits, Record, Span
from footfall.log.columns import Fields, batch_of
from footfall.log.decode import decode
from footfall.mapping import Mapping

_SUFFIX: Final = ".db"
_FOR_PEOPLE: Final = Limits(events=1000, bytes=8_000_000)
"""Read at once where a person looks on: the first line should come soon."""


class JournalLog:
    """An `EventLog` over `FOLDER/*.db`. Journals are opened when first asked for; new ones are noticed.

    Raises UnavailableError for a partition that is not there or cannot be read, VersionError for a newer one.
    """

    def __init__(self, folder: Path, mapping: Mapping, fields: Fields) -> None:
        """Map by `mapping` and take each column from the first of its `fields` that a record has."""
        self._folder, self._mapping, self._fields = folder, mapping, fields
        self._readers: dict[str, JournalReader] = {}

    def partitions(self) -> Sequence[str]:
        """Return the names of the journals there are now, sorted."""
        return sorted(path.stem for path in self._folder.glob("*" + _SUFFIX))

    def span(self, partition: str) -> Span:
        """Return the first position still there and one past the last."""
        return Span(*self._reader(partition).span())

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        """Return the records from `start` on as one Arrow table, at most as many as the limits allow."""
        found, next = self._reader(partition).read(start, limits.events, limits.bytes)
        return batch_of(partition, start, next, self._decoded(found), self._fields)

    def again(self, partition: str, kept: Sequence[tuple[int, bytes]]) -> Batch:
        """Return records that were set aside, decoded anew. The batch moves nothing: its `next` is its `start`."""
        start = kept[0][0] if kept else 0
        return batch_of(partition, start, start, self._decoded(kept), self._fields)

    def records(self, partition: str, start: int) -> Iterator[Record]:
        """Yield the records from `start` to the present end with all the fields that the mapping computes."""
        reader = self._reader(partition)
        end = reader.span()[1]
        while start < end:
            found, start_of_next = reader.read(start, _FOR_PEOPLE.events, _FOR_PEOPLE.bytes)
            if start_of_next == start:
                return
            yield from (record for record in self._decoded(found) if record.position < end)
            start = start_of_next

    def close(self) -> None:
        """Close the journals."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def _decoded(self, found: Sequence[tuple[int, bytes]]) -> list[Record]:
        mapping = self._mapping
        return [decode(mapping, position, raw) for position, raw in found]

    def _reader(self, partition: str) -> JournalReader:
        reader = self._readers.get(partition)
        if reader is None:
            reader = self._readers[partition] = JournalReader(self._folder / (partition + _SUFFIX))
        return reader
