"""Moments as programs write them: ISO 8601 or milliseconds."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from footfall.errors import InputError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = re.compile(r"-?[0-9]{1,19}").fullmatch


def read_moment(value: object) -> int:
    """Return milliseconds since the epoch, rounded down.

    A number or digits are milliseconds; other text is ISO 8601, in UTC if it names no offset. Raises InputError.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return math.floor(value)
    if isinstance(value, str):
        if _DIGITS(value):
            return int(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return (aware - _EPOCH) // timedelta(milliseconds=1)
    raise InputError(f"timestamp: {str(value)[:100]!r}; expected ISO 8601 or milliseconds since 1970")
