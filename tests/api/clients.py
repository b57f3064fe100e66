"""A client of an app in this process, and a server in another."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from footfall.answers import Answers
from footfall.api import create_app
from footfall.settings import Settings, load
from footfall.store import Store

NOW = 1_790_004_040
"""Unix second at which the tests ask."""


def settings_of(**flags: object) -> Settings:
    """Return settings; `hosts=...` is api.hosts."""
    return load(environ={}, flags={f"api.{name}": value for name, value in flags.items()})


class _Transport(httpx.BaseTransport):
    """Gives each request to the app in an event loop of its own, in a thread: a browser's may run in this one."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            answer = await self._inner.handle_async_request(request)
            body = b"".join([part async for part in answer.aiter_raw()])
            return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(ask())).result()


def client_of(
    store: Store, *, ends: Callable[[], Mapping[str, int]] | None = None, now: float = NOW, **flags: object
) -> httpx.Client:
    """Return a client of the API over `store`."""
    app = create_app(Answers(store, ends, lambda: now), settings_of(**flags))
    return httpx.Client(transport=_Transport(app), base_url="http://localhost:5001")


@dataclass(frozen=True)
class Served:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    address: str
    before: str
    """What it printed before its address."""

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@contextmanager
def served(data: Path, *flags: str, delay: float = 0.0) -> Iterator[Served]:
    """Serve the store in the folder `data` on a free port; `flags` are `api.KEY=VALUE`; end it by SIGTERM."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    command = [sys.executable, "-m", "tests.api.server", str(data), str(delay), "api.port=0", *flags]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        before = ""
        while not (line := process.stdout.readline()).startswith("http://"):
            assert line, before + process.communicate(timeout=10)[1]
            before += line
        yield Served(process, line.strip(), before)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
