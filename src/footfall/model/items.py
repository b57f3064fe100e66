"""Which shop and which item an event belongs to (counting.md, "Items")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Final

from footfall.errors import SettingsError

_LONGEST_ITEM: Final = 1000
"""Longest item id, bytes of UTF-8: so it fits a database's index (counting.md)."""

_LONGEST_SHOP: Final = 253
"""Longest shop, bytes of UTF-8: the longest host name of DNS."""

_LONGEST_SEARCHED: Final = 2048
"""Longest path, in characters, that a pattern which could be slow is searched in (docs/decisions)."""

_PLAIN_PATTERN: Final = re.compile(r"[A-Za-z0-9_/.%~-]+\(\[\^?[A-Za-z0-9_/.?&;=%~-]+\]\+\)")
"""Fixed text, then one repeated class of characters, as the defaults: searched in linear time, however long."""

_DROPPED: Final = {ord(character): None for character in "\t\n\r"}
"""Browsers drop these anywhere in an address (WHATWG URL, "basic URL parser")."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_ADDRESS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://([^/?#]*))?([^?#]*)(?:\?[^#]*)?(?:#(.*))?", re.DOTALL)
"""Authority, path and fragment of an address (RFC 3986, appendix B). It matches any text."""

_ESCAPES: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event belongs."""

    shop: str
    """The host of its page; the empty text without one."""
    item: str | None
    """None: it belongs to no item."""


class Items:
    """The shop's item patterns and hosts.

    Raises SettingsError if a pattern is no regular expression with a group.
    """

    def __init__(self, patterns: Sequence[str], shops: Sequence[str] = ()) -> None:
        """Take the patterns in the order they are tried, and the globs of the shops' hosts; none: every host."""
        self._patterns = tuple((_compile(pattern), _reach(pattern)) for pattern in patterns)
        self._names = frozenset(shop.lower() for shop in shops)
        self._globs = re.compile("|".join(translate(shop) for shop in sorted(self._names)))

    def place(self, location: str | None, item: str | None = None) -> Place:
        """Return the shop and item of an event at `location` that names the `item`, if it does."""
        shop, path, fragment = _take_apart(location or "")
        if item:
            found: str | None = _CONTROL.sub(_escape, item)
        else:
            found = self._search(path) if path else None
            if found is None and fragment is not None and fragment.startswith(("/", "!/")):
                found = self._search(fragment)
        if found is not None and (_longer(found, _LONGEST_ITEM) or _longer(shop, _LONGEST_SHOP)):
            found = None
        return Place(shop, found)

    def serves(self, shop: str) -> bool:
        """Say whether the host is one of the shop's."""
        return not self._names or shop in self._names or self._globs.match(shop) is not None

    def _search(self, text: str) -> str | None:
        for pattern, reach in self._patterns:
            if reach is not None and len(text) > reach:
                continue
            match = pattern.search(text)
            if match is not None and match[1]:
                return _decode(match[1])
        return None


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise SettingsError(f"item pattern {pattern!r} is no regular expression: {error}") from error
    if compiled.groups < 1:
        raise SettingsError(f"item pattern {pattern!r} has no group; expected one around the item, as in /item/([^/]+)")
    return compiled


def _reach(pattern: str) -> int | None:
    return None if _PLAIN_PATTERN.fullmatch(pattern) else _LONGEST_SEARCHED


def _take_apart(location: str) -> tuple[str, str, str | None]:
    """Return shop, path and fragment (None without one) of an address."""
    location = location.strip()
    if _CONTROL.search(location):
        location = location.translate(_DROPPED)
        if _CONTROL.search(location):
            return "", "", None
    match = _ADDRESS.fullmatch(location)
    assert match is not None
    authority, path, fragment = match.groups()
    shop = _host(authority) if authority else ""
    return ("", "", None) if shop is None else (shop, path, fragment)


def _host(authority: str) -> str | None:
    """Return the host without user and port, in lower case. None: square brackets where none may be."""
    host = authority.rpartition("@")[2]
    if "[" not in host and "]" not in host:
        return host.partition(":")[0].lower()
    if host.startswith("["):
        inside, closed, rest = host[1:].partition("]")
        if closed and "[" not in inside and rest[:1] in ("", ":"):
            return f"[{inside}]".lower()
        return None
    host = host.partition(":")[0]
    return None if "[" in host or "]" in host else host.lower()


def _decode(text: str) -> str:
    """Return the id percent-decoded once as UTF-8, or as it stands if that cannot be done."""
    if "%" not in text:
        return text
    raw = text.encode("utf-8", "surrogatepass")
    if raw.count(b"%") != len(_ESCAPES.findall(raw)):
        return text
    try:
        decoded = _ESCAPES.sub(lambda escape: bytes.fromhex(escape[1].decode("ascii")), raw).decode()
    except UnicodeDecodeError:
        return text
    return text if _CONTROL.search(decoded) else decoded


def _escape(control: re.Match[str]) -> str:
    return f"%{ord(control[0]):02X}"


def _longer(text: str, limit: int) -> bool:
    return len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit
