"""A schema registry for tests: a small server that follows Confluent's public HTTP API, not Confluent's own program."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TYPE = "application/vnd.schemaregistry.v1+json"


@dataclass
class Registry:
    """What it holds, and what it wants."""

    address: str = ""
    schemas: list[str] = field(default_factory=list)
    """The schema of number n is at n - 1."""
    subjects: dict[str, list[int]] = field(default_factory=dict)
    login: str = ""
    """NAME:PASSWORD; empty: whoever asks is answered."""
    refusing: tuple[int, str] = (0, "")
    """Status and message of every answer to a registration; 0: it takes them."""


class _Handler(BaseHTTPRequestHandler):
    registry: Registry

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = re.fullmatch(r"/subjects/([^/]+)/versions", self.path)
        if not self._welcome():
            self._answer(401, {"error_code": 401, "message": "Unauthorized"})
        elif self.headers["Content-Type"] != TYPE:
            self._answer(415, {"error_code": 415, "message": "HTTP 415 Unsupported Media Type"})
        elif found is None:
            self._answer(404, {"error_code": 404, "message": "HTTP 404 Not Found"})
        elif self.registry.refusing[0]:
            status, message = self.registry.refusing
            self._answer(status, {"error_code": status, "message": message})
        else:
            self._answer(200, {"id": self._register(found[1], body["schema"])})

    def do_GET(self) -> None:
        found = re.fullmatch(r"/schemas/ids/([0-9]+)", self.path)
        if found is None or not 0 < int(found[1]) <= len(self.registry.schemas):
            self._answer(404, {"error_code": 40403, "message": "Schema not found"})
        else:
            self._answer(200, {"schema": self.registry.schemas[int(found[1]) - 1]})

    def _register(self, subject: str, schema: str) -> int:
        schemas = self.registry.schemas
        if schema not in schemas:
            schemas.append(schema)
        number = schemas.index(schema) + 1
        versions = self.registry.subjects.setdefault(subject, [])
        if number not in versions:
            versions.append(number)
        return number

    def _welcome(self) -> bool:
        wanted = "Basic " + base64.b64encode(self.registry.login.encode()).decode()
        return not self.registry.login or self.headers["Authorization"] == wanted

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Registry]:
    """Run a registry on a free port."""
    registry = Registry()
    handler = type("Handler", (_Handler,), {"registry": registry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    registry.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
