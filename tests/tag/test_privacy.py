"""What visitors do not want is not done: no cookie, nothing stored, nothing sent."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.tag.conftest import Log, settle, until
from tests.tag.rules import always, everything
from tests.tag.scripts import FULL, STALL
from tests.tag.shops import Gate, Shop

from footfall.settings import TagSettings
from footfall.tag import render

pytestmark = pytest.mark.browser

DNT: Final = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})"
GPC: Final = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
SIGNALS: Final = {"DNT": (DNT, "DNT"), "GPC": (GPC, "Sec-GPC")}


def trace(page: Page) -> list[object]:
    """Return what there is of the visitor in the browser."""
    found: list[object] = page.evaluate("[document.cookie, Object.keys(localStorage).filter((key) => key != 'shop')]")
    return found


def use(page: Page) -> None:
    """Do all that is counted otherwise: signal, click, go on, go away."""
    page.evaluate("divolte.signal('look')")
    page.click("button")
    page.evaluate("history.pushState({}, '', '/other')")
    page.evaluate("new Promise((done) => setTimeout(done))")
    page.evaluate("new Promise((done) => divolte.whenCommitted(done))")


BUTTON: Final = '<button data-footfall-event="buy_button_click">buy</button>'


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_visitor_who_objects_by_the_browser_is_left_alone(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log, signal: str
) -> None:
    script, header = SIGNALS[signal]
    context.add_init_script(script)
    context.set_extra_http_headers({header: "1"})
    page.goto(gated.page("/", BUTTON))
    use(page)

    assert page.evaluate("divolte.signal('look')") is None
    assert trace(page) == ["", []]
    page.goto(gated.page("/empty", tag=""))
    assert [asked.target for asked in gate.asked] == ["/plain/divolte.js"]
    assert log.all() == []


def test_without_a_signal_the_same_walk_leaves_traces(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    """Negative control."""
    page.goto(gated.page("/", BUTTON))
    use(page)
    settle(page)

    assert "_dvp=" in str(trace(page)[0])
    assert len(gate.events) == len(log.all()) == 4


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_shop_may_decide_otherwise(page: Page, gate: Gate, shop: Shop, log: Log, signal: str) -> None:
    page.add_init_script(SIGNALS[signal][0])
    shop.tag = gate.script("own", render(TagSettings(privacy_signals=False)))
    page.goto(shop.page("/"))
    settle(page)

    assert log.seen() == [("pageView", "/")]


def test_what_an_earlier_visit_left_is_removed_when_the_visitor_objects(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log
) -> None:
    """Cookies, and events that were not sent yet."""
    gate.closed = always(503)
    page.goto(gated.page("/"))
    page.evaluate("divolte.signal('look'); new Promise((done) => divolte.whenCommitted(done))")
    page.goto(gated.page("/empty", tag=""))
    until(lambda: any(asked.method == "POST" for asked in gate.events))
    sent = len(gate.events)
    gate.closed = everything
    page.add_init_script(GPC)
    page.goto(gated.page("/"))

    assert trace(page) == ["", []]
    page.goto(gated.page("/empty", tag=""))
    assert len(gate.events) == sent


def test_a_visitor_may_opt_out_and_in_again(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    """Out: forgotten, also on the pages to come. In: somebody new."""
    page.goto(gated.page("/", BUTTON))
    settle(page)
    before = page.evaluate("[divolte.partyId, divolte.sessionId]")
    page.evaluate("divolte.optOut()")
    assert page.evaluate("[divolte.partyId, divolte.sessionId]") == [None, None]
    use(page)
    page.goto(gated.page("/two", BUTTON))
    use(page)
    assert trace(page) == ["", ["footfall"]]
    assert len(gate.events) == 1

    page.evaluate("divolte.optIn()")
    settle(page)
    page.goto(gated.page("/three"))
    settle(page)

    assert log.seen() == [("pageView", "/"), ("pageView", "/other"), ("pageView", "/three")]
    old, new, same = (event.fields for event in log.all())
    assert [old["partyId"], old["sessionId"]] == before
    assert {new["partyId"], new["sessionId"]}.isdisjoint(before)
    assert (same["partyId"], same["sessionId"]) == (new["partyId"], new["sessionId"])
    assert [event.query["n"] for event in log.all()] == ["t", "t", "f"]


def test_who_opts_out_and_in_on_one_page_is_somebody_new(page: Page, gated: Shop, log: Log) -> None:
    page.goto(gated.page("/"))
    settle(page)
    page.evaluate("divolte.optOut(); divolte.optIn()")
    settle(page)

    first, second = log.all()
    assert first.fields["partyId"] != second.fields["partyId"]
    assert first.fields["sessionId"] != second.fields["sessionId"]
    assert first.fields["pageViewId"] != second.fields["pageViewId"]


def test_events_that_wait_are_forgotten_when_the_visitor_opts_out(
    page: Page, gate: Gate, gated: Shop, log: Log
) -> None:
    """Who waits for them is called: nothing will come."""
    page.add_init_script(STALL)
    gate.closed = always(503)
    page.goto(gated.page("/"))
    page.evaluate("[1, 2, 3].map(() => divolte.signal('look'))")
    until(lambda: len(gate.events) == 1)
    page.evaluate("new Promise((done) => { divolte.signal('x'); divolte.whenCommitted(done); divolte.optOut() })")
    gate.closed = everything
    page.evaluate("dispatchEvent(new Event('online'))")
    page.goto(gated.page("/two"))

    assert trace(page) == ["", ["footfall"]]
    assert len(gate.events) == 1
    assert log.all() == []


def test_opting_out_in_one_tab_holds_for_the_others(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log
) -> None:
    other = context.new_page()
    for each in (page, other):
        each.goto(gated.page("/", BUTTON))
        settle(each)
    page.evaluate("divolte.optOut()")
    until(lambda: other.evaluate("localStorage.footfall == 'out'"))
    use(other)
    other.close()

    assert trace(page) == ["", ["footfall"]]
    assert log.seen() == [("pageView", "/")] * 2


def test_a_choice_on_the_site_wins_over_the_browsers_signal(page: Page, gated: Shop, log: Log) -> None:
    page.add_init_script(GPC)
    page.goto(gated.page("/"))
    page.evaluate("divolte.optIn()")
    settle(page)
    page.goto(gated.page("/two"))
    settle(page)

    assert log.seen() == [("pageView", "/"), ("pageView", "/two")]


def test_where_consent_is_asked_for_nothing_happens_before(page: Page, gate: Gate, shop: Shop, log: Log) -> None:
    shop.tag = gate.script("wait", render(TagSettings(consent="wait")))
    page.goto(shop.page("/item/dress/", BUTTON))
    use(page)
    page.goto(shop.page("/item/hat/", BUTTON))
    assert page.evaluate("divolte.signal('look')") is None
    assert trace(page) == ["", []]
    assert gate.events == []

    page.evaluate("divolte.optIn()")
    page.click("button")
    settle(page)
    page.goto(shop.page("/two"))
    settle(page)
    page.evaluate("divolte.optOut()")
    page.goto(shop.page("/three"))
    page.goto(shop.page("/empty", tag=""))

    assert log.seen() == [("pageView", "/item/hat/"), ("buy_button_click", "/item/hat/"), ("pageView", "/two")]


def test_a_choice_holds_on_the_page_even_where_nothing_can_be_stored(
    page: Page, gate: Gate, gated: Shop, log: Log
) -> None:
    """The storage is full to the last byte."""
    page.add_init_script(FULL)
    page.goto(gated.page("/"))
    log.wait(1)
    page.evaluate("divolte.optOut()")

    assert page.evaluate("divolte.signal('look')") is None
    assert page.evaluate("[document.cookie, localStorage.footfall]") == ["", None]
    page.evaluate("divolte.optIn()")
    page.evaluate("divolte.signal('look')")
    assert [event.type for event in log.wait(3)] == ["pageView", "pageView", "look"]
