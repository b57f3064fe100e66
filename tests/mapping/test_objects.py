"""JSON objects: exact, and refused where two readers would disagree."""

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import InputError
from footfall.mapping import read_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES), st.booleans())
def test_an_object_comes_back_exactly(value: dict[str, object], ascii_only: bool) -> None:
    assert read_object(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":12345678901234567890123}', {"a": 12345678901234567890123}),
        (b'{"a":' + b"9" * 1000 + b"}", {"a": 10**1000 - 1}),
        (b'{"a":1e999}', {"a": float("inf")}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a":"1234567890123456789 \\ud83d\\ude00"}', {"a": "1234567890123456789 😀"}),
        (b'{"a":"\\u0000"}', {"a": "\0"}),
        (b' {"a": [] }\n', {"a": []}),
        (b'{"a":"' + b"[" * 10_000 + b'"}', {"a": "[" * 10_000}),
    ],
)
def test_reads(data: bytes, expected: dict[str, object]) -> None:
    assert read_object(data) == expected


def nested(levels: int) -> bytes:
    """Return an object in which so many levels lie in one another, itself included."""
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"1", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"a":1', "no JSON object"),
        (b'{"a":1}x', "no JSON object"),
        (b'{"a":NaN}', "a bare NaN"),
        (b'{"a":-Infinity}', "a bare -Infinity"),
        (b'{"a":"\xff"}', "no JSON object"),
        (b'{"a":"\xed\xa0\x80"}', "no JSON object"),
        ('{"a":1}'.encode("utf-16"), "no JSON object"),
        (b'\xef\xbb\xbf{"a":1}', "no JSON object"),
        (b'{"a":"\\ud800"}', "lone surrogate"),
        (b'{"\\udc00":1}', "lone surrogate"),
        (b'{"a":["1234567890123456789\\ud800"]}', "lone surrogate"),
        (b'{"a":' + b"9" * 1001 + b"}", "1001 digits"),
        (nested(101), "over 100 levels"),
        (nested(10_000), "over 100 levels"),
        (b'{"a":12345678901234567890,"b":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "over 100 levels"),
        (b'{"a":' + b"[" * 200_000, "100 levels"),
    ],
)
def test_refuses_and_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_object(data)


def test_a_hundred_levels_are_read() -> None:
    assert orjson.dumps(read_object(nested(100))) == nested(100)


@given(st.binary())
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    with suppress(InputError):
        read_object(b'{"a":' + data)
