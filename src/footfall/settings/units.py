"""Durations and sizes as people write them: `30m`, `7d`, `256kB`."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_MOST = 10**15
"""Milliseconds or bytes: 30,000 years, or more than any disk. Beyond, clocks and databases run over."""

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000

_DURATION = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_SIZE = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _read(value: object, units: dict[str, int], plain: int, example: str) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected {example}")
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", str(value))
    if match is None or (match[2] and match[2] not in units):
        raise ValueError(f"expected {example} (units: {', '.join(units)})")
    amount = Decimal(match[1]) * (units[match[2]] if match[2] else plain)
    if amount >= _MOST:
        raise ValueError(f"expected {example}, not that large")
    if amount != int(amount):
        raise ValueError(f"expected {example}, to the whole of the smallest unit")
    return int(amount)


def read_duration(value: object) -> int:
    """Return milliseconds of `500ms`, `10s`, `30m`, `24h`, `7d`, or of a plain number of seconds."""
    return _read(value, _DURATION, 1000, "a duration such as 30m")


def read_size(value: object) -> int:
    """Return bytes of `256kB`, `1MiB`, or of a plain number of bytes."""
    return _read(value, _SIZE, 1, "a size such as 256kB")


def show_duration(ms: int) -> str:
    """Return the duration in the largest unit that divides it."""
    unit = next((unit for unit in ("d", "h", "m", "s") if ms and ms % _DURATION[unit] == 0), "ms")
    return f"{ms // _DURATION[unit]}{unit}"


Duration = Annotated[int, BeforeValidator(read_duration), PlainSerializer(show_duration, when_used="json")]
"""Milliseconds, written as `30m`."""

Size = Annotated[int, BeforeValidator(read_size)]
"""Bytes, written as `256kB`."""
