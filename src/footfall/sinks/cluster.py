"""What is asked of a Kafka cluster: its brokers, topics, their ends and settings. Every answer within five seconds."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ClusterMetadata,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
    TopicMetadata,
)

from footfall.errors import InputError, UnavailableError
from footfall.sinks.target import Target

_PATIENCE: Final = 5.0
"""Seconds in which a cluster must have answered."""

_AGAIN: Final = 0.05
"""Seconds before a question is asked again that a broker could not answer at once."""

_SOON: Final = frozenset(
    {
        *(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART),
        *(KafkaError.OFFSET_NOT_AVAILABLE, KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH),
    }
)
"""Answers of a broker to which a partition was given just now."""

_FOR_GOOD: Final = frozenset(
    {
        *(KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.POLICY_VIOLATION),
        *(KafkaError.INVALID_CONFIG, KafkaError.INVALID_PARTITIONS, KafkaError.INVALID_REPLICATION_FACTOR),
        *(KafkaError.TOPIC_EXCEPTION, KafkaError.INVALID_REQUEST, KafkaError.UNSUPPORTED_VERSION),
    }
)
"""Answers that do not change by asking again. All else passes: leaders move, brokers start."""

FIRST: Final = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
END: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]


def since(moment: int) -> OffsetSpec:
    """Ask for the first offset of a moment (ms) or later; -1 if there is none."""
    spec: OffsetSpec = OffsetSpec.for_timestamp(moment)
    return spec


class Cluster:
    """A cluster of brokers.

    All of it raises UnavailableError if the cluster does not answer, InputError if it refuses, with its reason.
    """

    def __init__(self, target: Target) -> None:
        self._admin = AdminClient(target.config({}))

    def about(self, topic: str = "") -> ClusterMetadata:
        """Return brokers and topics: all, or this one."""
        try:
            if topic:
                return self._admin.list_topics(topic, timeout=_PATIENCE)
            return self._admin.list_topics(timeout=_PATIENCE)
        except KafkaException as problem:
            raise _told("the cluster", problem) from problem

    def topic(self, name: str) -> TopicMetadata | None:
        """Return what is known of a topic; None if there is none."""
        found = self.about(name).topics.get(name)
        if found is None or (found.error is not None and found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART):
            return None
        if found.error is not None:
            raise _told(name, KafkaException(found.error))
        return found

    def create(self, topics: Iterable[NewTopic]) -> list[str]:
        """Make topics; return the names of those that were not there."""
        made = []
        for name, answer in self._admin.create_topics(list(topics), request_timeout=_PATIENCE).items():
            try:
                answer.result()
                made.append(name)
            except KafkaException as problem:
                if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise _told(name, problem) from problem
        return made

    def offsets(self, name: str, partitions: Sequence[int], which: OffsetSpec, *, open: bool) -> dict[int, int]:
        """Return the first or last offset of each partition; `open`: records of open transactions are counted in."""
        level = IsolationLevel.READ_UNCOMMITTED if open else IsolationLevel.READ_COMMITTED
        asked = {TopicPartition(name, number): which for number in partitions}
        deadline = time.monotonic() + _PATIENCE
        while asked:
            try:
                answers = self._admin.list_offsets(asked, isolation_level=level, request_timeout=_PATIENCE)
                return {place.partition: int(answer.result().offset) for place, answer in answers.items()}
            except KafkaException as problem:
                if problem.args[0].code() not in _SOON or time.monotonic() > deadline:
                    raise _told(name, problem) from problem
            time.sleep(_AGAIN)
        return {}

    def config(self, name: str) -> Mapping[str, str]:
        """Return a topic's settings; nothing where the cluster does not let us ask."""
        resource = ConfigResource(ResourceType.TOPIC, name)
        answer = self._admin.describe_configs([resource], request_timeout=_PATIENCE)[resource]
        try:
            return {key: entry.value for key, entry in answer.result().items() if entry.value is not None}
        except KafkaException as problem:
            if problem.args[0].code() in _FOR_GOOD:
                return {}
            raise _told(name, problem) from problem


def _told(what: str, problem: KafkaException) -> UnavailableError | InputError:
    error = problem.args[0]
    if error.code() in _FOR_GOOD:
        return InputError(f"{what}: Kafka refuses: {error.str()}")
    return UnavailableError(f"{what}: Kafka does not answer: {error.str()}")
