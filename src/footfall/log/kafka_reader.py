"""Records of a topic by position: one consumer for all partitions, told where to read, bound to no group."""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from footfall.log.batch import Limits
from footfall.log.kafka_client import Option, client_options, refused, unavailable
from footfall.settings import KafkaAddress

_OPTIONS: Final[dict[str, Option]] = {
    "group.id": "footfall-reader",  # librdkafka wants one; nothing is ever committed in its name
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",  # a position is never guessed
    "isolation.level": "read_committed",
    "enable.partition.eof": True,  # tells how far a partition was looked at, behind markers and aborted records too
    "check.crcs": True,
    "fetch.wait.max.ms": 100,
    "max.partition.fetch.bytes": 8_000_000,
    "fetch.max.bytes": 32_000_000,
    "queued.max.messages.kbytes": 32_768,
}

_AT_ONCE: Final = 10_000
"""Most records taken from librdkafka's queue in one call."""

_SLICE: Final = 0.05
"""Seconds that one wait for records takes: a signal to end is seen between two."""

_GATHER: Final = 0.25
"""Seconds that a read waits at most for the rest of a batch that is known to be on its way."""

_MOST: Final = 64_000_000
"""Bytes kept of a partition that nobody reads just now; then no more of it is fetched."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records of a partition, in order."""

    messages: Sequence[Message]
    next: int
    """One past the last position looked at."""
    gone: bool = False
    """The position asked for is not in the log: before its first, or beyond its end."""


@dataclass(slots=True)
class _Slot:
    """What was fetched of a partition and not read yet."""

    next: int
    """The position that reading goes on from."""
    fetched: int
    """The position that fetching goes on from."""
    messages: deque[Message] = field(default_factory=deque)
    bytes: int = 0
    seen: int = -1
    """Everything before it was looked at: where the partition ended when all of it was fetched."""
    gone: bool = False
    fetching: bool = True

    @property
    def ready(self) -> bool:
        return bool(self.messages) or self.gone or self.seen > self.next


class KafkaReader:
    """Reads partitions of a topic from given positions, ahead of those who ask. For one thread at a time."""

    def __init__(self, address: KafkaAddress) -> None:
        """Connect when first asked. Raises SettingsError for options that librdkafka does not take."""
        self._address = address
        self._slots: dict[int, _Slot] = {}
        self._trouble: KafkaError | None = None
        try:
            self._consumer = Consumer({**client_options(address), **_OPTIONS, "error_cb": self._note})
        except KafkaException as error:
            raise refused(address, error) from error

    def fetch(self, number: int, start: int, limits: Limits, patience: float = 0.0) -> Fetched:
        """Return what is there from `start` on, within the limits; wait so many seconds for anything at all.

        Raises UnavailableError if nothing came in that time, or the broker refuses.
        """
        slot = self._slot(number, start)
        self._pull(0.0)
        deadline = time.monotonic() + patience
        while not slot.ready and time.monotonic() < deadline:
            self._pull(_SLICE)
        if slot.gone:
            self.release([number])
            return Fetched((), start, gone=True)
        if patience and not slot.ready:
            self.release([number])
            raise unavailable(self._address, "no records come", self._trouble or "no broker answers")
        self._gather(number, slot, limits)
        return self._taken(number, slot, limits)

    def release(self, numbers: Iterable[int]) -> None:
        """Stop fetching these partitions and forget what was fetched of them."""
        for number in numbers:
            slot = self._slots.pop(number, None)
            if slot is not None and slot.fetching:
                self._consumer.incremental_unassign([TopicPartition(self._address.topic, number)])

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def _slot(self, number: int, start: int) -> _Slot:
        slot = self._slots.get(number)
        if slot is None or slot.next != start:
            self.release([number])
            slot = self._slots[number] = _Slot(start, start, fetching=False)
        if not slot.fetching and not slot.messages:
            self._consumer.incremental_assign([TopicPartition(self._address.topic, number, slot.fetched)])
            slot.fetching = True
        return slot

    def _pull(self, timeout: float) -> bool:
        """Take in what came; wait so many seconds for the first. Say whether anything did."""
        first = self._consumer.poll(timeout)
        if first is None:
            return False
        self._sort([first])
        self._sort(self._consumer.consume(_AT_ONCE, 0))
        return True

    def _sort(self, messages: Sequence[Message]) -> None:
        slots = self._slots
        for message in messages:
            error = message.error()
            if error is not None:
                self._event(message, error)
                continue
            slot = slots.get(message.partition() or 0)
            if slot is not None:
                slot.messages.append(message)
                slot.bytes += len(message)
        for number, slot in slots.items():
            if slot.messages:
                slot.fetched = max(slot.fetched, (slot.messages[-1].offset() or 0) + 1)
            if slot.bytes > _MOST and slot.fetching:
                self._consumer.incremental_unassign([TopicPartition(self._address.topic, number)])
                slot.fetching = False

    def _event(self, message: Message, error: KafkaError) -> None:
        slot = self._slots.get(-1 if message.partition() is None else int(message.partition() or 0))
        if error.code() == KafkaError._PARTITION_EOF:
            if slot is not None:
                slot.seen = slot.fetched = max(slot.fetched, message.offset() or 0)
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            if slot is not None and message.offset() == slot.fetched:  # else it is of where was read before
                slot.gone = True
        else:
            self._trouble = error

    def _note(self, error: KafkaError) -> None:
        self._trouble = error

    def _gather(self, number: int, slot: _Slot, limits: Limits) -> None:
        """Wait a little for the rest of a large batch: each step costs a commit."""
        deadline = time.monotonic() + _GATHER
        place = TopicPartition(self._address.topic, number)
        while slot.messages and len(slot.messages) < limits.events and slot.bytes < limits.bytes:
            high = self._consumer.get_watermark_offsets(place, cached=True)[1]
            few = high - slot.fetched < limits.events // 4
            if few or not slot.fetching or time.monotonic() > deadline or not self._pull(_SLICE):
                return

    def _taken(self, number: int, slot: _Slot, limits: Limits) -> Fetched:
        many = min(len(slot.messages), limits.events)
        if slot.bytes > limits.bytes:
            many = max(1, _fitting(islice(slot.messages, many), limits.bytes))
        messages = [slot.messages.popleft() for _ in range(many)]
        slot.bytes -= sum(map(len, messages))
        if messages:
            slot.next = (messages[-1].offset() or 0) + 1
        if not slot.messages:
            slot.next = max(slot.next, slot.seen)
        return Fetched(messages, slot.next)


def _fitting(messages: Iterable[Message], most: int) -> int:
    """Return how many of the messages have at most so many bytes together."""
    many = 0
    for message in messages:
        most -= len(message)
        if most < 0:
            break
        many += 1
    return many
