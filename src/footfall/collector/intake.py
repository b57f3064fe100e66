"""How much is read at once: a loop reads a quarter of a megabyte, which a client that waits would then hold."""

import asyncio
from typing import Final, cast

from footfall.collector.connection import Connection

BITE: Final = 16_384
"""Bytes read at once: the head of any browser. What comes too early is held in memory, so it may not be much."""


class Intake(asyncio.BufferedProtocol):
    """Stands between a transport and its connection."""

    def __init__(self, connection: Connection, buffer: bytearray) -> None:
        """`buffer`: one for all connections of a loop; what is read is handed on at once."""
        self._connection, self._buffer, self._view = connection, buffer, memoryview(buffer)
        self._received = connection.data_received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._connection.connection_made(cast(asyncio.Transport, transport))

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where to write what comes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hand on what came."""
        self._received(bytes(self._view[:nbytes]))

    def eof_received(self) -> bool:
        """Say whether to stay open."""
        return self._connection.eof_received()

    def pause_writing(self) -> None:
        """Hand on that the client does not read."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that it does."""
        self._connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._connection.connection_lost(exc)
