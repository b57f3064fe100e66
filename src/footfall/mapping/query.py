"""The query of an event's address, taken apart as Divolte's server does: form decoding, first value wins."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

Pair = tuple[str, str]
"""A parameter's name and value, decoded."""

_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")


class Query(NamedTuple):
    """The parameters of a request."""

    first: dict[str, str]
    """The first value of each name: the one that is used."""
    pairs: tuple[Pair, ...] | None
    """All of them in the order they came, if a name was given twice; else None: `first` has them all."""


def read_query(query: bytes) -> Query:
    """Return the parameters. Whatever the bytes are, there is an answer.

    A name without `=` has the empty value; nothing between two `&` is no parameter; `+` is a space. Bad UTF-8 becomes
    U+FFFD, one for each bad sequence. A `%` that is no escape stays as it stands (the collector refuses it).
    """
    if not query.isascii():
        query = _NOT_ASCII.sub(lambda byte: f"%{byte[0][0]:02X}".encode(), query)
    # Most escapes are of the colons and slashes of ids and addresses. Neither is a mark of the query nor a hexadecimal
    # digit, so decoding these first, all at once, changes nothing but the time it takes.
    text = query.replace(b"%3A", b":").replace(b"%2F", b"/").decode("ascii")
    first: dict[str, str] = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = _decode(name), _decode(value)
        if name in first or not part:
            return _with_repeats(text)
        first[name] = value
    return Query(first, None)


def _with_repeats(text: str) -> Query:
    split = [part.partition("=") for part in text.split("&") if part]
    pairs = tuple([(_decode(name), _decode(value)) for name, _, value in split])
    first = dict(reversed(pairs))
    return Query(first, pairs if len(first) < len(pairs) else None)


def _decode(text: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    data = unquote_to_bytes(text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        # Java takes an encoded surrogate for one bad sequence, Python for three.
        return _SURROGATE.sub(b"\xff", data).decode("utf-8", "replace")
