"""Topics as Footfall wants them: made, and looked at."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka.cimpl import NewTopic

from footfall.sinks.cluster import END, FIRST, Cluster, since
from footfall.sinks.positions import positions_topic
from footfall.sinks.target import Target

_LARGEST: Final = 1_000_000
"""Bytes of a record where the topic does not tell its limit."""

_MOST: Final = 1_000_000_000
"""Bytes that librdkafka can send in one record."""

_POSITIONS: Final = {
    "cleanup.policy": "compact",
    "segment.bytes": str(2**20),
    "min.cleanable.dirty.ratio": "0.1",
    "message.timestamp.type": "LogAppendTime",
}
"""Small segments are cleaned early, so that a forwarder that starts reads little. The broker sets the time: it would
refuse the positions of a machine whose clock is over an hour ahead."""


_MOST_OF: Final = 0.8
"""Of the retention: a record that old and not counted needs somebody to look."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a topic of events is made."""

    partitions: int
    """As many as workers may ever count: more later would move sessions while they last."""
    replication: int
    min_insync: int
    """Replicas that must have a record before it is acknowledged."""
    retention: int
    """ms. Longer than counting, and whoever mends it, may ever be away."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition as it is now."""

    number: int
    leader: int
    """-1: there is none; nothing can be written or read."""
    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    """The replicas that have all that is acknowledged."""
    first: int
    """The oldest offset that is there."""
    end: int
    """One past the last record that is committed."""
    old: int
    """Records below have spent most of their retention: they are deleted soon."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is now."""

    name: str
    partitions: tuple[Partition, ...]
    config: Mapping[str, str]
    """Empty if the cluster does not let us ask."""


def largest_record(config: Mapping[str, str]) -> int:
    """Return how many bytes a record of a topic with these settings may have."""
    return min(int(config.get("max.message.bytes", _LARGEST)), _MOST)


def brokers(target: Target) -> int:
    """Return how many brokers the cluster has. Raises UnavailableError."""
    return len(Cluster(target).about().brokers)


def create(target: Target, wanted: Wanted) -> list[str]:
    """Make the topic of events and that of positions; return the names of those that were not there.

    Raises UnavailableError; InputError: the cluster refuses, with its reason.
    """
    safe = {"min.insync.replicas": str(wanted.min_insync)}
    events = {**safe, "cleanup.policy": "delete", "retention.ms": str(wanted.retention)}
    return Cluster(target).create(
        [
            NewTopic(target.topic, wanted.partitions, wanted.replication, config=events),
            NewTopic(positions_topic(target.topic), 1, wanted.replication, config={**safe, **_POSITIONS}),
        ]
    )


def describe(target: Target, name: str) -> Topic | None:
    """Return a topic as it is now; None if there is none. Raises UnavailableError, InputError."""
    cluster = Cluster(target)
    found = cluster.topic(name)
    if found is None:
        return None
    led = sorted(number for number, about in found.partitions.items() if about.leader >= 0)
    config = cluster.config(name)
    firsts = cluster.offsets(name, led, FIRST, open=False)
    ends = cluster.offsets(name, led, END, open=False)
    olds = _olds(cluster, name, firsts, ends, int(config.get("retention.ms", -1)))
    partitions = tuple(
        Partition(
            number,
            about.leader,
            tuple(about.replicas),
            tuple(about.isrs),
            firsts.get(number, 0),
            ends.get(number, 0),
            olds.get(number, 0),
        )
        for number, about in sorted(found.partitions.items())
    )
    return Topic(name, partitions, config)


def _olds(
    cluster: Cluster, name: str, firsts: Mapping[int, int], ends: Mapping[int, int], retention: int
) -> Mapping[int, int]:
    """Return for each partition the first offset that has not spent most of its retention."""
    if retention < 0:
        return firsts
    moment = round(time.time() * 1000 - _MOST_OF * retention)
    found = cluster.offsets(name, list(firsts), since(moment), open=False)
    return {number: offset if offset >= 0 else ends[number] for number, offset in found.items()}
