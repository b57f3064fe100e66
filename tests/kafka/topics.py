"""Topics and records on a broker, as tests make them."""

import itertools
import os
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from confluent_kafka import IsolationLevel, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewPartitions, NewTopic

_PATIENCE: Final = 30.0
"""Seconds in which a broker must have done what it is asked for."""


PRODUCER: Final[Mapping[str, object]] = {
    "enable.idempotence": True,
    "linger.ms": 5,
    "partitioner": "murmur2_random",
    "queue.buffering.max.messages": 500_000,
}

_numbers = itertools.count()


class Written(NamedTuple):
    """A record to write."""

    value: bytes | None
    key: bytes | None = None
    timestamp: int = 0
    """ms; 0 takes the present."""
    partition: int = -1
    """-1: by the key."""


def topic_name(stem: str = "online_store") -> str:
    """Return a name that no other test has."""
    return f"{stem}-{os.getpid()}-{next(_numbers)}"


def make_topic(address: str, topic: str | None = None, partitions: int = 1, config: Mapping[str, object] = {}) -> str:
    """Make a topic and return its name, when the broker knows it. Nothing is deleted for its age if not asked for."""
    topic = topic or topic_name()
    admin = AdminClient({"bootstrap.servers": address})
    chosen = {"retention.ms": -1, **config}
    asked = NewTopic(topic, partitions, 1, config={key: str(value) for key, value in chosen.items()})
    for future in admin.create_topics([asked]).values():
        future.result(_PATIENCE)
    eventually(lambda: len(_partitions(admin, topic)) == partitions)
    return topic


def add_partitions(address: str, topic: str, partitions: int) -> None:
    """Give the topic so many partitions."""
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_partitions([NewPartitions(topic, partitions)]).values():
        future.result(_PATIENCE)
    eventually(lambda: len(_partitions(admin, topic)) == partitions)


def delete_records(address: str, topic: str, below: int, partition: int = 0) -> None:
    """Delete what lies below an offset, as retention does."""
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.delete_records([TopicPartition(topic, partition, below)]).values():
        future.result(_PATIENCE)


def delete_topic(address: str, topic: str) -> None:
    """Delete a topic, and wait until the broker no longer knows it."""
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.delete_topics([topic]).values():
        future.result(_PATIENCE)
    eventually(lambda: not _partitions(admin, topic))


def _partitions(admin: AdminClient, topic: str) -> Mapping[int, object]:
    found = admin.list_topics(timeout=_PATIENCE).topics.get(topic)
    return {} if found is None else found.partitions


def write(address: str, topic: str, records: Iterable[Written], settings: Mapping[str, object] = {}) -> list[int]:
    """Write records and return their offsets, in the order of the records."""
    return produce(Producer({**PRODUCER, "bootstrap.servers": address, **settings}), topic, records)


def produce(producer: Producer, topic: str, records: Iterable[Written]) -> list[int]:
    """Produce records, wait for the broker's word, and return their offsets, in the order of the records."""
    offsets: dict[int, int] = {}
    many = 0
    for index, record in enumerate(records):
        many += 1
        while not _taken(producer, topic, record, partial(_told, offsets, index)):
            producer.poll(0.1)
        producer.poll(0)
    assert producer.flush(_PATIENCE) == 0, "the broker took all records"
    return [offsets[index] for index in range(many)]


def transact(address: str, topic: str, records: Iterable[Written], *, commit: bool = True) -> None:
    """Write records in a transaction, and commit or abort it: either leaves a marker behind them."""
    producer = Producer({**PRODUCER, "bootstrap.servers": address, "transactional.id": topic_name("writer")})
    producer.init_transactions(_PATIENCE)
    producer.begin_transaction()
    produce(producer, topic, records)
    if commit:
        producer.commit_transaction(_PATIENCE)
    else:
        producer.abort_transaction(_PATIENCE)
    eventually(lambda: ends(address, topic) == ends(address, topic, committed=False))  # the markers come a little later


def ends(address: str, topic: str, *, committed: bool = True) -> list[int]:
    """Return where each partition ends, for readers of what is committed or for all others."""
    admin = AdminClient({"bootstrap.servers": address})
    level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
    places = [TopicPartition(topic, number) for number in sorted(_partitions(admin, topic))]
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    found = admin.list_offsets(dict.fromkeys(places, latest), isolation_level=level)
    return [future.result(_PATIENCE).offset for future in found.values()]


def _told(offsets: dict[int, int], index: int, error: KafkaError | None, message: Message) -> None:
    assert error is None, error
    offset = message.offset()
    assert offset is not None
    offsets[index] = offset


def _taken(producer: Producer, topic: str, record: Written, told: Callable[[KafkaError | None, Message], None]) -> bool:
    value, key, timestamp, partition = record
    try:
        producer.produce(topic, value, key, partition=partition, timestamp=timestamp, on_delivery=told)
    except BufferError:
        return False
    return True


def eventually(holds: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it should hold by now"
        time.sleep(0.02)
