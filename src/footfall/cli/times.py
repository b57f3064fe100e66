"""Moments as people type them."""

import re
from datetime import datetime, tzinfo
from typing import Final

from footfall.errors import InputError

_SECOND: Final = re.compile(r"[0-9]+(?<!^[12][0-9]{7})", re.ASCII).fullmatch
"""Digits; but eight that begin with 1 or 2 are a date, as ISO 8601 has it without hyphens."""

_MILLISECOND: Final = re.compile(r"[0-9]{13}", re.ASCII).fullmatch

_LATEST: Final = 253_402_300_800_000
"""The year 10000, ms: what lies behind it no database and no calendar reads."""


def read_time(flag: str, text: str, zone: tzinfo) -> int:
    """Return ms since epoch of a Unix second, an ISO 8601 moment, or a date in the shop's time zone.

    Raises InputError that names the flag.
    """
    expected = "expected a Unix second, a date (2026-11-01) or a moment (2026-11-01T09:30+03:00)"
    try:
        if _SECOND(text):
            found = int(text) * 1000
        else:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            found = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{flag} {text}: {expected}") from error
    if found >= _LATEST:
        hint = f"; these look like milliseconds: try {int(text) // 1000}" if _MILLISECOND(text) else ""
        raise InputError(f"{flag} {text}: {expected}, before the year 10000{hint}")
    return found
