"""The counting rules of one shop: what counting.md leaves to settings, with its defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from footfall.model.columns import DEFAULT_FIELDS, Column

EARLIEST: Final = 946_684_800_000
"""2000-01-01T00:00Z, ms: an event before it is wild (counting.md, "Sessions and depth")."""

FUTURE: Final = 3_600_000
"""An event this many ms later than its arrival is not wild yet; one more is."""

LONGEST_ID: Final = 300
"""Longest session or event id, bytes of UTF-8."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides how an event ends. Times in ms."""

    patterns: Sequence[str] = ("/item/([^/]+)", "/product/([^/]+)", "/products/([^/]+)")
    shops: Sequence[str] = ()
    """Globs of hosts; empty: every host."""
    page_views: frozenset[str] = frozenset({"pageView"})
    cart_events: frozenset[str] = frozenset({"buy_button_click"})
    decimal_mark: str = ""
    currency: str = "RUB"
    max_price: int = 1_000_000_000
    max_amount: int = 100_000
    session_timeout: int = 1_800_000
    session_memory: int = 86_400_000
    fields: Mapping[Column, Sequence[str]] = field(default_factory=lambda: DEFAULT_FIELDS)
