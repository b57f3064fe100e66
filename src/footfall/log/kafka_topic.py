"""What there is of a topic, asked of the broker: whether it is still the same one, its partitions, where they end."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from footfall.errors import UnavailableError
from footfall.log.batch import Span
from footfall.log.kafka_client import client_options, refused, unavailable
from footfall.model.partitions import partition_name, place_of
from footfall.settings import KafkaAddress

PATIENCE: Final = 5.0
"""Seconds that a question may take: a signal to end is seen only after it."""

_AGAIN: Final = 0.1
"""Seconds before a question is asked again that a broker could not answer at once."""

_MARK: Final = 6
"""Hexadecimal digits of a topic's id that its partitions' names bear: one in 16 million is taken for another's."""

_SOON: Final = frozenset(
    {
        *(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.OFFSET_NOT_AVAILABLE),
        *(KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.KAFKA_STORAGE_ERROR),
    }
)
"""Answers of a broker that passes a partition on, or has just taken it."""

_Answer = TypeVar("_Answer")

_GONE: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


class Found(NamedTuple):
    """A topic as it was found."""

    mark: str
    """Tells it from another of the same name; empty if the broker gives topics no ids (Kafka before 2.8)."""
    numbers: Sequence[int]
    """Its partitions."""


class KafkaTopic:
    """Questions about one topic. Each is asked anew; nothing is remembered."""

    def __init__(self, address: KafkaAddress) -> None:
        """Connect when first asked. Raises SettingsError for options that librdkafka does not take."""
        self._address = address
        try:
            self._admin = AdminClient(client_options(address))
        except KafkaException as error:
            raise refused(address, error) from error

    def find(self) -> Found:
        """Return the topic as it is now. Raises UnavailableError if there is none, or no broker answers."""
        name = self._address.topic

        def ask() -> Found:
            found = self._admin.describe_topics(TopicCollection([name]), request_timeout=PATIENCE)[name].result()
            bits = found.topic_id.get_most_significant_bits() % 2**64
            unknown = bits == found.topic_id.get_least_significant_bits() == 0
            mark = "" if unknown else f"{bits:016x}"[:_MARK]
            return Found(mark, sorted(partition.id for partition in found.partitions))

        return self._asked("the topic cannot be looked up", ask)

    def ends(self, numbers: Sequence[int]) -> Mapping[int, int]:
        """Return one past the last position that can be read of each partition: no transaction before it is open."""
        return self._offsets(numbers, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def named_ends(self) -> Mapping[str, int]:
        """Return the same of all partitions, by their names."""
        found = self.find()
        ends = self.ends(found.numbers)
        return {name_of(self._address, found.mark, number): ends[number] for number in found.numbers}

    def span(self, number: int) -> Span:
        """Return the first position still there and one past the last that can be read."""
        first = self._offsets([number], OffsetSpec.earliest())[number]  # type: ignore[no-untyped-call]
        return Span(first, max(first, self.ends([number])[number]))

    def _offsets(self, numbers: Sequence[int], which: OffsetSpec) -> Mapping[int, int]:
        places = {TopicPartition(self._address.topic, number): which for number in numbers}

        def ask() -> Mapping[int, int]:
            futures = self._admin.list_offsets(
                places, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=PATIENCE
            )
            return {place.partition: future.result().offset for place, future in futures.items()}

        return self._asked("its positions cannot be looked up", ask) if places else {}

    def _asked(self, what: str, ask: Callable[[], _Answer]) -> _Answer:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except KafkaException as error:
                code = error.args[0].code()
                if code in _GONE:
                    raise no_topic(self._address) from error
                if code not in _SOON or time.monotonic() > deadline:
                    raise unavailable(self._address, what, error) from error
            time.sleep(_AGAIN)


def no_topic(address: KafkaAddress) -> UnavailableError:
    """Return the error for a topic that is not there."""
    return UnavailableError(f"{address}: no such topic; expected one (footfall topics create makes it)")


def name_of(address: KafkaAddress, mark: str, number: int) -> str:
    """Return the name that a partition has in the store: `online_store-0~1ec60c`."""
    return partition_name(f"{address.topic}-{number}", mark)


def number_of(address: KafkaAddress, name: str) -> int:
    """Return the number of a partition. Raises UnavailableError if the name is none of this topic."""
    topic, _, digits = place_of(name).rpartition("-")
    if topic != address.topic or not (digits.isascii() and digits.isdigit()):
        raise UnavailableError(f"{name}: no partition of {address}; expected one such as {address.topic}-0")
    return int(digits)
