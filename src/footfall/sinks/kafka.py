"""Records of one journal into one Kafka topic, exactly once: a transaction holds records and the journal's position."""

import os
import socket
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn

from confluent_kafka import KafkaError, KafkaException, Producer

from footfall.errors import HeldError, InputError, UnavailableError
from footfall.sinks.cluster import Cluster
from footfall.sinks.positions import PARTITION, Position, positions_topic, read_position
from footfall.sinks.target import Target
from footfall.sinks.topics import largest_record

_TRANSACTION: Final = 20_000
"""Milliseconds after which the broker ends a transaction by itself. Readers of committed records see nothing behind an
open one, so a machine that dies must not hold them up for long; a broker that starts again takes 4-13 s."""

_SLICE: Final = 0.5
"""Seconds that a call may block: between two of them it is seen whether the process was asked to end."""

_PATIENCE: Final = 30.0
_PARTING: Final = 5.0
"""Seconds that a call is repeated while no broker answers; the latter once the process was asked to end."""

_GRACE: Final = 3.0
"""Seconds in which whoever fenced us has surely written its name. The broker calls it fencing, too, when it ended our
transaction because it took too long: only the name tells one from the other."""

_BATCH: Final = 1_000_000
"""Bytes that go to a broker at once: librdkafka's own default, less where the topic takes less."""

REFUSALS: Final[Mapping[int, str]] = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too large for the topic (max.message.bytes)",
    KafkaError.INVALID_TIMESTAMP: "the timestamp is too far ahead of the broker's (message.timestamp.after.max.ms)",
    KafkaError.INVALID_RECORD: "the topic does not take such records",
}
"""What a broker says of a record that it will never take."""


class Outgoing(NamedTuple):
    """A record on its way into a topic."""

    key: bytes | None
    """Decides the partition; None: any."""
    value: bytes
    timestamp: int
    """ms since epoch."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was written: one of the records will never be taken."""

    why: str
    index: int | None
    """Which; None: the broker does not say."""


class KafkaSink:
    """A transactional producer of one journal.

    `open` first; then `send` as long as it likes. After any UnavailableError `open` again: what became of the last
    transaction is then read from Kafka, never guessed. Another sink of the same journal that is opened later fences
    this one.
    """

    def __init__(self, target: Target, source: str, stopped: Callable[[], bool] = lambda: False) -> None:
        """`source`: the journal's UUID. `stopped`: whether the process was asked to end."""
        self._target, self._source, self._stopped = target, source, stopped
        self._positions = positions_topic(target.topic)
        self.run, self._host, self._pid = uuid.uuid4().hex, socket.gethostname(), os.getpid()
        self._producer: Producer | None = None
        self._seen: set[str] | None = None
        self.cluster = ""
        """The cluster's own id, once it is open."""
        self._trouble = ""

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._target.topic

    def open(self) -> Position | None:
        """End what an earlier sink of the journal left open, and return the journal's position; None if it has none.

        Raises UnavailableError; InputError: the position would be forgotten; HeldError: another sink took over.
        """
        if self._producer is not None:
            return self._read()  # the last transaction was given up in good order
        if self._seen is not None:
            self._still_ours(self._seen)
        self._producer = self._started()
        found = self._read()
        if self._seen is None:
            self._seen = {self.run, "" if found is None else found.run}
        return found

    def _still_ours(self, seen: Collection[str]) -> None:
        """Make sure that no other has the journal by now: none wrote its name since we first read whose it was."""
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline and not self._stopped():
            time.sleep(_SLICE / 10)
        found = self._read()
        if found is not None and found.run not in seen:
            raise HeldError(
                f"another forwarder of this journal took over: {found.by}; this one ends. "
                "Expected one forwarder for each journal"
            )

    def _read(self) -> Position | None:
        return read_position(self._target, self._source, self._stopped)

    def _started(self) -> Producer:
        limit = self._largest()
        producer = Producer(
            self._target.config(
                {
                    "transactional.id": f"footfall-{self._target.topic}-{self._source}",
                    "transaction.timeout.ms": _TRANSACTION,
                    "message.timeout.ms": _TRANSACTION,
                    "partitioner": "murmur2_random",
                    "message.max.bytes": limit,
                    "batch.size": min(limit, _BATCH),
                    "error_cb": self._note,
                }
            )
        )
        try:
            self._call(producer, lambda: producer.init_transactions(_SLICE))
        except KafkaException as error:
            self._give_up(producer, error.args[0].str(), error)
        return producer

    def _largest(self) -> int:
        """Return how many bytes a record may have. Raises UnavailableError: no such topic; InputError: of no use."""
        cluster = Cluster(self._target)
        self.cluster = cluster.about().cluster_id or ""
        for name in (self._target.topic, self._positions):
            if cluster.topic(name) is None:
                raise UnavailableError(
                    f"{name}: no such topic on {self._target.servers}; expected one made by: footfall topics create"
                )
        policy = cluster.config(self._positions).get("cleanup.policy", "compact")
        if policy != "compact":
            raise InputError(
                f"{self._positions}: cleanup.policy = {policy}; expected compact: "
                "else the broker forgets how far the journal is forwarded"
            )
        return largest_record(cluster.config(self._target.topic))

    def send(self, records: Sequence[Outgoing], next: int, arrival: int, retried: Sequence[int] = ()) -> Refusal | None:
        """Write the records and the journal's position in one transaction; return once it is committed.

        Without records the position alone is written. A refusal is returned, with nothing written. Raises
        UnavailableError: nothing is known of it, see above.
        """
        producer = self._producer
        assert producer is not None, "open() comes first"
        mark = Position(next, arrival, self.run, self._host, self._pid, tuple(retried))
        try:
            producer.begin_transaction()
        except KafkaException as error:
            self._give_up(producer, error.args[0].str(), error)
        refusal = self._produce(producer, records, mark)
        if refusal is not None:
            self._abort(producer)
            return refusal
        return self._commit(producer)

    def _produce(self, producer: Producer, records: Sequence[Outgoing], mark: Position) -> Refusal | None:
        topic, produce, index = self._target.topic, producer.produce, 0
        try:
            for index, (key, value, timestamp) in enumerate(records):  # noqa: B007 - which one it was, is told
                produce(topic, value, key, timestamp=timestamp)
            produce(self._positions, mark.pack(), self._source.encode(), PARTITION)
        except KafkaException as error:
            problem = error.args[0]
            if problem.code() in REFUSALS:
                return Refusal(REFUSALS[problem.code()], index)
            if problem.code() != KafkaError._STATE:
                self._give_up(producer, problem.str(), error)
            # else the broker has refused what was sent before: the transaction can't be committed, and that says why
        return None

    def _commit(self, producer: Producer) -> Refusal | None:
        try:
            self._call(producer, lambda: producer.commit_transaction(_SLICE))
        except KafkaException as error:
            problem = error.args[0]
            if not problem.txn_requires_abort():
                self._give_up(producer, problem.str(), error)
            self._abort(producer)
            if problem.code() in REFUSALS:
                return Refusal(REFUSALS[problem.code()], None)
            raise UnavailableError(f"the transaction was not committed: {problem.str()}") from error
        self._trouble = ""
        return None

    def _abort(self, producer: Producer) -> None:
        try:
            self._call(producer, lambda: producer.abort_transaction(_SLICE))
        except KafkaException as error:
            self._give_up(producer, error.args[0].str(), error)

    def _give_up(self, producer: Producer, why: str, error: KafkaException) -> NoReturn:
        """Leave the producer as it is: only a new one can go on. Raises UnavailableError."""
        self._producer = None
        producer.purge()
        raise UnavailableError(f"Kafka does not go on: {why}") from error

    def _call(self, producer: Producer, call: Callable[[], None]) -> None:
        """Call until it is done. Raises what cannot be mended by calling again; UnavailableError when patience ends."""
        began = time.monotonic()
        while True:
            try:
                return call()
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                producer.poll(0)  # hear what the trouble is
                if time.monotonic() - began > (_PARTING if self._stopped() else _PATIENCE):
                    self._give_up(producer, self._trouble or error.args[0].str(), error)

    def _note(self, error: KafkaError) -> None:
        self._trouble = error.str()

    def close(self) -> None:
        """Let go of the broker."""
        self._producer = None
