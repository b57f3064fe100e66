"""The address of a Kafka log is read from one line; what is wrong is told, what is secret is not."""

from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.settings import KafkaAddress, load, read_kafka_address


def test_an_address_names_brokers_topic_and_how_records_are_written() -> None:
    assert read_kafka_address("kafka://a:9092,b.example:9093,[::1]:9094/online_store") == KafkaAddress(
        ("a:9092", "b.example:9093", "[::1]:9094"), "online_store"
    )
    assert read_kafka_address("kafka://a:1/t?schema=lab2.avsc&options=kafka.properties&confluent_id=7") == KafkaAddress(
        ("a:1",), "t", schema=Path("lab2.avsc"), confluent_id=7, options=Path("kafka.properties")
    )
    assert read_kafka_address("kafka://a:1/t?registry=https://r.example:8081/").registry == "https://r.example:8081"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("online_store", "expected kafka://HOST:PORT"),
        ("kafka://a/t", "'a' is no HOST:PORT"),
        ("kafka://a:0/t", "'a:0' is no HOST:PORT"),
        ("kafka://a:65536/t", "'a:65536' is no HOST:PORT"),
        ("kafka://a:1,/t", "'' is no HOST:PORT"),
        ("kafka://a:1", "'' is no topic"),
        ("kafka://a:1/..", "'..' is no topic"),
        ("kafka://a:1/a~b", "'a~b' is no topic"),
        ("kafka://a:1/t?shema=x", "unknown parameter 'shema'; expected one of schema, registry"),
        ("kafka://a:1/t?schema=x&schema=y", "parameter schema: expected one value"),
        ("kafka://a:1/t?schema=", "parameter schema: expected one value"),
        ("kafka://a:1/t?registry=r:8081", "parameter registry: expected http://HOST"),
        ("kafka://a:1/t?registry=http://r&schema=x", "expected no schema, no confluent_id"),
        ("kafka://a:1/t?confluent_id=-1", "expected a number from 0 to 2147483647"),
        ("kafka://a:1/t?confluent_id=2147483648", "expected a number from 0 to 2147483647"),
    ],
)
def test_what_is_wrong_with_an_address_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?").replace(".", r"\.").replace("[", r"\[")):
        read_kafka_address(text)
    with pytest.raises(SettingsError, match="variable FOOTFALL_LOG: log = "):
        load(environ={"FOOTFALL_LOG": text})


@pytest.mark.parametrize(
    "text", ["kafka://me:hunter2@a:1/t", "kafka://a:1/t?registry=http://me:hunter2@r", "postgres://me:hunter2@x/y"]
)
def test_no_message_shows_a_password(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(environ={"FOOTFALL_LOG": text})

    assert "hunter2" not in str(refused.value)


def test_without_an_address_events_are_counted_from_the_journals() -> None:
    assert load(environ={}).kafka is None
    found = load(environ={"FOOTFALL_LOG": "kafka://a:1/t"}).kafka
    assert found is not None
    assert str(found) == "kafka://a:1/t"
