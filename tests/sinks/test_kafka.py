"""Records and position are in the topic together, or neither is; and there is one sink of a journal, the latest."""

import time
from collections.abc import Iterator, Sequence

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from tests.kafka.broker import Broker, free_port
from tests.kafka.topics import Written, eventually, make_topic, topic_name, write
from tests.sinks.topic import committed, positions, target_of

from footfall.errors import HeldError, InputError, UnavailableError
from footfall.sinks import KafkaSink, Outgoing, Target, positions_topic
from footfall.sinks import cluster as cluster_module
from footfall.sinks import kafka as kafka_module
from footfall.sinks.cluster import END, FIRST, Cluster
from footfall.sinks.positions import PARTITION, Position, _last, read_position
from footfall.sinks.topics import Wanted, create

DAY = 86_400_000


def now() -> int:
    return time.time_ns() // 1_000_000


def records(*names: str) -> list[Outgoing]:
    return [Outgoing(b"k", name.encode(), now()) for name in names]


def values(target: Target) -> list[str]:
    return [found.value.decode() for found in committed(target)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_module, "_GRACE", 0.5)


def test_records_are_in_the_topic_with_key_time_and_value_as_given(broker: Broker) -> None:
    target = target_of(broker)
    sink = KafkaSink(target, "journal")
    assert sink.open() is None

    moment = now() - 5_000
    assert sink.send([Outgoing(b"party", b"\0one", moment), Outgoing(None, b"two", moment + 1)], 7, moment) is None

    found = committed(target)
    assert {(one.key, one.value, one.timestamp) for one in found} == {
        (b"party", b"\0one", moment),
        (None, b"two", moment + 1),
    }


def test_a_key_decides_the_partition_as_javas_producer_does(broker: Broker) -> None:
    target = target_of(broker, partitions=8)
    sink = KafkaSink(target, "journal")
    sink.open()

    sink.send([Outgoing(b"21", b"", now()), Outgoing(b"foobar", b"", now()), Outgoing(b"", b"", now())], 3, 0)

    # Kafka's own test of its murmur2 (UtilsTest.testMurmur2): 21 is -973932308, foobar is -790332482.
    expected = {b"21": (-973932308 & 0x7FFFFFFF) % 8, b"foobar": (-790332482 & 0x7FFFFFFF) % 8}
    assert {one.key: one.partition for one in committed(target) if one.key} == expected


def test_the_next_sink_of_a_journal_begins_where_the_last_one_ended(broker: Broker) -> None:
    target = target_of(broker)
    first = KafkaSink(target, "journal")
    first.open()
    first.send(records("a"), 1, 100)
    first.send(records("b", "c"), 3, 200)

    found = KafkaSink(target, "journal").open()

    assert found is not None
    assert (found.next, found.arrival, found.run) == (3, 200, first.run)
    assert KafkaSink(target, "another journal").open() is None


def test_what_a_sink_left_open_when_it_died_is_not_there(broker: Broker) -> None:
    target = target_of(broker)
    first = KafkaSink(target, "journal")
    first.open()
    first.send(records("a"), 1, 100)
    dead = first._producer
    assert dead is not None
    dead.begin_transaction()
    dead.produce(target.topic, b"half", b"k")
    dead.produce(positions_topic(target.topic), Position(2, 0, "", "", 0).pack(), b"journal", PARTITION)
    dead.flush(10)

    second = KafkaSink(target, "journal")
    found = second.open()

    assert found is not None
    assert found.next == 1
    second.send(records("whole"), 2, 200)
    assert values(target) == ["a", "whole"]


def test_the_older_of_two_sinks_is_fenced_and_learns_who_took_over(broker: Broker) -> None:
    target = target_of(broker)
    older, newer = KafkaSink(target, "journal"), KafkaSink(target, "journal")
    older.open()
    older.send(records("a"), 1, 100)
    newer.open()
    newer.send([], 1, 100)

    with pytest.raises(UnavailableError, match="fenced"):
        older.send(records("b"), 2, 200)
    with pytest.raises(HeldError, match=r"another forwarder of this journal took over: process [0-9]+ on "):
        older.open()

    assert newer.send(records("b"), 2, 200) is None
    assert values(target) == ["a", "b"]


def test_a_transaction_that_the_broker_ended_for_its_age_is_no_other_forwarder(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_module, "_TRANSACTION", 1_000)
    target = target_of(broker)
    sink = KafkaSink(target, "journal")
    sink.open()
    sink.send(records("a"), 1, 100)
    producer = sink._producer
    assert producer is not None
    producer.begin_transaction()
    producer.produce(target.topic, b"too slow", b"k")
    producer.flush(10)
    assert not _ended(target)
    eventually(lambda: _ended(target))
    with pytest.raises(UnavailableError):
        sink._commit(producer)

    found = sink.open()

    assert found is not None
    assert (found.next, found.run) == (1, sink.run)
    assert sink.send(records("b"), 2, 200) is None
    assert values(target) == ["a", "b"]


def _ended(target: Target) -> bool:
    """Say whether no transaction of the topic is open."""
    cluster, numbers = Cluster(target), [0, 1, 2]
    return cluster.offsets(target.topic, numbers, END, open=True) == cluster.offsets(
        target.topic, numbers, END, open=False
    )


def test_a_record_too_large_for_the_topic_is_refused_by_name_and_the_others_go_on(broker: Broker) -> None:
    target = target_of(broker, config={"max.message.bytes": 50_000})
    sink = KafkaSink(target, "journal")
    sink.open()
    large = Outgoing(b"k", b"x" * 60_000, now())

    refusal = sink.send([*records("a"), large, *records("b")], 3, 100)

    assert refusal is not None
    assert refusal.index == 1
    assert "too large" in refusal.why
    assert values(target) == []
    assert sink.send(records("a", "b"), 3, 100) is None
    assert values(target) == ["a", "b"]


def test_many_records_fit_where_the_topic_takes_little_at_once(broker: Broker) -> None:
    target = target_of(broker, config={"max.message.bytes": 20_000})
    sink = KafkaSink(target, "journal")
    sink.open()

    assert sink.send([Outgoing(b"k", b"x" * 1000, now()) for _ in range(500)], 500, 100) is None

    assert len(committed(target)) == 500


def test_a_time_over_an_hour_ahead_is_refused_and_the_sink_goes_on(broker: Broker) -> None:
    target = target_of(broker)
    sink = KafkaSink(target, "journal")
    sink.open()

    refusal = sink.send([*records("a"), Outgoing(b"k", b"ahead", now() + 2 * 3_600_000)], 2, 100)

    assert refusal is not None
    assert refusal.index is None
    assert "timestamp" in refusal.why
    _sent(sink, records("a"), 2)
    assert values(target) == ["a"]


def test_a_refusal_that_comes_while_records_are_still_handed_over_is_understood(broker: Broker) -> None:
    target = target_of(broker, partitions=1)
    sink = KafkaSink(target, "journal")
    sink.open()

    class Slowly(list[Outgoing]):
        """The second is handed over when the broker has surely refused the first."""

        def __iter__(self) -> Iterator[Outgoing]:
            yield self[0]
            refused = f":{target.topic}-0"
            eventually(lambda: refused in broker.log.read_text())
            time.sleep(0.1)
            yield from self[1:]

    refusal = sink.send(Slowly([Outgoing(b"k", b"ahead", now() + 2 * 3_600_000), *records("a", "b", "c")]), 4, 100)

    assert refusal is not None
    assert "timestamp" in refusal.why
    _sent(sink, records("a", "b", "c"), 4)
    assert values(target) == ["a", "b", "c"]


def _sent(sink: KafkaSink, found: Sequence[Outgoing], next: int) -> None:
    """Send as a forwarder does: after an UnavailableError it opens again."""
    for _ in range(5):
        try:
            assert sink.send(found, next, 100) is None
            return
        except UnavailableError:
            sink.open()
    pytest.fail("the sink does not go on")


def test_a_position_behind_another_journals_open_transaction_is_waited_for(broker: Broker) -> None:
    target = target_of(broker)
    sink = KafkaSink(target, "journal")
    sink.open()
    sink.send(records("a"), 1, 100)
    slow = Producer(target.config({"transactional.id": f"slow-{target.topic}"}))
    slow.init_transactions(10)
    slow.begin_transaction()
    slow.produce(positions_topic(target.topic), Position(5, 0, "", "", 0).pack(), b"slow", PARTITION)
    slow.flush(10)
    sink.send(records("b"), 2, 200)

    # A reader that stops where committed records end for now, is told what was true before.
    assert _naive(target) == 1
    looks = iter(range(1_000_000))

    def stopped() -> bool:
        if next(looks) == 3:  # it waits; now let the other end
            slow.abort_transaction(10)
        return False

    found = read_position(target, "journal", stopped)
    assert found is not None
    assert found.next == 2


def _naive(target: Target) -> int | None:
    """Return the position as read up to the last stable offset only."""
    topic = positions_topic(target.topic)
    end = Cluster(target).offsets(topic, [PARTITION], END, open=False)[PARTITION]
    consumer = Consumer(
        target.config({"group.id": "naive", "isolation.level": "read_committed", "enable.partition.eof": True})
    )
    consumer.assign([TopicPartition(topic, PARTITION, 0)])
    try:
        found = _last(consumer, b"journal", end, lambda: False)
    finally:
        consumer.close()
    return None if found is None else found.next


def test_a_position_outlives_thirty_idle_days_and_would_not_where_old_records_are_deleted(broker: Broker) -> None:
    kept, lost = Target(topic_name(), {"bootstrap.servers": broker.address}), topic_name("deleting")
    week = {"retention.ms": 7 * DAY, "message.timestamp.type": "CreateTime"}
    config = {**week, "cleanup.policy": "compact"}
    make_topic(broker.address, positions_topic(kept.topic), 1, config)
    make_topic(broker.address, lost, 1, {**config, "cleanup.policy": "delete"})
    old = Written(Position(42, 100, "run", "host", 1).pack(), b"journal", now() - 30 * DAY)
    for topic in (positions_topic(kept.topic), lost):
        write(broker.address, topic, [old])

    cluster = Cluster(kept)
    eventually(lambda: bool(cluster.offsets(lost, [0], END, open=False)[0]) and _empty(cluster, lost))

    found = read_position(kept, "journal", lambda: False)
    assert found is not None
    assert found.next == 42


def _empty(cluster: Cluster, topic: str) -> bool:
    return cluster.offsets(topic, [0], FIRST, open=False) == cluster.offsets(topic, [0], END, open=False)


def test_positions_are_right_after_the_broker_has_cleaned_their_topic(broker: Broker) -> None:
    target = target_of(broker)
    topic = positions_topic(target.topic)
    many = 12_000  # more than one segment of 1 MiB; only closed ones are cleaned
    history = [
        Written(Position(number, 0, "r" * 32, "host", 1).pack(), f"journal {number % 3}".encode())
        for number in range(many)
    ]
    write(broker.address, topic, history)

    eventually(lambda: len(committed(target, topic)) < many // 2)

    found = [read_position(target, f"journal {number}", lambda: False) for number in range(3)]
    assert [one.next for one in found if one is not None] == [many - 3, many - 2, many - 1]


def test_topics_that_are_missing_are_waited_for(broker: Broker) -> None:
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    sink = KafkaSink(target, "journal")

    with pytest.raises(UnavailableError, match=f"{target.topic}: no such topic .*footfall topics create"):
        sink.open()
    create(target, Wanted(1, 1, 1, 30 * DAY))

    assert sink.open() is None


def test_a_topic_of_positions_that_forgets_is_refused(broker: Broker) -> None:
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    make_topic(broker.address, positions_topic(target.topic), 1, {"cleanup.policy": "delete"})
    create(target, Wanted(1, 1, 1, 30 * DAY))

    with pytest.raises(InputError, match=r"cleanup.policy = delete; expected compact"):
        KafkaSink(target, "journal").open()


def test_all_positions_ever_committed_are_those_that_were_sent(broker: Broker) -> None:
    target = target_of(broker)
    sink = KafkaSink(target, "journal")
    sink.open()

    for next in (10, 20, 30):
        sink.send(records(str(next)), next, next)

    assert [position.next for position in positions(target)] == [10, 20, 30]


def test_no_broker_is_an_error_that_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_PATIENCE", 0.5)
    target = Target("online_store", {"bootstrap.servers": f"127.0.0.1:{free_port()}"})

    with pytest.raises(UnavailableError, match="Kafka does not answer"):
        KafkaSink(target, "journal").open()
