"""What the tag's tests share: node, a builder, a browser, a collector, a shop."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.tag.building import SOURCE, Builder, need
from tests.tag.collecting import Collector, Event
from tests.tag.scripts import QUEUED
from tests.tag.shops import Gate, Shop

from footfall.settings import TagSettings
from footfall.tag import render

Ask = Callable[[str, object], object]

AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""Chromium's own would be HeadlessChrome's: a robot's."""

_PATIENCE: Final = 30
"""Seconds until what has not come will not come; the machine may be busy."""


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Return what builds the tag."""
    return Builder(tmp_path_factory.mktemp("tag"))


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """Return what calls a function of the tag's modules, in a process of node."""
    command = [need("node"), str(Path(__file__).parent / "wire.mjs"), str(SOURCE / "src")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        assert node.stdin is not None
        assert node.stdout is not None
        send, receive = node.stdin, node.stdout

        def call(name: str, argument: object) -> object:
            send.write(json.dumps([name, argument]) + "\n")
            send.flush()
            return json.loads(receive.readline())

        yield call
        send.close()
        node.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium that keeps pages for "back".

    One a module: an event loop of Playwright's own runs in this thread while there is one.
    """
    chromium = need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-gpu",
                "--host-resolver-rules=MAP *.example 127.0.0.1",
            ],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a visitor: a browser without cookies."""
    context = browser.new_context(user_agent=AGENT)
    context.set_default_timeout(_PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return a tab."""
    return context.new_page()


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Return a collector with default settings that always runs."""
    collector = Collector(tmp_path_factory.mktemp("collector"))
    collector.start()
    yield collector
    collector.stop()


@pytest.fixture
def shop(collector: Collector) -> Iterator[Shop]:
    """Return a shop with the collector's tag."""
    shop = Shop(collector.tag)
    yield shop
    shop.close()


@pytest.fixture
def gate(collector: Collector) -> Iterator[Gate]:
    """Return a gate before the collector."""
    gate = Gate(collector.address)
    yield gate
    gate.close()


class Log:
    """What the collector has of one shop."""

    def __init__(self, collector: Collector, shop: Shop) -> None:
        self._collector, self._begin, self._start = collector, shop.address, collector.end()

    def all(self) -> list[Event]:
        """Return the records in log order, each as often as it was sent."""
        return self._collector.events(self._begin, self._start)

    def once(self) -> list[Event]:
        """Return the events as they are counted: of those of one session and id, the first."""
        found: dict[tuple[object, str], Event] = {}
        for event in self.all():
            found.setdefault((event.fields["sessionId"], event.id), event)
        return list(found.values())

    def wait(self, count: int) -> list[Event]:
        """Return the events once there are so many."""
        until(lambda: len(self.once()) >= count)
        return self.once()

    def seen(self) -> list[tuple[str, str]]:
        """Return type and path of each event."""
        return [(event.type, event.path) for event in self.once()]


@pytest.fixture
def log(collector: Collector, shop: Shop) -> Log:
    """Return what the collector has of the shop."""
    return Log(collector, shop)


def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; fail if it does not become so."""
    end = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def settle(page: Page) -> None:
    """Wait until the page has no event left that the collector has not answered."""
    until(lambda: page.evaluate(QUEUED) == 0)  # not wait_for_function: it needs the page's leave to evaluate


@pytest.fixture
def gated(gate: Gate, shop: Shop) -> Shop:
    """Return the shop with a tag that sends through the gate."""
    shop.tag = gate.script("plain", render(TagSettings()))
    return shop


@pytest.fixture
def errors(context: BrowserContext) -> Iterator[list[str]]:
    """Return what pages threw; fail if there is any at the end."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    yield found
    assert found == []
