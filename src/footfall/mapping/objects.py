"""JSON objects from outside: read exactly, and refused where two readers would disagree about them."""

import json
import re
from typing import Final, NoReturn

import orjson

from footfall.errors import InputError

_DEPTH: Final = 100
_DIGITS: Final = 1000
"""Most levels, most digits of an integer (counting.md, "How values are read")."""

_LONG_INTEGER: Final = re.compile(rb"[0-9]{19}").search
"""orjson makes a float of an integer beyond 64 bits: such a number is read the exact, slower way."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]").search


def read_object(data: bytes) -> dict[str, object]:
    """Return the JSON object, the last of members of one name, integers exact.

    Raises InputError: no JSON object, a bare NaN or Infinity, a lone surrogate, over 100 levels, an integer of over
    1,000 digits.
    """
    try:
        found = _exactly(data) if _LONG_INTEGER(data) else orjson.loads(data)
    except orjson.JSONDecodeError:
        found = _exactly(data)  # a number such as 1e999 is infinite, but JSON; all else fails again
    if not isinstance(found, dict):
        raise InputError(f"{_cut(data)} is no JSON object")
    if data.count(b"{") + data.count(b"[") > _DEPTH and _depth(found) > _DEPTH:
        raise InputError(f"{_cut(data)} is nested over {_DEPTH} levels")
    return found


def _exactly(data: bytes) -> object:
    try:
        text = data.decode()
        found: object = json.loads(text, parse_int=_integer, parse_constant=_refuse)
        lone = "\\u" in text and _SURROGATE(json.dumps(found, ensure_ascii=False))
    except RecursionError:
        raise InputError(f"{_cut(data)} is nested over {_DEPTH} levels") from None
    except ValueError as error:
        raise InputError(f"{_cut(data)} is no JSON object: {error}") from error
    if lone:
        raise InputError(f"{_cut(data)} holds a lone surrogate")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits; expected at most {_DIGITS}")
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"a bare {constant}")


def _depth(value: object) -> int:
    """Return how many lists and objects lie in one another, without recursion."""
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, list | dict)]:
        depth += 1
        level = [part for inner in level for part in (inner.values() if isinstance(inner, dict) else inner)]
    return depth


def _cut(data: bytes) -> str:
    return repr(data[:60]) + ("..." if len(data) > 60 else "")
