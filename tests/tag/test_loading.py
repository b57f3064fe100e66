"""However a page loads the tag, it is there once, and the page goes on."""

from typing import Final

import pytest
from playwright.sync_api import ConsoleMessage, Page
from tests.tag.collecting import Collector
from tests.tag.conftest import Log, settle, until
from tests.tag.shops import Gate, Shop

from footfall.settings import TagSettings
from footfall.tag import render

pytestmark = pytest.mark.browser


AMD: Final = """<script>
    window.defined = [];
    window.define = Object.assign((factory) => defined.push(factory()), {amd: {}});
</script>"""

LOADERS: Final = {
    "plain": '<script src="TAG"></script>',
    "deferred": '<script src="TAG" defer async></script>',
    "footfall.js": '<script src="BASE/footfall.js"></script>',
    "with a query": '<script src="TAG?v=2"></script>',
    "inserted": "<script>document.head.append(Object.assign(document.createElement('script'), {src: 'TAG'}))</script>",
    "module": '<script type="module" src="TAG"></script>',
    "imported": '<script type="module">import "TAG"</script>',
    "imported later": "<script>onload = () => import('TAG')</script>",
    "evaluated": "<script>fetch('TAG').then((answer) => answer.text()).then((text) => (0, eval)(text))</script>",
    "preloaded and evaluated": """<link rel="preload" as="script" href="TAG"><script>
        onload = () => fetch("TAG").then((answer) => answer.text()).then((text) => {
            document.head.append(Object.assign(document.createElement("script"), {text}));
        });
    </script>""",
}


def test_it_finds_its_collector_however_it_is_loaded(
    page: Page, collector: Collector, shop: Shop, log: Log, errors: list[str]
) -> None:
    """Also where there is no current script."""
    for number, (loader, markup) in enumerate(LOADERS.items(), start=1):
        tag = markup.replace("TAG", collector.tag).replace("BASE", collector.address)
        page.goto(shop.page("/" + loader.replace(" ", "-"), tag=tag))
        log.wait(number)

    settle(page)
    assert log.seen() == [("pageView", "/" + loader.replace(" ", "-")) for loader in LOADERS]


def test_a_renamed_script_finds_its_collector_too(page: Page, gate: Gate, shop: Shop, log: Log) -> None:
    script = render(TagSettings())
    gate.script("deep/folder", script)
    gate._scripts["/deep/dvt.js"] = script
    page.goto(shop.page("/", tag=f'<script src="{gate.address}/deep/dvt.js"></script>'))
    settle(page)

    assert [asked.target.split("?")[0] for asked in gate.events] == ["/deep/csc-event"]
    assert log.seen() == [("pageView", "/")]


def test_where_it_cannot_tell_where_it_came_from_it_is_silent(page: Page, shop: Shop, errors: list[str]) -> None:
    script = render(TagSettings()).decode()
    page.goto(shop.page("/", tag=f"<script>{script}</script>"))

    assert page.evaluate("[typeof divolte, divolte.signal('look'), document.cookie]") == ["object", None, ""]


def test_included_twice_it_is_there_once(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    page.goto(shop.page("/", tag=f'<script src="{shop.tag}"></script><script src="{shop.tag}?again"></script>'))
    page.evaluate("history.pushState({}, '', '/two')")
    log.wait(2)
    page.evaluate("divolte.signal('look')")
    settle(page)

    assert [(event.type, event.path) for event in log.all()] == [
        ("pageView", "/"),
        ("pageView", "/two"),
        ("look", "/two"),
    ]


def test_what_is_called_divolte_already_stays(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    page.goto(shop.page("/", tag=f'<script>window.divolte = {{mine: 1}}</script><script src="{shop.tag}"></script>'))

    assert page.evaluate("[divolte, document.cookie]") == [{"mine": 1}, ""]
    assert log.all() == []


def test_amd_gets_it_as_a_module(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    """Included twice, it is the same one."""
    page.goto(shop.page("/", tag=AMD + f'<script src="{shop.tag}"></script><script src="{shop.tag}?again"></script>'))
    page.evaluate("defined[0].signal('look')")
    settle(page)

    assert page.evaluate("[typeof window.divolte, defined.length, defined[0] === defined[1]]") == ["undefined", 2, True]
    assert [event.type for event in log.all()] == ["pageView", "look"]


def test_commonjs_gets_it_as_its_exports(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    page.goto(shop.page("/", tag=f'<script>var module = {{exports: {{}}}}</script><script src="{shop.tag}"></script>'))
    page.evaluate("module.exports.signal('look')")
    settle(page)

    assert page.evaluate("typeof window.divolte") == "undefined"
    assert [event.type for event in log.all()] == ["pageView", "look"]


def test_it_works_under_a_strict_policy(
    page: Page, collector: Collector, shop: Shop, log: Log, errors: list[str]
) -> None:
    """No inline script, no eval, no style, trusted types; and not one complaint."""
    said: list[str] = []
    page.on("console", lambda message: said.append(text_of(message)))
    policy = (
        f"default-src 'none'; script-src {collector.address}; connect-src {collector.address}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'"
    )
    body = '<button data-footfall-event="buy_button_click" data-footfall-price-from="p">buy</button><p>990 ₽</p>'
    page.goto(shop.page("/", body, headers={"Content-Security-Policy": policy}))
    page.click("button")
    settle(page)

    assert [event.type for event in log.all()] == ["pageView", "buy_button_click"]
    assert said == []


def text_of(message: ConsoleMessage) -> str:
    return message.text


HOSTILE: Final = {
    "a type that has no text": "divolte.signal(Symbol('x'))",
    "parameters in a circle": "(() => { const a = {}; a.a = a; return divolte.signal('look', a) })()",
    "a getter that throws": "divolte.signal('look', {get a() { throw new Error('no') }})",
    "toJSON that throws": "divolte.signal('look', {toJSON() { throw new Error('no') }})",
    "a function": "divolte.signal('look', () => 1)",
    "a bigint": "divolte.signal('look', 10n)",
    "half a character": "divolte.signal('lo\\ud800ok', {'\\udc00': '\\ud800'})",
    "a deep one": "divolte.signal('look', JSON.parse('['.repeat(3000) + ']'.repeat(3000)))",
    "nothing to call": "divolte.whenCommitted(() => 0, 'soon')",
    "an element": "divolte.signal('look', document.body)",
    "the window": "divolte.signal('look', window)",
}


def test_nothing_that_a_page_does_makes_it_throw(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    page.goto(shop.page("/"))
    for what, script in HOSTILE.items():
        result = page.evaluate(
            f"(() => {{ try {{ {script}; return 'went on' }} catch (error) {{ return `${{error}}` }} }})()"
        )
        assert (what, result) == (what, "went on")
    page.evaluate("divolte.signal('end')")
    settle(page)

    assert log.once()[-1].type == "end"
    assert not any(event.fields["detectedCorruption"] for event in log.all())


BROKEN: Final = {
    "no fetch": "delete window.fetch",
    "a fetch that throws": "window.fetch = () => { throw new Error('no') }",
    "no beacon": "delete Navigator.prototype.sendBeacon",
    "a beacon that throws": "Navigator.prototype.sendBeacon = () => { throw new Error('no') }",
    "a storage that throws": "Storage.prototype.setItem = () => { throw new Error('no') }",
    "a frozen history": "Object.freeze(history)",
    "own prototypes": "for (const type of [Object, Array, String]) type.prototype.each = () => 1",
}


@pytest.mark.parametrize("browser_is", BROKEN)
def test_in_a_browser_that_lacks_something_events_arrive(
    page: Page, shop: Shop, log: Log, errors: list[str], browser_is: str
) -> None:
    page.add_init_script(BROKEN[browser_is])
    page.goto(shop.page("/"))
    page.evaluate("divolte.signal('look')")
    log.wait(2)

    assert [event.type for event in log.once()] == ["pageView", "look"]


def test_in_a_frame_that_may_nothing_it_does_nothing(page: Page, shop: Shop, log: Log, errors: list[str]) -> None:
    """A sandbox without an origin has neither cookies nor storage: both throw."""
    inner = shop.page("/frame", "<script>onload = () => (document.title = typeof divolte)</script>")
    page.goto(shop.page("/", f'<iframe sandbox="allow-scripts" src="{inner}"></iframe>', tag=""))
    frame = page.frames[1]
    until(lambda: frame.title() == "object")

    assert frame.evaluate("[divolte.signal('look'), divolte.optOut(), divolte.optIn()]") == [None, None, None]
    assert log.all() == []


def test_it_says_nothing_unless_asked_to(page: Page, gate: Gate, shop: Shop) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(text_of(message)))
    for name, settings in (("silent", TagSettings()), ("telling", TagSettings(logging=True))):
        page.goto(shop.page("/", tag=f'<script src="{gate.script(name, render(settings))}"></script>'))
        page.evaluate("divolte.signal('')")

    assert said == ["footfall: an event needs a type"]


def test_hundreds_of_events_do_not_hold_the_page_up(page: Page, shop: Shop, log: Log) -> None:
    """As in Divolte's own trial: signalled at once, left long before they are sent; none is lost."""
    shop.page("/two")
    page.goto(shop.page("/"))
    page.evaluate(
        """() => {
            for (let i = 0; i < 300; i++) divolte.signal("look");
            divolte.whenCommitted(() => (location.href = "/two"), 100);
        }"""
    )
    page.wait_for_url("**/two")
    settle(page)

    assert len(log.once()) == 302
