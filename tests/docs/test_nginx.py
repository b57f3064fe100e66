"""The file for nginx in docs/how-to/run-it-always.md, in a real nginx before a real Footfall; only TLS is left out."""

import base64
import http.client
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from tests.cli.calling import BROWSER, Up, call, running
from tests.docs.pages import DOCS, page_of
from tests.docs.walking import free_port, until

SPOOFED: Final = {"User-Agent": BROWSER, "X-Forwarded-For": "203.0.113.9"}


@contextmanager
def proxied(folder: Path, up: Up, block: str) -> Iterator[tuple[int, int]]:
    """Run nginx with the block; yield its ports for browsers and for people."""
    events, numbers = free_port(), free_port()
    (folder / "users").write_text("owner:{PLAIN}secret\n")
    (folder / "users").chmod(0o644)
    text = re.sub(r"^ *ssl_.*\n", "", block, flags=re.MULTILINE)
    for port in (events, numbers):
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};", 1)
    for ours, theirs in (("8290", up.address("collector")), ("5001", up.address("API"))):
        text = text.replace(f"http://127.0.0.1:{ours}", theirs)
    text = text.replace("/etc/nginx/footfall.users", str(folder / "users"))
    head = f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
    temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"{head}{_user()}http {{ access_log off; {temporary}\n{text}}}\n")
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(
            ["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")], stdout=log, stderr=log
        )
    try:
        until(lambda: str(_status(events, "/")), lambda status: status != "0")
        yield events, numbers
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _user() -> str:
    return "user root;\n" if os.getuid() == 0 else ""  # so that the worker may read the test's folder


def _status(port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET", body: str = "") -> int:
    """Return the status of a request; 0 if nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body or None, headers or SPOOFED)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _event(location: str) -> str:
    ids = "p=0%3Ai1t84hgy%3A5AF&s=0%3Ai1t84hgy%3A95C&v=0%3A1fF6&e=0%3A1fF60&c=i1t8q2b6&n=f&f=f"
    return f"/csc-event?{ids}&t=pageView&l={quote(location, safe='')}&x=0"


@pytest.fixture
def block() -> str:
    if shutil.which("nginx") is None and os.environ.get("CI") != "true":
        pytest.skip("no nginx on this machine")
    return page_of(DOCS / "how-to" / "run-it-always.md").fenced("nginx")[0].text


def test_the_file_opens_what_browsers_need_and_keeps_the_numbers_behind_a_password(block: str, tmp_path: Path) -> None:
    (tmp_path / "footfall.toml").write_text('[privacy]\nforwarded = true\naddresses = "full"\n')
    password = {"Authorization": f"Basic {base64.b64encode(b'owner:secret').decode()}"}
    json = SPOOFED | {"Content-Type": "application/json"}
    with running(tmp_path, "up", "--collector-port", "0", "--api-port", "0") as up:
        with proxied(tmp_path, up, block) as (events, numbers):
            assert _status(events, _event("https://shop.example/item/dress/")) == 200
            assert _status(events, _event("https://shop.example/item/" + "x" * 200_000)) == 200
            assert _status(events, "/events", json, "POST", "{}") == 422
            assert [_status(events, path) for path in ("/divolte.js", "/footfall.js")] == [200, 200]
            assert [_status(events, path) for path in ("/health", "/metrics", "/")] == [404, 404, 404]
            assert _status(numbers, "/api/v1.0/users") == 401
            assert _status(numbers, "/api/v1.0/users", password) == 200
        assert '"remoteHost": "127.0.0.1"' in call(tmp_path, "events", "--json", "--limit", "1").stdout


def test_without_its_buffers_a_long_event_is_refused(block: str, tmp_path: Path) -> None:
    """Negative control: the line is there for a reason."""
    narrow = re.sub(r"^ *large_client_header_buffers.*\n", "", block, flags=re.MULTILINE)
    with (
        running(tmp_path, "up", "--collector-port", "0", "--api-port", "0") as up,
        proxied(tmp_path, up, narrow) as (events, _),
    ):
        assert _status(events, _event("https://shop.example/item/" + "x" * 20_000)) == 414
