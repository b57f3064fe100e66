"""What is kept of a visitor, decided before anything is written: addresses, headers, cookies."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Literal

from footfall.settings import PrivacySettings

_COOKIE: Final = b"cookie"
_FORWARDED: Final = b"x-forwarded-for"

Keeping = Literal["none", "truncated", "full"]


@lru_cache(maxsize=4096)
def keep_address(address: str, keeping: Keeping) -> str:
    """Return an address as it may be kept: IPv4 as its /24, IPv6 as its /48. The empty text if it is none.

    An IPv4 address in IPv6's clothes (`::ffff:1.2.3.4`) is IPv4; a zone (`fe80::1%eth0`) is dropped.
    """
    found = _literal(address.partition("%")[0])
    if found is None or keeping == "none":
        return ""
    if keeping == "full":
        return str(found)
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False).network_address)


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class Privacy:
    """The privacy settings, ready to use."""

    def __init__(self, settings: PrivacySettings) -> None:
        wanted = {
            b"user-agent": settings.user_agent,
            b"referer": settings.referer,
            b"accept-language": settings.language,
        }
        self.plain: Final = frozenset(name for name, keep in wanted.items() if keep)
        """Headers kept as they come, names in lower case."""
        self._cookies = frozenset(name.encode("latin-1", "replace") for name in settings.cookies)
        self._forwarded = settings.forwarded
        self._keeping: Keeping = settings.addresses
        self.looked_at: Final = frozenset(
            name for name, use in ((_COOKIE, bool(self._cookies)), (_FORWARDED, self._forwarded)) if use
        )
        """Headers of which a part is kept: hand them to `part` and `peer`."""

    def part(self, name: bytes, value: bytes) -> bytes:
        """Return what is kept of a cookie header: the named cookies. Of any other: nothing."""
        if name != _COOKIE:
            return b""
        cookies = (cookie.strip() for cookie in value.split(b";"))
        return b"; ".join(cookie for cookie in cookies if cookie.partition(b"=")[0].strip() in self._cookies)

    def peer(self, address: str, forwarded: Sequence[bytes] = ()) -> str:
        """Return the visitor's address as it may be kept.

        `forwarded`: the lines of X-Forwarded-For. The last address of the last line counts, as in Divolte, if it is a
        literal one: nothing is looked up, and no octal is read (divolte.md section 0).
        """
        if self._forwarded and forwarded:
            named = forwarded[-1].rpartition(b",")[2].strip().decode("latin-1")
            if _literal(named) is not None:
                address = named
        return keep_address(address, self._keeping)

    def filter(
        self, address: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[str, tuple[tuple[bytes, bytes], ...]]:
        """Return peer and headers of a request as they may be kept. Names come in lower case."""
        kept, forwarded = [], []
        for name, value in headers:
            if name in self.plain:
                kept.append((name, value))
            elif name == _FORWARDED:
                forwarded.append(value)
            elif name in self.looked_at and (part := self.part(name, value)):
                kept.append((name, part))
        return self.peer(address, forwarded), tuple(kept)
