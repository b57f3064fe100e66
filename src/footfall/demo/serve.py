"""The shop as a process: listen, answer, end cleanly on SIGTERM."""

import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from footfall.demo.shop import create_shop
from footfall.errors import SettingsError

Ready = Callable[[str], None]
"""Called once, with the address under which the shop answers."""

_PATIENCE: Final = 2
"""Seconds that open requests may take at the end."""


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def serve_shop(host: str, port: int, collector: str, api: str, ready: Ready) -> None:
    """Serve the shop until SIGTERM or SIGINT; port 0 takes a free one.

    `collector`, `api`: the addresses that its pages name. Raises SettingsError if the port cannot be listened on.
    """
    listening = _listen(host, port)
    address = f"http://{host}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        create_shop(collector, api),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config, lambda: ready(address))
    # uvicorn raises the signal once more when it has ended, for whoever had a handler before: that is itself.
    before = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run([listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise SettingsError(
            f"--shop-port {port}: cannot listen there on {host}: {error.strerror}; expected a free port (0 takes one)"
        ) from error
