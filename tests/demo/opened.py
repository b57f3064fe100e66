"""The demo as a person starts it, a browser before it, and what the API says."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, BrowserContext, Page, Request
from tests.cli.calling import Up, ask, call, running

from footfall import wiring
from footfall.model.steps import Tally
from footfall.settings import load

AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""Chromium's own would be HeadlessChrome's: a robot's."""

BUY: Final = ".product-item-detail-buy-button"
AMOUNT: Final = ".product-item-amount-field"
QUEUED: Final = "Object.keys(localStorage).filter((key) => key.startsWith('footfall:')).length"
"""Script: how many events the tag has stored."""


class Numbers(NamedTuple):
    """What the API says of one product."""

    views: int
    depth: int
    """Sum of the depths of the views."""
    pieces: int
    money: float

    def __sub__(self, other: "Numbers") -> "Numbers":
        return Numbers(
            self.views - other.views,
            self.depth - other.depth,
            self.pieces - other.pieces,
            round(self.money - other.money, 4),
        )


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    up: Up
    data: Path
    shop: str
    collector: str
    api: str
    since: int
    """Unix second from which numbers are asked."""

    def numbers(self, item: str) -> Numbers:
        """Return the numbers of a product since the demo was opened."""
        views = self._row("users", item, {"count": 0, "deep": 0.0})
        orders = self._row("orders", item, {"count": 0, "sum": 0.0})
        count = round(views["count"])
        return Numbers(count, round(views["deep"] * count), round(orders["count"]), orders["sum"])

    def _row(self, question: str, item: str, none: dict[str, float]) -> dict[str, float]:
        rows = ask(f"{self.api}/api/v1.0/{question}/{self.since}")["contents"]
        return next((row for row in rows if row["id_item"] == item and row["url"] == "127.0.0.1"), none)

    def grown(self, item: str, before: Numbers, expected: Numbers, seconds: float = 10) -> Numbers:
        """Return by how much the numbers grew, once it is as expected, or when the time is over."""
        end = time.monotonic() + seconds
        while (growth := self.numbers(item) - before) != expected and time.monotonic() < end:
            time.sleep(0.02)
        return growth

    def tally(self) -> Tally:
        """Return how all events so far ended."""
        settings = load(environ={}, flags={"data": str(self.data)})
        with wiring.existing_store(settings) as store:
            return store.tally()

    @contextlib.contextmanager
    def without_collector(self, how: str) -> Iterator[None]:
        """Let nobody be answered by the collector meanwhile: it is `frozen`, or `killed` and not started again."""
        supervisor, collector = self.up.process.pid, self._collector()
        if how == "frozen":
            os.kill(collector, signal.SIGSTOP)
        else:
            os.kill(supervisor, signal.SIGSTOP)  # so that it does not start another at once
            os.kill(collector, signal.SIGKILL)
        try:
            yield
        finally:
            os.kill(collector if how == "frozen" else supervisor, signal.SIGCONT)

    def _collector(self) -> int:
        port = urlsplit(self.collector).port
        for child in psutil.Process(self.up.process.pid).children():
            if any(held.status == "LISTEN" and held.laddr.port == port for held in child.net_connections()):
                return child.pid
        raise AssertionError("the collector does not listen")

    def verified(self) -> str:
        """Return what `footfall ledger --verify` says last."""
        done = call(self.data.parent, "--data", str(self.data), "ledger", "--verify")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Demo]:
    """Run `footfall demo` on free ports, in a folder of its own."""
    data, since = folder / "demo", int(time.time())
    ports = [part for name in ("shop", "collector", "api") for part in (f"--{name}-port", "0")]
    with running(folder, "--data", str(data), "demo", *ports) as up:
        up.wait_for("Ctrl-C ends it.", 120)
        addresses = {name: up.address(name) for name in ("shop", "tag", "API")}
        yield Demo(
            up,
            data,
            addresses["shop"].rstrip("/"),
            addresses["tag"].removesuffix("/divolte.js"),
            addresses["API"].removesuffix("/docs"),
            since,
        )


class Visitor:
    """A browser without cookies, and everything it asked for and complained of."""

    def __init__(self, browser: Browser, shop: str, agent: str | None = AGENT, **options: object) -> None:
        self.context: BrowserContext = browser.new_context(user_agent=agent, locale="ru-RU", **options)  # type: ignore[arg-type]
        self.context.set_default_timeout(10_000)
        self.asked: list[Request] = []
        self.complaints: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request))
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", lambda message: self._hear(message.text))
        self._shop = shop

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or "Refused" in text:
            self.complaints.append(text)

    def page(self, path: str) -> Page:
        """Return a new tab that shows a page of the shop."""
        page = self.context.new_page()
        page.goto(self._shop + path)
        return page

    def hosts(self) -> set[str | None]:
        """Return all hosts that were asked."""
        return {urlsplit(request.url).hostname for request in self.asked if not request.url.startswith("data:")}

    def asked_of(self, address: str) -> list[str]:
        """Return the paths that were asked of a server."""
        return [urlsplit(request.url).path for request in self.asked if request.url.startswith(address + "/")]


def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until it is true; fail if it does not become so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
