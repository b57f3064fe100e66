"""Events of `POST /events` become records."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import AGENT, ARRIVAL, posted

from footfall.errors import InputError
from footfall.mapping import builtin

DEFAULT = builtin("default")
EVENT = {
    "eventType": "buy_button_click",
    "location": "https://shop.example/item/dress/",
    "sessionId": "s1",
    "partyId": "p1",
    "eventId": "e1",
    "price": 1990.5,
    "amount": "2",
    "currency": "RUB",
    "itemId": "dress",
    "colour": "red",
}


def test_its_members_become_the_fields_of_their_names() -> None:
    record = DEFAULT.map(posted(EVENT))

    assert {**record, "colour": "red"}.items() >= EVENT.items()
    assert "colour" not in record
    assert record["timestamp"] == record["clientTimestamp"] == ARRIVAL
    assert record["remoteHost"] == "10.0.0.0"
    assert record["userAgentString"] == AGENT[1].decode()
    assert record["userAgentName"] == "Firefox"
    assert (record["detectedDuplicate"], record["detectedCorruption"], record["firstInSession"]) == (
        False,
        False,
        False,
    )


@pytest.mark.parametrize("timestamp", [1464807256123, "1464807256123", "2016-06-01T18:54:16.123Z"])
def test_its_own_time_wins(timestamp: object) -> None:
    record = DEFAULT.map(posted({**EVENT, "timestamp": timestamp}))

    assert record["timestamp"] == record["clientTimestamp"] == 1464807256123


def test_an_event_that_names_only_its_shop_happened_at_its_front_page() -> None:
    record = DEFAULT.map(posted({"shop": "shop.example", "itemId": "dress"}))

    assert (record["location"], record["itemId"]) == ("https://shop.example/", "dress")


@pytest.mark.parametrize("shop", ["", "a/b", "a?b", "a#b", "user@a", "a b", "a\\b", 5, True, []])
def test_a_shop_that_is_no_host_is_refused(shop: object) -> None:
    with pytest.raises(InputError, match=r"^shop: .*expected a host"):
        DEFAULT.map(posted({"shop": shop}))


@pytest.mark.parametrize(("named", "expected"), [("Safari", "Safari"), ("", ""), (None, None), (5, None)])
def test_a_server_names_the_user_agent_of_its_visitor(named: object, expected: str | None) -> None:
    record = DEFAULT.map(posted({**EVENT, "userAgentString": named}, (b"user-agent", b"python-requests/2.32")))

    assert record["userAgentString"] == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("sessionId", 12345678901234567890, "12345678901234567890"),
        ("sessionId", True, None),
        ("eventId", 1.5, None),
        ("eventType", 5, "unknown"),
        ("eventType", "", ""),
        ("itemId", 5, None),
        ("currency", ["RUB"], None),
        ("location", 5, None),
        ("price", [1], [1]),
        ("price", None, None),
        ("price", 10**20, 10**20),
        ("amount", True, True),
        ("viewportPixelWidth", 1106, 1106),
        ("viewportPixelWidth", 2**31, None),
        ("viewportPixelWidth", "1106", None),
        ("viewportPixelWidth", True, None),
        ("clientTimestamp", 5, 5),
        ("clientTimestamp", "5", ARRIVAL),
        ("clientTimestamp", 2**63, ARRIVAL),
        ("firstInSession", True, True),
        ("firstInSession", 1, False),
        ("detectedCorruption", True, False),
        ("detectedDuplicate", True, False),
        ("remoteHost", "evil", "10.0.0.0"),
    ],
)
def test_values_are_what_the_record_can_hold(field: str, value: object, expected: object) -> None:
    record = DEFAULT.map(posted(json.dumps({field: value}).encode()))

    assert record[field] == expected
    assert type(record[field]) is type(expected)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'{"a":NaN}', b'{"location":"\\ud800"}', b'{"timestamp":"noon"}'])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        DEFAULT.map(posted(body))


MEMBERS = st.dictionaries(
    st.sampled_from([*DEFAULT.fields, "shop", "other"]),
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=5),
)


@given(MEMBERS)
def test_any_object_is_mapped_or_refused_with_a_reason(members: dict[str, object]) -> None:
    try:
        record = DEFAULT.map(posted(json.dumps(members, allow_nan=True).encode()))
    except InputError:
        return
    assert set(record) == set(DEFAULT.fields)
