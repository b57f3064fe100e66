"""What every request passes first: its Host is checked, it is measured, and its answer gets security headers."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall.api.hosts import refusal
from footfall.api.problems import problem

Measure = Callable[[str, int, float], None]
"""Told of every answer: route, status, seconds."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""For answers that are data. A page brings its own, which win."""


class Front:
    """ASGI middleware: the outermost."""

    def __init__(self, app: ASGIApp, served: frozenset[str] | None, measure: Measure) -> None:
        """Serve these host names only (None: all) and tell `measure` of every answer."""
        self._app, self._served, self._measure = app, served, measure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0
        # A HEAD is a GET whose body the server keeps to itself (RFC 9110, 9.3.2); FastAPI routes do not know it.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = refusal(scope["headers"], self._served)
        try:
            await (problem(*refused) if refused else self._app)(inner, receive, send_with_headers)
        except Exception:
            structlog.get_logger().exception("a request failed", path=scope["path"][:200])
            if status:
                raise  # too late for another answer: the server closes the connection
            await problem(500, "an error of Footfall; its log says more")(inner, receive, send_with_headers)
        finally:
            self._measure(getattr(inner.get("route"), "path", "other"), status, perf_counter() - began)
