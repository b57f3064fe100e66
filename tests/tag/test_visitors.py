"""Who visits, and what they signal: identifiers, cookies, calls, as Divolte has them."""

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.tag.collecting import Collector
from tests.tag.conftest import Log, settle, until
from tests.tag.shops import Gate, Shop

from footfall.mapping.base36 import read_base36
from footfall.mapping.mincode import decode
from footfall.settings import TagSettings
from footfall.tag import render

pytestmark = pytest.mark.browser

SIGNS: Final = "[A-Za-z0-9~_]{32}"
VISIT: Final = f"0:[0-9a-z]+:{SIGNS}"


def cookies(context: BrowserContext) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in context.cookies()}


def test_the_first_event_is_a_page_view_that_says_everything(
    page: Page, context: BrowserContext, shop: Shop, log: Log
) -> None:
    before = time.time() * 1000
    page.goto(shop.page("/item/dress/") + "?utm_source=x#top")
    settle(page)

    (event,) = log.all()
    fields = event.fields
    assert not event.posted
    assert (event.type, event.path) == ("pageView", "/item/dress/?utm_source=x#top")
    assert not fields["detectedCorruption"]
    assert (fields["firstInSession"], event.query["n"], event.query["f"]) == (True, "t", "t")
    assert before - 1 <= fields["clientTimestamp"] <= time.time() * 1000
    sizes = ("viewportPixelWidth", "viewportPixelHeight", "screenPixelWidth", "screenPixelHeight")
    assert [fields[name] for name in sizes] == [1280, 720, 1280, 720]
    assert list(event.query) == list("psvecnflijkwhtx")
    assert cookies(context) == {"_dvp": fields["partyId"], "_dvs": fields["sessionId"]}


def test_the_identifiers_have_divoltes_form(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    settle(page)

    (event,) = log.all()
    party, session, view = (str(event.fields[name]) for name in ("partyId", "sessionId", "pageViewId"))
    assert re.fullmatch(VISIT, party)
    assert re.fullmatch(VISIT, session)
    assert re.fullmatch(f"0:{SIGNS}", view)
    assert event.id == f"{view}0"
    assert party.split(":")[1] == session.split(":")[1]
    assert abs((read_base36(party.split(":")[1]) or 0) - time.time() * 1000) < 60_000
    assert len({party[-32:], session[-32:], view[-32:]}) == 3


def test_the_object_shows_what_the_cookies_hold(page: Page, context: BrowserContext, shop: Shop) -> None:
    page.goto(shop.page("/"))

    found: dict[str, Any] = page.evaluate(
        "({...divolte, signal: typeof divolte.signal, when: typeof divolte.whenCommitted})"
    )
    assert (found["partyId"], found["sessionId"]) == (cookies(context)["_dvp"], cookies(context)["_dvs"])
    assert (found["isNewPartyId"], found["isFirstInSession"], found["isServerPageView"]) == (True, True, False)
    assert (found["signal"], found["when"]) == ("function", "function")
    assert re.fullmatch(f"0:{SIGNS}", found["pageViewId"])


def test_a_signal_returns_the_events_id_counted_in_hex(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    ids = page.evaluate("Array.from({length: 17}, () => divolte.signal('look'))")
    settle(page)

    view = page.evaluate("divolte.pageViewId")
    assert ids == [f"{view}{number:x}" for number in range(1, 18)]
    assert [event.id for event in log.all()] == [f"{view}0", *ids]


def test_only_the_first_event_says_that_it_is(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    page.evaluate("divolte.signal('look')")
    settle(page)

    assert [(event.query["n"], event.query["f"]) for event in log.all()] == [("t", "t"), ("f", "f")]
    assert page.evaluate("[divolte.isNewPartyId, divolte.isFirstInSession]") == [True, True]


def test_a_visit_goes_on_from_page_to_page(page: Page, shop: Shop, log: Log) -> None:
    for path in ("/", "/item/dress/"):
        page.goto(shop.page(path))
        settle(page)

    first, second = log.all()
    for name in ("partyId", "sessionId"):
        assert first.fields[name] == second.fields[name]
    assert first.fields["pageViewId"] != second.fields["pageViewId"]
    assert (second.query["n"], second.query["f"], second.fields["firstInSession"]) == ("f", "f", False)
    assert page.evaluate("[divolte.isNewPartyId, divolte.isFirstInSession]") == [False, False]


def test_when_the_sessions_cookie_is_gone_the_visitor_is_the_same(
    page: Page, context: BrowserContext, shop: Shop, log: Log
) -> None:
    page.goto(shop.page("/"))
    settle(page)
    context.clear_cookies(name="_dvs")
    page.reload()
    settle(page)

    first, second = log.all()
    assert first.fields["partyId"] == second.fields["partyId"]
    assert first.fields["sessionId"] != second.fields["sessionId"]
    assert (second.query["n"], second.query["f"]) == ("f", "t")


def test_the_cookies_end_slides_with_every_event(page: Page, context: BrowserContext, gate: Gate, shop: Shop) -> None:
    """Both are written on every event, under their names, for as long as the settings say, readable everywhere."""
    settings = TagSettings.model_validate(
        {"party_cookie": "who", "party_timeout": "100d", "session_cookie": "visit", "session_timeout": "60s"}
    )
    tag = gate.script("own", render(settings))
    page.goto(shop.page("/deep/page/", tag=f'<script src="{tag}"></script>'))
    first = {cookie["name"]: cookie for cookie in context.cookies()}
    until(lambda: time.time() > first["who"]["expires"] - 100 * 86_400 + 0.01)
    page.evaluate("divolte.signal('look')")
    second = {cookie["name"]: cookie for cookie in context.cookies()}

    assert first.keys() == second.keys() == {"who", "visit"}
    for name, lifetime in (("who", 100 * 86_400), ("visit", 60)):
        assert abs(first[name]["expires"] - time.time() - lifetime) < 10
        assert second[name]["expires"] > first[name]["expires"]
        assert second[name]["path"] == "/"
        assert second[name]["value"] == first[name]["value"]


def test_the_hosts_of_a_domain_share_the_visitor(page: Page, context: BrowserContext, gate: Gate, shop: Shop) -> None:
    tag = gate.script("own", render(TagSettings(cookie_domain="shop.example")))
    shop.page("/", tag=f'<script src="{tag}"></script>')
    port = shop.address.rpartition(":")[2]
    parties = []
    for host in ("www.shop.example", "shop.example", "checkout.shop.example"):
        page.goto(f"http://{host}:{port}/")
        parties.append(page.evaluate("divolte.partyId"))
        settle(page)

    assert len(set(parties)) == 1
    assert {cookie["domain"] for cookie in context.cookies()} == {".shop.example"}


def test_a_cookie_that_the_collector_would_refuse_is_not_taken_over(
    page: Page, context: BrowserContext, shop: Shop, log: Log
) -> None:
    refused = ["1:2:3", "0:zz", "0:I0RJ:Q", "0:00:x", "0:1:a:b", "<b>", "0:zzzzzzzzzzzzz:x", "0::x", "%00"]
    for value in refused:
        context.add_cookies([{"name": "_dvp", "value": value, "url": shop.address}])
        page.goto(shop.page("/"))
        settle(page)

    parties = [str(event.fields["partyId"]) for event in log.all()]
    assert len(set(parties)) == len(refused)
    assert all(re.fullmatch(VISIT, party) for party in parties)


def test_a_visitor_whom_divolte_knows_stays_the_same(page: Page, context: BrowserContext, shop: Shop, log: Log) -> None:
    party = "0:i1t84hgy:5AF359Zjq5kUy98u4wQjlIZzWGhN~GlG"
    context.add_cookies([{"name": "_dvp", "value": party, "url": shop.address}])
    page.goto(shop.page("/"))
    settle(page)

    assert log.all()[0].fields["partyId"] == party


def test_the_server_may_name_the_page_view(page: Page, shop: Shop, collector_tag: str, log: Log) -> None:
    name = "supercalifragilisticexpialidocious"
    page.goto(shop.page("/", tag=f'<script src="{collector_tag}#{name}"></script>'))
    page.evaluate("divolte.signal('look')")
    page.evaluate("history.pushState(0, '', '/other')")
    log.wait(3)

    assert [event.id for event in log.all()] == [f"{name}{number}" for number in range(3)]
    assert page.evaluate("[divolte.isServerPageView, divolte.pageViewId]") == [True, name]


def test_a_name_with_a_slash_is_none(page: Page, shop: Shop, collector_tag: str, log: Log) -> None:
    page.goto(shop.page("/", tag=f'<script src="{collector_tag}#/route"></script>'))
    settle(page)

    assert page.evaluate("divolte.isServerPageView") is False
    assert re.fullmatch(f"0:{SIGNS}0", log.all()[0].id)


@pytest.fixture
def collector_tag(gate: Gate) -> str:
    return gate.script("plain", render(TagSettings()))


def test_parameters_arrive_as_json_keeps_them(page: Page, shop: Shop, log: Log) -> None:
    """Divolte's own trial of its script."""
    page.goto(shop.page("/"))
    page.evaluate(
        """() => divolte.signal("custom", {
            a: {}, b: "c",
            c: "A string with lots of things to escape… !+~?=;()-_[]<>%|^`&\\"'",
            d: {a: [], b: "g"}, e: ["1", "2"], f: 42, g: 53.2, h: -37, i: -78.3E-10, j: true, k: false, l: null,
            m: new Date(Date.UTC(2015, 5, 13, 15, 49, 33, 2)),
            n: {}, o: [{}, {a: "b"}, {c: "d"}],
            p: [null, undefined, {a: "b", x: undefined}, {toJSON: () => "custom"}, {toJSON: () => undefined}, {}],
            q: {x: undefined},
        })"""
    )
    settle(page)

    event = log.all()[1]
    assert not event.fields["detectedCorruption"]
    assert decode(event.query["u"]) == {
        "a": {},
        "b": "c",
        "c": "A string with lots of things to escape… !+~?=;()-_[]<>%|^`&\"'",
        "d": {"a": [], "b": "g"},
        "e": ["1", "2"],
        "f": 42,
        "g": 53.2,
        "h": -37,
        "i": -7.83e-9,
        "j": True,
        "k": False,
        "l": None,
        "m": "2015-06-13T15:49:33.002Z",
        "n": {},
        "o": [{}, {"a": "b"}, {"c": "d"}],
        "p": [None, None, {"a": "b"}, "custom", None, {}],
        "q": {},
    }


def test_parameters_may_be_anything(page: Page, shop: Shop, log: Log) -> None:
    written = {
        "undefined": None,
        "null": "n",
        "0": "d0!",
        "''": "s!",
        "'x'": "sx!",
        "[]": "a.",
        "NaN": "n",
        "false": "f",
        "() => 1": "n",
    }
    page.goto(shop.page("/"))
    for parameters in written:
        page.evaluate(f"divolte.signal('look', {parameters})")
    settle(page)

    assert [event.query.get("u") for event in log.all()[1:]] == list(written.values())


def test_a_signal_without_a_type_sends_nothing(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))

    assert page.evaluate("['', null, undefined, 0].map((type) => divolte.signal(type))") == [None] * 4
    page.evaluate("divolte.signal('end')")
    settle(page)
    assert [event.type for event in log.all()] == ["pageView", "end"]


def test_events_arrive_in_their_order(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    page.evaluate("() => { for (let i = 0; i < 30; i++) divolte.signal('look', {i}) }")
    settle(page)

    events = log.all()[1:]
    assert [decode(event.query["u"]) for event in events] == [{"i": number} for number in range(30)]
    assert all(a.fields["timestamp"] <= b.fields["timestamp"] for a, b in pairwise(events))


def test_who_waits_for_nothing_is_called_at_once(page: Page, shop: Shop) -> None:
    page.goto(shop.page("/"))
    settle(page)

    assert page.evaluate("() => { let called = false; divolte.whenCommitted(() => called = true); return called }")


def test_who_waits_is_called_when_the_events_before_are_on_disk(page: Page, shop: Shop, log: Log) -> None:
    """Divolte's click-outs: signal, and go on when it has arrived."""
    shop.page("/away", tag="")
    page.goto(shop.page("/"))
    page.evaluate(
        """() => {
            for (let i = 0; i < 10; i++) divolte.signal("clickOut", {i});
            divolte.whenCommitted(() => location.href = "/away");
        }"""
    )
    page.wait_for_url("**/away")

    assert [event.type for event in log.all()] == ["pageView", *["clickOut"] * 10]


def test_who_waits_is_called_once_and_not_much_later_than_wanted(
    page: Page, shop: Shop, gate: Gate, collector_tag: str
) -> None:
    page.goto(shop.page("/", tag=f'<script src="{collector_tag}"></script>'))
    page.evaluate(
        """() => {
            window.calls = [];
            for (let i = 0; i < 300; i++) divolte.signal("look");
            divolte.whenCommitted(() => calls.push("early"), 0);
            divolte.whenCommitted(() => calls.push("late"));
        }"""
    )
    page.wait_for_function("calls.length == 2")

    assert page.evaluate("calls") == ["early", "late"]


def test_a_call_may_signal_and_wait_again(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    page.evaluate(
        """() => new Promise((done) => {
            divolte.signal("one");
            divolte.whenCommitted(() => { divolte.signal("two"); divolte.whenCommitted(done) });
        })"""
    )

    assert [event.type for event in log.all()] == ["pageView", "one", "two"]


def test_a_call_that_fails_is_the_pages_own_and_stops_nothing(page: Page, shop: Shop, log: Log) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(shop.page("/"))
    page.evaluate("divolte.signal('one'); divolte.whenCommitted(() => { throw new Error('mine') })")
    page.evaluate("divolte.signal('two')")
    settle(page)

    until(lambda: errors == ["mine"])
    assert [event.type for event in log.all()] == ["pageView", "one", "two"]


def test_a_headless_browser_ends_as_a_robot(
    page: Page, headless: Page, collector: Collector, shop: Shop, log: Log
) -> None:
    """It is kept, and told by its user agent. The other tests' browser is an ordinary one."""
    before = collector.tally()
    for each in (headless, page):
        each.goto(shop.page("/item/dress/"))
        settle(each)
    after = collector.tally()

    assert "HeadlessChrome" in str(log.all()[0].fields["userAgentString"])
    assert after.bot - before.bot == 1


@pytest.fixture
def headless(browser: Browser) -> Iterator[Page]:
    """Return a tab of the browser as it is."""
    page = browser.new_page()
    yield page
    page.close()
