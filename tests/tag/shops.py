"""Small web servers for a browser: a shop of a few pages, and a gate before the collector that can be closed."""

import threading
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_HEAD: Final = '<!doctype html><html lang="ru"><head><meta charset="utf-8"><link rel="icon" href="data:,">'


class Asked(NamedTuple):
    """A request that a server saw."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What a server answers."""

    status: int = 200
    """0: nothing, the connection ends."""
    body: bytes = b""
    headers: Mapping[str, str] = {}
    after: bool = False
    """Of a gate: it passes the request on, and answers this in place of the collector's answer."""


Rule = Callable[[Asked], Answer]


class Server:
    """Answers by a rule, in threads, a connection a request; remembers what it was asked."""

    def __init__(self, rule: Rule) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                seen = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(size))
                asked.append(seen)
                answer = rule(seen)
                if not answer.status:
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_OPTIONS = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Let browsers hang up."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Shop(Server):
    """Pages by their paths, each with the tag."""

    def __init__(self, tag: str) -> None:
        self.tag, self._pages = tag, dict[str, Answer]()
        super().__init__(self._answer)

    def page(
        self, path: str, body: str = "", *, tag: str | None = None, headers: Mapping[str, str] | None = None
    ) -> str:
        """Put a page there and return its address. `tag`: the markup of its own that loads the script."""
        markup = f'<script src="{self.tag}" defer async></script>' if tag is None else tag
        html = f"{_HEAD}<title>{path}</title>{markup}</head><body>{body}</body></html>"
        return self.put(path, html, {"Content-Type": "text/html; charset=utf-8", **(headers or {})})

    def put(self, path: str, text: str, headers: Mapping[str, str]) -> str:
        """Put anything there and return its address."""
        self._pages[path] = Answer(200, text.encode(), headers)
        return self.address + path

    def _answer(self, asked: Asked) -> Answer:
        path = urlsplit(asked.target).path
        return self._pages.get(path, Answer(404))


class Gate(Server):
    """Stands before a collector: serves scripts under names, and passes events on, or answers them itself.

    The script of `NAME` sends to `/NAME/csc-event` and `/NAME/events`.
    """

    def __init__(self, collector: str) -> None:
        self._host = urlsplit(collector).netloc
        self._scripts: dict[str, bytes] = {}
        self.closed: Callable[[Asked], Answer | None] = lambda _: None
        """Answers in the collector's place, or not: None."""
        super().__init__(self._answer)

    def script(self, name: str, script: bytes) -> str:
        """Serve the script and return its address."""
        self._scripts[f"/{name}/divolte.js"] = script
        return f"{self.address}/{name}/divolte.js"

    @property
    def events(self) -> list[Asked]:
        """What was asked of the collector."""
        return [asked for asked in self.asked if "/csc-event" in asked.target or asked.target.endswith("/events")]

    def _answer(self, asked: Asked) -> Answer:
        if asked.target in self._scripts:
            return Answer(200, self._scripts[asked.target], {"Content-Type": "application/javascript"})
        answer = self.closed(asked)
        passed = self._pass_on(asked) if answer is None or answer.after else Answer(0)
        return answer or passed

    def _pass_on(self, asked: Asked) -> Answer:
        target = "/" + asked.target.lstrip("/").partition("/")[2]
        kept = {name: value for name, value in asked.headers.items() if name.lower() not in ("host", "connection")}
        connection = HTTPConnection(self._host, timeout=10)
        try:
            connection.request(asked.method, target, asked.body or None, kept)
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _OURS}
            return Answer(answer.status, answer.read(), headers)
        except (OSError, HTTPException):
            return Answer(0)
        finally:
            connection.close()


_OURS: Final = frozenset({"content-length", "connection", "server", "date", "transfer-encoding"})
