"""From a click in a real browser to the right number: the whole of it, as `footfall demo` runs."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.demo.opened import AMOUNT, BUY, QUEUED, Demo, Numbers, Visitor, opened, until
from tests.tag.building import need

from footfall.demo.products import PRODUCTS

pytestmark = [pytest.mark.browser, pytest.mark.prove("browser")]

Many = Callable[[int], int]
Tell = Callable[[str], None]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with opened(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, demo: Demo) -> Iterator[Visitor]:
    """Return a visitor who asks nobody but this machine, and breaks no policy."""
    visitor = Visitor(browser, demo.shop)
    yield visitor
    visitor.context.close()
    assert visitor.hosts() == {"127.0.0.1"}
    assert visitor.complaints == []


def rouble(item: str) -> float:
    return PRODUCTS[item].kopecks / 100


def test_two_pieces_bought_are_two_pieces_in_the_api_within_two_seconds(
    demo: Demo, visitor: Visitor, tell: Tell
) -> None:
    item = "sweater-fjord"
    before = demo.numbers(item)
    page = visitor.page(f"/item/{item}/")
    page.fill(AMOUNT, "2")

    began = time.monotonic()
    page.click(BUY)
    growth = demo.grown(item, before, Numbers(1, 1, 2, 6999.0))
    took = time.monotonic() - began

    tell(f"a click on buy was in GET /api/v1.0/orders after {took:.2f} s (promised: 2 s)")
    assert growth == Numbers(1, 1, 2, 6999.0)


def test_the_page_itself_shows_its_numbers_grow(demo: Demo, visitor: Visitor) -> None:
    item = "bowl-hazel"
    before = demo.numbers(item)
    page = visitor.page(f"/item/{item}/")
    page.click(BUY)
    demo.grown(item, before, Numbers(1, 1, 1, rouble(item)))

    since_an_hour = {row["id_item"]: row for row in page_json(page, f"{demo.api}/api/v1.0/orders")["contents"]}
    until(lambda: shown(page, "pieces") == str(since_an_hour[item]["count"]))
    assert json.loads(page.inner_text("[data-answer]")) == since_an_hour[item]


def page_json(page: Page, address: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = page.evaluate("async (url) => (await fetch(url)).json()", address)
    return found


def shown(page: Page, name: str) -> str:
    return page.inner_text(f"[data-number={name}]")


def test_closing_the_tab_right_after_the_click_loses_nothing(
    demo: Demo, visitor: Visitor, many: Many, tell: Tell
) -> None:
    item, tabs = "hat-pompom", many(50)
    before = demo.numbers(item)

    for _ in range(tabs):
        page = visitor.page(f"/item/{item}/")
        page.click(BUY)
        page.close()

    depths = tabs * (tabs + 1) // 2  # one visitor, tab after tab
    expected = Numbers(tabs, depths, tabs, tabs * rouble(item))
    growth = demo.grown(item, before, expected)
    tell(f"{tabs} tabs closed right after the click: {growth.pieces} pieces counted")
    assert growth == expected


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_with_the_collector_gone_nothing_is_lost_and_nothing_counted_twice(
    demo: Demo, visitor: Visitor, many: Many, tell: Tell, how: str
) -> None:
    items = ["vase-anemone", "cushion-meadow", "clock-noon"]
    before = {item: demo.numbers(item) for item in items}
    duplicates = demo.tally().duplicate
    page = visitor.page(f"/item/{items[0]}/")
    until(lambda: page.evaluate(QUEUED) == 0)

    with demo.without_collector(how):
        page.click(BUY)
        page.goto(f"{demo.shop}/item/{items[1]}/")
        page.fill(AMOUNT, "3")
        page.click(BUY)
        time.sleep(many(20))
        kept = page.evaluate(QUEUED)
    page.goto(f"{demo.shop}/item/{items[2]}/")
    until(lambda: page.evaluate(QUEUED) == 0, 120)

    expected = {
        items[0]: Numbers(1, 1, 1, rouble(items[0])),
        items[1]: Numbers(1, 2, 3, 3 * rouble(items[1])),
        items[2]: Numbers(1, 3, 0, 0.0),
    }
    assert {item: demo.grown(item, before[item], expected[item]) for item in items} == expected
    time.sleep(1)  # what is sent once more would be here by now
    assert {item: demo.numbers(item) - before[item] for item in items} == expected
    retried = demo.tally().duplicate - duplicates
    tell(
        f"collector {how} for {many(20)} s: {kept} events waited in the browser; all counted once, "
        f"{retried} sent again and known as duplicates"
    )
    assert kept >= 3
    assert demo.verified().startswith("verified: read = counted + ")


@pytest.mark.parametrize(("home", "link"), [("/spa/", "/spa"), ("/hash/", "/hash/#")])
def test_the_single_page_shops_count_every_page_that_is_seen_also_back_and_forward(
    demo: Demo, visitor: Visitor, home: str, link: str
) -> None:
    first, second = "lamp-evening", "lamp-heron"
    before = {item: demo.numbers(item) for item in (first, second)}
    page = visitor.page(home)
    page.evaluate("window.same = 'document'")

    page.click(f"main a[href='{link}/item/{first}/']")
    see(page, first)
    page.click(f"main a[href='{link}/item/{second}/']")
    see(page, second)
    page.go_back()
    see(page, first)
    page.go_forward()
    see(page, second)
    page.fill(AMOUNT, "2")
    page.click(BUY)

    grown = {
        first: demo.grown(first, before[first], Numbers(2, 2 + 4, 0, 0.0)),
        second: demo.grown(second, before[second], Numbers(2, 3 + 5, 2, 2 * rouble(second))),
    }
    assert grown == {first: Numbers(2, 6, 0, 0.0), second: Numbers(2, 8, 2, 2 * rouble(second))}
    assert page.evaluate("window.same") == "document"


def see(page: Page, item: str) -> None:
    page.wait_for_selector(f"{BUY}[data-slug={item}]")


@pytest.mark.parametrize("home", ["/spa/item/lamp-dome/", "/hash/#/item/lamp-dome/"])
def test_a_single_page_shop_opens_at_any_of_its_addresses(demo: Demo, visitor: Visitor, home: str) -> None:
    before = demo.numbers("lamp-dome")

    see(visitor.page(home), "lamp-dome")

    assert demo.grown("lamp-dome", before, Numbers(1, 1, 0, 0.0)) == Numbers(1, 1, 0, 0.0)


def test_coming_back_to_a_page_that_was_kept_is_another_view(demo: Demo, visitor: Visitor) -> None:
    item = "teapot-snowdrift"
    before = demo.numbers(item)
    visitor.context.add_init_script(
        "addEventListener('pageshow', (shown) => { document.documentElement.dataset.persisted = shown.persisted })"
    )
    page = visitor.page(f"/item/{item}/")
    until(lambda: page.evaluate(QUEUED) == 0)
    page.click("main a[href='/item/plate-pond/']")
    see(page, "plate-pond")
    page.evaluate("history.back()")  # Playwright's go_back waits for a load that a page kept does not have
    see(page, item)

    assert page.get_attribute("html", "data-persisted") == "true"
    assert demo.grown(item, before, Numbers(2, 1 + 3, 0, 0.0)) == Numbers(2, 4, 0, 0.0)


def test_a_visitor_with_global_privacy_control_sends_and_keeps_nothing(browser: Browser, demo: Demo) -> None:
    item = "moka-captain"
    before = demo.numbers(item)
    private = Visitor(browser, demo.shop, extra_http_headers={"Sec-GPC": "1"})
    private.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"
    )

    page = private.page(f"/item/{item}/")
    page.click(BUY)
    page.goto(f"{demo.shop}/spa/item/{item}/")
    page.click(BUY)
    until(lambda: page.evaluate("!!window.divolte"))
    time.sleep(1)

    assert set(private.asked_of(demo.collector)) == {"/divolte.js"}
    assert private.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == ["polka-cart"]
    assert demo.numbers(item) == before
    private.context.close()


def test_a_browser_that_calls_itself_headless_ends_as_a_robot(browser: Browser, demo: Demo) -> None:
    item = "jug-stream"
    before, robots = demo.numbers(item), demo.tally().bot
    robot = Visitor(browser, demo.shop, agent=None)

    page = robot.page(f"/item/{item}/")
    page.click(BUY)

    until(lambda: demo.tally().bot == robots + 2)
    assert demo.numbers(item) == before
    robot.context.close()


def test_a_request_to_another_host_would_be_noticed(browser: Browser, demo: Demo) -> None:
    """Negative control of what every visitor here is held to: asked nobody else, broke no policy."""
    stray = Visitor(browser, demo.shop)
    page = stray.page("/")

    page.evaluate("fetch('http://127.0.0.2:9/').catch(() => {})")
    page.goto("about:blank")
    page.evaluate("fetch('http://127.0.0.3:9/').catch(() => {})")

    until(lambda: "127.0.0.3" in stray.hosts())
    assert any("Content Security Policy" in text for text in stray.complaints)
    stray.context.close()


def test_everything_can_be_done_by_keyboard(demo: Demo, visitor: Visitor) -> None:
    item = "umbrella-shower"
    before = demo.numbers(item)
    page = visitor.page(f"/item/{item}/")

    tab_to(page, "document.activeElement.matches('.product-item-amount-field-btn-plus')")
    page.keyboard.press("Enter")
    tab_to(page, f"document.activeElement.matches('{BUY}')")
    page.keyboard.press("Enter")

    expected = Numbers(1, 1, 2, 2 * rouble(item))
    assert demo.grown(item, before, expected) == expected
    tab_to(page, "document.activeElement.closest('[data-bought]')")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-total]:text-is('3 999,80 ₽')")


def tab_to(page: Page, there: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"!!({there})"):
            return
    raise AssertionError(f"not reached by Tab: {there}")


def test_the_cart_keeps_what_was_bought_in_every_version_and_language(demo: Demo, visitor: Visitor) -> None:
    page = visitor.page("/item/candle-fig/")
    page.fill(AMOUNT, "2")
    page.click(BUY)
    page.goto(f"{demo.shop}/spa/item/garland-fireflies/")
    page.click(BUY)
    page.goto(f"{demo.shop}/hash/#/cart/")

    page.wait_for_selector("[data-row=candle-fig]:visible")
    assert page.inner_text("[data-cart-count]") == "3"
    assert page.inner_text("[data-total]") == "3\u00a0199,50 ₽"
    page.click(".languages a[hreflang=en]")
    page.wait_for_selector("h1:text('Cart')")
    assert page.url == f"{demo.shop}/hash/#/cart/"
    page.click("[data-row=candle-fig] .product-item-amount-field-btn-minus")
    assert page.inner_text("[data-total]") == "2,049.50 ₽"
    page.click("[data-row=garland-fireflies] [data-remove]")
    assert page.inner_text("[data-total]") == "1,150 ₽"
    page.click("[data-order]")
    page.wait_for_selector("text=The pretend order is placed")
    assert page.is_hidden("[data-cart-count]")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, demo: Demo, width: int) -> None:
    visitor = Visitor(browser, demo.shop, viewport={"width": width, "height": 800})
    for path in ("/", "/catalog/table/", "/item/dress-nightlife/", "/cart/", "/nowhere"):
        page = visitor.page(path)
        if path.startswith("/item/"):
            page.click(BUY)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.evaluate("document.querySelector('nav').scrollWidth <= document.querySelector('nav').clientWidth")
    visitor.context.close()
