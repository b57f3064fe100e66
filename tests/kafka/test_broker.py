"""The broker of the tests is a real one, and what it has acknowledged outlives a SIGKILL."""

from confluent_kafka import Consumer, Message, TopicPartition
from tests.kafka.broker import Broker
from tests.kafka.topics import Written, make_topic, write


def values(address: str, topic: str, many: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": topic, "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[Message] = []
        while len(found) < many:
            found += [message for message in consumer.consume(many, 1.0) if message.error() is None]
        return [message.value() for message in found]
    finally:
        consumer.close()


def test_what_a_broker_acknowledged_outlives_kill_and_stop(broker: Broker) -> None:
    topic = make_topic(broker.address)
    assert write(broker.address, topic, [Written(b"0"), Written(b"1")]) == [0, 1]

    broker.kill9()
    broker.start()
    assert write(broker.address, topic, [Written(b"2")]) == [2]
    broker.restart()

    assert values(broker.address, topic, 3) == [b"0", b"1", b"2"]
