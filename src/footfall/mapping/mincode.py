"""Mincode: the compact JSON of an event's custom parameters (divolte.md 1.6)."""

import re
from typing import Final

from footfall.errors import InputError

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]

_TEXT: Final = re.compile(r"([^~!]*(?:~.[^~!]*)*)!", re.DOTALL).match
_ESCAPE: Final = re.compile(r"~(.)", re.DOTALL).sub
_INTEGER: Final = re.compile(r"[+-]?[0-9a-zA-Z]+").fullmatch
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_WHOLE: Final = re.compile(r"[+-]?[0-9]+").fullmatch

_DEPTH: Final = 100
_DIGITS: Final = 1000
"""Most levels and most digits, as in JSON (counting.md, "How values are read")."""

_CONSTANTS: Final[dict[str, Value]] = {"t": True, "f": False, "n": None}


def decode(text: str) -> Value:
    """Return the value that the text begins with; what follows a complete value is ignored, as Divolte does.

    A `d` is an integer; a `j` is one too if it is written without point and exponent, else a float, infinite beyond
    1.8e308. Raises InputError: unknown kind, `)` or `.` out of place, no end, bad number, over 100 levels or 1,000
    digits.
    """
    return _value(text, 0, None, 0)[0]


def _value(text: str, at: int, members: dict[str, Value] | None, depth: int) -> tuple[Value, int]:
    """Return the value at a place and where it ends; put it into `members` under its name, if there are any."""
    kind = text[at : at + 1]
    if not kind or kind not in "sdjtfn(a":
        raise InputError(f"mincode: {text[at : at + 20]!r} at {at} begins no value")
    name, at = ("", at + 1) if members is None else _text(text, at + 1)
    value: Value
    if kind == "s":
        value, at = _text(text, at)
    elif kind in "dj":
        digits, at = _text(text, at)
        value = _integer(digits) if kind == "d" else _number(digits)
    elif kind in "(a" and depth == _DEPTH:
        raise InputError(f"mincode: over {_DEPTH} levels at {at}")
    elif kind == "(":
        value = {}
        while not text.startswith(")", at):
            _, at = _value(text, at, value, depth + 1)
        at += 1
    elif kind == "a":
        value = []
        while not text.startswith(".", at):
            element, at = _value(text, at, None, depth + 1)
            value.append(element)
        at += 1
    else:
        value = _CONSTANTS[kind]
    if members is not None:
        members[name] = value
    return value, at


def _text(text: str, at: int) -> tuple[str, int]:
    match = _TEXT(text, at)
    if match is None:
        raise InputError(f"mincode: {text[at : at + 20]!r} at {at} has no end")
    found = match[1]
    return (_ESCAPE(r"\1", found) if "~" in found else found), match.end()


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS or not _INTEGER(digits):
        raise InputError(f"mincode: {digits[:40]!r} is no integer in base 36 of at most {_DIGITS} digits")
    return int(digits, 36)


def _number(digits: str) -> int | float:
    if len(digits) > _DIGITS or not _DECIMAL(digits):
        raise InputError(f"mincode: {digits[:40]!r} is no decimal number of at most {_DIGITS} digits")
    return int(digits) if _WHOLE(digits) else float(digits)
