"""The collector as a process: listen, answer, end cleanly on SIGTERM."""

import asyncio
import contextlib
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final, cast

import structlog
import uvicorn
import uvloop
from uvicorn.server import ServerState

from footfall.collector.app import create_app
from footfall.collector.commit import Commit
from footfall.collector.connection import Connection
from footfall.collector.counts import Counts
from footfall.collector.edge import Edge
from footfall.collector.intake import BITE, Intake
from footfall.collector.lane import Lane
from footfall.collector.privacy import Privacy
from footfall.collector.room import Room
from footfall.collector.script import Script
from footfall.collector.stamp import Stamp
from footfall.collector.upkeep import Counted, Upkeep
from footfall.collector.wire import SERVER, Wire
from footfall.journal import Journal
from footfall.settings import Settings, address_of, is_loopback, listen

Ready = Callable[[str], None]
"""Called once, with the address under which the collector answers."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_FAREWELL: Final = 0.5
"""Seconds after a signal in which new connections are still served, and /ping says that this ends."""

_PATIENCE: Final = 10
"""Seconds that open requests may take at the end."""

_BACKLOG: Final = 4096
"""Connections that may wait to be accepted: a thousand visitors of a mailing arrive at once."""

_UNREAD: Final = 16_384
"""Bytes of answers that the system holds for a client that does not read (it doubles this), not four megabytes."""

_FILES: Final = 100
"""Open files beside the connections."""

_SLICE: Final = 500
"""Connections whose patience is looked at between two turns of the loop."""

_log: Final = structlog.get_logger("footfall.collector")


def serve(settings: Settings, journal: Journal, script: bytes, *, counted: Counted, ready: Ready) -> None:
    """Answer until SIGTERM or SIGINT, then close the journal. A second signal ends the process at once.

    `script`: the tag. `counted`: see `Upkeep`; only records below it are ever deleted.
    Raises SettingsError if the address cannot be listened on.
    """
    try:
        host = settings.collector.host
        shared = settings.collector.workers > 1
        sockets = listen("collector", host, settings.collector.port, shared=shared)
        address = address_of(host, sockets[0])
        if not is_loopback(host):
            _log.warning(
                "the collector takes events from everywhere",
                listening=address,
                advice="that is what shops need; put a proxy with TLS before it, or set collector.host = 127.0.0.1",
            )
        _allow_files(settings.collector.connections + _FILES)
        server = CollectorServer(settings, journal, script, counted)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.run(sockets, lambda: ready(address)))
    finally:
        journal.close()


def _allow_files(wanted: int) -> None:
    """Allow this process as many open files as it may have, if it needs them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    if possible < wanted:
        _log.warning(
            "fewer connections are possible than collector.connections says",
            open_files=possible,
            advice=f"allow this process {wanted} open files (ulimit -n, LimitNOFILE=)",
        )


class CollectorServer:
    """The parts put together, and run in an event loop."""

    def __init__(
        self, settings: Settings, journal: Journal, script: bytes, counted: Counted, farewell: float = _FAREWELL
    ) -> None:
        self._settings, self._journal, self._script, self._farewell = settings, journal, Script(script), farewell
        self._counted = counted
        self._upkeep = Upkeep(journal, counted, settings.journal.retention)
        self.edge: Edge
        """There once it runs."""

    async def run(self, sockets: list[socket.socket], started: Callable[[], None]) -> None:
        """Answer until a signal, or until `stop`. What is acknowledged is on disk at the end; the journal is open."""
        edge = self.edge = self._put_together()
        self._server = _Server(self._config(edge), edge, started, self._farewell)
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD)  # what is accepted has the same
        self._upkeep.start()
        every_second = asyncio.create_task(self._every_second(edge))
        try:
            await self._server.serve(sockets)
        finally:
            every_second.cancel()
            await edge.commit.close()
            await asyncio.to_thread(self._upkeep.close)

    def stop(self) -> None:
        """End as after a signal. Called on the event loop."""
        self._server.should_exit = True

    def _put_together(self) -> Edge:
        settings, counts = self._settings, Counts()
        room = Room(settings.collector.waiting_bytes)
        return Edge(
            settings=settings,
            journal=self._journal,
            commit=Commit(self._journal.append, room, counts, settings.collector.gather / 1000),
            stamp=Stamp(self._journal.latest),
            privacy=Privacy(settings.privacy),
            room=room,
            wire=Wire(time.time()),
            counts=counts,
            counted=self._counted,
        )

    def _config(self, edge: Edge) -> uvicorn.Config:
        buffer = bytearray(BITE)

        def connection(
            config: uvicorn.Config, server_state: ServerState, app_state: object, _loop: asyncio.AbstractEventLoop
        ) -> Intake:
            return Intake(Lane(edge, config, server_state, _loop), buffer)

        return uvicorn.Config(
            create_app(edge, self._script),
            http=cast(Any, connection),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            headers=[("Server", SERVER)],
            backlog=_BACKLOG,
            timeout_graceful_shutdown=_PATIENCE,
        )

    async def _every_second(self, edge: Edge) -> None:
        """Renew the dates of the answers; end connections whose clients take too long."""
        loop = asyncio.get_running_loop()
        while True:
            edge.wire.renew(time.time())
            connections = list(self._server.server_state.connections)
            for at in range(0, len(connections), _SLICE):
                for connection in connections[at : at + _SLICE]:
                    cast(Connection, connection).check(loop.time())
                await asyncio.sleep(0)
            await asyncio.sleep(1)


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens, and takes leave."""

    def __init__(self, config: uvicorn.Config, edge: Edge, started: Callable[[], None], farewell: float) -> None:
        super().__init__(config)
        self._edge, self._tell, self._farewell = edge, started, farewell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._edge.stopping = True
        await asyncio.sleep(self._farewell)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._end) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        """End; the next signal ends the process at once. What was answered is on disk."""
        self.should_exit = True
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
