"""Which names the API answers to: no page of another site may reach it through its visitor's browser.

A page of evil.example can let that name point to 127.0.0.1 and then read whatever answers there, as its own (DNS
rebinding). The browser still says `Host: evil.example`; so who listens on loopback serves loopback names only.
"""

import re
from collections.abc import Iterable
from typing import Final

from footfall.settings import is_loopback

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@/\s]+)(?::[0-9]*)?")


def name_of(host: str) -> str | None:
    """Return the name in a Host header, in lower case, without port and final full stop. None: it holds none."""
    match = _HOST.fullmatch(host.strip().lower())
    return (match[1].rstrip(".") or None) if match else None


def served_names(listening: str, hosts: Iterable[str]) -> frozenset[str] | None:
    """Return the names that are served by who listens on `listening`. None: all of them."""
    if not is_loopback(listening):
        return None
    given = (f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name for name in (listening, *hosts))
    return frozenset(LOOPBACK) | {name for name in map(name_of, given) if name}


def refusal(headers: Iterable[tuple[bytes, bytes]], served: frozenset[str] | None) -> tuple[int, str] | None:
    """Return status and reason for a request whose Host is not served; None if it is.

    400 for none or several (RFC 9112, 3.2), 421 for another's (RFC 9110, 15.5.20).
    """
    if served is None:
        return None
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return 400, f"{len(hosts)} Host headers; expected one"
    if name_of(hosts[0]) in served:
        return None
    return 421, (
        f"Host {hosts[0][:100]!r} is not served here; expected one of {', '.join(sorted(served))} "
        "(add names by the setting api.hosts)"
    )
