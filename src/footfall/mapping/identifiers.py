"""Party and session ids: `0:<base-36 time>:<anything without a colon>`, re-rendered as Divolte does (cases 1.3-*)."""

import re
from typing import Final

from footfall.mapping.base36 import read_base36, to_base36

_CANONICAL: Final = re.compile(r"0:(?:0|-?[1-9a-z][0-9a-z]{0,11}):[^:]*", re.DOTALL).fullmatch
"""Already as it would be rendered; twelve digits of base 36 always fit in 64 bits."""


def read_identifier(text: str) -> str | None:
    """Return the identifier in its canonical form, or None if it is none.

    The canonical form has the time in lower case, without `+` and leading zeros: `0:0I0RJ:Q` is `0:i0rj:Q`.
    """
    if _CANONICAL(text):
        return text
    parts = text.split(":")
    if len(parts) != 3 or parts[0] != "0":
        return None
    time = read_base36(parts[1])
    return None if time is None else f"0:{to_base36(time)}:{parts[2]}"
