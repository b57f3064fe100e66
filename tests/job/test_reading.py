"""What values mean, and that each distinct one is worked out once."""

from collections.abc import Callable

import pytest

from footfall.errors import SettingsError
from footfall.job.reading import CART_EVENT, NO_CART, OTHER, PAGE_VIEW, Cart, Reading, Refusal, Worth
from footfall.model.rules import Rules
from footfall.model.steps import Reason
from footfall.model.values import Kind

DRESS = "https://shop.example/item/dress/"


def worth(reading: Reading, kind: int, location: str | None = DRESS, price: str | None = "1 990 €") -> Worth:
    """Return what an event of this kind would count: two pieces."""
    return reading.worth(kind, location, None, price, Kind.TEXT, "2", Kind.TEXT, None)


def test_a_click_puts_pieces_and_money_into_the_cart() -> None:
    assert worth(Reading(Rules()), CART_EVENT) == (None, ("shop.example", "dress"), Cart(2, 0, 39_800_000, "EUR"))


def test_money_is_kept_in_two_halves() -> None:
    _, _, cart = Reading(Rules()).worth(
        CART_EVENT, DRESS, None, "999 999 999,9999", Kind.TEXT, "100000", Kind.TEXT, "usd"
    )

    assert cart == Cart(100_000, 999_999_999, 999_900_000, "USD")
    assert isinstance(cart, Cart)
    assert cart.high * 10**9 + cart.low == 9_999_999_999_999 * 100_000


def test_a_price_is_read_only_of_a_cart_event_that_has_an_item() -> None:
    reading = Reading(Rules())

    refused = worth(reading, CART_EVENT, price="нет")[2]
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.detail) == (Reason.PRICE_UNREADABLE, "'нет': expected a number, found none")
    for kind, location in ((PAGE_VIEW, DRESS), (CART_EVENT, "/"), (OTHER, DRESS), (PAGE_VIEW, None)):
        assert worth(reading, kind, location, price="нет")[2] is NO_CART


def test_an_event_type_that_is_both_is_a_page_view() -> None:
    reading = Reading(Rules(page_views=frozenset({"a", "b"}), cart_events=frozenset({"b", "c"})))

    assert reading.kinds == {"a": PAGE_VIEW, "b": PAGE_VIEW, "c": CART_EVENT}


def test_a_pattern_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"item pattern '\('"):
        Reading(Rules(patterns=("(",)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the user agents that are looked up, in order, from here on."""
    found: list[str] = []

    def is_crawler(agent: str) -> bool:
        found.append(agent)
        return "bot" in agent

    monkeypatch.setattr("crawleruseragents.is_crawler", is_crawler)
    return found


def test_each_distinct_value_is_worked_out_once(asked: list[str]) -> None:
    reading = Reading(Rules())

    assert [reading.is_robot(agent) for agent in ("bot", "a", "bot", "a", "bot")] == [True, False, True, False, True]
    assert asked == ["bot", "a"]


def test_a_long_value_is_not_remembered_and_only_its_beginning_is_looked_at(asked: list[str]) -> None:
    reading = Reading(Rules())
    long = "x" * 5000 + "bot"

    assert [reading.is_robot(long) for _ in range(3)] == [False] * 3
    assert asked == ["x" * 2000] * 3


def test_so_many_values_are_remembered_and_no_more(asked: list[str]) -> None:
    reading = Reading(Rules())
    for _ in range(2):
        for number in range(8_193):
            reading.is_robot(f"agent {number}")

    assert len(asked) == 2 * 8_193, "the oldest went, one by one"


@pytest.mark.parametrize("same", [lambda r: worth(r, CART_EVENT), lambda r: worth(r, PAGE_VIEW, "/")])
def test_what_is_remembered_is_what_was_worked_out(same: Callable[[Reading], Worth]) -> None:
    reading = Reading(Rules())

    first = same(reading)

    assert all(same(reading) is first or same(reading) == first for _ in range(3))
    assert worth(reading, CART_EVENT, price="5 €") != first
