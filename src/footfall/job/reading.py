"""What single values of an event mean, each distinct one worked out once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar, TypeVarTuple

from footfall.model.items import Items
from footfall.model.money import Unreadable, read_cart
from footfall.model.rules import Rules
from footfall.model.steps import Reason

OTHER, PAGE_VIEW, CART_EVENT = 0, 1, 2
"""The kinds of the definition."""

_REMEMBERED: Final = 8_192
"""How many distinct values of a kind are kept: with `_LONGEST`, some MB at the very most."""

_LONGEST: Final = 1_000
"""Longer texts, in characters, are read each time, so that a few strange ones cannot fill the memory."""

_AGENT: Final = 2_000
"""So many characters of a user agent are looked at: the patterns take a millisecond for a thousand of them."""

_HALF: Final = 10**9
"""Money goes on as two integers that only add up: units = high * 10^9 + low."""

_Values = TypeVarTuple("_Values")
_Found = TypeVar("_Found")

Worth = tuple[Reason | None, "tuple[str, str] | None", "Cart | Refusal"]
"""Why an event is not counted (None: it is), its (shop, item), and what it puts into the cart."""


@dataclass(frozen=True, slots=True)
class Cart:
    """Pieces and money (in 1/10,000: `high * 10**9 + low`) of a cart event that can be counted."""

    amount: int
    high: int
    low: int
    currency: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is set aside, for a person."""

    reason: Reason
    detail: str


NO_CART: Final = Cart(0, 0, 0, "")
_OTHER_SHOP: Final[Worth] = (Reason.OTHER_SHOP, None, NO_CART)
_NO_ITEM: Final[Worth] = (Reason.NO_ITEM, None, NO_CART)
_NO_METRIC: Final[Worth] = (Reason.KIND, None, NO_CART)


class Reading:
    """Reads values by the rules of one shop."""

    def __init__(self, rules: Rules) -> None:
        """Compile the rules. Raises SettingsError if an item pattern is none."""
        self.rules = rules
        self.kinds = dict.fromkeys(rules.cart_events, CART_EVENT) | dict.fromkeys(rules.page_views, PAGE_VIEW)
        """The kind of each event type that a metric uses."""
        self.is_robot = _remembering(_is_robot)
        """Say whether a user agent is a known robot's."""
        self._items = Items(rules.patterns, rules.shops)
        self._place = _remembering(self._find_place)
        self._cart = _remembering(self._read_cart)

    def worth(
        self,
        kind: int,
        location: str | None,
        item: str | None,
        price: str | None,
        price_kind: int,
        amount: str | None,
        amount_kind: int,
        currency: str | None,
    ) -> Worth:
        """Return what an event would count if nothing else speaks against it.

        A price is read only of a cart event that has an item (counting.md, "Reading price and amount").
        """
        if kind == OTHER and not self.rules.shops:
            return _NO_METRIC
        place = self._place(location, item)
        if place is _OTHER_SHOP:
            return place
        if kind == OTHER:
            return _NO_METRIC
        if kind == PAGE_VIEW or place is _NO_ITEM:
            return place
        cart = self._cart(price, price_kind, amount, amount_kind, currency)
        return (cart.reason if isinstance(cart, Refusal) else None), place[1], cart

    def _find_place(self, location: str | None, item: str | None) -> Worth:
        place = self._items.place(location, item)
        if not self._items.serves(place.shop):
            return _OTHER_SHOP
        return _NO_ITEM if place.item is None else (None, (place.shop, place.item), NO_CART)

    def _read_cart(
        self, price: str | None, price_kind: int, amount: str | None, amount_kind: int, currency: str | None
    ) -> Cart | Refusal:
        try:
            pieces, units, code = read_cart(price, price_kind, amount, amount_kind, currency, self.rules)
        except Unreadable as refused:
            return Refusal(refused.reason, refused.detail)
        return Cart(pieces, *divmod(units, _HALF), code)


def _is_robot(agent: str) -> bool:
    from crawleruseragents import is_crawler  # type: ignore[import-untyped]  # 1,500 patterns; only counting needs them

    return bool(is_crawler(agent[:_AGENT]))


def _remembering(function: Callable[[*_Values], _Found]) -> Callable[[*_Values], _Found]:
    """Return the function with its latest answers kept, but those to long texts."""
    kept = lru_cache(_REMEMBERED)(function)

    def remembered(*values: *_Values) -> _Found:
        for value in values:
            if isinstance(value, str) and len(value) > _LONGEST:
                return function(*values)
        return kept(*values)

    return remembered
