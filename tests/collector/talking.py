"""A client that sends bytes as they are told, and reads whole answers."""

import contextlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from footfall.collector.wire import GIF
from footfall.mapping.base36 import to_base36
from footfall.mapping.checksum import checksum
from footfall.mapping.query import read_query

QUERY = (
    "p=0%3Ai1t84hgy%3A5AF359Zjq5kUy98u4wQjlIZzWGhN~GlG&s=0%3Ai1t84hgy%3A95CbiPCYln_1e0a6rFvuRkDkeNnc6KC8"
    "&v=0%3A1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF&c=i1t8q2b6&n=f&f=f&t=pageView&l=https%3A%2F%2Fshop.example%2Fitem%2Fdress%2F"
)


def target(event: str = "1") -> str:
    """Return the target of an event of this id, with its checksum."""
    query = f"{QUERY}&e={event}"
    return f"/csc-event?x={to_base36(checksum(read_query(query.encode())))}&{query}"


def get(path: str = "/ping", *headers: str, version: str = "1.1") -> bytes:
    """Return a request; `headers` are whole lines."""
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: shop.example", *headers, "", ""]).encode("latin-1")


def event(id: str = "1", *headers: str) -> bytes:
    """Return the request of an event."""
    return get(target(id), *headers)


def post(body: bytes, *headers: str, path: str = "/events") -> bytes:
    """Return a request with a body."""
    lines = [f"POST {path} HTTP/1.1", "Host: shop.example", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def an_event(**members: object) -> dict[str, object]:
    """Return an event that is taken by `POST /events`."""
    return {
        "eventType": "pageView",
        "eventId": "e1",
        "sessionId": "s1",
        "location": "https://shop.example/item/dress/",
    } | members


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    lines: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the header's value, or None."""
        return next((value for key, value in self.lines if key.lower() == name.lower()), None)

    @property
    def is_gif(self) -> bool:
        return self.status == 200 and self.body == GIF

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def refused(self) -> list[tuple[int, str]]:
        """Return index and reason of each refused event."""
        refused = self.json["refused"]
        assert isinstance(refused, list)
        return [(one["index"], one["reason"]) for one in refused]


class Client:
    """One connection."""

    def __init__(self, port: int, *, timeout: float = 15, small: bool = False) -> None:
        """`small`: take in as little at once as the system allows."""
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self._read = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Client":
        """Send all; a connection that was ended meanwhile is no error here."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)
        return self

    def end(self) -> "Client":
        """Say that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, *, head_only: bool = False) -> Answer:
        """Return the next answer. Raises EOFError if there is none."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        if head_only or status in (204, 304) or status < 200:
            length = 0
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(status, headers, body)

    def rest(self) -> bytes:
        """Return what comes until the other side ends the connection."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionResetError):
            found, self._read = self._read, b""
            return found

    @property
    def ended(self) -> bool:
        """Whether the other side ends the connection, with nothing left to read."""
        return self.rest() == b""

    def _more(self) -> None:
        part = self.socket.recv(65536)
        if not part:
            raise EOFError
        self._read += part


def ask(port: int, request: bytes) -> Answer:
    """Return the answer to one request, on a connection of its own."""
    with Client(port) as client:
        return client.send(request).answer()


def send_json(port: int, found: object, *headers: str) -> Answer:
    """Post something as JSON."""
    return ask(port, post(json.dumps(found).encode(), *(headers or ("Content-Type: application/json",))))


def metrics(port: int) -> Mapping[str, float]:
    """Return the collector's figures by name and labels."""
    lines = ask(port, get("/metrics")).body.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}
