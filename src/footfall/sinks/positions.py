"""How far each journal is forwarded: a compacted topic beside the events', written in the events' own transactions.

Why not the offset of a consumer group: docs/decisions/forwarded-position.md.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, TopicPartition

from footfall.errors import InputError, UnavailableError
from footfall.sinks.cluster import END, Cluster
from footfall.sinks.target import Target

PARTITION: Final = 0
"""Of the positions' topic: all records are in one partition, so that the last of a key is the last."""

_GROUP: Final = "footfall-forward"
"""librdkafka wants a consumer to name a group; nothing is committed to it."""

_SLICE: Final = 0.5
"""Seconds that a call may block: between two of them it is seen whether the process was asked to end."""


_WAIT: Final = 10
"""Milliseconds that a broker waits for more before it says that there is none. By default half a second."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a journal is forwarded, and who said so."""

    next: int
    """The first position of the journal that is not in the topic."""
    arrival: int
    """When the record before it arrived, ms; 0 if there is none. A journal that differs there is another journal."""
    run: str
    """Names one run of one forwarder."""
    host: str
    pid: int
    retried: tuple[int, ...] = ()
    """Positions of records once set aside that are in the topic by the same transaction."""

    @property
    def by(self) -> str:
        """Who wrote it, for people."""
        return f"process {self.pid} on {self.host}"

    def pack(self) -> bytes:
        """Return the record's value."""
        return orjson.dumps(asdict(self))


def unpack(value: bytes) -> Position:
    """Return the position of a record's value. Raises InputError if it is none."""
    try:
        found: dict[str, Any] = orjson.loads(value)
        return Position(**{**found, "retried": tuple(found["retried"])})
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"no position of a journal: {value[:100]!r}: {error}") from error


def positions_topic(topic: str) -> str:
    """Return the name of the topic of positions that belongs to a topic of events."""
    return topic + "-forwarded"


def read_position(target: Target, source: str, stopped: Callable[[], bool]) -> Position | None:
    """Return the last committed position of the journal `source` (its UUID); None if there is none.

    What others are writing just now is waited for. A reader of committed records is given nothing behind the first open
    transaction of the partition, whosever it is; the end is therefore asked for with open transactions counted in, and
    the reading goes on until it is reached. Raises UnavailableError, InputError.
    """
    topic = positions_topic(target.topic)
    end = Cluster(target).offsets(topic, [PARTITION], END, open=True)[PARTITION]
    consumer = Consumer(
        target.config(
            {
                "group.id": _GROUP,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": _WAIT,
            }
        )
    )
    try:
        consumer.assign([TopicPartition(topic, PARTITION, 0)])
        return _last(consumer, source.encode(), end, stopped)
    finally:
        consumer.close()


def _last(consumer: Consumer, key: bytes, end: int, stopped: Callable[[], bool]) -> Position | None:
    found = None
    reached = end == 0
    while not reached:
        message = consumer.poll(_SLICE)
        if stopped():
            raise UnavailableError("the position was not read: the forwarder was asked to end")
        if message is None:
            continue
        error, offset = message.error(), message.offset()
        if error is None:
            value = message.value()
            if message.key() == key and value is not None:
                found = unpack(value)
        elif error.code() == error._PARTITION_EOF:
            reached = offset is not None and offset >= end
        elif not error.retriable():
            raise UnavailableError(f"{message.topic()}: cannot be read: {error.str()}")
    return found
