"""A TCP proxy before a database that cuts a connection in the middle of COMMIT."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Moment = Literal["before", "during", "after"]
"""When the connection is cut: before COMMIT reaches the server, right behind it, or before its answer gets back."""

_COMMIT = b"COMMIT\0"


class Proxy:
    """Hands bytes on between clients and a server on 127.0.0.1. `cut` is taken by the next COMMIT that comes."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut: Moment | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = _Pair(client, server, self._taken)
            for work in (pair.requests, pair.answers):
                threading.Thread(target=work, daemon=True).start()

    def _taken(self) -> Moment | None:
        cut, self.cut = self.cut, None
        return cut


class _Pair:
    def __init__(self, client: socket.socket, server: socket.socket, cut: Callable[[], Moment | None]) -> None:
        self._client, self._server, self._cut = client, server, cut
        self._deaf = False
        """The answer to COMMIT is not handed on."""

    def requests(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(1 << 16):
                moment = self._cut() if _COMMIT in data else None
                if moment == "before":
                    break
                self._deaf = moment == "after"
                self._server.sendall(data)
                if moment == "during":
                    break
        if not self._deaf:
            self._close()

    def answers(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(1 << 16):
                if self._deaf:
                    break
                self._client.sendall(data)
        self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def cutting(server: int) -> Iterator[Proxy]:
    proxy = Proxy(server)
    try:
        yield proxy
    finally:
        proxy.close()
