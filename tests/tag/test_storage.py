"""The browser's storage: capped, full, forbidden, or with something else in it."""

from collections import Counter

import pytest
from playwright.sync_api import Page
from tests.tag.conftest import Log, until
from tests.tag.rules import always, everything
from tests.tag.scripts import BUY, FULL, HURRY
from tests.tag.shops import Gate, Shop

pytestmark = pytest.mark.browser


def test_the_storage_is_capped_and_what_does_not_fit_is_sent_from_memory(
    page: Page, gate: Gate, gated: Shop, log: Log, errors: list[str]
) -> None:
    gate.closed = always(503)
    page.goto(gated.page("/"))
    page.evaluate("() => { for (let i = 0; i < 80; i++) divolte.signal('look', {i, text: 'x'.repeat(9000)}) }")
    size = page.evaluate("Object.keys(localStorage).reduce((sum, key) => sum + localStorage[key].length, 0)")
    page.evaluate("() => { localStorage.own = 'y'.repeat(4e6); delete localStorage.own }")
    gate.closed = everything
    page.evaluate("dispatchEvent(new Event('online'))")
    log.wait(81)

    assert 400_000 < size <= 500_000
    assert Counter(event.type for event in log.once()) == {"pageView": 1, "look": 80}


@pytest.mark.parametrize(
    "storage",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})",
        "Object.defineProperty(window, 'localStorage', {value: null})",
        FULL,
    ],
    ids=["forbidden", "none", "full"],
)
def test_without_storage_the_memory_serves(
    page: Page, gate: Gate, gated: Shop, log: Log, errors: list[str], storage: str
) -> None:
    page.add_init_script(HURRY)
    page.add_init_script(storage)
    gate.closed = always(503)
    page.goto(gated.page("/item/dress/"))
    page.evaluate(BUY)
    until(lambda: len(gate.events) > 1)
    gate.closed = everything
    log.wait(2)
    page.evaluate(BUY)
    page.close()
    log.wait(3)

    assert [event.type for event in log.once()] == ["pageView", "buy_button_click", "buy_button_click"]


def test_what_others_store_under_the_tags_names_harms_nobody(
    page: Page, shop: Shop, log: Log, errors: list[str]
) -> None:
    page.goto(shop.page("/empty", tag=""))
    for value in ("", "{", "null", "[]", "[0,0]", '[0,0,{"e":"x"}]', '[0,0,{"e":5}]', "[1,2,3]"):
        page.evaluate("(value) => { localStorage['footfall:' + value] = value }", value)
    page.goto(shop.page("/"))
    log.wait(1)
    page.evaluate("divolte.signal('look')")
    log.wait(2)

    assert [event.type for event in log.once()] == ["pageView", "look"]
