"""Cutting a body into events, and judging each by itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.talking import an_event

from footfall.collector.events import check, cut, sort_out
from footfall.errors import InputError

NOW = 1_790_000_000_000

ONE = json.dumps(an_event()).encode()


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'{"a":1}', [b'{"a":1}']),
        (b' \r\n{"a":1}\n ', [b'{"a":1}']),
        (b'\xef\xbb\xbf{"a":1}', [b'{"a":1}']),
        (b'{"a":\n1}', [b'{"a":\n1}']),
        (b'{"a":1}\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\r\n\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}']),
        (b'{"a":1}\nnonsense\n{"b":2}', [b'{"a":1}', b"nonsense", b'{"b":2}']),
        (b"[]", []),
        (b"[ ]", []),
        (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}']),
        (b'[ {"a":[1,{}]} ,\n{"b":"],["} ]', [b'{"a":[1,{}]}', b'{"b":"],["}']),
        (b'[{"a":"\\"]"},1]', [b'{"a":"\\"]"}', b"1"]),
        (b"[,]", [b"", b""]),
        (b"[1,]", [b"1", b""]),
        (b"nonsense", [b"nonsense"]),
    ],
)
def test_a_body_is_cut_into_its_events(body: bytes, events: list[bytes]) -> None:
    assert cut(body, lines=False, limit=100) == events


def test_who_says_that_it_is_lines_gets_lines() -> None:
    assert cut(b"[1]\n[2]\n", lines=True, limit=100) == [b"[1]", b"[2]"]


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xef\xbb\xbf", b"[", b"[1", b'["]', b"[1]]", b"[1] x", b"[}", b"[1}"])
def test_a_body_without_an_end_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InputError, match="the body is"):
        cut(body, lines=False, limit=100)


@pytest.mark.parametrize("body", [b"[" + b",".join([b"{}"] * 50) + b"]", b"{}\n" * 50])
def test_no_more_is_cut_than_may_come_at_once(body: bytes) -> None:
    assert len(cut(body, lines=False, limit=10)) == 11
    assert sort_out(body, False, 10, NOW) is None
    assert sort_out(body, False, 50, NOW) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=4), max_size=6), st.sampled_from([None, 1]))
def test_cut_events_are_those_of_the_array(found: list[dict[str, object]], indent: int | None) -> None:
    body = json.dumps(found, ensure_ascii=False, indent=indent).encode()

    assert [json.loads(event) for event in cut(body, lines=False, limit=100)] == found


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=4), min_size=2, max_size=6))
def test_cut_lines_are_those_of_the_body(found: list[dict[str, object]]) -> None:
    body = "\n".join(json.dumps(one) for one in found).encode()

    assert [json.loads(event) for event in cut(body, lines=False, limit=100)] == found


@given(st.binary(max_size=80) | st.text(alphabet='[]{},"\\1 \n', max_size=40).map(str.encode), st.booleans())
def test_any_body_is_sorted_out_or_refused(body: bytes, lines: bool) -> None:
    try:
        found = sort_out(body, lines, 100, NOW)
    except InputError:
        return
    assert found is not None
    assert not found[0]


@pytest.mark.parametrize("nesting", [b"[", b'{"a":', b'["a",'])
def test_a_body_of_nothing_but_beginnings_takes_no_longer_than_others(nesting: bytes) -> None:
    """Possessive quantifiers: a megabyte is read once."""
    with pytest.raises(InputError):
        cut(b"[" + nesting * 100_000, lines=False, limit=10)


def test_bad_events_harm_no_good_ones() -> None:
    bad = [b"nonsense", b"{}", b"[]", b"1", b"", b'{"a":NaN}', b"[" * 10_000 + b"]" * 10_000]
    body = b"[" + b",".join(part for one in bad for part in (ONE, one)) + b"]"

    found = sort_out(body, False, 100, NOW)

    assert found is not None
    good, refused = found
    assert good == [ONE] * len(bad)
    assert [one.index for one in refused] == list(range(1, 2 * len(bad), 2))
    assert all(one.reason for one in refused)


def refusal(event: bytes) -> str:
    with pytest.raises(InputError) as caught:
        check(event, NOW)
    return str(caught.value)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (b"nonsense", "is no JSON object"),
        (b'{"eventType":"pageView"', "is no JSON object"),
        (b'"text"', "is no JSON object"),
        (ONE[:-1] + b',"x":NaN}', "bare NaN"),
        (ONE[:-1] + b',"x":-Infinity}', "bare -Infinity"),
        (ONE[:-1] + b',"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested over 100 levels"),
        (ONE[:-1] + b',"x":' + b"[" * 101 + b"]" * 101 + b"}", "nested over 100 levels"),
        (ONE[:-1] + b',"x":' + b"9" * 1001 + b"}", "1001 digits"),
        (ONE[:-1] + b',"x":"\\ud800"}', "lone surrogate"),
        (ONE[:-1] + b',"\\udc00":1}', "lone surrogate"),
        (ONE[:-1] + b',"x":"\xff"}', "is no JSON object"),
        (ONE[:-1] + b',"eventId":"other"}', "eventId: the member is there twice"),
        (ONE[:-1] + b',"x":{"a":1,"a":1}}', "a: the member is there twice"),
        (ONE[:-1] + b',"price":1e999}', "price: a number too large"),
        (b'{"eventType":"pageView"}', "eventId: the member is missing"),
    ],
)
def test_what_two_readers_would_understand_differently_is_refused(event: bytes, why: str) -> None:
    assert why in refusal(event)


@pytest.mark.parametrize(
    "members",
    [
        {"price": 10**21, "amount": 10**21, "other": 10**21},
        {"price": "1 990 ₽", "amount": "2"},
        {"eventId": "я" * 150},
        {"eventId": 10**290},
        {"other": {"deep": [[[1]]]}},
        {"location": "https://shop.example/" + "x" * 300_000},
        {"itemId": "'; DROP TABLE facts; -- \u0000 🎉 /"},
        {"userAgentString": None},
    ],
)
def test_what_counting_judges_is_kept(members: dict[str, object]) -> None:
    """A price of 10^21 ends as set aside, with its reason: not lost at the door."""
    check(json.dumps(an_event(**members), ensure_ascii=False).encode(), NOW)


@pytest.mark.parametrize("event_id", ["я" * 151, "x" * 301, 10**300])
def test_an_id_has_at_most_300_bytes(event_id: object) -> None:
    assert "eventId" in refusal(json.dumps(an_event(eventId=event_id), ensure_ascii=False).encode())


DAY = 86_400_000


@pytest.mark.parametrize(
    "timestamp",
    [None, NOW, NOW - DAY, NOW + 60_000, str(NOW), float(NOW), "2026-09-21T14:13:20Z", "2026-09-21T17:13:20.5+03:00"],
)
def test_a_timestamp_of_the_last_24_hours_is_kept(timestamp: object) -> None:
    check(json.dumps(an_event(timestamp=timestamp)).encode(), NOW)


@pytest.mark.parametrize(
    ("timestamp", "why"),
    [
        (NOW - DAY - 1, "over 24 hours back; bring older events in by: footfall import"),
        (0, "footfall import"),
        ("1970-01-01T00:00:00Z", "footfall import"),
        (NOW + 60_001, "lies ahead"),
        (10**21, "lies ahead"),
        ("2477-01-01T00:00:00Z", "lies ahead"),
        ("yesterday", "expected ISO 8601 or milliseconds"),
        ("", "expected ISO 8601"),
        (True, "expected string or number or null"),
        ({}, "expected string or number or null"),
    ],
)
def test_another_timestamp_is_refused(timestamp: object, why: str) -> None:
    reason = refusal(json.dumps(an_event(timestamp=timestamp)).encode())

    assert why in reason
    assert reason.startswith("timestamp:")
