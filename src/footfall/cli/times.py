"""Moments as people type them."""

from datetime import datetime, tzinfo

from footfall.errors import InputError


def read_time(flag: str, text: str, zone: tzinfo) -> int:
    """Return ms since epoch of a Unix second, an ISO 8601 moment, or a date in the shop's time zone.

    Raises InputError that names the flag.
    """
    try:
        if text.isascii() and text.isdigit():
            return int(text) * 1000
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{flag} {text}: expected a Unix second, a date (2026-11-01) or a moment (2026-11-01T09:30+03:00)"
        ) from error
