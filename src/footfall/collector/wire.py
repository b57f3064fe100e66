"""The answers as they go over the wire: Divolte's for an event (divolte.md 1.7), short texts for what is refused."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final

EVENT_PATH: Final = "/csc-event"

GIF: Final = bytes.fromhex("4749463839610100010000000021f904010a0001002c00000000010001000002024c01003b")
"""Divolte's transparent pixel, 37 bytes."""

SENTINEL: Final = b'"6b3edc43-20ec-4078-bc47-e965dd76b88a"'
"""The ETag of every event's answer. Who sends it back only checks what it has: 304, and nothing is recorded."""

SERVER: Final = "divolte"
"""Divolte's habit: checks of an existing installation may look for it."""

RETRY_AFTER: Final = 2
"""Seconds after which a client may try again what could not be written."""

Header = tuple[str, str]

_EVENT_HEAD: Final[tuple[Header, ...]] = (
    ("Expires", "Fri, 14 Apr 1995 11:30:00 GMT"),
    ("Cache-Control", "private, no-cache, proxy-revalidate"),
    ("Pragma", "no-cache"),
    ("ETag", SENTINEL.decode()),
    ("Content-Type", "image/gif"),
    ("Access-Control-Allow-Origin", "*"),  # ours: the tag fetches by CORS, to know whether the event is on disk
)


def answer(status: int, headers: tuple[Header, ...], body: bytes = b"", *, date: str, last: bool = False) -> bytes:
    """Return a whole answer; `last`: the connection ends after it. A 304 has no length."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Server: {SERVER}", f"Date: {date}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if last:
        lines.append("Connection: close")
    elif status != HTTPStatus.NOT_MODIFIED:
        lines.append("Connection: keep-alive")
    if status != HTTPStatus.NOT_MODIFIED:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Wire:
    """Ready-made answers. `renew` once a second: they hold the date."""

    def __init__(self, now: float) -> None:
        self.renew(now)

    def renew(self, now: float) -> None:
        """Make the answers anew for this time (seconds since epoch)."""
        self.date = formatdate(now, usegmt=True)
        self.stored = self._event(last=False)
        self.stored_last = self._event(last=True)

    def _event(self, *, last: bool) -> bytes:
        return answer(200, _EVENT_HEAD, GIF, date=self.date, last=last)

    def unchanged(self, *, last: bool) -> bytes:
        """Return the answer to whoever has the pixel already."""
        return answer(304, _EVENT_HEAD, date=self.date, last=last)

    def refused(self, status: int, why: str, *, last: bool = True) -> bytes:
        """Return the answer to a request that is not served, saying why; 503 also says when to come back."""
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Access-Control-Allow-Origin", "*")]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("Retry-After", str(RETRY_AFTER)))
        return answer(status, tuple(headers), why.encode() + b"\n", date=self.date, last=last)
