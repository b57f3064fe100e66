"""Listening on an address of the settings: what goes wrong is told by the setting's name."""

import errno
import ipaddress
import socket
from typing import Literal

from footfall.errors import SettingsError

Section = Literal["collector", "api"]


def listen(section: Section, host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Return sockets bound to every address of `host`, all on one port; 0 takes a free one.

    `shared`: other processes of ours may be bound to it too; the kernel gives each its share of the connections.
    Raises SettingsError.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise SettingsError(
            f"{section}.host = {host!r}: no such address ({error}); expected one of this machine"
        ) from error
    sockets: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((info[0], info[4][0]) for info in found):
            sock = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise SettingsError(_why(section, host, port, error)) from error
    return sockets


def _why(section: Section, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{section}.port = {port}: in use on {host}; expected a free port (footfall doctor says by whom)"
    if error.errno == errno.EACCES:
        return f"{section}.port = {port}: not allowed to this user; expected a port from 1024 on"
    return f"{section}.host = {host!r}: cannot listen there: {error.strerror}; expected an address of this machine"


def address_of(host: str, sock: socket.socket) -> str:
    """Return the address, for people and browsers, of what listens on `host` by this socket."""
    return f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}"


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach what listens on `host`."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
