"""Nothing is lost in the browser: an event is kept and sent again, under the same id, until the collector has it."""

import threading
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.tag.building import Builder
from tests.tag.collecting import Collector
from tests.tag.conftest import Log, settle, until
from tests.tag.rules import CORS, Rule, always, everything, holding
from tests.tag.scripts import BUY, CLOCK, HURRY, QUEUED, STALL, TRIED, rendered
from tests.tag.shops import Answer, Asked, Gate, Shop

pytestmark = pytest.mark.browser

# The collector away


def test_while_the_collector_is_away_nothing_is_lost(page: Page, tmp_path: Path, errors: list[str]) -> None:
    """Stopped and started again for real; the page tries again by itself."""
    collector = Collector(tmp_path)
    collector.start()
    shop = Shop(collector.tag)
    try:
        page.goto(shop.page("/item/dress/"))
        settle(page)
        collector.stop()
        ids = page.evaluate(f"[1, 2, 3].map(() => {BUY})")
        page.wait_for_function(f"{QUEUED} == 3")
        collector.start()
        settle(page)

        events = collector.events(shop.address)
        assert [event.id for event in events[1:]] == ids
        assert {event.fields["sessionId"] for event in events} == {events[0].fields["sessionId"]}
    finally:
        shop.close()
        collector.stop()


def test_the_next_page_takes_over_what_one_left_behind(
    page: Page, gate: Gate, gated: Shop, log: Log, errors: list[str]
) -> None:
    gated.page("/two")
    page.goto(gated.page("/one"))
    settle(page)
    gate.closed = always(0)
    ids = page.evaluate(f"[{BUY}, {BUY}]")
    page.goto(f"{gated.address}/two")
    page.goto(f"{gated.address}/one")
    assert page.evaluate(QUEUED) == 4
    gate.closed = everything
    page.goto(f"{gated.address}/two")
    settle(page)

    events = log.once()
    assert [event.path for event in sorted(events, key=lambda event: event.fields["clientTimestamp"])] == [
        *["/one"] * 3, "/two", "/one", "/two"
    ]  # fmt: skip
    assert sorted(event.id for event in events if event.type == "buy_button_click") == sorted(ids)


def test_a_queue_that_does_not_store_loses_them(
    page: Page, gate: Gate, gated: Shop, log: Log, builder: Builder
) -> None:
    """Negative control: the same walk without the browser's storage."""
    built = builder.build(
        {"queue.js": ("return (entry.slot in storage || roomy()) && keep(entry.slot, text);", "return false;")}
    )
    gated.tag = gate.script("broken", rendered(built))
    page.goto(gated.page("/one"))
    log.wait(1)
    gate.closed = always(0)
    page.evaluate(f"[{BUY}, {BUY}]")
    page.goto(gated.page("/two"))
    gate.closed = everything
    page.goto(gated.page("/three"))
    log.wait(2)
    page.evaluate(TRIED)

    assert {type for type, _ in log.seen()} == {"pageView"}


def test_closing_the_tab_right_after_the_click_loses_nothing(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log
) -> None:
    """What is on its way arrives; what waits behind it is handed to the browser, that posts it."""
    held = threading.Event()
    gate.closed = holding(held, lambda asked: asked.method == "GET")
    page.goto(gated.page("/item/dress/", f'<button onclick="{BUY.replace(chr(39), "&#39;")}">buy</button>'))
    page.click("button")
    page.close()
    until(lambda: len(log.once()) == 1)
    held.set()
    log.wait(2)

    assert [event.posted for event in log.all()] == [True, False]
    assert sorted(log.seen()) == [("buy_button_click", "/item/dress/"), ("pageView", "/item/dress/")]


def test_a_tag_that_hands_nothing_over_leaves_the_click_behind(
    page: Page, gate: Gate, gated: Shop, log: Log, builder: Builder
) -> None:
    """Negative control: the same without `sendBeacon`. The click waits for another page of the shop."""
    built = builder.build({"transport.js": ("return navigator.sendBeacon(", "return 0 && navigator.sendBeacon(")})
    gated.tag = gate.script("broken", rendered(built))
    held = threading.Event()
    gate.closed = holding(held, lambda asked: asked.method == "GET")
    page.goto(gated.page("/item/dress/"))
    page.evaluate(BUY)
    page.goto(gated.page("/empty", tag=""))
    held.set()
    log.wait(1)

    assert page.evaluate(QUEUED) == 2
    assert log.seen() == [("pageView", "/item/dress/")]


def test_a_link_followed_right_after_the_click_loses_nothing(page: Page, shop: Shop, log: Log) -> None:
    shop.page("/cart")
    page.goto(shop.page("/item/dress/", '<a href="/cart" data-footfall-event="buy_button_click">buy</a>'))
    page.click("a")
    page.wait_for_url("**/cart")
    settle(page)

    assert log.seen() == [("pageView", "/item/dress/"), ("buy_button_click", "/item/dress/"), ("pageView", "/cart")]


def test_an_event_that_a_page_signals_when_it_goes_arrives(page: Page, shop: Shop, log: Log) -> None:
    """Also from handlers that run after the tag's own."""
    body = """<script>
        addEventListener("pagehide", () => { divolte.signal("gone"); divolte.signal("really") });
        document.addEventListener("visibilitychange", () => divolte.signal("hidden"));
    </script>"""
    page.goto(shop.page("/item/dress/", body))
    settle(page)
    page.close()
    events = log.wait(4)

    assert sorted(event.type for event in events) == ["gone", "hidden", "pageView", "really"]


def test_two_tabs_lose_nothing_of_each_other(
    page: Page, context: BrowserContext, gate: Gate, gated: Shop, log: Log
) -> None:
    gate.closed = always(503)
    other = context.new_page()
    for each in (page, other):
        each.goto(gated.page("/item/dress/"))
    ids = [each.evaluate(BUY) for each in (page, other) * 3]
    until(lambda: page.evaluate(QUEUED) == 8)
    gate.closed = everything
    page.close()
    # Again and again: what the closed tab stored last reaches the other one's process a moment later.
    until(lambda: other.evaluate(f"dispatchEvent(new Event('online')); {QUEUED}") == 0)

    assert sorted(event.id for event in log.once() if event.type != "pageView") == sorted(ids)
    assert len(log.once()) == 8


def test_a_page_that_comes_back_as_it_was_has_lost_nothing(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    """From the back/forward cache, with events that its successor took over, and of which it knows nothing."""
    shows = "<script>addEventListener('pageshow', (event) => (window.persisted = event.persisted))</script>"
    gate.closed = always(503)
    page.goto(gated.page("/one", shows))
    page.evaluate(f"{BUY}; {TRIED}")
    page.goto(gated.page("/two", shows))
    page.evaluate(f"{BUY}; {TRIED}")
    page.go_back(wait_until="commit")
    page.wait_for_function("window.persisted")
    page.evaluate(f"{BUY}; {TRIED}")
    gate.closed = everything
    page.evaluate("dispatchEvent(new Event('online'))")
    settle(page)

    assert Counter(log.seen()) == {
        ("pageView", "/one"): 2,
        ("buy_button_click", "/one"): 2,
        ("pageView", "/two"): 1,
        ("buy_button_click", "/two"): 1,
    }


# Answers


@pytest.mark.parametrize("status", [429, 503, 0])
def test_what_may_succeed_later_is_sent_again_with_the_same_id(
    page: Page, gate: Gate, gated: Shop, log: Log, status: int
) -> None:
    page.add_init_script(HURRY)
    page.goto(gated.page("/"))
    settle(page)
    gate.closed = always(status)
    id = page.evaluate(BUY)
    tries = [asked for asked in gate.events if "buy_button_click" in asked.target]
    until(lambda: len([asked for asked in gate.events if "buy_button_click" in asked.target]) > len(tries) + 1)
    gate.closed = everything
    settle(page)

    tries = [asked for asked in gate.events if "buy_button_click" in asked.target]
    assert len(tries) > 2
    assert len({asked.target for asked in tries}) == 1
    assert [event.id for event in log.all() if event.type == "buy_button_click"] == [id]


@pytest.mark.parametrize("status", [400, 404])
def test_what_is_refused_is_not_sent_again_and_the_next_event_tells(
    page: Page, gate: Gate, gated: Shop, log: Log, status: int
) -> None:
    page.goto(gated.page("/"))
    settle(page)
    gate.closed = always(status)
    page.evaluate(f"[{BUY}, {BUY}]")
    settle(page)
    gate.closed = everything
    page.evaluate("divolte.signal('one')")
    page.evaluate("divolte.signal('two')")
    settle(page)

    assert len([asked for asked in gate.events if "buy_button_click" in asked.target]) == 2
    assert [(event.type, event.query.get("g")) for event in log.all()] == [
        ("pageView", None),
        ("one", "2"),
        ("two", None),
    ]


def first_answer_lost() -> Rule:
    """Return a rule: the first click is on disk, but its answer does not come back."""
    lost: list[Asked] = []

    def rule(asked: Asked) -> Answer | None:
        if "buy_button_click" not in asked.target or lost:
            return None
        lost.append(asked)
        return Answer(503, b"", CORS, after=True)

    return rule


def test_an_event_whose_answer_was_lost_counts_once(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    gate.closed = first_answer_lost()
    page.goto(gated.page("/item/dress/"))
    page.evaluate(BUY)
    settle(page)

    assert [event.type for event in log.all()] == ["pageView", "buy_button_click", "buy_button_click"]
    assert [event.type for event in log.once()] == ["pageView", "buy_button_click"]


def test_a_retry_that_makes_a_new_id_counts_twice(
    page: Page, gate: Gate, gated: Shop, log: Log, builder: Builder
) -> None:
    """Negative control."""
    built = builder.build(
        {"queue.js": ("  if (outcome == FAILED) {", '  if (outcome == FAILED) { entry.event.e += "x";')}
    )
    gated.tag = gate.script("broken", rendered(built))
    gate.closed = first_answer_lost()
    page.goto(gated.page("/item/dress/"))
    page.evaluate(BUY)
    settle(page)

    assert [event.type for event in log.once()] == ["pageView", "buy_button_click", "buy_button_click"]


def test_pauses_grow_to_a_minute_and_differ_between_visitors(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    page.add_init_script(HURRY)
    gate.closed = always(503)
    page.goto(gated.page("/"))
    until(lambda: page.evaluate("pauses.length") == 8)
    gate.closed = everything
    settle(page)

    pauses = page.evaluate("pauses")
    least = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    assert all(each <= pause < 1.5 * each for each, pause in zip(least, pauses, strict=True))
    assert len({pause / each for each, pause in zip(least, pauses, strict=True)}) == 8
    assert log.seen() == [("pageView", "/")]


@pytest.mark.parametrize(("hours", "arrives"), [(11, True), (13, False)])
def test_after_twelve_hours_an_event_is_given_up_and_the_next_tells(
    page: Page, gate: Gate, gated: Shop, log: Log, hours: int, arrives: bool
) -> None:
    page.add_init_script(STALL + CLOCK)
    page.goto(gated.page("/"))
    settle(page)
    gate.closed = always(503)
    page.evaluate(f"{BUY}; {BUY}; {TRIED}")
    gate.closed = everything
    page.evaluate(f"hours = {hours}; dispatchEvent(new Event('online')); divolte.signal('look')")
    settle(page)

    lost = [("buy_button_click", None)] * 2 if arrives else []
    assert [(event.type, event.query.get("g")) for event in log.once()] == [
        ("pageView", None), *lost, ("look", None if arrives else "2")
    ]  # fmt: skip


def test_what_is_left_from_yesterday_is_given_up_by_the_page_of_today(
    page: Page, gate: Gate, gated: Shop, log: Log
) -> None:
    page.add_init_script(STALL + CLOCK)
    gate.closed = always(503)
    page.goto(gated.page("/yesterday"))
    page.evaluate(f"{BUY}; {TRIED}")
    page.goto(gated.page("/empty", tag=""))
    until(lambda: any(asked.method == "POST" for asked in gate.events))
    gate.closed = everything
    page.add_init_script("hours = 24")
    page.goto(gated.page("/today"))
    settle(page)

    assert [(event.path, event.query.get("g")) for event in log.once()] == [("/today", "2")]


def test_an_event_that_never_succeeds_lets_the_others_pass(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    page.add_init_script(HURRY)
    gate.closed = lambda asked: Answer(500, b"", CORS) if "poison" in asked.target else None
    page.goto(gated.page("/"))
    page.evaluate("divolte.signal('poison')")
    page.evaluate("divolte.signal('look')")
    log.wait(2)

    assert [event.type for event in log.once()] == ["pageView", "look"]


def test_a_slow_answer_does_not_hold_up_the_next_event_for_long(page: Page, gate: Gate, gated: Shop, log: Log) -> None:
    """Divolte's `event_timeout`; the slow one arrives all the same."""
    free = threading.Event()
    gate.closed = holding(free, lambda asked: "slow" in asked.target)
    page.goto(gated.page("/"))
    page.evaluate("divolte.signal('slow')")
    page.evaluate("new Promise((done) => { divolte.signal('look'); divolte.whenCommitted(done) })")

    assert [event.type for event in log.all()] == ["pageView", "look"]
    free.set()
    settle(page)
    assert [event.type for event in log.all()] == ["pageView", "look", "slow"]
