"""What requests are: the fast lane for events, uvicorn's own way for everything else.

An event request is known by its path when its first header arrives. Only the headers that are kept are looked at, no
ASGI scope and no task is made; its record goes to the group commit, and its answer waits for the disk. Every other
request goes to the parent class, that is to an ordinary ASGI app.

Most events of a connection differ from the one before in their target alone. Such a one is not parsed again: the parser
has taken the very bytes behind the target, and the target is checked as always.
"""

import asyncio
from typing import Final, cast
from urllib.parse import quote

from uvicorn.config import Config
from uvicorn.server import ServerState

from footfall.collector.connection import HEAD_END, Connection, Over
from footfall.collector.edge import Edge
from footfall.collector.targets import path_of, refusal
from footfall.collector.turns import AppTurn, EventTurn, Turn
from footfall.collector.wire import EVENT_PATH, SENTINEL
from footfall.journal import FrameKind, Request, around, pack, pack_request

_HEADERS: Final = 200
"""Most headers of a request, as in Divolte."""

_FAST: Final = EVENT_PATH.encode() + b"?"

_EVENT: Final = b"GET " + _FAST
_TARGET: Final = len(b"GET ")
"""Where a target begins."""

_LONGEST_AGAIN: Final = 2048
"""Bytes remembered of a head, at most: each connection keeps them."""

_NOTED: Final = frozenset({b"if-none-match", b"content-length", b"transfer-encoding"})
"""Headers that say how to answer an event, and are not kept."""


class Lane(Connection):
    """One connection, from the parser's callbacks on."""

    def __init__(self, edge: Edge, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(edge, config, state, loop)
        self._plain = edge.privacy.plain
        self._looked_at = edge.privacy.looked_at | _NOTED
        self._fast: bool | None = None
        self._upgrading = False
        self._count = 0
        self._kept: list[tuple[bytes, bytes]] = []
        self._noted: list[tuple[bytes, bytes]] = []
        self._head_limit = edge.settings.collector.head_limit
        self._alone = EventTurn(self, False)
        """The turn of an event before which and behind which there is none: as nearly always. It serves again."""
        self._last: Request | None = None
        """The event just parsed, if the next one may be like it."""
        self._again = b""
        """What stood behind its target, to the end of its head."""
        self._around = b"", b""
        """What stands before and behind the target in its record."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._peer = self.edge.privacy.peer(self._address)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        del self._alone  # or the two would keep each other in memory

    def data_received(self, data: bytes) -> None:
        fresh = self.between and not self._rest
        if fresh and self._again and self._repeated(data):
            return
        self._last = None
        super().data_received(data)
        if fresh and self._last is not None:
            self._remember(data, self._last)

    def _repeated(self, data: bytes) -> bool:
        """Take an event whose head is that of the last one, but for its target; say whether it is one."""
        if not (data.startswith(_EVENT) and data.endswith(self._again)):
            return False
        target = data[_TARGET : -len(self._again)]
        if self._over or len(data) > self._head_limit or refusal(target):
            return False
        if self.edge.stopping or (self.turns and self.turns[-1].last):
            return False
        self._seen = self.loop.time()
        before, behind = self._around
        self._record(before + target + behind, last=False)
        if self._crowded():
            self.flow.hold()
        return True

    def _remember(self, data: bytes, event: Request) -> None:
        """Remember the head of an event that came alone and at once."""
        begin = _TARGET + len(event.target)
        alone = data.startswith(_EVENT) and data.find(HEAD_END) == len(data) - len(HEAD_END)
        if alone and len(data) - begin <= _LONGEST_AGAIN and data[_TARGET:begin] == event.target:
            self._again, self._around = data[begin:], around(event.peer, event.headers)

    # The parser's callbacks, in their order

    def on_message_begin(self) -> None:
        if self.turns and self.turns[-1].last:
            raise Over
        self.between, self.in_head = False, True
        self.begun = self._seen
        self.url = b""
        self._fast, self._upgrading, self._count = None, False, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.in_head:
            return  # a trailer: nobody wants it
        if self._fast is None:
            self._choose()
        self._count += 1
        if not self._fast:
            super().on_header(name, value)
            return
        name = name.lower()
        if name in self._plain:
            self._kept.append((name, value))
        elif name in self._looked_at:
            self._noted.append((name, value))

    def _choose(self) -> None:
        """Take the fast lane or the ordinary way. Raises Over for a target that is refused."""
        url = self.url
        if why := refusal(url):
            self._stop(400, why, "target")
        event = url.startswith(_FAST) or path_of(url) == EVENT_PATH
        self._fast = event and self.parser.get_method() == b"GET"
        if self._fast:
            self._kept, self._noted = [], []
        else:
            super().on_message_begin()
            self.url = url

    def on_headers_complete(self) -> None:
        if self._fast is None:
            self._choose()
        self.head_complete()
        self._check_head()
        last = self.edge.stopping or not self.parser.should_keep_alive()
        if self._fast:
            self._event(last)
        elif self.parser.should_upgrade():
            self._upgrading = True
        else:
            self._ordinary(last)

    def _check_head(self) -> None:
        if self._count > _HEADERS:
            self._stop(400, f"the request has over {_HEADERS} headers", "headers")
        limit = self._head_limit
        if self.fed > limit and (self._fast or self._size() > limit):
            self._stop(400, "the head is too large", "head")
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            self._stop(400, "expected HTTP/1.1 or HTTP/1.0", "malformed")
        if self.parser.get_method() == b"CONNECT":
            self._stop(405, "HTTP method CONNECT not allowed.", "method")

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        if not (self._fast or self._upgrading):
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.between, self.fed, self.reading = True, 0, None
        if not (self._fast or self._upgrading):
            super().on_message_complete()

    def on_upgrade(self, rest: bytes) -> None:
        """Read the request once more without its wish for another protocol.

        The parser takes what follows for that protocol. Java's client wishes for h2c with its first POST, whose body
        is then to be read.
        """
        if not self._upgrading:  # an event: it is answered already
            if rest:
                self.data_received(rest)
            return
        method = self.parser.get_method()
        kept = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self.data_received(b"\r\n".join([method + b" " + self.url + b" HTTP/1.1", *kept, b"", b""]) + rest)

    # What becomes of a request

    def _stop(self, status: int, why: str, reason: str) -> None:
        self.refuse(status, why, reason)
        raise Over

    def _event(self, last: bool) -> None:
        edge = self.edge
        peer, repeatable = self._peer, not last
        if self._noted:
            names = {name for name, _ in self._noted}
            if b"if-none-match" in names and any(n == b"if-none-match" and SENTINEL in v for n, v in self._noted):
                edge.counts.unchanged.inc()
                self._answer(edge.wire.unchanged(last=last), last)
                return
            if self.parser.should_upgrade() and names & {b"content-length", b"transfer-encoding"}:
                last = True  # where its body ends cannot be known
            peer, kept = edge.privacy.filter(self._address, [*self._kept, *self._noted])
            repeatable = repeatable and not names & _NOTED
        else:
            kept = tuple(self._kept)
        event = Request(peer, self.url, kept)
        if repeatable and not self.parser.should_upgrade():
            self._last = event
        self._record(pack_request(event), last)

    def _record(self, payload: bytes, last: bool) -> None:
        edge = self.edge
        if self.turns or last:
            turn = EventTurn(self, last)
        else:
            turn = self._alone
            turn.done = False
        self.turns.append(turn)
        if not edge.commit.add(pack(FrameKind.EVENT, edge.stamp.of(self._seen), payload), turn):
            turn.refuse()

    def _answer(self, data: bytes, last: bool) -> None:
        self.turns.append(Turn(self, data, done=True, last=last))
        self.advance()

    def _ordinary(self, last: bool) -> None:
        _, parted, query = self.url.partition(b"?")
        self.url = quote(path_of(self.url)).encode() + parted + query
        turn = AppTurn(self, last=last)
        self.turns.append(turn)
        self.app_turns.append(turn)
        self.reading = turn
        transport, self.transport = self.transport, cast(asyncio.Transport, turn)
        try:
            super().on_headers_complete()
        except BaseException:
            self.turns.pop()
            self.app_turns.pop()
            self.reading = None
            raise
        finally:
            self.transport = transport
        if last:
            self.cycle.keep_alive = False
