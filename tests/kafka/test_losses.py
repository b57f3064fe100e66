"""What a topic no longer holds is noticed and named, and stops its own partition until somebody accepts it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Producer
from tests.fold import Entry
from tests.job.logs import BROWSER, T0
from tests.kafka import topics
from tests.kafka.bench import log_of
from tests.kafka.broker import Broker
from tests.kafka.records import framed, naked
from tests.kafka.topics import Written
from tests.kafka.workers import Topic, Worker
from tests.log.contract import in_cuts

from footfall.errors import FootfallError, InputError, LossError, UnavailableError
from footfall.job import Counter, StepReport, verify
from footfall.log import Limits, kafka_reader
from footfall.log.kafka import KafkaLog
from footfall.mapping import avro_schema
from footfall.model.rules import Rules
from footfall.model.steps import Loss, Lost, Reason, SetAside, Step, Tally
from footfall.store import MemoryStore, Store, open_store


class Bench:
    """A topic of two partitions, a store, and a counter."""

    def __init__(self, broker: Broker, *, accepts: bool = False) -> None:
        self.topic, self.store = Topic(broker.address, 2), MemoryStore()
        self.log = log_of(broker.address, self.topic.name)
        self.steps: list[StepReport] = []
        self._accepts = accepts
        self.counter = self.new_counter()

    def new_counter(self) -> Counter:
        limits = Limits(events=7)
        return Counter(self.log, self.store, Rules(), limits, self.steps.append, accepts_loss=self._accepts)

    def delete_records(self, below: int) -> None:
        """Delete records of the first partition, and forget what was read ahead of them."""
        topics.delete_records(self.topic.server, self.topic.name, below)
        self.log.release(self.log.partitions())

    def write(self, partition: int, many: int) -> None:
        start = len(self.topic.entries)
        self.topic.put([(partition, view(start + number)) for number in range(many)])

    @property
    def name(self) -> str:
        """The name of the first partition."""
        return self.log.partitions()[0]

    def refused(self) -> LossError:
        """Count once; return the error."""
        with pytest.raises(LossError) as refused:
            self.counter.once()
        return refused.value

    def views(self) -> int:
        return sum(fact.views for fact in self.store.facts())

    def lost(self) -> list[Lost]:
        return [entry.lost for entry in self.store.ledger() if entry.lost is not None]

    def close(self) -> None:
        self.counter.close()
        self.log.close()


def view(number: int) -> dict[str, object]:
    return {
        "timestamp": T0 + number,
        "eventType": "pageView",
        "location": "https://shop.example/item/dress/",
        "sessionId": f"s{number % 5}",
        "eventId": f"e{number}",
        "userAgentString": BROWSER,
    }


@pytest.fixture
def bench(broker: Broker) -> Iterator[Bench]:
    with closing(Bench(broker)) as made:
        yield made


def test_records_deleted_before_they_were_counted_stop_their_partition_and_no_other(bench: Bench) -> None:
    bench.write(0, 10)
    bench.write(1, 10)
    bench.counter.once()
    bench.write(0, 10)
    bench.write(1, 10)
    bench.delete_records(15)

    said = str(bench.refused())

    assert said.startswith(f"{bench.name}: positions 10 to 14 were deleted before they were counted; ")
    assert said.endswith(f"footfall count --accept-loss {bench.name}")
    assert bench.views() == 10 + 20
    assert {entry.next for entry in bench.store.ledger(bench.name)} == {0, 7, 10}

    assert bench.counter.accept(bench.name) == Lost(Loss.DELETED, bench.name, 10, 15)
    bench.counter.once()

    assert bench.views() == 15 + 20
    assert [(entry.first, entry.next) for entry in bench.store.ledger(bench.name)][-2:] == [(10, 15), (15, 20)]
    assert verify(bench.store) == []
    with pytest.raises(InputError, match="nothing is lost there; counted up to 20"):
        bench.counter.accept(bench.name)


def test_what_was_deleted_before_counting_began_is_named_and_stops_nobody(bench: Bench) -> None:
    bench.write(0, 10)
    bench.delete_records(4)

    bench.counter.once()

    assert bench.views() == 6
    assert bench.lost() == [Lost(Loss.BEFORE, bench.name, 0, 4)]
    assert verify(bench.store) == []


def test_a_setting_accepts_what_is_lost_and_names_it_all_the_same(broker: Broker) -> None:
    with closing(Bench(broker, accepts=True)) as bench:
        bench.write(0, 10)
        bench.counter.once()
        bench.write(0, 10)
        bench.delete_records(20)

        bench.counter.once()

        assert bench.views() == 10
        assert bench.lost() == [Lost(Loss.DELETED, bench.name, 10, 20)]
        assert [step.lost for step in bench.steps if step.lost] == bench.lost()
        assert bench.store.position(bench.name).next == 20
        assert verify(bench.store) == []


def test_a_topic_made_anew_is_another_one_whose_events_wait_until_the_loss_is_accepted(bench: Bench) -> None:
    bench.write(0, 10)
    bench.write(1, 5)
    bench.counter.once()
    old, others = bench.name, list(bench.log.partitions())
    topics.delete_topic(bench.topic.server, bench.topic.name)
    bench.topic = Topic(bench.topic.server, 2, bench.topic.name)
    bench.topic.put([(0, view(100 + number)) for number in range(30)])

    said = str(bench.refused())

    new = bench.name
    assert new != old
    assert said.startswith(f"{new}: {old}, counted up to 10, was deleted and made anew; what it held beyond is gone")
    assert bench.views() == 15

    place = new.partition("~")[0]
    assert bench.counter.accept(place) == Lost(Loss.REMADE, old, 10, None)
    bench.refused()  # the other partition waits still
    assert bench.views() == 45
    assert bench.counter.accept(bench.log.partitions()[1]) == Lost(Loss.REMADE, others[1], 5, None)
    bench.counter.once()

    assert bench.store.position(new).next == 30
    assert verify(bench.store) == []


def test_a_topic_made_anew_while_counting_runs_is_not_read_for_the_old_one(bench: Bench) -> None:
    """Its positions are the same numbers; only its id tells them apart."""
    bench.write(0, 10)
    name = bench.name
    assert bench.log.read(name, 0, Limits(events=5)).next == 5
    topics.delete_topic(bench.topic.server, bench.topic.name)
    again = Topic(bench.topic.server, 2, bench.topic.name)
    again.put([(0, view(200 + number)) for number in range(20)])

    for start in (5, 10, 0):
        with pytest.raises(UnavailableError, match="was deleted and made anew"):
            bench.log.read(name, start, Limits())
    with pytest.raises(UnavailableError, match="was deleted and made anew"):
        bench.log.span(name)


def test_without_the_id_the_new_one_would_be_read_for_the_old(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(KafkaLog, "_check", lambda log, partition: None)
    bench.write(0, 10)
    name = bench.name
    topics.delete_topic(bench.topic.server, bench.topic.name)
    Topic(bench.topic.server, 2, bench.topic.name).put([(0, view(200 + number)) for number in range(20)])

    found = bench.log.read(name, 0, Limits())

    assert found.events["event"].to_pylist()[0] == "e200"


def test_a_log_that_ends_before_the_position_stops_its_partition(bench: Bench) -> None:
    """As after a copy of the broker's disk was restored: the store is ahead."""
    bench.write(0, 10)
    bench.counter.once()
    name = bench.name
    _ahead(bench.store, name, 25)
    counter = bench.counter = bench.new_counter()

    assert str(bench.refused()).startswith(f"{name}: counted up to 25, but the log ends at 10: ")
    assert counter.accept(name) == Lost(Loss.TRUNCATED, name, 10, 25)
    bench.write(0, 10)
    counter.once()

    assert bench.store.position(name).next == 20
    assert bench.views() == 20
    assert verify(bench.store) == []


def _ahead(store: Store, partition: str, next: int) -> None:
    """Let the store stand where it would after counting events that the log no longer has."""
    before = store.position(partition)
    waiting = SetAside(partition, next - 1, T0, Reason.UNDECODABLE, "no record", b"\5" + bytes(8) + b"x")
    tally = Tally(read=1, set_aside=1)
    reasons = {Reason.UNDECODABLE: 1}
    store.commit(Step(before, next, before.clock, tally, reasons, set_aside=[waiting]))


def test_a_partition_that_is_added_is_counted_and_named(bench: Bench) -> None:
    bench.write(0, 10)
    bench.counter.once()
    topics.add_partitions(bench.topic.server, bench.topic.name, 3)
    bench.topic.put([(2, view(number)) for number in range(50, 60)])

    bench.counter.once()
    bench.new_counter().once()

    assert bench.views() == 20
    assert bench.lost() == [Lost(Loss.ADDED, bench.log.partitions()[2], 0, 0)]
    assert verify(bench.store) == []


def test_a_topic_of_many_partitions_is_not_taken_for_one_that_grew(bench: Bench) -> None:
    bench.counter.once()
    bench.write(1, 10)
    bench.new_counter().once()

    assert bench.lost() == []
    assert sorted(position.partition for position in bench.store.positions()) == list(bench.log.partitions())


def test_a_topic_that_is_not_there_makes_counting_wait(bench: Bench) -> None:
    topics.delete_topic(bench.topic.server, bench.topic.name)

    with pytest.raises(UnavailableError, match="no such topic; expected one"):
        bench.counter.once()


def test_a_person_accepts_a_loss_by_the_name_of_the_place(broker: Broker, tmp_path: Path) -> None:
    topic = Topic(broker.address)
    topic.write(20)
    first = Worker(tmp_path, topic, "--once")
    assert first.process.wait(60) == 0, first.said
    topic.write(20)
    topics.delete_records(broker.address, topic.name, 30)

    stopped = Worker(tmp_path, topic, "--once")
    assert stopped.process.wait(60) == LossError.exit_code
    assert "positions 20 to 29 were deleted before they were counted" in stopped.said
    accepted = Worker(tmp_path, topic, "--accept-loss", f"{topic.name}-0")
    assert accepted.process.wait(60) == 0, accepted.said
    assert "accepted: positions 20 to 29 were deleted" in accepted.said
    last = Worker(tmp_path, topic, "--once")
    assert last.process.wait(60) == 0, last.said

    with closing(open_store(tmp_path / "store.db")) as store:
        assert store.tally().read == 30
        assert verify(store) == []


# ---- holes that are none ---------------------------------------------------------------------------------------------


def written(numbers: Sequence[int]) -> list[Written]:
    return [Written(naked(view(number)), b"k%d" % number, T0, 0) for number in numbers]


def test_transactions_leave_no_trace_but_the_positions_of_their_markers(bench: Bench) -> None:
    server, name = bench.topic.server, bench.topic.name
    topics.transact(server, name, written(range(5)))
    topics.transact(server, name, written(range(5, 9)), commit=False)
    topics.write(server, name, written(range(9, 12)))
    topics.transact(server, name, written(range(12, 14)), commit=False)

    bench.counter.once()

    assert bench.views() == 8
    assert bench.store.position(bench.name).next == 5 + 1 + 4 + 1 + 3 + 2 + 1
    assert bench.lost() == []
    assert verify(bench.store) == []


def test_records_of_transactions_that_failed_would_be_counted_otherwise(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: `read_uncommitted`."""
    monkeypatch.setitem(kafka_reader._OPTIONS, "isolation.level", "read_uncommitted")
    server, name = bench.topic.server, bench.topic.name
    topics.transact(server, name, written(range(5)))
    topics.transact(server, name, written(range(5, 9)), commit=False)
    with closing(log_of(server, name)) as log:
        Counter(log, bench.store, Rules(), Limits(), bench.steps.append).once()

    assert bench.views() == 9


def test_an_open_transaction_holds_back_what_comes_after_it_until_it_ends(bench: Bench) -> None:
    server, name = bench.topic.server, bench.topic.name
    producer = Producer({**topics.PRODUCER, "bootstrap.servers": server, "transactional.id": name})
    producer.init_transactions(30)
    producer.begin_transaction()
    topics.produce(producer, name, written(range(3)))
    topics.write(server, name, written(range(3, 6)))
    bench.counter.once()
    assert bench.views() == 0

    producer.commit_transaction(30)
    topics.eventually(lambda: topics.ends(server, name)[0] == 7)
    bench.counter.once()

    assert bench.views() == 6
    assert verify(bench.store) == []


def test_compaction_leaves_gaps_that_are_passed_over(broker: Broker) -> None:
    config = {
        "cleanup.policy": "compact",
        "segment.ms": 100,
        "min.cleanable.dirty.ratio": 0.0001,
        "max.compaction.lag.ms": 100,
        "delete.retention.ms": 0,
    }
    name = topics.make_topic(broker.address, config=config)
    numbers = itertools.count()
    offsets = topics.write(broker.address, name, [*written(range(30)), *written(range(10, 20))])
    assert offsets == list(range(40))
    with closing(log_of(broker.address, name)) as log:
        partition = log.partitions()[0]

        def compacted() -> bool:
            # A segment is rolled when a record is written that is younger by `segment.ms`.
            topics.write(broker.address, name, [Written(naked(view(99)), b"more %d" % next(numbers))])
            log.release([partition])
            return _has_gap(log, partition)

        topics.eventually(compacted)
        store = MemoryStore()
        counter = Counter(log, store, Rules(), Limits(events=7), lambda _: None)
        counter.once()

        seen = [row["position"] for row, _, _ in in_cuts(log, Limits, partition)]
        assert store.tally().read == len(seen) < store.position(partition).next - 5
        assert store.position(partition).next == log.span(partition).end
        assert verify(store) == []


def _has_gap(log: KafkaLog, partition: str) -> bool:
    positions = log.read(partition, 0, Limits(events=25)).events["position"].to_pylist()
    return bool(positions != list(range(25)))


# ---- foreign records -------------------------------------------------------------------------------------------------


def test_a_framed_topic_is_counted_by_the_number_of_its_schema_and_naked_records_are_set_aside(broker: Broker) -> None:
    topic, store = Topic(broker.address), MemoryStore()
    topic.put([(0, framed(7, naked(view(number))) if number % 5 else naked(view(number))) for number in range(20)])
    with closing(log_of(broker.address, topic.name, "?confluent_id=7")) as log:
        counter = Counter(log, store, Rules(), Limits(), lambda _: None)
        counter.once()
        assert (store.tally().counted, store.tally().set_aside) == (16, 4)

    with closing(log_of(broker.address, topic.name)) as log:  # the setting is mended: now they are naked
        assert Counter(log, store, Rules(), Limits(), lambda _: None).retry() == 4

    assert sum(fact.views for fact in store.facts()) == 20
    assert verify(store) == []


def test_a_topic_of_the_seeds_six_fields_is_counted_by_its_schema_file(broker: Broker, tmp_path: Path) -> None:
    file = tmp_path / "lab2.avsc"
    file.write_text(json.dumps(avro_schema("lab2")))
    topic = Topic(broker.address)
    fields = [{**view(number), "price": "4 590 руб.", "amount": "2"} for number in range(20)]
    for number, record in enumerate(fields):
        record["eventType"] = "buy_button_click" if number % 4 == 0 else "pageView"
    topic.put([(0, naked(record, "lab2")) for record in fields])
    six = {"timestamp", "eventType", "location", "sessionId", "price", "amount"}
    topic.entries = [
        (0, number, Entry(T0 + number, {key: value for key, value in record.items() if key in six}))
        for number, record in enumerate(fields)
    ]
    store, errors = MemoryStore(), list[FootfallError]()
    with closing(log_of(broker.address, topic.name, f"?schema={file}")) as log:
        Counter(log, store, Rules(), Limits(), lambda _: None, errors.append).once()

    assert errors == []
    assert (store.tally().counted, sum(fact.quantity for fact in store.facts())) == (20, 10)
    topic.check(store)
