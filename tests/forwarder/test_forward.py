"""A request in the journal is in the topic exactly once, or it is set aside and named."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyruhvro  # type: ignore[import-untyped]
import pytest
from tests.forwarder.journals import (
    Parts,
    append,
    decode,
    differences,
    event,
    events,
    forward_all,
    forwarding,
    now,
    raw,
)
from tests.kafka.broker import Broker
from tests.kafka.topics import delete_topic, eventually, topic_name
from tests.sinks.topic import MONTH, Found, committed, positions, target_of

from footfall.errors import HeldError, InputError
from footfall.forwarder import forward as forward_module
from footfall.forwarder.forward import FULL, LINGER, MOST
from footfall.journal import Journal, ask_again, forwarded, kept_aside, notes_of
from footfall.mapping import SchemaName, avro_schema
from footfall.sinks import Target, Wanted, create, framing, positions_topic
from footfall.sinks import cluster as cluster_module
from footfall.sinks import kafka as kafka_module

HOUR = 3_600_000


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "live.db"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_module, "_GRACE", 0.5)


def numbers(found: list[Found], schema: SchemaName = "default") -> list[str]:
    """Return the events' numbers: their ids, or where the schema has none, the items of their pages."""
    records = decode([one.value for one in found], avro_schema(schema))
    return [record.get("eventId") or record["location"].split("/")[-2] for record in records]


@pytest.mark.parametrize("schema", ["default", "lab2"])
def test_all_of_a_journal_is_in_the_topic_once_each_visitor_in_order(
    journal: Path, broker: Broker, schema: SchemaName
) -> None:
    append(journal, events(3_000))
    target = target_of(broker)

    forward_all(journal, target, schema)

    found = committed(target)
    assert differences(3_000, numbers(found, schema)) == ([], [])
    visitors = defaultdict[bytes | None, list[int]](list)
    for one, number in zip(found, numbers(found, schema), strict=True):
        visitors[one.key].append(int(number))
    assert len(visitors) == 50
    assert all(order == sorted(order) for order in visitors.values())
    assert len({(one.key, one.partition) for one in found}) == 50, "one partition a visitor"


def test_the_topic_is_read_by_pyruhvro_as_by_fastavro(journal: Path, broker: Broker) -> None:
    append(journal, [event(0, price="4 590 ₽", amount=2), event(1, price=1.5), event(2)])
    target = target_of(broker, partitions=1)

    forward_all(journal, target)

    values = [one.value for one in committed(target)]
    schema = avro_schema("default")
    table = pa.record_batch(pyruhvro.deserialize_array(values, json.dumps(schema)))
    assert table.to_pylist() == decode(values, schema)
    assert [record["price"] for record in table.to_pylist()] == ["4 590 ₽", 1.5, None]


def test_values_are_framed_with_the_number_of_their_schema(journal: Path, broker: Broker) -> None:
    append(journal, events(10))
    target = target_of(broker)

    forward_all(journal, target, prefix=framing(7))

    values = [one.value for one in committed(target)]
    assert {value[:5] for value in values} == {b"\x00\x00\x00\x00\x07"}
    assert {record["eventId"] for record in decode([value[5:] for value in values], avro_schema("default"))} == {
        str(number) for number in range(10)
    }


def test_forwarding_goes_on_where_it_ended_and_a_new_journal_begins_at_its_first(
    journal: Path, tmp_path: Path, broker: Broker
) -> None:
    target = target_of(broker)
    append(journal, events(100))
    forward_all(journal, target)
    append(journal, events(50, first=100))
    forward_all(journal, target)
    assert differences(150, numbers(committed(target))) == ([], [])

    another = tmp_path / "another.db"
    append(another, events(20, first=150))
    forward_all(another, target)

    assert differences(170, numbers(committed(target))) == ([], [])


def test_a_transaction_is_large_under_load_and_holds_one_record_when_all_is_quiet(
    journal: Path, broker: Broker
) -> None:
    append(journal, events(25_000))
    target = target_of(broker)
    writer = Journal(journal)
    with forwarding(journal, target) as parts:
        eventually(lambda: _behind(parts) == 0)
        for number in range(25_000, 25_003):
            writer.append([event(number)])
            eventually(lambda: positions(target)[-1].next == writer.end)
    writer.close()

    sizes = _sizes(target)
    assert differences(25_003, numbers(committed(target))) == ([], [])
    assert sizes[-3:] == [1, 1, 1]
    assert all(FULL <= size <= MOST for size in sizes[:-4]), sizes
    assert sum(sizes) == 25_003


def _sizes(target: Target) -> list[int]:
    """Return how many records of the journal each transaction took it on; the first only names the forwarder."""
    ends = [position.next for position in positions(target)]
    return [end - begin for begin, end in pairwise(ends)]


def _behind(parts: Parts) -> int:
    noted = parts.reader.span()[1]
    return noted - parts.forwarder._next


def test_few_records_wait_a_tenth_of_a_second_at_most_and_none_after_a_silence(journal: Path, broker: Broker) -> None:
    append(journal, events(3))
    parts = Parts(journal, target_of(broker))
    forwarder = parts.forwarder
    forwarder.open()
    assert forwarder.pause(1_000.0) == 0.0, "after a silence"
    forwarder.step()
    assert forwarder.pause(1_000.0) > 0.0, "nothing to do"

    append(journal, events(3, first=3))
    assert forwarder.pause(forwarder._sent + LINGER / 2) == pytest.approx(LINGER / 2), "for company"
    assert forwarder.pause(forwarder._sent + LINGER) == 0.0
    append(journal, events(FULL, first=6))
    assert forwarder.pause(forwarder._sent) == 0.0, "enough for a transaction"
    parts.close()


def test_a_record_too_large_is_set_aside_and_the_rest_goes_on(journal: Path, broker: Broker) -> None:
    large = raw(json.dumps({"location": "https://shop.example/" + "x" * 60_000}).encode())
    append(journal, [event(0), large, event(1), large, event(2)])
    target = target_of(broker, config={"max.message.bytes": 50_000})

    forward_all(journal, target)

    assert differences(3, numbers(committed(target))) == ([], [])
    assert [(one.position, one.reason, one.raw) for one in kept_aside(journal)] == [
        (1, "refused", large),
        (3, "refused", large),
    ]
    assert "too large" in kept_aside(journal)[0].detail
    assert positions(target)[-1].next == 5


def test_a_record_from_the_future_is_found_among_thousands_and_set_aside(journal: Path, broker: Broker) -> None:
    records = events(700)
    ahead = [event(-1, arrival=now() + 2 * HOUR), event(-2, arrival=now() + 2 * HOUR)]
    append(journal, [*records[:300], ahead[0], *records[300:310], ahead[1], *records[310:]])
    target = target_of(broker)

    forward_all(journal, target)

    assert differences(700, numbers(committed(target))) == ([], [])
    assert [(one.position, one.reason, one.raw) for one in kept_aside(journal)] == [
        (300, "refused", ahead[0]),
        (311, "refused", ahead[1]),
    ]


def test_a_request_that_is_no_event_is_set_aside_with_its_reason(journal: Path, broker: Broker) -> None:
    append(journal, [event(0), raw(b"[]"), event(1), raw(b"{broken")])
    target = target_of(broker)

    forward_all(journal, target)

    assert differences(2, numbers(committed(target))) == ([], [])
    assert [(one.position, one.reason) for one in kept_aside(journal)] == [(1, "undecodable"), (3, "undecodable")]
    assert "no JSON object" in kept_aside(journal)[0].detail


def test_what_was_set_aside_is_sent_once_when_asked_for_after_a_fix(journal: Path, broker: Broker) -> None:
    soon = event(1, arrival=now() + 2 * HOUR)
    append(journal, [event(0), soon, raw(b"[]")])
    target = target_of(broker)
    forward_all(journal, target)
    assert [one.position for one in kept_aside(journal)] == [1, 2]
    _allow(broker, target, ahead=24 * HOUR)  # the fix

    assert ask_again(journal) == 2
    with forwarding(journal, target):
        eventually(lambda: [one.position for one in kept_aside(journal)] == [2])
    forward_all(journal, target)

    assert differences(2, numbers(committed(target))) == ([], [])
    assert kept_aside(journal)[0].reason == "undecodable"


def test_a_retry_that_is_refused_again_stays_set_aside_and_its_neighbours_are_sent(
    journal: Path, broker: Broker
) -> None:
    append(journal, [event(0, arrival=now() + 2 * HOUR), event(1, arrival=now() + 48 * HOUR)])
    target = target_of(broker)
    forward_all(journal, target)
    assert [one.position for one in kept_aside(journal)] == [0, 1]
    _allow(broker, target, ahead=24 * HOUR)

    ask_again(journal, [0, 1])
    with forwarding(journal, target):
        eventually(lambda: [one.position for one in kept_aside(journal)] == [1])

    assert differences(1, numbers(committed(target))) == ([], [])


def test_a_crash_between_the_sending_again_and_the_forgetting_sends_nothing_twice(
    journal: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(journal, [event(0, arrival=now() + 2 * HOUR)])
    target = target_of(broker)
    forward_all(journal, target)
    _allow(broker, target, ahead=24 * HOUR)
    ask_again(journal)

    class Crash(BaseException):
        pass

    def die(self: object, positions: object) -> None:
        raise Crash

    parts = Parts(journal, target)
    parts.forwarder.open()
    with monkeypatch.context() as patch:
        patch.setattr(type(parts.notebook), "resolve", die)
        with pytest.raises(Crash):
            parts.forwarder._look_after()
    parts.close()
    with forwarding(journal, target):
        eventually(lambda: kept_aside(journal) == [])

    assert differences(1, numbers(committed(target))) == ([], [])


def _allow(broker: Broker, target: Target, ahead: int) -> None:
    """Let the topic take timestamps so far ahead."""
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        AdminClient,
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    entry = ConfigEntry("message.timestamp.after.max.ms", str(ahead), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, target.topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.incremental_alter_configs([resource])[resource].result(10)


def test_a_position_beyond_the_journals_end_stops_and_says_so(journal: Path, broker: Broker) -> None:
    append(journal, events(100))
    copy = journal.read_bytes()
    append(journal, events(50, first=100))
    target = target_of(broker)
    forward_all(journal, target)
    for file in journal.parent.glob("live.db*"):
        file.unlink()
    journal.write_bytes(copy)

    with pytest.raises(InputError, match=rf"the journal ends at 100, but {target.topic} has it up to 150: was a copy "):
        forward_all(journal, target)

    append(journal, events(60, first=1_000))  # and the collector went on
    with pytest.raises(InputError, match="the record at 149 is not the one"):
        forward_all(journal, target)
    assert differences(150, numbers(committed(target))) == ([], [])


def test_positions_that_were_deleted_in_kafka_stop_the_forwarder(journal: Path, broker: Broker) -> None:
    append(journal, events(100))
    target = target_of(broker)
    forward_all(journal, target)
    delete_topic(broker.address, positions_topic(target.topic))
    create(target, Wanted(3, 1, 1, MONTH))

    with pytest.raises(InputError, match="does not know how far this journal is forwarded, but it was up to 100"):
        forward_all(journal, target)

    assert differences(100, numbers(committed(target))) == ([], [])


def test_a_journal_goes_into_a_new_topic_from_its_first_record(journal: Path, broker: Broker) -> None:
    append(journal, events(100))
    forward_all(journal, target_of(broker))
    moved = target_of(broker)

    forward_all(journal, moved)

    assert differences(100, numbers(committed(moved))) == ([], [])


def test_the_older_of_two_forwarders_ends_and_says_who_took_over(journal: Path, broker: Broker) -> None:
    target = target_of(broker)
    writer = Journal(journal)
    writer.append(events(10))

    def both() -> None:
        with forwarding(journal, target):
            eventually(lambda: len(positions(target)) > 1)
            with forwarding(journal, target):
                eventually(lambda: len({position.run for position in positions(target)}) == 2)
                for number in range(10, 60):
                    writer.append([event(number)])
                eventually(lambda: positions(target)[-1].next == 60)

    with pytest.raises(HeldError, match="another forwarder of this journal took over"):
        both()
    writer.close()

    assert differences(60, numbers(committed(target))) == ([], [])


def test_a_journal_grows_while_no_broker_is_there_and_all_is_forwarded_after(
    journal: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (kafka_module, cluster_module):
        monkeypatch.setattr(module, "_PATIENCE", 1.0)
    monkeypatch.setattr(forward_module, "_PAUSES", (0.0, 0.1))
    target = target_of(broker)
    writer = Journal(journal)
    writer.append(events(100))
    with forwarding(journal, target) as parts:
        eventually(lambda: _noted(journal) == 100)
        broker.stop()
        writer.append(events(3_000, first=100))
        eventually(lambda: parts.forwarder._failures > 1)
        assert _noted(journal) == 100, "what is noted is never ahead of Kafka"
        broker.start()
        eventually(lambda: _noted(journal) == 3_100)
    writer.close()

    assert differences(3_100, numbers(committed(target))) == ([], [])


def _noted(journal: Path) -> int:
    found = forwarded(journal) if notes_of(journal).exists() else None
    return -1 if found is None else found.next


def test_topics_that_are_made_later_are_waited_for(journal: Path, broker: Broker) -> None:
    append(journal, events(10))
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    with forwarding(journal, target) as parts:
        eventually(lambda: parts.forwarder._failures > 0)
        create(target, Wanted(1, 1, 1, MONTH))
        eventually(lambda: _noted(journal) == 10)

    assert differences(10, numbers(committed(target))) == ([], [])


def test_records_deleted_before_they_were_forwarded_are_told(
    journal: Path, broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    append(journal, events(100), group=10)
    target = target_of(broker)
    parts = Parts(journal, target)
    parts.forwarder.open()
    parts.close()
    writer = Journal(journal)
    assert writer.retain(50, now() + HOUR) == 50
    writer.close()

    forward_all(journal, target)

    lost, twice = differences(100, numbers(committed(target)))
    assert (lost, twice) == ([str(number) for number in range(50)], [])
    assert "records were deleted before they were forwarded" in capsys.readouterr().out
