"""A topic of its own for a test, and what is in it."""

from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition
from tests.kafka.broker import Broker
from tests.kafka.topics import make_topic, topic_name

from footfall.sinks import Target, Wanted, create, describe, positions_topic
from footfall.sinks.positions import Position, unpack

MONTH = 30 * 86_400_000


class Found(NamedTuple):
    """A record of a topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    timestamp: int


def target_of(broker: Broker, partitions: int = 3, config: Mapping[str, object] = {}) -> Target:
    """Make a topic of events with these settings, and its topic of positions."""
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    if config:
        make_topic(broker.address, target.topic, partitions, config)
    create(target, Wanted(partitions, 1, 1, MONTH))
    return target


def committed(target: Target, topic: str = "") -> list[Found]:
    """Return all records of a topic that are committed, partition by partition, in order."""
    topic = topic or target.topic
    about = describe(target, topic)
    assert about is not None
    consumer = Consumer(
        target.config(
            {
                "group.id": "tests",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            }
        )
    )
    found: list[Found] = []
    try:
        consumer.assign([TopicPartition(topic, partition.number, 0) for partition in about.partitions])
        left = {partition.number for partition in about.partitions}
        while left:
            for message in consumer.consume(10_000, 0.05):
                partition, offset, error = message.partition(), message.offset(), message.error()
                assert partition is not None
                assert offset is not None
                if error is not None:
                    assert error.code() == error._PARTITION_EOF, error
                    left.discard(partition)
                    continue
                key, value = message.key(), message.value()
                assert isinstance(value, bytes)
                assert key is None or isinstance(key, bytes)
                found.append(Found(partition, offset, key, value, message.timestamp()[1]))
    finally:
        consumer.close()
    return sorted(found)


def positions(target: Target) -> list[Position]:
    """Return all positions ever committed, of all journals."""
    return [unpack(found.value) for found in committed(target, positions_topic(target.topic))]
