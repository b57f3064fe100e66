"""What the doctor sees in the topics of a Kafka log."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from footfall.doctor import Finding
from footfall.doctor.topics import topics
from footfall.sinks import Partition, Topic

DAY = 86_400_000
SAFE = {"min.insync.replicas": "2", "cleanup.policy": "delete", "retention.ms": str(30 * DAY), "retention.bytes": "-1"}
EVENTS = Topic(
    "online_store",
    tuple(Partition(number, 1, (1, 2, 3), (1, 2, 3), first=100, end=500, old=200) for number in range(3)),
    SAFE,
)
POSITIONS = Topic(
    "online_store-forwarded",
    (Partition(0, 1, (1, 2, 3), (1, 2, 3), 0, 10, 0),),
    {"min.insync.replicas": "2", "cleanup.policy": "compact"},
)
COUNTED = {f"online_store-{number}": 500 for number in range(3)}


def look(
    events: Topic | None = EVENTS,
    positions: Topic | None = POSITIONS,
    brokers: int = 3,
    counted: Mapping[str, int] = COUNTED,
) -> list[Finding]:
    return list(topics("online_store", brokers, events, positions, counted))


def of(found: list[Finding], words: str) -> Finding:
    (one,) = [finding for finding in found if words in finding.what]
    return one


def partitioned(**changes: object) -> Topic:
    """Return the topic with its partition 1 changed."""
    first, second, third = EVENTS.partitions
    return replace(EVENTS, partitions=(first, replace(second, **changes), third))  # type: ignore[arg-type]


def configured(**changes: str) -> Topic:
    return replace(EVENTS, config={**SAFE, **{name.replace("_", "."): value for name, value in changes.items()}})


def test_topics_as_they_should_be_are_well() -> None:
    found = look()

    assert {finding.level for finding in found} == {"ok"}
    assert [finding.what for finding in found] == [
        "online_store: 3 partitions, 3 replicas, 2 of them before it is acknowledged",
        "online_store-forwarded: 1 partition, 3 replicas, 2 of them before it is acknowledged",
        "online_store: events are kept 30 days",
        "online_store: counted",
        "online_store-forwarded: positions are kept",
    ]


@pytest.mark.parametrize(
    ("events", "level", "words"),
    [
        (None, "fail", "online_store: no such topic"),
        (partitioned(leader=-1), "fail", "no leader of partitions 1"),
        (partitioned(isr=(1, 2)), "warn", "replicas behind in partitions 1"),
        (partitioned(replicas=(1,), isr=(1,)), "warn", "one replica"),
        (configured(min_insync_replicas="1"), "warn", "on one disk only"),
        (configured(min_insync_replicas="3"), "warn", "one broker down stops forwarding"),
        (configured(cleanup_policy="compact,delete"), "fail", "only the last event is kept"),
        (configured(retention_ms=str(7 * DAY)), "warn", "events are kept 7 days"),
        (configured(retention_ms="-1"), "ok", "events are kept for ever"),
        (configured(retention_bytes="1000000000"), "warn", "retention.bytes = 1,000,000,000"),
        (configured(unclean_leader_election_enable="true"), "warn", "acknowledged events may be lost"),
        (configured(max_message_bytes="100000"), "warn", "longer events are set aside"),
        (configured(message_timestamp_before_max_ms=str(DAY)), "warn", "after a long pause events are set aside"),
        (configured(message_timestamp_type="LogAppendTime"), "warn", "when an event was received is not kept"),
        (replace(EVENTS, config={}), "warn", "does not tell its settings"),
    ],
)
def test_what_is_wrong_with_the_events_topic_is_told_with_what_to_do(
    events: Topic | None, level: str, words: str
) -> None:
    finding = of(look(events), words)

    assert finding.level == level
    assert bool(finding.advice) == (level != "ok")


def test_a_single_broker_is_told_to_get_company() -> None:
    alone = partitioned(replicas=(1,), isr=(1,))

    assert "add brokers" in of(look(alone, brokers=1), "online_store: one replica").advice
    assert "kafka-reassign-partitions" in of(look(alone, brokers=3), "online_store: one replica").advice


def test_positions_that_kafka_would_forget_are_a_failure() -> None:
    deleting = replace(POSITIONS, config={**POSITIONS.config, "cleanup.policy": "delete"})

    assert of(look(positions=deleting), "Kafka would forget").level == "fail"
    assert of(look(positions=None), "online_store-forwarded: no such topic").level == "fail"


def test_records_gone_or_about_to_go_before_they_are_counted_are_a_failure() -> None:
    assert (
        look(counted={**COUNTED, "online_store-1": 200})[-2].what == "online_store: counted, 300 records behind at most"
    )
    assert (
        of(look(counted={**COUNTED, "online_store-1": 199}), "online_store-1: 1 records are deleted soon").level
        == "fail"
    )
    assert of(look(counted={**COUNTED, "online_store-1": 90}), "10 records were deleted before").level == "fail"


def test_a_topic_of_which_nothing_is_counted_here_is_no_loss() -> None:
    found = look(
        replace(EVENTS, partitions=tuple(replace(one, old=one.first) for one in EVENTS.partitions)), counted={}
    )

    assert of(found, "1,200 records, none counted here yet").level == "warn"
    assert "fail" not in {finding.level for finding in found}
