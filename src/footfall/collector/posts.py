"""`POST /events`: one JSON object, an array, or an object a line. The answer waits until what is kept is on disk.

200: all are kept; 207: some, 422: none, with index and reason for each refused one; 503: nothing is on disk, try again.
What is wrong with the whole body has a `reason` of its own.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from footfall.collector.edge import Edge
from footfall.collector.events import Refused, sort_out
from footfall.collector.wire import RETRY_AFTER
from footfall.errors import InputError
from footfall.journal import FrameKind, pack, pack_request
from footfall.journal import Request as Kept
from footfall.model.items import Items

_LINES: Final[Mapping[str, bool]] = {
    "": False,
    "application/json": False,
    "text/plain": False,  # what sendBeacon may send to another host without asking first
    "application/x-ndjson": True,
    "application/ndjson": True,
    "application/jsonl": True,
}
"""Media types that are taken, and whether they say that there is an event a line."""

_LARGE: Final = 16_384
"""Bytes of a body from which on a thread reads it: a megabyte of events takes longer than others should wait."""

_ORIGIN: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[^/:@\[\]\s]+)(?::[0-9]+)?", re.IGNORECASE).fullmatch


class _Stop(Exception):  # noqa: N818  no error of ours: it ends a request
    """The whole body is not taken. `unread`: some of it is not read, and is not wanted."""

    def __init__(self, status: int, why: str, reason: str, *, unread: bool = False) -> None:
        super().__init__(why)
        self.status, self.reason, self.unread = status, reason, unread


class _Disk:
    """Waits for the disk, as a future."""

    def __init__(self) -> None:
        self.problem: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def settle(self, problem: str | None) -> None:
        if not self.problem.done():
            self.problem.set_result(problem)


class Posts:
    """The handler."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._shops = Items((), edge.settings.shops)

    async def serve(self, request: Request) -> Response:
        """Answer `POST /events`, or a browser that asks whether a page may post (CORS)."""
        if request.method == "OPTIONS":
            return self._preflight(request)
        body = bytearray()
        try:
            await self._read(request, body)
            return await self._keep(request, bytes(body))
        except _Stop as stop:
            self._edge.counts.refused.labels(stop.reason).inc()
            answer = self._answer(request, stop.status, why=str(stop))
            if stop.unread:
                answer.headers["Connection"] = "close"
            return answer
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody
        finally:
            self._edge.room.give(len(body))

    async def _read(self, request: Request, body: bytearray) -> None:
        """Read the body as it comes; what is read has room taken for it."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise _Stop(415, "a compressed body is not taken; expected it plain", "encoding", unread=True)
        limit = self._edge.settings.collector.body_limit
        too_large = _Stop(413, f"the body is over {limit} bytes; expected fewer events at once", "body", unread=True)
        if int(request.headers.get("content-length", 0)) > limit:
            raise too_large
        async for part in request.stream():
            if not self._edge.room.take(len(part)):
                raise _Stop(503, "too much waits for the disk; try again later", "full", unread=True)
            body += part
            if len(body) > limit:
                raise too_large

    async def _keep(self, request: Request, body: bytes) -> Response:
        good, refused = await self._sort_out(request, body)
        if refused:
            self._edge.counts.refused.labels("event").inc(len(refused))
        if not good:
            return self._answer(request, 422 if refused else 200, refused=refused)
        if problem := await self._write(request, good):
            self._edge.counts.refused.labels("unavailable").inc()
            return self._answer(request, 503, refused=refused, why=problem)
        return self._answer(request, 207 if refused else 200, kept=len(good), refused=refused)

    async def _sort_out(self, request: Request, body: bytes) -> tuple[list[bytes], list[Refused]]:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _LINES:
            expected = ", ".join(name for name in _LINES if name)
            raise _Stop(415, f"Content-Type {media_type[:100]}; expected one of {expected}", "type")
        chosen = body, _LINES[media_type], self._edge.settings.collector.batch_limit, self._edge.stamp()
        try:
            found = sort_out(*chosen) if len(body) < _LARGE else await asyncio.to_thread(sort_out, *chosen)
        except InputError as error:
            raise _Stop(422, str(error), "body") from error
        if found is None:
            limit = self._edge.settings.collector.batch_limit
            raise _Stop(413, f"over {limit} events; expected fewer at once", "batch")
        return found

    async def _write(self, request: Request, events: Sequence[bytes]) -> str | None:
        """Have the events written; return None once they are on disk, or why they are not."""
        edge = self._edge
        peer, headers = edge.privacy.filter(request.client.host if request.client else "", request.headers.raw)
        target = request.scope["raw_path"]
        records = [
            pack(FrameKind.POSTED, edge.stamp(), pack_request(Kept(peer, target, headers, event))) for event in events
        ]
        disk = _Disk()
        if not edge.commit.add_all(records, disk):
            return "too much waits for the disk; try again later"
        return await disk.problem and "nothing is on disk; try again later"  # the log and /health say why

    # Answering

    def _answer(
        self, request: Request, status: int, *, kept: int = 0, refused: Sequence[Refused] = (), why: str = ""
    ) -> Response:
        found: dict[str, object] = {"kept": kept, "refused": [{"index": r.index, "reason": r.reason} for r in refused]}
        headers = self._cors(request)
        if why:
            found["reason"] = why
        if status == 503:
            headers["Retry-After"] = str(RETRY_AFTER)
        return Response(json.dumps(found).encode(), status, headers, "application/json")

    def _cors(self, request: Request) -> dict[str, str]:
        """Return the headers that let pages of the listed shops read the answer."""
        if not self._edge.settings.shops:
            return {"Access-Control-Allow-Origin": "*"}
        headers = {"Vary": "Origin"}
        origin = request.headers.get("origin", "")
        found = _ORIGIN(origin)
        if found and self._shops.serves(found[1].lower()):
            headers["Access-Control-Allow-Origin"] = origin
        return headers

    def _preflight(self, request: Request) -> Response:
        headers = self._cors(request)
        if "Access-Control-Allow-Origin" not in headers:
            why = f"the origin {request.headers.get('origin', '')[:100]!r} is none of the shops (the setting shops)"
            return Response(why, 403, headers, "text/plain")
        headers |= {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": "86400",
        }
        return Response(status_code=204, headers=headers)
