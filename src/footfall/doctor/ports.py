"""A port: is Footfall there, somebody else, or nobody."""

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from footfall.doctor.finding import Finding

_WAIT: Final = 2.0
"""Seconds to wait for an answer."""

_LISTENS: Final = "0A"
"""State of a listening socket in /proc/net/tcp."""

_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - looked up, not listened on


def port(name: str, host: str, number: int, path: str, start: str) -> Finding:
    """Look who listens on `host`:`number`; `path` is what a Footfall there answers; `start` is how to start it."""
    if number == 0:
        return Finding("ok", f"{name}: takes a free port at each start")
    place = f"{name}: port {number} on {host or 'every address'}"
    address = _ANYWHERE.get(host, host)
    try:
        socket.create_connection((address, number), _WAIT).close()
    except UnicodeError:
        return Finding("fail", f"{place}: no such address", f"set {name}.host to an address of this machine")
    except OSError:
        return Finding("warn", f"{place}: nobody listens", f"start it: {start}")
    status = _asked(address, number, path)
    if status == http.client.OK:
        return Finding("ok", f"{place}: answers")
    if status is not None:
        return Finding("fail", f"{place}: answers {path} with {status}", "its log says why; if it is another program, "
                       f"end it or set {name}.port")  # fmt: skip
    whom = ", ".join(holders(number)) or "another program (run this as root to learn which)"
    return Finding("fail", f"{place}: in use by {whom}", f"end it, or set {name}.port to a free port")


def _asked(address: str, number: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(address, number, timeout=_WAIT)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def holders(number: int) -> list[str]:
    """Return the programs that listen on the port, as `name (process 12)`, as far as this user may see them."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(number)}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or another user's
            if any(_link(entry) in wanted for entry in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} (process {process.name})")
    return found


def _link(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except OSError:
        return ""  # closed meanwhile


def _inodes(number: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTENS and int(local.rpartition(":")[2], 16) == number:
                yield inode
