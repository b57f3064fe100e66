"""The tag as it is served (divolte.md 3.7): cached for an hour, compressed once, known by its hash."""

import base64
import gzip
import hashlib
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_FOR_MODULES: Final = {"Access-Control-Allow-Origin": "*"}
"""Ours: pages that load scripts as modules, or check them by their hash, ask for leave first."""


class Script:
    """A script and its compressed form, ready to be sent."""

    def __init__(self, body: bytes) -> None:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        self._plain, self._plain_tag = body, f'"{digest}"'
        self._packed, self._packed_tag = gzip.compress(body, 9, mtime=0), f'"gz+{digest}"'

    async def serve(self, request: Request) -> Response:
        """Answer with the script, or with 304 if the browser has it."""
        packed = len(self._packed) < len(self._plain) and _takes_gzip(request)
        body, tag = (self._packed, self._packed_tag) if packed else (self._plain, self._plain_tag)
        headers = {"ETag": tag, "Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding"} | _FOR_MODULES
        if any(tag in _items(value) for value in request.headers.getlist("if-none-match")):
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type="application/javascript")


def _items(value: str) -> list[str]:
    return [item.strip().removeprefix("W/") for item in value.split(",")]


def _takes_gzip(request: Request) -> bool:
    return any("gzip" in _items(value) for value in request.headers.getlist("accept-encoding"))
