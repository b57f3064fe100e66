"""The six-field record: prices and amounts are plain text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import ARRIVAL, event, imported, posted

from footfall.mapping import builtin
from footfall.mapping.lab2 import plain_text

LAB2 = builtin("lab2")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1 990 ₽", "1 990 ₽"),
        (True, "true"),
        (False, "false"),
        (2, "2"),
        (10**300, "1" + "0" * 300),
        (10000000.0, "10000000"),
        (10.0, "10"),
        (1990.5, "1990.5"),
        (1e21, "1000000000000000000000"),
        (-7.83e-9, "-0.00000000783"),
        (float("inf"), None),
        (float("nan"), None),
        (None, None),
        ([1], ""),
        ({"a": 1}, ""),
    ],
)
def test_a_number_is_written_in_plain_decimals(value: object, expected: str | None) -> None:
    assert plain_text(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_is_lost_and_no_exponent_written(number: float) -> None:
    text = plain_text(number)

    assert text is not None
    assert set(text) <= set("-.0123456789")
    assert Decimal(text) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("u", "price", "amount"),
    [
        ("(jprice!1e+7!damount!2!)", "10000000", "2"),
        ("(sprice!4 590 руб.!)", "4 590 руб.", ""),
        ("(nprice!)", None, ""),
        ("()", "", ""),
        ("sprice!", "", ""),
        (None, None, None),
        ("(sprice", None, None),
    ],
)
def test_parameters_are_text_as_divolte_gives_them(u: str | None, price: str | None, amount: str | None) -> None:
    assert LAB2.map(event({"u": u})) == {
        "timestamp": ARRIVAL,
        "eventType": "buy_button_click",
        "location": "https://shop.example/item/dress/",
        "sessionId": "0:i1t84hgy:session",
        "price": price,
        "amount": amount,
    }


def test_an_event_without_type_has_none() -> None:
    assert LAB2.map(event({"t": None}))["eventType"] is None
    assert LAB2.map(posted({}))["eventType"] is None


def test_posted_numbers_become_text_too() -> None:
    record = LAB2.map(posted({"eventType": "x", "price": 1990.5, "amount": 2, "sessionId": "s"}))

    assert (record["eventType"], record["price"], record["amount"], record["sessionId"]) == ("x", "1990.5", "2", "s")


def test_imported_records_stay_as_they_are() -> None:
    assert LAB2.map(imported({"price": 5, "eventId": "e"})) == {"price": 5, "eventId": "e"}
