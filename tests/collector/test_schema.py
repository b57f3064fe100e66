"""The JSON Schema that is served is the one that decides."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.running import Running
from tests.collector.talking import an_event, ask, get

from footfall.collector import schema

SCHEMA: dict[str, Any] = json.loads(schema.TEXT)


def test_the_file_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_uses_no_word_that_is_not_checked() -> None:
    words = {word for rules in SCHEMA["properties"].values() for word in rules}

    assert words <= schema._KNOWN
    assert set(SCHEMA) == {"$schema", "title", "type", "required", "anyOf", "properties"}
    assert all(set(way) == {"required"} for way in SCHEMA["anyOf"])
    assert all("description" in rules for rules in SCHEMA["properties"].values())


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.sampled_from(["a" * 300, "a" * 301, "shop.example", "a/b"]), st.just([]), st.just({}),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), VALUES))
def test_it_decides_as_a_library_does(event: dict[str, object]) -> None:
    """Two numbers apart: to JSON Schema 1.0 is an integer, to us an id is none with a fraction."""
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(event)
    fraction = any(isinstance(event.get(name), float) for name in ("eventId", "sessionId", "partyId"))

    assert (schema.problem_of(event) is None) == (valid and not fraction)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({}, None),
        ({"eventId": 12, "sessionId": 13, "partyId": None, "other": {"deep": [1]}}, None),
        ({"eventType": ""}, 'eventType: ""; expected no empty text'),
        ({"eventId": True}, "eventId: true; expected string or integer"),
        ({"eventId": "x" * 301}, "expected at most 300 characters"),
        ({"sessionId": None}, "sessionId: null; expected string or integer"),
        ({"location": 5}, "location: 5; expected string"),
        ({"shop": "a/b"}, 'shop: "a/b"; expected a text that matches ^[^/?#@'),
        ({"price": True}, "price: true; expected string or number or null"),
        ({"amount": [1]}, "amount: [1]; expected string or number or null"),
    ],
)
def test_a_problem_names_the_member_its_value_and_what_was_expected(
    members: dict[str, object], problem: str | None
) -> None:
    found = schema.problem_of(an_event(**members))

    assert found == problem if problem is None else problem in str(found)


@pytest.mark.parametrize("name", ["eventType", "eventId", "sessionId"])
def test_a_missing_member_is_named(name: str) -> None:
    event = an_event()
    del event[name]

    assert schema.problem_of(event) == f"{name}: the member is missing"


def test_an_event_is_somewhere_or_of_an_item() -> None:
    event = an_event(shop="shop.example")
    del event["location"]

    assert schema.problem_of(event) == "expected location, or shop and itemId"
    assert schema.problem_of(event | {"itemId": "dress"}) is None


def test_it_is_served(collector: Running) -> None:
    answer = ask(collector.port, get("/events/schema.json"))

    assert (answer.status, answer.body) == (200, schema.TEXT)
    assert answer.header("content-type") == "application/schema+json"
