"""What stands in a request line: which targets are refused, and which path one means (divolte.md section 0)."""

import re
from typing import Final
from urllib.parse import unquote

_ALLOWED: Final = bytes(code for code in range(0x21, 0x7F) if chr(code) not in '"#<>\\^`{|}')
"""Everything else must be percent-encoded; Divolte's server refuses it as well."""

_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})").search

_PARAMETERS: Final = 1000
"""Most parameters of a query."""

_ABSOLUTE: Final = re.compile(rb"(?i)https?://[^/?]*").match
_PATH_PARAMETERS: Final = re.compile(r";[^/]*")


def refusal(target: bytes) -> str | None:
    """Say what is wrong with a target, or None."""
    if other := target.translate(None, _ALLOWED):
        return f"the address holds {chr(other[0])!a}; expected it percent-encoded"
    if bad := _BAD_ESCAPE(target):
        return f"the address holds {target[bad.start() : bad.start() + 3].decode()!r}; expected % and two hex digits"
    if len(target) > _PARAMETERS and target.count(b"&") >= _PARAMETERS:
        return f"the query has over {_PARAMETERS} parameters"
    return None


def path_of(target: bytes) -> str:
    """Return the path that a target means: decoded, `//`, `/./`, `/../`, `;parameters` and a slash at the end gone."""
    absolute = _ABSOLUTE(target)
    raw = target[absolute.end() if absolute else 0 :].partition(b"?")[0].decode("latin-1")
    parts: list[str] = []
    for part in unquote(_PATH_PARAMETERS.sub("", raw)).split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)
