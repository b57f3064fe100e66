"""The demo's ports, found before anything starts: its parts name each other's addresses."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

from footfall.errors import SettingsError


def find_ports(host: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return a port for each flag: the one wanted, or a free one for 0. Raises SettingsError that names the flag."""
    with ExitStack() as held:  # all at once, so that no two are the same
        found = {}
        for flag, port in wanted.items():
            try:
                found[flag] = held.enter_context(socket.create_server((host, port))).getsockname()[1]
            except OSError as error:
                raise SettingsError(
                    f"{flag} {port}: cannot listen there on {host}: {error.strerror}; "
                    "expected a free port (0 takes one)"
                ) from error
    return found
