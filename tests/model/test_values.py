"""How values are read, whatever the source (counting.md, "The events it reads")."""

import json
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import reading

from footfall.model.values import Kind, has_surrogate, read_figure, read_flag, read_id, read_text, read_timestamp

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.floats(),
    st.text(),
    st.text("0123456789", max_size=25),
    st.binary(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)
FAR = 2**62


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_659_304_800_025, 1_659_304_800_025),
        (0, 0),
        (-1, -1),
        (1.9, 1),
        (-1.1, -2),
        (1e12, 1_000_000_000_000),
        ("1659304800025", 1_659_304_800_025),
        ("007", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1.0", None),
        ("1e3", None),
        ("²", None),
        ("٣", None),
        (True, None),
        (False, None),
        (None, None),
        (nan, None),
        (inf, None),
        (-inf, None),
        ([1], None),
        ({"long": 1}, None),
        (b"1", None),
    ],
)
def test_a_timestamp_is_an_integer_a_float_rounded_down_or_digits_as_text(value: object, expected: int | None) -> None:
    assert read_timestamp(value) == expected


@pytest.mark.parametrize("value", [10**21, 10**4000, 1e300, "9" * 19, "9" * 300_000], ids=range(5))
def test_a_timestamp_beyond_64_bits_stays_far_in_the_future(value: object) -> None:
    assert read_timestamp(value) == FAR


@pytest.mark.parametrize("value", [-(10**21), -(10**4000), -1e300])
def test_a_timestamp_before_64_bits_stays_far_in_the_past(value: object) -> None:
    assert read_timestamp(value) == -FAR


@given(ANYTHING)
def test_any_timestamp_is_what_the_slow_reading_says_within_64_bits(value: object) -> None:
    expected = reading.timestamp(value)

    assert read_timestamp(value) == (None if expected is None else max(-FAR, min(expected, FAR)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0:jhd7:x", "0:jhd7:x"),
        ("", None),
        (" ", " "),
        (0, "0"),
        (42, "42"),
        (-42, "-42"),
        (10**30, "1" + "0" * 30),
        pytest.param(10**5000, "1" + "0" * 5000, id="5,001 digits"),
        (True, None),
        (1.0, None),
        (None, None),
        (["a"], None),
        (b"a", None),
    ],
)
def test_an_id_is_text_or_the_digits_of_an_integer(value: object, expected: str | None) -> None:
    assert read_id(value) == expected


@given(ANYTHING)
def test_any_id_is_what_the_slow_reading_says(value: object) -> None:
    assert read_id(value) == reading.identifier(value)


@pytest.mark.parametrize("value", [True, 1, "true", "1"])
def test_a_flag_is_set_by_true_and_one(value: object) -> None:
    assert read_flag(value)


@pytest.mark.parametrize("value", [False, 0, 2, -1, 1.0, "True", "TRUE", "yes", " 1", "", None, [1], {"a": 1}, b"1"])
def test_a_flag_is_set_by_nothing_else(value: object) -> None:
    assert not read_flag(value)


@given(ANYTHING)
def test_any_flag_is_what_the_slow_reading_says(value: object) -> None:
    assert read_flag(value) == reading.flag(value)


def test_text_is_taken_as_it_is_and_nothing_else_is_text() -> None:
    assert read_text(" pageView") == " pageView"
    assert read_text("") == ""
    assert read_text(1) is None
    assert read_text(b"pageView") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (None, Kind.MISSING)),
        ("1.990", ("1.990", Kind.TEXT)),
        ("", ("", Kind.TEXT)),
        (1990, ("1990", Kind.NUMBER)),
        (1.99, ("1.99", Kind.NUMBER)),
        (1e22, ("1e+22", Kind.NUMBER)),
        (10**400, ("1" + "0" * 400, Kind.NUMBER)),
        pytest.param(10**5000, ("1" + "0" * 5000, Kind.NUMBER), id="5,001 digits"),
        (True, (None, Kind.OTHER)),
        (nan, (None, Kind.OTHER)),
        (-inf, (None, Kind.OTHER)),
        ([1990], (None, Kind.OTHER)),
        ({"amount": 1}, (None, Kind.OTHER)),
        (b"1990", (None, Kind.OTHER)),
    ],
)
def test_a_price_keeps_its_type(value: object, expected: tuple[str | None, Kind]) -> None:
    assert read_figure(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_taken_by_the_shortest_digits_of_its_double(value: float) -> None:
    text, kind = read_figure(value)

    assert kind is Kind.NUMBER
    assert text is not None
    assert float(text) == value


def test_a_lone_surrogate_is_found_wherever_it_stands() -> None:
    assert has_surrogate("\ud800")
    assert has_surrogate("шапка \udfff")
    assert has_surrogate(json.loads('"a\\ud83d"'))
    assert not has_surrogate(json.loads('"\\ud83d\\ude00"'))
    assert not has_surrogate("шапка 🎩")
    assert not has_surrogate("")


@given(st.text(st.characters()))
def test_a_text_has_a_surrogate_exactly_if_utf8_cannot_hold_it(text: str) -> None:
    assert has_surrogate(text) == any(0xD800 <= ord(character) <= 0xDFFF for character in text)
