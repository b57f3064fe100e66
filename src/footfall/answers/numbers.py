"""Exact sums turned into what JSON can hold, and moments into minutes. Pure."""

from collections.abc import Iterable
from typing import Final

UNIT: Final = 10_000
"""Money is kept in 1/10,000."""

_MINUTE: Final = 60
"""Seconds."""


def mean_of(total: int, count: int) -> float:
    """Return the double nearest to `total / count`. `count` is not 0.

    Python divides integers of any size with one rounding; turning either into a float first would round twice.
    """
    return total / count


def money_of(units: Iterable[int]) -> float:
    """Return the double nearest to the sum of these amounts of money, each in 1/10,000."""
    return sum(units) / UNIT


def since_minute(second: int) -> int:
    """Return the start (ms) of the minute that this Unix second lies in (counting.md, "Answers")."""
    return second // _MINUTE * _MINUTE * 1000
