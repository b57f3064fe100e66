"""Whole numbers in base 36, as Java's `Long.parseLong(text, 36)` reads them and `Long.toString(n, 36)` writes them."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"([+-]?)0*([0-9a-zA-Z]{1,13})").fullmatch
"""36^13 is beyond 64 bits, so a longer number (leading zeros aside) fits in none."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def read_base36(text: str, bits: int = 64) -> int | None:
    """Return the number, or None if the text is none that fits in `bits` bits with its sign."""
    if len(text) < 13 and text.isalnum() and text.isascii():
        number = int(text, 36)
    elif match := _NUMBER(text):
        number = int(match[1] + match[2], 36)
    else:
        return None
    limit = 1 << bits - 1
    return number if -limit <= number < limit else None


def to_base36(number: int) -> str:
    """Return the number in lower case, without leading zeros, with `-` if it is negative."""
    rest, digits = abs(number), ""
    while rest or not digits:
        rest, digit = divmod(rest, 36)
        digits = _DIGITS[digit] + digits
    return "-" + digits if number < 0 else digits
