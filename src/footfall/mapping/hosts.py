"""The visitor's address as text, as Java writes it (divolte.md 1.8)."""

from ipaddress import IPv6Address


def host_string(peer: str) -> str:
    """Return the address, an IPv6 one without `::`: `2001:db8:0:0:0:0:0:1`. What is no IPv6 address stays as it is."""
    if ":" not in peer:
        return peer
    try:
        groups = IPv6Address(peer).exploded.split(":")
    except ValueError:
        return peer
    return ":".join(f"{int(group, 16):x}" for group in groups)
