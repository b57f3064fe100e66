"""Requests and events that nobody should send: mutated, cut, smuggled, oversized, or no HTTP at all."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Final

from tests.collector.talking import an_event, get, post, target

METHODS: Final = (
    b"GET",
    b"POST",
    b"PUT",
    b"HEAD",
    b"OPTIONS",
    b"CONNECT",
    b"TRACE",
    b"get",
    b"PRI",
    b"G\x00T",
    b"",
    b"X" * 50,
)
VERSIONS: Final = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.11", b"http/1.1", b"", b"RTSP/1.0")
TARGETS: Final = (
    b"/csc-event?", b"/csc-event", b"/events", b"/divolte.js", b"/footfall.js",
    b"/ping", b"/health", b"/metrics", b"/", b"*", b"//csc-event?", b"/%63sc-event?a", b"http://x/csc-event?e",
    b"http://", b"/../../etc/passwd", b"/csc-event;a=b?c=d", b"/csc-event?a=%00", b"/csc-event?a=%zz",
    b"/csc-event?a=%", b"/csc-event?a=%E0%A4", "/csc-event?a=шапка".encode(), b"/csc-event?" + b"a=1&" * 1100,
    b"/csc-event?" + b"&" * 900, b"/events/schema.json", b"/events?x=" + b"y" * 5000,
)  # fmt: skip
HEADERS: Final = (
    b"Host: x", b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 99999999999999999999",
    b"Content-Length: -1", b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding : chunked", b"Expect: 100-continue", b"Connection: close", b"Connection: keep-alive",
    b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket", b"Sec-WebSocket-Key: x",
    b"Cookie: " + b"a=b; " * 300, b"User-Agent: " + b"x" * 3000, b"User-Agent: \xff\xfe",
    b"X-Forwarded-For: 1.2.3.4, ::1, x", b"Content-Type: application/json", b"Content-Type: text/plain",
    b"Content-Encoding: gzip", b'If-None-Match: "6b3edc43-20ec-4078-bc47-e965dd76b88a"', b"If-None-Match: *",
    b"Origin: https://x", b" folded: x", b": empty", b"no colon", b"X: \x00", b"X: a\rb",
    b"Access-Control-Request-Method: POST", b"Accept-Encoding: gzip", b"Range: bytes=0-0", b"Referer: " + b"r" * 2000,
    b"Trailer: x", b"TE: trailers",
)  # fmt: skip
CHUNKS: Final = (
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"zz\r\n",
    b"ffffffffffffffff\r\n",
    b"2\r\nabc\r\n",
    b"1;x=y\r\na\r\n",
    b"0\r\nX: y\r\n\r\n",
)

NASTY: Final[Sequence[object]] = (
    None, True, False, 0, -1, 1, 10**21, -(10**21),
    10**300, 0.1, 1e308, -0.0, "", " ", "0", "1", "4 590 руб.", "1e3", "2.0", "NaN", "шапка", "🎉", "\u0000",
    "'; DROP TABLE facts; --", "x" * 301, "x" * 5000, [], {}, [1], {"a": {"b": [None]}}, "2026-11-24T00:00:00Z",
    "1970-01-01", "2477-01-01T00:00:00Z", 1_790_000_000_000, "https://shop.example/item/a%2Fb/",
    "https://shop.example/item/" + "y" * 2000, "http://[::1", "pageView", "buy_button_click", "USD", "₽",
)  # fmt: skip
MEMBERS: Final = (
    "eventType", "eventId", "sessionId", "partyId", "location", "shop", "itemId", "price", "amount", "currency",
    "timestamp", "userAgentString", "viewportPixelWidth", "firstInSession", "clientTimestamp", "other",
)  # fmt: skip
SPLICES: Final = (
    b"NaN", b"Infinity", b"-Infinity", b"\\ud800", b"\xff", b"\x00", b"9" * 1100, b"[" * 10_000, b'{"a":' * 200, b'"',
    b"\\", b"}", b"]", b",", b"\r\n", b"\xef\xbb\xbf", b"1e999", b'"eventId":"again",',
)  # fmt: skip


class Fuzz:
    """A source of requests and events, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def mutated(self, data: bytes, most: int = 4) -> bytes:
        """Return the data with some bytes changed, dropped, doubled or put in."""
        chance, changed = self._chance, bytearray(data)
        for _ in range(chance.randint(1, most)):
            at = chance.randrange(len(changed) + 1)
            match chance.randrange(5):
                case 0:
                    changed[at : at + 1] = bytes([chance.randrange(256)])
                case 1:
                    del changed[at : at + chance.randint(1, 20)]
                case 2:
                    changed[at:at] = changed[at : at + chance.randint(1, 50)]
                case 3:
                    changed[at:at] = chance.choice((b"\r\n", b"\n", b"\r\n\r\n", b" ", b"\x00", b"%", b":"))
                case _:
                    changed[at:at] = chance.randbytes(chance.randint(1, 8))
        return bytes(changed)

    def request(self) -> bytes:
        """Return what is sent on one connection."""
        kinds: tuple[Callable[[], bytes], ...] = (
            self._noise, self._valid, self._mutant, self._mutant, self._cut, self._odd, self._odd, self._chunked,
            self._several,
        )  # fmt: skip
        return self._chance.choice(kinds)()

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.randint(0, 2000))

    def _valid(self) -> bytes:
        chance = self._chance
        return chance.choice(
            (
                get(target("fuzz")),
                get(target("fuzz"), "User-Agent: curl/8.0", "Cookie: a=b", "X-Forwarded-For: 203.0.113.9"),
                get("/ping"),
                get("/divolte.js", "Accept-Encoding: gzip"),
                post(json.dumps([an_event(), {}]).encode(), "Content-Type: application/json"),
                post(b"{}", "Content-Type: text/plain"),
            )
        )

    def _mutant(self) -> bytes:
        return self.mutated(self._valid())

    def _cut(self) -> bytes:
        data = self._valid()
        return data[: self._chance.randrange(len(data))]

    def _odd(self) -> bytes:
        chance = self._chance
        many = chance.choice((0, 1, 2, 3, 5, 8, 250 if chance.random() < 0.1 else 4))
        line = b" ".join((chance.choice(METHODS), chance.choice(TARGETS), chance.choice(VERSIONS)))
        if chance.random() < 0.005:
            line = b"GET /csc-event?" + b"x" * 1_000_000 + b" HTTP/1.1"
        body = chance.choice((b"", b"hello", b"0\r\n\r\n", b"{}", get(target("fuzz"))))
        return b"\r\n".join([line, *chance.choices(HEADERS, k=many), b"", b""]) + body

    def _chunked(self) -> bytes:
        head = b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        return head + b"".join(self._chance.choices(CHUNKS, k=self._chance.randint(1, 4)))

    def _several(self) -> bytes:
        parts = [self._valid() for _ in range(self._chance.randint(1, 6))]
        parts.insert(
            self._chance.randrange(len(parts) + 1), self._chance.choice((self._mutant, self._odd, self._cut))()
        )
        return b"".join(parts)

    def pieces(self, data: bytes) -> list[bytes]:
        """Return the data as it is sent: mostly at once, sometimes in pieces."""
        if self._chance.random() < 0.8 or len(data) < 2:
            return [data]
        at = self._chance.randrange(1, len(data))
        return [data[:at], data[at:]]

    def ending(self) -> str:
        """Return how the client ends: it waits for the other side's end, or leaves, politely or not."""
        return self._chance.choice(("wait", "wait", "leave", "reset"))

    def event(self, id: str) -> bytes:
        """Return one event of a body; it may be no JSON at all."""
        chance, event = self._chance, an_event(eventId=id)
        for _ in range(chance.choice((0, 0, 1, 2, 4))):
            name = chance.choice(MEMBERS)
            if chance.random() < 0.3:
                event.pop(name, None)
            else:
                event[name] = chance.choice(NASTY)
        data = json.dumps(event, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        if chance.random() < 0.15:
            at = chance.randrange(len(data) + 1)
            data = data[:at] + chance.choice(SPLICES) + data[at:]
        return data

    def body(self, ids: Sequence[str]) -> tuple[bytes, str]:
        """Return a body of so many events and its type. One that is lines has one on each, whatever it holds."""
        events = [self.event(id).replace(b"\r\n", b" ").replace(b"\n", b" ") for id in ids]
        if self._chance.random() < 0.5:
            return b"\n".join(events), "application/x-ndjson"
        return b"[" + b",".join(events) + b"]", "application/json"
