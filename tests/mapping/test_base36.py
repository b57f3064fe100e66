"""Base 36 against a slow reading by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.mapping.base36 import read_base36, to_base36

LONGS = st.integers(-(2**63), 2**63 - 1)


def slowly(text: str) -> int | None:
    """Horner's rule, a digit at a time."""
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text[1:] if text[:1] == "+" else text)
    number = 0
    for digit in digits.lower():
        if digit not in "0123456789abcdefghijklmnopqrstuvwxyz":
            return None
        number = number * 36 + "0123456789abcdefghijklmnopqrstuvwxyz".index(digit)
    return sign * number if digits and -(2**63) <= sign * number < 2**63 else None


@given(LONGS)
def test_a_number_comes_back(number: int) -> None:
    assert read_base36(to_base36(number)) == number


@given(st.text("019azAZ+-_ .１٣", max_size=16) | LONGS.map(to_base36) | LONGS.map(to_base36).map(str.upper))
def test_reads_what_java_reads(text: str) -> None:
    assert read_base36(text) == slowly(text)


@pytest.mark.parametrize(
    ("text", "bits", "expected"),
    [
        ("i1t8q2b6", 64, 1414499908146),
        ("1ak", 32, 1676),
        ("+16", 64, 42),
        ("00016", 64, 42),
        ("0" * 5000 + "16", 64, 42),
        ("1y2p0ij32e8e7", 64, 2**63 - 1),
        ("1y2p0ij32e8e8", 64, None),
        ("-1y2p0ij32e8e8", 64, -(2**63)),
        ("zik0zj", 32, 2**31 - 1),
        ("zik0zk", 32, None),
        ("1.i", 32, None),
        ("1_0", 64, None),
        (" 1", 64, None),
        ("1\n", 64, None),
        ("-", 64, None),
        ("", 64, None),
        ("z" * 100_000, 64, None),
    ],
)
def test_reads_within_the_bits_and_nothing_else(text: str, bits: int, expected: int | None) -> None:
    assert read_base36(text, bits) == expected
