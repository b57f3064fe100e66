"""Equal workers of one group: they share partitions, die, freeze and come back, and every event is counted once."""

import hashlib
import random
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from tests.kafka import topics
from tests.kafka.broker import Broker
from tests.kafka.topics import Written
from tests.kafka.workers import Topic, Worker, counted, ending, eventually, wait_until_counted

from footfall.store import open_store


def committed(topic: Topic, group: str) -> int:
    consumer = Consumer({"bootstrap.servers": topic.server, "group.id": group, "enable.auto.commit": False})
    try:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        return sum(max(place.offset, 0) for place in consumer.committed(places, 10))
    finally:
        consumer.close()


def test_once_counts_what_is_there_to_the_last_marker_and_then_nothing(broker: Broker, tmp_path: Path) -> None:
    topic = Topic(broker.address, 2)
    topic.write(300)
    topics.transact(broker.address, topic.name, [Written(b"aborted", None, 0, n % 2) for n in range(9)], commit=False)

    first = Worker(tmp_path, topic, "--once")
    assert first.process.wait(60) == 0, first.said
    second = Worker(tmp_path, topic, "--once")
    assert second.process.wait(60) == 0, second.said

    assert "of 300 new events" in first.said
    assert "nothing new" in second.said
    with closing(open_store(tmp_path / "store.db")) as store:
        topic.check(store)
        assert sum(position.next for position in store.positions()) == 300 + 9 + 2, "two markers of the abort"


def test_workers_share_partitions_die_and_are_replaced(broker: Broker, tmp_path: Path) -> None:
    topic, rnd = Topic(broker.address, 4), random.Random(5)
    topic.write(400)
    with ending([Worker(tmp_path, topic) for _ in range(3)]) as workers:
        for _ in range(4):
            eventually(lambda: counted(tmp_path, topic) > 0, lambda: workers[0].said)
            victim = workers.pop(rnd.randrange(3))
            topic.write(200)
            victim.kill()
            topic.write(200)
            workers.append(Worker(tmp_path, topic))
        wait_until_counted(tmp_path, topic, workers)
        assert [worker.end() for worker in workers] == [0, 0, 0]
        said = "".join(worker.said for worker in workers)

    assert "Traceback" not in said
    with closing(open_store(tmp_path / "store.db")) as store:
        topic.check(store)


@pytest.mark.parametrize("guard", ["guarded", "unguarded"])
def test_a_frozen_worker_is_fenced_when_it_wakes(broker: Broker, tmp_path: Path, guard: str) -> None:
    """It froze with a step in its hands, and others counted these events. The negative control: compare-and-set off."""
    topic = Topic(broker.address, 2)
    topic.write(600)
    zombie = Worker(tmp_path, topic, module=("tests.kafka.freezing", "3", guard))
    with ending([zombie]) as workers:
        eventually(zombie.frozen, lambda: zombie.said)
        workers.append(Worker(tmp_path, topic))
        wait_until_counted(tmp_path, topic, workers)

        zombie.thaw()
        topic.write(100)
        wait_until_counted(tmp_path, topic, workers)
        assert [worker.end() for worker in workers] == [0, 0]

    with closing(open_store(tmp_path / "store.db")) as store:
        if guard == "guarded":
            topic.check(store)
        else:
            with pytest.raises(AssertionError):
                topic.check(store)


def test_broker_restarts_need_no_hand_and_lag_is_told(broker: Broker, tmp_path: Path) -> None:
    topic = Topic(broker.address, 2)
    topic.write(100)
    with ending([Worker(tmp_path, topic)]) as workers:
        wait_until_counted(tmp_path, topic, workers)
        for down in (broker.stop, broker.kill9):
            down()
            eventually(lambda: workers[0].said.count("counting waits") > 0, lambda: workers[0].said)
            broker.start()
            topic.write(100)
            wait_until_counted(tmp_path, topic, workers)
        assert workers[0].end() == 0
        group = f"footfall-{_store_mark(tmp_path)}"
        assert committed(topic, group) == 300

    with closing(open_store(tmp_path / "store.db")) as store:
        topic.check(store)


def _store_mark(data: Path) -> str:
    """Return what tells the group of this store from that of another."""
    return hashlib.sha256(f"{socket.gethostname()}:{(data / 'store.db').resolve()}".encode()).hexdigest()[:8]


# ---- the seed's way, as a negative control ---------------------------------------------------------------------------

SEEDS_WAY = """
import os, signal, sys, time
from confluent_kafka import Consumer
server, topic, out, die = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": server, "group.id": topic, "auto.offset.reset": "earliest",
                     "enable.auto.commit": True, "auto.commit.interval.ms": 100})
consumer.subscribe([topic])
empty = 0
while empty < 20:
    found = [m for m in consumer.consume(100, 0.2) if m.error() is None]
    empty = 0 if found else empty + 1
    time.sleep(0.5 if found else 0)  # computing
    if found and die == "die" and os.path.getsize(out) > 0:
        os.kill(os.getpid(), signal.SIGKILL)  # before the rows are inserted
    with open(out, "a") as rows:
        rows.writelines(f"{m.partition()}:{m.offset()}\\n" for m in found)
consumer.close()
"""


def test_positions_that_the_broker_keeps_lose_events_when_a_worker_is_killed(broker: Broker, tmp_path: Path) -> None:
    """The negative control of where positions live: committed by themselves while the rows are not yet written."""
    topic, out = Topic(broker.address, 1), tmp_path / "rows"
    topic.write(500)
    out.touch()
    for die in ("die", "live"):
        command = [sys.executable, "-c", SEEDS_WAY, topic.server, topic.name, str(out), die]
        subprocess.run(command, timeout=120, stderr=subprocess.DEVNULL)

    rows = out.read_text().split()
    assert 0 < len(set(rows)) < 500
