"""The API as a process: listen, answer, end cleanly on SIGTERM."""

import signal
import socket
from collections.abc import Callable
from typing import Final

import anyio.to_thread
import structlog
import uvicorn

from footfall.answers import Answers
from footfall.api.app import create_app
from footfall.settings import Settings, address_of, is_loopback, listen

Ready = Callable[[str], None]
"""Called once, with the address under which the API answers."""

_PATIENCE: Final = 10
"""Seconds that open requests may take at the end."""

_THREADS: Final = 4
"""Questions asked of the store at once; the next ones wait. More threads cost memory and are no faster."""


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await super().startup(sockets)
        self._tell()


def serve(settings: Settings, answers: Answers, ready: Ready, port: int | None = None) -> None:
    """Answer until SIGTERM or SIGINT; `port` instead of the setting, 0 for a free one.

    Raises SettingsError if the address cannot be listened on.
    """
    host = settings.api.host
    sockets = listen("api", host, settings.api.port if port is None else port)
    address = address_of(host, sockets[0])
    if not is_loopback(host):
        structlog.get_logger().warning(
            "the API can be read by others than this machine, without a password",
            listening=address,
            advice="put a proxy with a password before it, or set api.host = 127.0.0.1",
        )
    # h11 bounds the head of a request (64 kB) as httptools does not; parsing is not what takes time here. uvloop would
    # cost a megabyte for the same reason.
    config = uvicorn.Config(
        create_app(answers, settings),
        loop="asyncio",
        http="h11",
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
        server.run(sockets)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
