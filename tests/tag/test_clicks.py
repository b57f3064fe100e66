"""Attributes instead of code, and the preset of Bitrix24's shops."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.tag.conftest import Log, settle
from tests.tag.shops import Gate, Shop

from footfall.mapping.mincode import decode
from footfall.settings import TagSettings
from footfall.tag import render

pytestmark = pytest.mark.browser

BUY: Final = 'data-footfall-event="buy_button_click"'


def clicks(log: Log) -> list[tuple[str, object]]:
    """Return type and parameters of all but page views."""
    events = [event for event in log.once() if event.type != "pageView"]
    return [(event.type, decode(event.query["u"])) for event in events]


def test_a_click_on_a_marked_element_is_signalled_with_its_parameters(page: Page, shop: Shop, log: Log) -> None:
    attributes = {"price": "3 499,50 ₽", "amount": "2", "item": "dress", "colour": "red"}
    marks = " ".join(f'data-footfall-{name}="{value}"' for name, value in attributes.items())
    page.goto(shop.page("/", f"<button {BUY} {marks}>buy</button>"))
    page.click("button")
    settle(page)

    assert clicks(log) == [
        ("buy_button_click", {"price": "3 499,50 ₽", "amount": "2", "itemId": "dress", "colour": "red"})
    ]
    fields = log.once()[1].fields
    assert (fields["price"], fields["amount"], fields["itemId"]) == ("3 499,50 ₽", "2", "dress")


def test_a_click_on_what_is_in_it_counts_once_and_one_beside_it_not(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/", f"<p>beside</p><a href='#x' {BUY}><span><b>buy</b></span></a>"))
    page.click("p")
    page.click("b")
    settle(page)

    assert clicks(log) == [("buy_button_click", {})]


def test_of_two_marked_elements_the_inner_one_counts(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/", f'<div data-footfall-event="card_click"><button {BUY}>buy</button><i>card</i></div>'))
    page.click("button")
    page.click("i")
    settle(page)

    assert [type for type, _ in clicks(log)] == ["buy_button_click", "card_click"]


def test_a_key_clicks_too_and_a_disabled_button_does_not(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/", f'<button {BUY} id="a">buy</button><button {BUY} id="b" disabled>buy</button>'))
    page.focus("#a")
    page.keyboard.press("Enter")
    page.click("#b", force=True)
    settle(page)

    assert len(clicks(log)) == 1


def test_the_pages_own_handlers_hide_nothing_and_change_nothing_before_it_is_read(
    page: Page, shop: Shop, log: Log
) -> None:
    """A handler that stops the click, empties the field, or throws."""
    body = f"""<input id="n" value="3"><button {BUY} data-footfall-amount-from="#n">buy</button>
    <script>
        document.querySelector("button").addEventListener("click", (event) => {{
            event.stopImmediatePropagation(); event.preventDefault(); n.value = ""; throw new Error("mine");
        }}, true);
    </script>"""
    page.goto(shop.page("/", body))
    page.click("button")
    settle(page)

    assert clicks(log) == [("buy_button_click", {"amount": "3"})]


def test_an_element_that_appears_later_counts(page: Page, shop: Shop, log: Log) -> None:
    page.goto(shop.page("/"))
    page.evaluate(f"document.body.innerHTML = `<button {BUY}>buy</button>`")
    page.click("button")
    settle(page)

    assert len(clicks(log)) == 1


def test_an_element_in_a_shadow_counts_and_reads_beyond_it(page: Page, shop: Shop, log: Log) -> None:
    body = f"""<div class="card"><span class="price">990 ₽</span><buy-button></buy-button></div><script>
        customElements.define("buy-button", class extends HTMLElement {{
            connectedCallback() {{
                this.attachShadow({{mode: "open"}}).innerHTML = `<input value="4">
                    <button {BUY} data-footfall-price-from=".price" data-footfall-amount-from="input">buy</button>`;
            }}
        }});
    </script>"""
    page.goto(shop.page("/", body))
    page.click("button")
    settle(page)

    assert clicks(log) == [("buy_button_click", {"price": "990 ₽", "amount": "4"})]


CARD: Final = """<div class="card"><h2>{name}</h2>
    <span class="price">{price}</span><input class="amount" value="{amount}">
    <button data-footfall-event="buy_button_click" data-footfall-price-from=".price" data-footfall-amount-from=".amount"
        data-footfall-item="{name}">buy</button></div>"""


def test_what_stands_nearest_is_read(page: Page, shop: Shop, log: Log) -> None:
    """Of several cards, each reads its own; what a card lacks is read from the page."""
    cards = [CARD.format(name=name, price=price, amount=amount) for name, price, amount in
             [("dress", "1 990 ₽", 1), ("hat", "2 990 ₽", 2)]]  # fmt: skip
    lone = f'<button {BUY} data-footfall-price-from="h1" id="lone">buy</button>'
    page.goto(shop.page("/", f"<h1>500 ₽</h1>{''.join(cards)}<section>{lone}</section>"))
    page.click(".card:nth-of-type(2) button")
    page.fill(".card:nth-of-type(1) input", "7")
    page.click(".card:nth-of-type(1) button")
    page.click("#lone")
    settle(page)

    assert clicks(log) == [
        ("buy_button_click", {"price": "2 990 ₽", "amount": "2", "itemId": "hat"}),
        ("buy_button_click", {"price": "1 990 ₽", "amount": "7", "itemId": "dress"}),
        ("buy_button_click", {"price": "500 ₽"}),
    ]


def test_values_are_read_from_whatever_holds_them(page: Page, shop: Shop, log: Log) -> None:
    """A field, a choice, structured data, text, also hidden; nothing where nothing is."""
    holders = {
        "<input class=x value=5>": "5",
        "<select class=x><option value=1>one<option value=2 selected>two</select>": "2",
        "<meta class=x itemprop=price content='1990.00'>": "1990.00",
        "<data class=x value=12>twelve</data>": "12",
        "<b class=x>1&nbsp;990&nbsp;<i>₽</i></b>": "1\xa0990\xa0₽",
        "<b class=x hidden>77</b>": "77",
        "<input class=x value=0>": "0",
        "<input class=x>": None,
        "": None,
    }
    for holder, value in holders.items():
        button = f'<button {BUY} data-footfall-price-from=".x">buy</button>'
        page.goto(shop.page("/", f"<div>{holder}{button}</div>"))
        page.click("button")
        settle(page)
        assert clicks(log)[-1] == ("buy_button_click", {} if value is None else {"price": value})


def test_a_wrong_selector_costs_its_parameter_alone(page: Page, shop: Shop, log: Log) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    attributes = (
        f'{BUY} data-footfall-price-from="[[" data-footfall-amount="2" data-footfall- data-footfall-price-from-x="1"'
    )
    page.goto(shop.page("/", f"<button {attributes}>buy</button>"))
    page.click("button")
    settle(page)

    assert clicks(log) == [("buy_button_click", {"amount": "2"})]
    assert errors == []


# Bitrix24

PRODUCT: Final = """<div class="product-item-detail-info-container">
    <div class="product-item-detail-price-current">{price}</div>
    <input class="product-item-amount-field" type="number" value="{amount}">
    <a class="btn btn-primary product-item-detail-buy-button" href="javascript:void(0)"><span>Купить</span></a></div>"""


def test_the_preset_watches_the_buy_buttons_of_bitrix(page: Page, shop: Shop, log: Log) -> None:
    """Price and amount as the shop shows them; chosen on the page."""
    shop.page("/catalog/item/dress/", PRODUCT.format(price="3 499,50 ₽", amount=2), tag=bitrix(shop.tag))
    page.goto(f"{shop.address}/catalog/item/dress/")
    page.click(".product-item-detail-buy-button span")
    page.fill("input", "3")
    page.click(".product-item-detail-buy-button")
    settle(page)

    assert clicks(log) == [
        ("buy_button_click", {"price": "3 499,50 ₽", "amount": "2"}),
        ("buy_button_click", {"price": "3 499,50 ₽", "amount": "3"}),
    ]


def bitrix(tag: str) -> str:
    return f'<script src="{tag}" data-footfall-preset="bitrix" async></script>'


def test_the_preset_can_be_the_collectors_setting_and_what_appears_later_counts(
    page: Page, shop: Shop, log: Log, gate: Gate
) -> None:
    shop.tag = gate.script("bitrix", render(TagSettings(preset="bitrix")))
    page.goto(shop.page("/catalog/item/dress/"))
    page.evaluate(f"document.body.innerHTML = `{PRODUCT.format(price='990 руб.', amount=1)}`")
    page.click(".product-item-detail-buy-button")
    settle(page)

    assert clicks(log) == [("buy_button_click", {"price": "990 руб.", "amount": "1"})]


def test_without_the_preset_bitrixs_buttons_are_left_alone(page: Page, shop: Shop, log: Log) -> None:
    """Negative control. An unknown preset is none."""
    product = PRODUCT.format(price="990 ₽", amount=1)
    for tag in (f'<script src="{shop.tag}" async></script>', bitrix(shop.tag).replace("bitrix", "toString")):
        page.goto(shop.page("/", product, tag=tag))
        page.click(".product-item-detail-buy-button")
        settle(page)

    assert clicks(log) == []


def test_what_the_button_says_itself_wins_over_the_preset(page: Page, shop: Shop, log: Log) -> None:
    product = PRODUCT.format(price="990 ₽", amount=1).replace(
        "<a ", '<a data-footfall-price="500" data-footfall-item="hat" '
    )
    page.goto(shop.page("/", product, tag=bitrix(shop.tag)))
    page.click(".product-item-detail-buy-button")
    settle(page)

    assert clicks(log) == [("buy_button_click", {"price": "500", "itemId": "hat", "amount": "1"})]


def test_a_button_that_leads_away_at_once_is_counted(page: Page, context: BrowserContext, shop: Shop, log: Log) -> None:
    product = PRODUCT.format(price="990 ₽", amount=1).replace("javascript:void(0)", "/cart")
    shop.page("/cart", tag=bitrix(shop.tag))
    page.goto(shop.page("/item/dress/", product, tag=bitrix(shop.tag)))
    page.click(".product-item-detail-buy-button")
    page.wait_for_url("**/cart")
    settle(page)

    assert log.seen() == [("pageView", "/item/dress/"), ("buy_button_click", "/item/dress/"), ("pageView", "/cart")]
