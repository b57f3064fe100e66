"""How single values of a record are read, whatever the source (counting.md, "The events it reads")."""

from decimal import Decimal
from enum import IntEnum
from math import floor, isfinite
from typing import Final

_FAR: Final = 2**62
"""Timestamps are cut to +-2^62 ms: 146 million years, wild either way, and sums with it still fit 64 bits."""

_FAR_DIGITS: Final = 19
"""Digits that a timestamp as text may have and surely fit; more is far in the future."""


class Kind(IntEnum):
    """Of what type a price or an amount came: 1.990 as text is 1990, as a number 1.99 (counting.md)."""

    MISSING = 0
    TEXT = 1
    NUMBER = 2
    """The text column holds the shortest digits of the number."""
    OTHER = 3
    """A boolean, a list, an object, NaN or infinity: unreadable."""


def read_timestamp(value: object) -> int | None:
    """Return ms since epoch: an integer, a float rounded down, or digits as text. Anything else is missing: None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return max(-_FAR, min(value, _FAR))
    if isinstance(value, float):
        return max(-_FAR, min(floor(value), _FAR)) if isfinite(value) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        digits = value.lstrip("0") or "0"
        return min(int(digits), _FAR) if len(digits) <= _FAR_DIGITS else _FAR
    return None


def read_id(value: object) -> str | None:
    """Return an id: text, or the digits of an integer. Anything else, and the empty text, is missing: None."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value)
    return None


def read_flag(value: object) -> bool:
    """Say whether a flag is set: by `true`, `1`, `"true"`, `"1"`, by nothing else."""
    if isinstance(value, str):
        return value in ("true", "1")
    return isinstance(value, int) and value == 1


def read_text(value: object) -> str | None:
    """Return a text as it is. Anything else is missing: None."""
    return value if isinstance(value, str) else None


def read_figure(value: object) -> tuple[str | None, Kind]:
    """Return a price or an amount as text, and of what type it came, ready for `read_cart`."""
    if value is None:
        return None, Kind.MISSING
    if isinstance(value, str):
        return value, Kind.TEXT
    if isinstance(value, int) and not isinstance(value, bool):
        return _digits(value), Kind.NUMBER
    if isinstance(value, float) and isfinite(value):
        return repr(value), Kind.NUMBER
    return None, Kind.OTHER


def has_surrogate(text: str) -> bool:
    """Say whether a lone surrogate is in the text: such a record is undecodable, for no UTF-8 can hold it."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _digits(value: int) -> str:
    # str() refuses integers of over 4,300 digits (CVE-2020-10735), Decimal takes them exactly and in linear time
    return str(value) if -_FAR < value < _FAR else str(Decimal(value))
