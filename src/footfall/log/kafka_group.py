"""A consumer group that shares a topic's partitions among equal workers. It reads nothing and keeps no position."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from footfall.log.kafka_client import Option, client_options, refused
from footfall.log.kafka_topic import number_of
from footfall.settings import KafkaAddress

_OPTIONS: Final[dict[str, Option]] = {
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 2_000,
}
"""A worker that died is replaced after its session; the file of options may say otherwise."""

_OURS: Final[dict[str, Option]] = {
    "partition.assignment.strategy": "cooperative-sticky",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "latest",
}

_TELL: Final = 5.0
"""Seconds between two commits of offsets to the broker."""


class KafkaGroup:
    """Says which partitions fall to this worker. For one thread at a time, and to be asked often.

    Whose a partition is decides nothing but who does the work: positions live in the store, and its compare-and-set
    keeps two workers that both believe to own a partition from counting twice. What is committed to the broker is for
    tools that show lag.
    """

    def __init__(
        self, address: KafkaAddress, group: str, released: Callable[[Iterable[str]], None] = lambda _: None
    ) -> None:
        """Join when first asked. `released` is told of partitions that this worker no longer counts.

        Raises SettingsError for options that librdkafka does not take.
        """
        self._address, self._released = address, released
        self._numbers: set[int] = set()
        self._names: dict[int, str] = {}
        self._told: dict[int, int] = {}
        self._next = 0.0
        try:
            self._member = Consumer({"group.id": group, **_OPTIONS, **client_options(address), **_OURS})
        except KafkaException as error:
            raise refused(address, error) from error
        self._member.subscribe(
            [address.topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    def mine(self, partitions: Sequence[str]) -> Sequence[str]:
        """Return those of the partitions that fall to this worker now."""
        self._member.poll(0)
        self._names = {number_of(self._address, name): name for name in partitions}
        self._tell()
        return [name for number, name in self._names.items() if number in self._numbers]

    def counted(self, partition: str, next: int) -> None:
        """Hear how far a partition is counted."""
        self._told[number_of(self._address, partition)] = next

    def close(self) -> None:
        """Leave the group, so that the others need not wait for this worker."""
        self._next = 0.0
        self._tell(wait=True)
        self._member.close()

    def _assigned(self, member: Consumer, places: list[TopicPartition]) -> None:
        # Nothing is to be fetched: from the end on, and paused before anything could come.
        member.incremental_assign([TopicPartition(place.topic, place.partition, OFFSET_END) for place in places])
        member.pause(places)
        self._numbers |= {place.partition for place in places}

    def _revoked(self, member: Consumer, places: list[TopicPartition]) -> None:
        member.incremental_unassign(places)
        gone = {place.partition for place in places}
        self._numbers -= gone
        self._released(self._names[number] for number in gone if number in self._names)

    def _tell(self, *, wait: bool = False) -> None:
        """Commit to the broker how far counting is, now and then: for people's tools, so that nothing waits for it."""
        told = [TopicPartition(self._address.topic, n, next) for n, next in self._told.items() if n in self._numbers]
        if not told or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _TELL
        self._told.clear()
        try:
            if wait:
                self._member.commit(offsets=told, asynchronous=False)
            else:
                self._member.commit(offsets=told, asynchronous=True)
        except KafkaException:
            pass  # another worker has them by now, and tells of them
