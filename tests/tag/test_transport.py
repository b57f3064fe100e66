"""By which ways events go: fetched, posted when the page goes, as pictures where a page forbids fetching."""

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.tag.conftest import Log, settle
from tests.tag.rules import CORS, always, everything
from tests.tag.scripts import BUY, HURRY, TRIED
from tests.tag.shops import Answer, Gate, Shop

pytestmark = pytest.mark.browser


def test_events_are_fetched_and_posted_only_when_the_page_goes(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log
) -> None:
    page.goto(gated.page("/"))
    page.evaluate("[1, 2, 3].map(() => divolte.signal('look'))")
    settle(page)
    assert {
        (asked.method, asked.headers["Sec-Fetch-Dest"], asked.headers["Sec-Fetch-Mode"]) for asked in gate.events
    } == {("GET", "empty", "cors")}
    gate.closed = lambda asked: Answer(503, b"", CORS) if asked.method == "GET" else None
    page.evaluate(
        "divolte.signal('leave'); divolte.signal('leave'); new Promise((done) => divolte.whenCommitted(done))"
    )
    page.close()
    log.wait(6)

    posts = [asked for asked in gate.events if asked.method == "POST"]
    assert {asked.target for asked in posts} == {"/plain/events"}
    assert {asked.headers["Content-Type"] for asked in posts} == {"text/plain;charset=UTF-8"}
    assert [event.type for event in log.once()] == ["pageView", *["look"] * 3, *["leave"] * 2]
    assert all("Cookie" not in asked.headers for asked in gate.events if asked.method == "GET")


def test_what_is_too_much_for_the_browser_goes_from_the_oldest_on(
    page: Page, gate: Gate, gated: Shop, log: Log
) -> None:
    """A browser takes 64 kB. What is left over waits in the storage for the next page; the order stays."""
    gate.closed = always(503)
    page.goto(gated.page("/"))
    page.evaluate("() => { for (let i = 0; i < 30; i++) divolte.signal('look', {i, text: 'x'.repeat(5000)}) }")
    page.evaluate(TRIED)
    gate.closed = everything
    page.goto(gated.page("/empty", tag=""))
    log.wait(7)

    posted = [event for event in log.all() if event.posted]
    assert 7 <= len(posted) < 15
    numbers = [int(event.id[34:], 16) for event in posted]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    page.goto(gated.page("/next"))
    settle(page)
    assert len(log.once()) == 32


def test_where_a_page_forbids_fetching_images_do(
    page: Page, gate: Gate, gated: Shop, log: Log, errors: list[str]
) -> None:
    policy = {"Content-Security-Policy": f"default-src 'none'; script-src {gate.address}; img-src {gate.address} data:"}
    page.add_init_script(HURRY)
    gate.closed = lambda asked: Answer(503) if len(gate.events) < 3 else None
    page.goto(gated.page("/item/dress/", headers=policy))
    id = page.evaluate(BUY)
    settle(page)
    last = page.evaluate(BUY)
    page.close()
    log.wait(3)

    assert {(asked.method, asked.headers["Sec-Fetch-Dest"]) for asked in gate.events} == {("GET", "image")}
    assert [event.id for event in log.once()[1:]] == [id, last]


def test_where_a_page_forbids_everything_it_goes_on_undisturbed(
    page: Page, gate: Gate, gated: Shop, errors: list[str]
) -> None:
    page.goto(gated.page("/", headers={"Content-Security-Policy": f"default-src 'none'; script-src {gate.address}"}))
    assert page.evaluate("new Promise((done) => { divolte.signal('look'); divolte.whenCommitted(() => done(1)) })") == 1

    assert gate.events == []
