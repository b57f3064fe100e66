"""Answers leave a connection in the order of its requests, however early they are ready (RFC 9112, section 9.3.2)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from footfall.collector.connection import Connection


class Turn:
    """The place of one answer among those of its connection."""

    __slots__ = ("data", "done", "lane", "last")

    def __init__(self, lane: "Connection", data: bytes = b"", *, done: bool = False, last: bool = False) -> None:
        self.lane = lane
        self.data = data
        """What of the answer is not written yet."""
        self.done = done
        """Whether the answer is complete."""
        self.last = last
        """Whether the connection ends after it."""


class EventTurn(Turn):
    """The answer to an event: it waits for the disk."""

    __slots__ = ()

    def __init__(self, lane: "Connection", last: bool) -> None:
        self.lane, self.data, self.done, self.last = lane, b"", False, last

    def settle(self, problem: str | None) -> None:
        """Answer: the event is on disk, or why not."""
        lane = self.lane
        wire, turns = lane.edge.wire, lane.turns
        if problem is None and not self.last and len(turns) == 1 and turns[0] is self and not lane.flow.held:
            turns.popleft()  # it is alone, as nearly always
            lane.transport.write(wire.stored)
        elif problem is None:
            self._finish(wire.stored_last if self.last else wire.stored)
        else:
            lane.edge.counts.refused.labels("unavailable").inc()
            self._finish(wire.refused(503, "the event is not on disk; try again later", last=self.last))

    def refuse(self) -> None:
        """Answer that there is no room for the event now."""
        self.lane.edge.counts.refused.labels("full").inc()
        self._finish(self.lane.edge.wire.refused(503, "too much waits for the disk; try again later", last=self.last))

    def _finish(self, data: bytes) -> None:
        self.data, self.done = data, True
        lane = self.lane
        if lane.turns and lane.turns[0] is self:
            lane.advance()


class AppTurn(Turn):
    """The answer of the ASGI app. Stands in for the transport that uvicorn's cycle writes to."""

    __slots__ = ()

    def write(self, data: bytes) -> None:
        """Write through if it is this answer's turn, else keep it."""
        self.data += data
        lane = self.lane
        if lane.turns and lane.turns[0] is self:
            lane.advance()

    def close(self) -> None:
        """End the connection after this answer."""
        self.last = self.done = True
        lane = self.lane
        if lane.turns and lane.turns[0] is self:
            lane.advance()

    def is_closing(self) -> bool:
        """Say whether the connection ends."""
        return self.lane.transport.is_closing()
