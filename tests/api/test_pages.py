"""The documentation page: ours alone, drawn from OpenAPI, under a strict policy."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.answers.facts import example, fill
from tests.api.clients import Served, client_of, served

from footfall.store import MemoryStore, open_store

PARTS = ["/docs", "/docs/docs.js", "/docs/docs.css"]


@pytest.mark.parametrize("path", PARTS)
def test_no_part_of_the_page_names_another_host(path: str) -> None:
    answer = client_of(MemoryStore()).get(path)

    assert answer.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+|@import|url\(", answer.text) == []


@pytest.mark.parametrize("path", PARTS)
def test_the_policy_allows_nothing_but_our_own_files(path: str) -> None:
    policy = client_of(MemoryStore()).get(path).headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PARTS)
def test_an_unchanged_part_is_not_sent_again(path: str) -> None:
    client = client_of(MemoryStore())
    tag = client.get(path).headers["etag"]

    again = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_the_whole_page_is_small() -> None:
    client = client_of(MemoryStore())

    assert sum(len(client.get(path).content) for path in PARTS) < 12_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("data")
    store = open_store(folder / "store.db")
    fill(store, example(1_790_000_040_000))
    store.close()
    with served(folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI") != "true":
        pytest.skip("no chromium on this machine")
    assert chromium is not None, "chromium is missing; expected Debian's chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.browser
def test_a_browser_draws_every_address_and_asks_nobody_else(server: Served, page: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(text_of(message)))
    page.on("pageerror", lambda error: said.append(str(error)))

    page.goto(f"{server.address}/docs")
    page.wait_for_selector("section")

    addresses = [text.removeprefix("GET") for text in page.locator(".address").all_inner_texts()]
    assert addresses == [
        "/api/v1.0/users",
        "/api/v1.0/users/{timestamp}",
        "/api/v1.0/orders",
        "/api/v1.0/orders/{timestamp}",
        "/health",
        "/metrics",
    ]
    assert asked == [server.address + path for path in ("/docs", "/docs/docs.css", "/docs/docs.js", "/openapi.json")]
    assert said == []


def text_of(message: ConsoleMessage) -> str:
    return message.text


@pytest.mark.browser
def test_an_address_can_be_tried_on_the_page(server: Served, page: Page) -> None:
    page.goto(f"{server.address}/docs")
    section = page.locator("section").filter(has_text="Pieces and money put into carts since a moment")
    section.locator("input").fill("1790000000")
    section.get_by_role("button").click()

    shown = section.locator("[aria-live] pre")
    shown.wait_for()
    assert '"sum": 3980' in shown.inner_text()

    section.locator("input").fill("-5")
    section.get_by_role("button").click()
    page.wait_for_selector("[aria-live] .wrong")
    assert '"parameter": "timestamp"' in section.locator("[aria-live] pre").inner_text()


@pytest.mark.browser
def test_the_policy_stops_what_is_not_ours(server: Served, page: Page) -> None:
    """Negative control: with an inline script and one of another host, the console tells of two refusals."""
    said: list[str] = []
    page.on("console", lambda message: said.append(text_of(message)))
    page.goto(f"{server.address}/docs")
    page.wait_for_selector("section")

    page.evaluate(
        """() => {
            const inline = (s) => { s.textContent = "window.broken = 1" };
            const foreign = (s) => { s.src = "http://127.0.0.1:9/x.js" };
            for (const make of [inline, foreign]) {
                const script = document.createElement("script"); make(script); document.head.append(script);
            }
        }"""
    )
    page.wait_for_timeout(200)

    assert page.evaluate("window.broken") is None
    assert len([text for text in said if "Content Security Policy" in text]) == 2
