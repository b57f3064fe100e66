"""When a page is seen: loaded, come back to, changed by its own script, uncovered. And when it is not another page."""

import subprocess
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page
from tests.tag.building import Builder, need
from tests.tag.conftest import AGENT, Log, settle, until
from tests.tag.scripts import rendered
from tests.tag.shops import Gate, Shop

from footfall.settings import TagSettings
from footfall.tag import render

pytestmark = pytest.mark.browser

SHOWS: Final = "<script>addEventListener('pageshow', (event) => (window.persisted = event.persisted))</script>"


def views(log: Log) -> list[str]:
    """Return the pages that were seen, in order."""
    return [path for type, path in log.seen() if type == "pageView"]


def end(page: Page) -> None:
    """Wait until all that the page has to say has arrived: also what a signal would bring with it."""
    page.evaluate("new Promise((done) => setTimeout(done))")
    page.evaluate("divolte.signal('end')")
    settle(page)


def test_every_load_is_a_view_of_its_own(page: Page, shop: Shop, log: Log) -> None:
    """Opened, reloaded, followed, gone back and forward."""
    one, two = shop.page("/one", '<a href="/two">two</a>'), shop.page("/two")
    page.goto(one)
    settle(page)
    page.reload()
    settle(page)
    page.click("a")
    page.wait_for_url(two)
    settle(page)
    for go in (page.go_back, page.go_forward, page.go_back):
        go(wait_until="commit")
        settle_shown(page)
    page.goto(one)
    settle(page)

    events = log.all()
    assert [event.path for event in events] == ["/one", "/one", "/two", "/one", "/two", "/one", "/one"]
    assert len({event.fields["pageViewId"] for event in events}) == len(events)
    assert {event.type for event in events} == {"pageView"}


def settle_shown(page: Page) -> None:
    """Wait until the page that came back has counted, and is settled."""
    page.wait_for_function("document.readyState == 'complete' && window.divolte && divolte.pageViewId")
    settle(page)


def test_a_page_that_comes_back_as_it_was_is_seen_again(page: Page, shop: Shop, log: Log) -> None:
    """From the back/forward cache: no script runs anew."""
    page.goto(shop.page("/one", SHOWS))
    first = page.evaluate("divolte.pageViewId")
    settle(page)
    page.goto(shop.page("/two", SHOWS))
    settle(page)
    page.go_back(wait_until="commit")
    page.wait_for_function("window.persisted")
    page.wait_for_function(f"divolte.pageViewId != {first!r}")
    settle(page)
    page.evaluate("divolte.signal('look')")
    settle(page)
    page.go_forward(wait_until="commit")
    page.wait_for_function("window.persisted")
    settle(page)

    assert log.seen() == [
        ("pageView", "/one"),
        ("pageView", "/two"),
        ("pageView", "/one"),
        ("look", "/one"),
        ("pageView", "/two"),
    ]
    events = log.once()
    assert [event.id[-1] for event in events] == ["0", "0", "0", "1", "0"]
    assert events[2].fields["pageViewId"] == events[3].fields["pageViewId"] != first
    assert len({event.fields["sessionId"] for event in events}) == 1


def test_without_the_reset_it_would_not_be_seen_again(
    page: Page, shop: Shop, log: Log, gate: Gate, builder: Builder
) -> None:
    """Negative control."""
    broken = builder.build({"main.js": ("if (persisted) pageEnds();", "")})
    tag = f'<script src="{gate.script("broken", rendered(broken))}"></script>'
    page.goto(shop.page("/one", SHOWS, tag=tag))
    settle(page)
    page.goto(shop.page("/two", tag=tag))
    settle(page)
    page.go_back(wait_until="commit")
    page.wait_for_function("window.persisted")
    end(page)

    assert views(log) == ["/one", "/two"]


def test_a_single_page_shop_is_seen_route_by_route(page: Page, shop: Shop, log: Log) -> None:
    """pushState, then back and forward."""
    page.goto(shop.page("/"))
    for number, step in enumerate(
        [
            "history.pushState({}, '', '/item/dress/')",
            "history.pushState({}, '', '/item/hat/')",
            "history.back()",
            "history.back()",
            "history.go(2)",
        ],
        start=2,
    ):
        page.evaluate(step)
        log.wait(number)
    end(page)

    assert views(log) == ["/", "/item/dress/", "/item/hat/", "/item/dress/", "/", "/item/hat/"]
    events = log.once()[:-1]
    assert len({event.fields["pageViewId"] for event in events}) == len(events)
    assert [event.id[-1] for event in events] == ["0"] * len(events)
    assert [event.fields["referer"] for event in events] == [None, *(event.fields["location"] for event in events[:-1])]


def test_a_route_in_the_fragment_is_a_page_and_a_place_in_the_page_is_none(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/shop") + "#/")
    for fragment in ("#/item/dress", "#!/item/hat", "#reviews", "#/item/dress?size=m"):
        before = len(log.once())
        page.evaluate(f"location.hash = '{fragment}'")
        page.evaluate("new Promise((done) => setTimeout(done))")
        page.evaluate("divolte.signal('look')")
        settle(page)
        assert len(log.once()) > before
    page.go_back()
    end(page)

    assert log.seen() == [
        ("pageView", "/shop#/"),
        ("pageView", "/shop#/item/dress"),
        ("look", "/shop#/item/dress"),
        ("pageView", "/shop#!/item/hat"),
        ("look", "/shop#!/item/hat"),
        ("pageView", "/shop#reviews"),
        ("look", "/shop#reviews"),
        ("pageView", "/shop#/item/dress?size=m"),
        ("look", "/shop#/item/dress?size=m"),
        ("pageView", "/shop#reviews"),
        ("end", "/shop#reviews"),
    ]


def test_jumping_about_in_a_page_is_no_view(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/item/dress/", '<a href="#reviews">reviews</a><p id="reviews">good</p>'))
    page.click("a")
    page.evaluate("location.hash = ''")
    page.evaluate("history.pushState({}, '', '#sizes')")
    page.go_back()
    end(page)

    assert views(log) == ["/item/dress/"]


ANOTHER_PAGE: Final[dict[str, list[str]]] = {
    "history.replaceState({}, '', '/item/hat/')": ["/item/hat/"],
    "history.replaceState({}, '', location.pathname)": [],
    "history.replaceState({}, '', '?sort=price')": [],
    "history.replaceState({page: 1}, '')": [],
    "history.pushState({}, '', '?sort=price')": ["/?sort=price"],
    "history.pushState({}, '', location.href)": [],
    # a router that redirects: nobody sees the first
    "history.pushState({}, '', '/account'); history.replaceState({}, '', '/login')": ["/login"],
    "history.pushState({}, '', '/item/hat/?x=1'); history.replaceState({}, '', '/item/hat/')": ["/item/hat/"],
    "history.pushState({}, '', '/a'); history.pushState({}, '', '/?utm_source=x')": [],
}


def test_what_of_the_address_is_another_page(page: Page, shop: Shop, log: Log) -> None:
    """Many a script cuts the campaign off the address once the page is there: the page was seen once."""
    address = shop.page("/") + "?utm_source=x"
    for script, seen in ANOTHER_PAGE.items():
        before = len(views(log))
        page.goto(address)
        page.evaluate(script)
        end(page)
        assert (script, views(log)[before:]) == (script, ["/?utm_source=x", *seen])


def test_after_the_campaign_is_cut_off_the_next_route_counts_as_ever(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/") + "?utm_source=x")
    page.evaluate("history.replaceState({}, '', '/')")
    page.evaluate("history.pushState({}, '', '/item/hat/')")
    end(page)

    assert views(log) == ["/?utm_source=x", "/item/hat/"]
    assert log.once()[1].fields["referer"] == f"{shop.address}/"


def test_the_pages_own_history_works_as_before(page: Page, shop: Shop) -> None:
    """Its values, its results, its errors."""
    page.goto(shop.page("/"))

    assert page.evaluate("[history.pushState({a: 1}, 'title', '/x'), history.state.a, location.pathname]") == [
        None,
        1,
        "/x",
    ]
    assert page.evaluate(
        "() => { try { history.pushState(0, '', 'http://other.example/') } catch (e) { return e.name } }"
    ) == ("SecurityError")


def test_an_event_right_after_a_route_belongs_to_the_new_page(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    page.evaluate("history.pushState({}, '', '/item/hat/'); divolte.signal('buy_button_click')")
    end(page)

    assert log.seen() == [
        ("pageView", "/"),
        ("pageView", "/item/hat/"),
        ("buy_button_click", "/item/hat/"),
        ("end", "/item/hat/"),
    ]
    assert log.once()[1].fields["pageViewId"] == log.once()[2].fields["pageViewId"]


def test_views_can_be_left_to_the_page(page: Page, shop: Shop, log: Log, gate: Gate) -> None:
    """Without automatic page views nothing is sent, and no cookie set, until the page signals."""
    tag = gate.script("manual", render(TagSettings(auto_page_view=False)))
    page.goto(shop.page("/", tag=f'<script src="{tag}"></script>'))
    page.evaluate("history.pushState({}, '', '/item/hat/')")
    page.evaluate("new Promise((done) => setTimeout(done))")
    assert page.evaluate("[document.cookie, divolte.pageViewId]") == ["", None]
    page.evaluate("divolte.signal('pageView', {foo: 'moo', bar: 'baz'})")
    page.evaluate("history.pushState({}, '', '/item/dress/')")
    page.evaluate("divolte.signal('look')")
    settle(page)

    assert log.seen() == [("pageView", "/item/hat/"), ("look", "/item/dress/")]
    assert [event.id[-1] for event in log.once()] == ["0", "1"]
    assert len(gate.events) == 2


# Covered and prerendered pages: a browser that is watched over DevTools hides no tab and renders none in advance, so
# these run by themselves and tell their server what they see.

REPORT: Final = """<script>
    const tell = (what) => fetch("/report?" + what + "&" + Date.now(), {keepalive: true});
    tell("loaded-" + document.visibilityState);
    document.addEventListener("visibilitychange", () => tell("turned-" + document.visibilityState));
</script>"""


def alone(shop: Shop, address: str, folder: Path) -> dict[str, int]:
    """Open the address in a Chromium of its own until a page reports `done`; return report -> when first, ms."""

    def reports() -> dict[str, int]:
        found = [asked.target.split("?")[1].split("&") for asked in shop.asked if asked.target.startswith("/report")]
        return {what: int(time) for what, time in reversed(found)}

    command = [need("chromium"), "--headless=new", "--no-sandbox", f"--user-agent={AGENT}", f"--user-data-dir={folder}"]
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    popups = "--disable-popup-blocking"
    silence = subprocess.DEVNULL
    with subprocess.Popen([*command, *quiet, popups, address], stdout=silence, stderr=silence) as chromium:
        try:
            until(lambda: "done" in reports())
        finally:
            chromium.terminate()
    return reports()


def cover(shop: Shop, tag: str | None = None) -> str:
    """Put up a page that loads behind another one, and is uncovered when it has loaded; return where to begin."""
    shop.page("/cover", REPORT + "<script>onstorage = () => (tell('shown'), close())</script>", tag="")
    shop.page(
        "/item/dress/",
        REPORT
        + """<script>
            addEventListener("load", () => setTimeout(() => (localStorage.loaded = 1), 200));
            document.addEventListener("visibilitychange", () => divolte.whenCommitted(() => tell("done")));
        </script>""",
        tag=tag,
    )
    return shop.page("/", "<script>open('/cover'); location.href = '/item/dress/'</script>", tag="")


def test_a_covered_page_is_seen_when_it_is_uncovered(shop: Shop, log: Log, tmp_path: Path) -> None:
    reports = alone(shop, cover(shop), tmp_path)

    (event,) = log.wait(1)
    assert reports["loaded-hidden"] < reports["shown"]
    assert (event.type, event.path) == ("pageView", "/item/dress/")
    assert event.fields["clientTimestamp"] >= reports["shown"]


def test_a_tag_that_does_not_look_counts_a_covered_page_too_early(
    shop: Shop, gate: Gate, builder: Builder, log: Log, tmp_path: Path
) -> None:
    """Negative control."""
    broken = builder.build({"main.js": ("autoPageView && !document.hidden &&", "autoPageView &&")})
    tag = f'<script src="{gate.script("broken", rendered(broken))}" async></script>'
    reports = alone(shop, cover(shop, tag), tmp_path)

    (event,) = log.wait(1)
    assert event.fields["clientTimestamp"] < reports["shown"]


def test_a_page_rendered_in_advance_is_seen_when_it_is_shown(shop: Shop, log: Log, tmp_path: Path) -> None:
    """Rules of speculation let Chromium load a page, scripts and all, before anybody follows the link."""
    rules = '{"prerender": [{"source": "list", "urls": ["/next", "/never"], "eagerness": "immediate"}]}'
    follow = "<script>onstorage = () => (tell('shown'), (location.href = '/next'))</script>"
    first = shop.page("/", f'{REPORT}<script type="speculationrules">{rules}</script>{follow}')
    shop.page("/never")
    shop.page(
        "/next",
        REPORT
        + """<script>
            addEventListener("load", () => setTimeout(() => (localStorage.loaded = 1), 200));
            document.addEventListener("prerenderingchange", () => divolte.whenCommitted(() => tell("done")));
        </script>""",
    )
    reports = alone(shop, first, tmp_path)

    events = log.wait(2)
    assert reports["loaded-hidden"] < reports["shown"]
    assert [event.path for event in events] == ["/", "/next"]
    assert events[1].fields["clientTimestamp"] >= reports["shown"]
    assert events[0].fields["sessionId"] == events[1].fields["sessionId"]
