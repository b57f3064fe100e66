"""A topic on the broker as a bench of the contract of logs."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.kafka import topics
from tests.kafka.records import framed, naked
from tests.kafka.topics import Written, make_topic
from tests.mapping.requests import ARRIVAL

from footfall.log import EventLog
from footfall.log.kafka import KafkaLog
from footfall.mapping import avro_schema
from footfall.model.columns import DEFAULT_FIELDS
from footfall.settings import read_kafka_address


@dataclass
class _Append:
    first: int
    records: Sequence[bytes]
    other: bool
    lost: bool = False


class KafkaBench:
    """What is appended is written when the log is asked for: what is lost by then was in a transaction that failed."""

    def __init__(self, server: str) -> None:
        self.server, self.topic = server, make_topic(server)
        self._log = log_of(server, self.topic)
        self._waiting: list[_Append] = []
        self._ends = [0, 0]
        good = self.numbered(99)
        self.undecodable: Sequence[bytes] = [b"x", good + b"\0", framed(5, good), good[:-1], b"\xff" * 40]

    @property
    def log(self) -> EventLog:
        for append in self._waiting:
            self._write(append)
        self._waiting.clear()
        return self._log

    @property
    def partition(self) -> str:
        return self._log.partitions()[0]

    @property
    def other(self) -> str:
        return self.partition.replace("-0~", "-1~")

    def numbered(self, number: int) -> bytes:
        return naked(
            {
                "timestamp": ARRIVAL,
                "sessionId": "0:i1t84hgy:session",
                "partyId": "0:i1t84hgy:party",
                "eventId": f"0:e{number}",
                "eventType": "pageView",
                "location": "https://shop.example/item/dress/",
            }
        )

    def sized(self, size: int) -> bytes:
        return naked({"location": "x" * size})

    def raw(self, record: bytes) -> bytes:
        return b"\5" + ARRIVAL.to_bytes(8, "little") + record

    def append(self, records: Sequence[bytes], other: bool = False) -> int:
        first = self._ends[other]
        self._ends[other] += len(records)
        self._waiting.append(_Append(first, records, other))
        return first

    def lose(self, first: int, end: int) -> None:
        (found,) = [append for append in self._waiting if (append.first, append.other) == (first, False)]
        assert first + len(found.records) == end
        found.lost = True

    def forget(self, below: int) -> None:
        assert self.log
        topics.delete_records(self.server, self.topic, below)

    def close(self) -> None:
        self._log.close()

    def _write(self, append: _Append) -> None:
        if append.other:
            topics.add_partitions(self.server, self.topic, 2)
        records = [Written(record, None, ARRIVAL, int(append.other)) for record in append.records]
        if append.lost:
            topics.transact(self.server, self.topic, records[1:], commit=False)  # the marker takes a position as well
        else:
            assert topics.write(self.server, self.topic, records)[0] == append.first


def log_of(server: str, topic: str, parameters: str = "") -> KafkaLog:
    """Return a topic as a log of records of the default schema."""
    return KafkaLog(read_kafka_address(f"kafka://{server}/{topic}{parameters}"), avro_schema("default"), DEFAULT_FIELDS)
