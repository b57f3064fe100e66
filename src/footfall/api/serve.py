"""The API as a process: listen, answer, end cleanly on SIGTERM."""

import errno
import signal
import socket
from collections.abc import Callable
from typing import Final

import anyio.to_thread
import structlog
import uvicorn

from footfall.answers import Answers
from footfall.api.app import create_app
from footfall.api.hosts import is_loopback
from footfall.errors import SettingsError
from footfall.settings import Settings

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
    sockets = listen(host, settings.api.port if port is None else port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"
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


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen on every address of `host`, all on one port. Raises SettingsError."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise SettingsError(f"api.host = {host!r}: no such address ({error}); expected one of this machine") from error
    sockets: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((info[0], info[4][0]) for info in found):
            sock = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            port = sock.getsockname()[1]
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise SettingsError(_why(host, port, error)) from error
    return sockets


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"api.port = {port}: in use on {host}; expected a free port (footfall doctor says by whom)"
    if error.errno == errno.EACCES:
        return f"api.port = {port}: not allowed to this user; expected a port from 1024 on"
    return f"api.host = {host!r}: cannot listen there: {error.strerror}; expected an address of this machine"
