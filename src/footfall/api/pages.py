"""The documentation page, /docs: served by us, nothing loaded from elsewhere."""

import hashlib
from functools import partial
from importlib import resources
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

_TYPES: Final = {
    "docs.html": "text/html; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
}

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def router() -> APIRouter:
    """Return the routes of the page and its parts, and the way to it from `/`."""
    routes = APIRouter(include_in_schema=False)
    folder = resources.files("footfall.api") / "pages"
    for name, media_type in _TYPES.items():
        path = "/docs" if name == "docs.html" else f"/docs/{name}"
        routes.add_api_route(path, partial(_page, (folder / name).read_bytes(), media_type))

    @routes.get("/")
    async def root() -> Response:
        return RedirectResponse("/docs")

    return routes


async def _page(body: bytes, media_type: str, request: Request) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
