"""The schema is registered once, and the number that stands for it goes before each value."""

import json

import pytest
from tests.kafka.broker import free_port
from tests.sinks.registry import running

from footfall.errors import SettingsError, UnavailableError
from footfall.mapping import avro_schema
from footfall.sinks import framing, register

SCHEMA = avro_schema("default")


def test_a_schema_is_registered_under_the_topics_name_and_keeps_its_number() -> None:
    with running() as registry:
        registry.schemas.append('"string"')

        first = register(registry.address, "online_store", SCHEMA)
        second = register(registry.address, "online_store", SCHEMA)
        other = register(registry.address, "online_store", avro_schema("lab2"))

        assert (first, second, other) == (2, 2, 3)
        assert registry.subjects == {"online_store-value": [2, 3]}
        assert json.loads(registry.schemas[1]) == SCHEMA


def test_a_login_is_sent_if_there_is_one() -> None:
    with running() as registry:
        registry.login = "name:pass:word"

        assert register(registry.address, "t", SCHEMA, user="name:pass:word") == 1
        with pytest.raises(SettingsError, match=r"\(401\)"):
            register(registry.address, "t", SCHEMA)


def test_a_schema_that_does_not_go_with_the_earlier_ones_is_an_error_of_the_settings() -> None:
    with running() as registry:
        registry.refusing = (409, "Schema being registered is incompatible with an earlier schema")

        with pytest.raises(SettingsError, match=r"does not take the schema \(409\): .*incompatible"):
            register(registry.address, "t", SCHEMA)


def test_a_registry_in_trouble_is_asked_again_later() -> None:
    with running() as registry:
        registry.refusing = (500, "no")
        with pytest.raises(UnavailableError, match="answered 500"):
            register(registry.address, "t", SCHEMA)
    with pytest.raises(UnavailableError, match=r"registry = http://127\.0\.0\.1"):
        register(f"http://127.0.0.1:{free_port()}", "t", SCHEMA)


def test_a_value_begins_with_nothing_or_with_the_schemas_number() -> None:
    assert framing(None) == b""
    assert framing(258) == b"\x00\x00\x00\x01\x02"
    with pytest.raises(SettingsError, match="expected a number of 32 bits"):
        framing(2**31)
