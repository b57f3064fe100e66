"""Topics are made as the guide says, and described as they are."""

from tests.kafka.broker import Broker
from tests.kafka.topics import Written, topic_name, write

from footfall.sinks import Target, Wanted, brokers, create, describe, positions_topic

MONTH = 30 * 86_400_000


def test_both_topics_are_made_once_and_as_wanted(broker: Broker) -> None:
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    wanted = Wanted(partitions=5, replication=1, min_insync=1, retention=MONTH)

    assert create(target, wanted) == [target.topic, positions_topic(target.topic)]
    assert create(target, wanted) == []

    events, positions = (describe(target, name) for name in (target.topic, positions_topic(target.topic)))
    assert events is not None
    assert positions is not None
    assert [partition.number for partition in events.partitions] == [0, 1, 2, 3, 4]
    assert len(positions.partitions) == 1
    kept = ("cleanup.policy", "retention.ms", "min.insync.replicas")
    assert [events.config[name] for name in kept] == ["delete", str(MONTH), "1"]
    assert positions.config["cleanup.policy"] == "compact"
    assert positions.config["message.timestamp.type"] == "LogAppendTime"


def test_a_partition_is_described_with_its_leader_and_its_ends(broker: Broker) -> None:
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    create(target, Wanted(2, 1, 1, MONTH))
    write(broker.address, target.topic, [Written(b"x", partition=1)] * 3)

    found = describe(target, target.topic)

    assert found is not None
    assert [(one.number, one.leader, one.replicas, one.isr) for one in found.partitions] == [
        (0, 1, (1,), (1,)),
        (1, 1, (1,), (1,)),
    ]
    assert [(one.first, one.end) for one in found.partitions] == [(0, 0), (0, 3)]
    assert brokers(target) == 1


def test_a_topic_that_is_not_there_is_none_and_is_not_made_by_asking(broker: Broker) -> None:
    target = Target(topic_name(), {"bootstrap.servers": broker.address})

    assert describe(target, target.topic) is None
    assert describe(target, target.topic) is None
