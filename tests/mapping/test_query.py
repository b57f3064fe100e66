"""Queries, against a slow reading by hand: no input fails, every rule holds."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from footfall.mapping.query import read_query

CHANGED = "\ufffd"


def slow_utf8(data: bytes) -> str:
    """Decode by the table of well-formed sequences (Unicode 3.9), one U+FFFD a bad one; a surrogate is one."""
    text, at = "", 0
    while at < len(data):
        lead = data[at]
        size = 1 if lead < 0x80 else 2 if 0xC2 <= lead <= 0xDF else 3 if 0xE0 <= lead <= 0xEF else 4
        if lead in range(0x80, 0xC2) or lead > 0xF4:
            text, at = text + CHANGED, at + 1
            continue
        low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80)
        high = {0xF4: 0x8F}.get(lead, 0xBF)
        end = at + 1
        while end < min(at + size, len(data)) and low <= data[end] <= high:
            low, high, end = 0x80, 0xBF, end + 1
        piece = data[at:end]
        whole = end == at + size and not (lead == 0xED and size == 3 and piece[1] >= 0xA0)
        text, at = text + (piece.decode() if whole else CHANGED), end
    return text


def slow_decode(text: str) -> str:
    """Decode a byte at a time."""
    data, rest = b"", text.replace("+", " ")
    while rest:
        if re.match("%[0-9a-fA-F]{2}", rest):
            data, rest = data + bytes([int(rest[1:3], 16)]), rest[3:]
        else:
            data, rest = data + rest[0].encode(), rest[1:]
    return slow_utf8(data)


ESCAPED = st.binary(max_size=6).map(lambda data: "".join(f"%{byte:02X}" for byte in data))
LOWER = st.binary(max_size=4).map(lambda data: "".join(f"%{byte:02x}" for byte in data))
PIECES = st.lists(
    st.one_of(
        ESCAPED,
        LOWER,
        st.sampled_from(["%3A", "%2F", "%3a", "%25", "%253A", "%%3A", "%", "%z", "%ED%A0%80", "%E0%A4", "+", "=", "a"]),
        st.text("abcxyz0:/?=.~!()", max_size=5),
    ),
    max_size=8,
).map("".join)
QUERIES = st.lists(PIECES, max_size=6).map("&".join)


@given(QUERIES)
@example("a=%ED%A0&b=%ED%A0%80%80&c=%F0%9F%98%80")
@example("a=1&%61=2")
def test_every_query_is_read_as_by_hand(query: str) -> None:
    pairs = [
        (slow_decode(part.partition("=")[0]), slow_decode(part.partition("=")[2])) for part in query.split("&") if part
    ]
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)

    found = read_query(query.encode())

    assert found.first == first
    assert found.pairs == (tuple(pairs) if len(first) < len(pairs) else None)


@given(st.binary())
def test_no_bytes_make_it_fail_and_no_text_holds_a_surrogate(query: bytes) -> None:
    for name, value in read_query(query).first.items():
        (name + value).encode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"e=", {"e": ""}),
        (b"n&f", {"n": "", "f": ""}),
        (b"=42", {"": "42"}),
        (b"l=one&l=two", {"l": "one"}),
        (b"t=a+b%2Bc", {"t": "a b+c"}),
        (b"u=a=b", {"u": "a=b"}),
        (b"l=%00%0D%0A", {"l": "\x00\r\n"}),
        (b"l=%E0%A4", {"l": CHANGED}),
        (b"l=%ED%A0%80", {"l": CHANGED}),
        (b"l=%E9t%E9", {"l": f"{CHANGED}t{CHANGED}"}),
        (b"l=%zz%", {"l": "%zz%"}),
        ("l=жё".encode(), {"l": "жё"}),
        (b"l=%F0%9F%91%97", {"l": "👗"}),
    ],
)
def test_reads_as_the_real_server_did(query: bytes, expected: dict[str, str]) -> None:
    assert read_query(query).first == expected
