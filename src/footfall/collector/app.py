"""The ordinary requests, as a plain ASGI app: posted events, the tag, health, metrics."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from footfall import __version__
from footfall.collector.edge import Edge
from footfall.collector.posts import Posts
from footfall.collector.schema import TEXT
from footfall.collector.script import Script
from footfall.collector.wire import EVENT_PATH
from footfall.errors import FootfallError

Handler = Callable[[Request], Awaitable[Response]]

_PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def create_app(edge: Edge, script: Script) -> Starlette:
    """Return the app."""
    posts = Posts(edge)
    return Starlette(
        routes=[
            _route(EVENT_PATH, _preflight, "OPTIONS", allow="GET"),
            _route("/divolte.js", script.serve, "GET"),
            _route("/footfall.js", script.serve, "GET"),
            _route("/events", posts.serve, "POST", "OPTIONS"),
            _route("/events/schema.json", _schema, "GET"),
            _route("/ping", functools.partial(_ping, edge)),
            _route("/health", functools.partial(_health, edge), "GET"),
            _route("/metrics", functools.partial(_metrics, edge), "GET"),
        ]
    )


class _Only:
    """A handler for some methods, or for any; others are refused as Divolte does (divolte.md 1.1)."""

    def __init__(self, handler: Handler, methods: tuple[str, ...], allow: str) -> None:
        self._handler, self._methods, self._allow = handler, methods, allow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._methods and scope["method"] not in self._methods:
            response: Response = _not_allowed(scope["method"], self._allow)
        else:
            response = await self._handler(Request(scope, receive, send))
        await response(scope, receive, send)


def _route(path: str, handler: Handler, *methods: str, allow: str = "") -> Route:
    """Return a route. `methods`: those handled, none for any; `allow`: those named to who uses another."""
    return Route(path, _Only(handler, methods, allow or ", ".join(methods)))


def _not_allowed(method: str, allow: str) -> Response:
    return PlainTextResponse(f"HTTP method {method} not allowed.", 405, {"Allow": allow})


async def _preflight(request: Request) -> Response:
    """Let pages fetch the event's address. Any other OPTIONS is refused."""
    if "access-control-request-method" not in request.headers:
        return _not_allowed("OPTIONS", "GET")
    return Response(status_code=204, headers=_PREFLIGHT)


async def _schema(request: Request) -> Response:
    return Response(TEXT, media_type="application/schema+json", headers={"Access-Control-Allow-Origin": "*"})


async def _ping(edge: Edge, request: Request) -> Response:
    if edge.stopping:
        return PlainTextResponse("No p*ng for you, shutting down", 503)
    return PlainTextResponse("pong")


async def _health(edge: Edge, request: Request) -> Response:
    """Say whether events are taken; `problems` are for people. 503 if they are not."""
    behind, untold = await _behind(edge)
    problems = [problem for problem in (edge.commit.problem, edge.stamp.problem, untold) if problem]
    ready = edge.commit.problem is None and not edge.room.full and not edge.stopping
    found = {
        "live": True,
        "ready": ready,
        "version": __version__,
        "journal": {"end": edge.journal.end, "behind": behind, "bytes": edge.journal.size()},
        "waiting_bytes": edge.room.taken,
        "problems": problems,
    }
    return Response(json.dumps(found).encode(), 200 if ready else 503, media_type="application/json")


async def _metrics(edge: Edge, request: Request) -> Response:
    counts = edge.counts
    counts.waiting.set(edge.room.taken)
    counts.journal_bytes.set(edge.journal.size())
    counts.journal_end.set(edge.journal.end)
    behind, _ = await _behind(edge)
    counts.journal_behind.set(float("nan") if behind is None else behind)
    return Response(counts.text(), media_type=CONTENT_TYPE_LATEST)


async def _behind(edge: Edge) -> tuple[int | None, str | None]:
    """Return how many events of the journal wait for counting, or for Kafka; else why that cannot be told."""
    try:
        return max(0, edge.journal.end - await asyncio.to_thread(edge.counted)), None
    except FootfallError as error:
        return None, str(error)
