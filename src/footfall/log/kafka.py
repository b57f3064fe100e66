"""A Kafka topic of Avro records as a log: its partitions are the log's, its offsets the positions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Message

from footfall.errors import InputError, UnavailableError
from footfall.log.avro_decode import AvroDecoder
from footfall.log.avro_schema import RecordSchema, read_schema
from footfall.log.batch import Batch, Limits, Record, Span
from footfall.log.columns import Fields
from footfall.log.framing import Framed, Framing, Naked, only
from footfall.log.kafka_client import read_options
from footfall.log.kafka_reader import Fetched, KafkaReader
from footfall.log.kafka_topic import KafkaTopic, name_of, number_of
from footfall.log.kafka_values import Raws, fields_of, raw_of, table_of, value_of
from footfall.log.registry import Registry
from footfall.model.partitions import mark_of
from footfall.model.steps import Loss, Lost
from footfall.settings import KafkaAddress

_PATIENCE: Final = 10.0
"""Seconds in which records that are there must come."""

_FOR_PEOPLE: Final = Limits(events=1000, bytes=8_000_000)
"""Read at once where a person looks on: the first line should come soon."""


class KafkaLog:
    """An `EventLog` over a topic; of transactions, what was committed.

    Partitions are named `online_store-0~1ec60c`: topic, number, and the beginning of the topic's id, so that a topic
    deleted and made anew has other partitions. What a topic of the same name holds is never read for another's: its id
    is asked after each read, before the records are given out.

    Raises UnavailableError if no broker answers, SettingsError for options and schemas that are none.
    """

    def __init__(self, address: KafkaAddress, schema: Mapping[str, Any], fields: Fields) -> None:
        """Read records of `schema` (if the address names no other) and take each column from the first of `fields`."""
        self._address, self._fields = address, fields
        self._framing = _framing(address, schema, fields)
        self._topic, self._reader = KafkaTopic(address), KafkaReader(address)

    def partitions(self) -> Sequence[str]:
        """Return the names of the partitions there are now, by their numbers."""
        found = self._topic.find()
        return [name_of(self._address, found.mark, number) for number in found.numbers]

    def span(self, partition: str) -> Span:
        """Return the first position still there and one past the last that can be read."""
        number = number_of(self._address, partition)
        span = self._topic.span(number)
        self._check(partition)
        return span

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        """Return the records from `start` on as one Arrow table, at most as many as the limits allow."""
        number = number_of(self._address, partition)
        fetched, lost = self._fetch(partition, number, start, limits)
        if fetched.next > start or lost is not None:
            self._check(partition)
        return self._batch(partition, start, fetched, lost)

    def again(self, partition: str, kept: Sequence[tuple[int, bytes]]) -> Batch:
        """Return records that were set aside, decoded anew. The batch moves nothing: its `next` is its `start`."""
        start = kept[0][0] if kept else 0
        values, arrivals = [], []
        for _, raw in kept:
            value, arrival = value_of(raw)
            values.append(value)
            arrivals.append(arrival)
        events = table_of([position for position, _ in kept], arrivals, values, self._framing, self._fields)
        return Batch(partition, start, start, events, [raw for _, raw in kept], [""] * len(kept))

    def records(self, partition: str, start: int) -> Iterator[Record]:
        """Yield the records from `start` to the present end with all their fields; what is gone is left out."""
        number = number_of(self._address, partition)
        span = self.span(partition)
        start = max(start, span.first)
        while start < span.end:
            fetched, _ = self._fetch(partition, number, start, _FOR_PEOPLE)
            self._check(partition)
            for message in fetched.messages:
                record = self._record(message)
                if record.position < span.end:
                    yield record
            if fetched.next == start:
                return
            start = fetched.next

    def release(self, partitions: Iterable[str]) -> None:
        """Forget what was read ahead of these partitions: another worker counts them now."""
        self._reader.release([number_of(self._address, partition) for partition in partitions])

    def close(self) -> None:
        """Disconnect."""
        self._reader.close()

    def _fetch(self, partition: str, number: int, start: int, limits: Limits) -> tuple[Fetched, Lost | None]:
        """Return what lies from `start` on, and what lay there and is gone; nothing only if nothing is there."""
        fetched = self._reader.fetch(number, start, limits)
        if fetched.next > start:
            return fetched, None
        end = self._topic.ends([number])[number]
        if end == start and not fetched.gone:
            return fetched, None
        if end > start:
            fetched = self._reader.fetch(number, start, limits, _PATIENCE)
            if not fetched.gone:
                return fetched, None
        span = self._topic.span(number)
        if start > span.end:
            return Fetched((), start), Lost(Loss.TRUNCATED, partition, span.end, start)
        if start < span.first:
            lost = Lost(Loss.DELETED, partition, start, span.first)
            if span.first == span.end:
                return Fetched((), span.first), lost
            return self._reader.fetch(number, span.first, limits, _PATIENCE), lost
        if start == span.end:
            return Fetched((), start), None
        raise UnavailableError(f"{partition}: position {start:,} could not be read; it should be there by now")

    def _check(self, partition: str) -> None:
        """Raise UnavailableError if the topic is no longer the one that the partition is of."""
        mark = self._topic.find().mark
        if mark != mark_of(partition):
            self._reader.release([number_of(self._address, partition)])
            raise UnavailableError(f"{partition}: the topic was deleted and made anew; expected that of mark {mark}")

    def _batch(self, partition: str, start: int, fetched: Fetched, lost: Lost | None) -> Batch:
        messages = fetched.messages
        positions = [message.offset() or 0 for message in messages]
        arrivals = [message.timestamp()[1] for message in messages]
        values: list[bytes | None] = [message.value() for message in messages]
        events = table_of(positions, arrivals, values, self._framing, self._fields)
        raws = Raws(values, arrivals)
        return Batch(partition, start, fetched.next, events, raws, [""] * len(values), lost)

    def _record(self, message: Message) -> Record:
        value, arrival = message.value(), message.timestamp()[1]
        fields, problem = None, None
        try:
            fields = fields_of(value, self._framing)
        except InputError as error:
            problem = str(error)
        return Record(message.offset() or 0, arrival, fields, problem, raw_of(value, arrival))


def _framing(address: KafkaAddress, schema: Mapping[str, Any], fields: Fields) -> Framing:
    if address.registry:
        return Framed(Registry(address.registry, read_options(address), fields))
    chosen = RecordSchema.of(schema) if address.schema is None else read_schema(address.schema)
    decoder = AvroDecoder(chosen, fields)
    return Naked(decoder) if address.confluent_id is None else Framed(only(address.confluent_id, decoder))
