"""One connection: parsing in pieces, answers in order, and the patience that a client gets."""

import asyncio
from collections import deque
from typing import Final

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from footfall.collector.edge import Edge
from footfall.collector.turns import AppTurn, Turn

_PIECE: Final = 4096
"""Bytes parsed at once, at most: between two pieces a connection may be told to wait."""

HEAD_END: Final = b"\r\n\r\n"
"""A piece ends with a head, so that of many small requests no more are taken than may be open."""

_TURNS: Final = 16
"""Requests of one connection that may be open before reading pauses."""

_APP_TURNS: Final = 2
"""Those for the app among them: one is served, and the next is ready. Each takes 8 kB."""

_UNREAD: Final = 4096
"""Bytes of answers that a client may leave unread, beside what the system holds, before its next requests wait."""

_LINGER: Final = 2.0
"""Seconds for which a refused client is listened to: closing at once would reset the connection before it read why."""

_METHOD: Final = 20
"""Longer than any method's name."""

_log: Final = structlog.get_logger("footfall.collector")


class Over(Exception):  # noqa: N818  no error: it ends parsing
    """Nothing more is parsed on this connection."""


class Flow(FlowControl):
    """Reading that goes on only if neither the app nor the connection wants it paused."""

    held = False

    def resume_reading(self) -> None:
        """Read on, unless held."""
        if not self.held:
            super().resume_reading()

    def hold(self) -> None:
        """Stop reading until released."""
        self.held = True
        self.pause_reading()

    def release(self) -> None:
        """Read on."""
        self.held = False
        self.resume_reading()


class Connection(HttpToolsProtocol):
    """uvicorn's protocol with limits, timeouts, and answers in order. What requests are is the lane's business."""

    flow: Flow

    def __init__(self, edge: Edge, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config=config, server_state=state, app_state={}, _loop=loop)
        self.edge = edge
        self.turns: deque[Turn] = deque()
        self.app_turns: deque[AppTurn] = deque()
        self.between = True
        """No request has begun that is not wholly read."""
        self.in_head = False
        self.reading: AppTurn | None = None
        """The app's request whose body is not wholly read."""
        self.fed = 0
        """Bytes parsed since the last request ended: to within a piece, the size of the head that is being read."""
        self.begun = 0.0
        """When the present request began, by the loop's clock."""
        self._over = False
        """Nothing more is parsed; what came before is still answered."""
        self._ended: float | None = None
        """When the last answer was given, by the loop's clock."""
        self._eof = False
        self._naming = False
        """The method of a request is not wholly read."""
        self._seen = self.loop.time()
        self._rest = b""
        self._held = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport)
        transport.set_write_buffer_limits(high=_UNREAD)
        self.edge.counts.connections.inc()
        if len(self.connections) > self.edge.settings.collector.connections:
            self.refuse(503, "too many connections", "connections")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._over = True
        self.turns.clear()
        self._forget()
        self.edge.counts.connections.dec()

    # Reading

    def data_received(self, data: bytes) -> None:
        self._seen = self.loop.time()
        if self._over:
            return
        if self._rest:
            self._keep(data)
        else:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        at, size = 0, len(data)
        while at < size and not self._over:
            if at and self._crowded():
                self._keep(data[at:])
                return
            begin, end = at, data.find(HEAD_END, at, at + _PIECE)
            at = end + len(HEAD_END) if end >= 0 else at + _PIECE
            self._parse(data[begin:at])
        if self._crowded():
            self.flow.hold()

    def _crowded(self) -> bool:
        return len(self.turns) >= _TURNS or len(self.app_turns) >= _APP_TURNS or self.flow.write_paused

    def _keep(self, data: bytes) -> None:
        """Keep what was read too early; the client waits."""
        if self._take(len(data)):
            self._rest += data
            self.flow.hold()

    def _take(self, size: int) -> bool:
        if self.edge.room.take(size):
            self._held += size
            return True
        self.refuse(503, "too much waits here; try again later", "full")
        return False

    def _forget(self) -> None:
        self.edge.room.give(self._held)
        self._held, self._rest = 0, b""

    def _parse(self, piece: bytes) -> None:
        if self.between or self._naming:
            piece, self._naming = (piece, False) if piece.startswith(b"GET ") else _upper_method(piece)
        self.fed += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self.on_upgrade(piece[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self._over and not isinstance(error.__context__, Over):
                self._malformed(error)
        else:
            if self.in_head:
                self._unfinished_head(len(piece))

    def _malformed(self, error: httptools.HttpParserError) -> None:
        cause = error.__context__
        if isinstance(error, httptools.HttpParserCallbackError) and not isinstance(cause, httptools.HttpParserError):
            _log.error("a request could not be read", exc_info=cause)
        self.refuse(400, f"this is no HTTP request: {cause or error}", "malformed")

    def _unfinished_head(self, size: int) -> None:
        if self.fed > self.edge.settings.collector.head_limit:
            self.refuse(400, "the head is too large", "head")
        else:
            self._take(size)

    def head_complete(self) -> None:
        """Take note that the head is wholly read."""
        self.in_head = False
        if self._held:
            self.edge.room.give(self._held)
            self._held = 0

    def on_upgrade(self, rest: bytes) -> None:
        """Go on with what follows a head that asked for another protocol."""
        raise NotImplementedError

    # Answering

    def refuse(self, status: int, why: str, reason: str) -> None:
        """Answer what is wrong, after the answers before it, and end the connection. `reason` is for the metrics."""
        self.edge.counts.refused.labels(reason).inc()
        self._over = True
        self._give_up()
        self.turns.append(Turn(self, self.edge.wire.refused(status, why), done=True, last=True))
        self.advance()

    def advance(self) -> None:
        """Write the answers whose turn it is."""
        turns = self.turns
        while turns:
            turn = turns[0]
            if turn.data:
                self.transport.write(turn.data)
                turn.data = b""
            if not turn.done:
                break
            turns.popleft()
            if turn.last:
                self._end()
                return
        if self.flow.held and len(turns) < _TURNS // 2 and not self._crowded():
            rest = self._rest
            self._forget()
            self.flow.release()
            if rest:
                self._feed(rest)

    def on_response_complete(self) -> None:
        """Take note that the app's answer is complete; let it begin with its next request."""
        self.server_state.total_requests += 1
        if not self.app_turns:
            return
        turn = self.app_turns.popleft()
        turn.done = True
        if self._ended is not None or self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.flow.resume_reading()
        if self.turns and self.turns[0] is turn:
            self.advance()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._ended is None:
            self.advance()

    # Ending

    def _end(self) -> None:
        """Close, once the last answer is written. Who is still sending is listened to for a while."""
        clean = self._eof or (self.between and not self._rest)
        self._over = True
        self._ended = self.loop.time()
        self.turns.clear()
        self._forget()
        if clean or self.transport.is_closing():
            self.transport.close()
        else:
            self.flow.release()
            self.transport.write_eof()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Stay open for the answers of a client that has sent all it wants to."""
        self._eof = True
        self._give_up()
        if self._ended is not None or not self.turns:
            return False
        self.turns[-1].last = True
        return True

    def _give_up(self) -> None:
        """Forget the request whose body is not wholly read: the rest will not come, or cannot be understood."""
        if self.reading is None or self._ended is not None:
            return
        if self.app_turns and self.app_turns[-1] is self.reading:  # not answered early
            self.turns.remove(self.app_turns.pop())
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.reading = None

    def shutdown(self) -> None:
        """End after the open requests; at once if there are none."""
        if self.turns:
            self.turns[-1].last = True
        elif self.between:
            self.transport.close()

    def check(self, now: float) -> None:
        """End the connection if its client has taken too long. `now`: the loop's clock."""
        limits, quiet = self.edge.settings.collector, 1000 * (now - self._seen)
        if self._ended is not None:
            ended = now - self._ended
            if ended > _LINGER and (not self.transport.get_write_buffer_size() or 1000 * ended > limits.idle_timeout):
                self.transport.abort()
        elif self.in_head:
            if 1000 * (now - self.begun) > limits.head_timeout:
                self.refuse(408, "the head took too long", "timeout")
        elif self.flow.write_paused or (quiet > limits.idle_timeout and self.transport.get_write_buffer_size()):
            if quiet > limits.idle_timeout:  # it does not read its answers
                self.transport.abort()
        elif self.between:
            if quiet > limits.idle_timeout and not self.turns:
                self.transport.close()
        elif quiet > limits.idle_timeout or 1000 * (now - self.begun) > 2 * limits.idle_timeout:
            self.edge.counts.refused.labels("timeout").inc()
            self.transport.abort()


def _upper_method(piece: bytes) -> tuple[bytes, bool]:
    """Return the beginning of a request with its method in upper case: Divolte takes `get`, the parser does not.

    And whether the method may go on in the next piece.
    """
    end = piece.find(b" ", 0, _METHOD)
    if end >= 0:
        return piece[:end].upper() + piece[end:], False
    return (piece.upper(), True) if len(piece) < _METHOD else (piece, False)
