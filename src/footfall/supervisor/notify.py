"""Telling systemd that a service is ready (sd_notify(3)). Elsewhere nothing is said."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1` to the socket that systemd names, if it names one."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        try:
            wire.connect("\0" + name[1:] if name.startswith("@") else name)
            wire.send(state.encode())
        except OSError:
            pass  # nobody listens any more: the service is worth more than the news of it
