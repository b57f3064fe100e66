"""The shop's pages: all products, both languages, three versions, nothing from elsewhere."""

import re
from importlib import resources

import pytest
from tests.demo.pages import API, COLLECTOR, Elements, get

from footfall.demo.products import CATEGORIES, LANGUAGES, PRODUCTS, Language, price_text
from footfall.model.items import Items
from footfall.model.rules import Rules

VERSIONS = ["", "/spa", "/hash"]
PLACES = ["/", *(f"/catalog/{name}/" for name in CATEGORIES), "/cart/", "/item/cup-morning/", "/item/no-such-thing/"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("slug", PRODUCTS)
def test_every_product_has_its_page_with_the_class_names_of_bitrix(slug: str, version: str, language: Language) -> None:
    product = PRODUCTS[slug]

    answer = get(f"{version}/item/{slug}/", language)

    page = Elements(answer.text)
    assert answer.status_code == 200
    assert page.of_class("product-item-detail-price-current") == [price_text(product.kopecks, language)]
    assert len(page.of_class("product-item-detail-buy-button")) == 1
    fields = [given for _, given in page.found if given.get("class") == "product-item-amount-field"]
    assert [field["value"] for field in fields] == ["1"]
    assert product.words[language].text in answer.text
    assert page.found[0] == ("html", {"lang": language, "data-root": version})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES)
def test_no_page_names_anything_but_itself_the_tag_and_the_numbers(place: str, version: str) -> None:
    answer = get(version + place)

    found = Elements(answer.text).addresses()
    others = {address for address in found if re.match("[a-z]+:|//", address)}
    assert {address.removeprefix(API) for address in others if address.startswith(API)} == {
        "/api/v1.0/users",
        "/api/v1.0/orders",
        "/docs",
    }
    assert {address for address in others if not address.startswith(API)} == {f"{COLLECTOR}/divolte.js"}


def test_no_file_of_the_shop_names_another_host() -> None:
    folder = resources.files("footfall.demo") / "pages" / "static"

    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"//[\w.-]+\.\w+|@import|url\(", text) == [], file.name


@pytest.mark.parametrize("place", [*PLACES, "/static/shop.css", "/pictures/cup-morning.svg"])
def test_the_policy_allows_only_our_own_files_the_tag_and_the_numbers(place: str) -> None:
    policy = get(place).headers["content-security-policy"]

    assert policy == (
        f"default-src 'none'; script-src 'self' {COLLECTOR}; style-src 'self'; img-src 'self' {COLLECTOR}; "
        f"connect-src 'self' {COLLECTOR} {API}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("place", PLACES)
def test_every_page_holds_the_tag_once_and_no_script_or_style_of_its_own(place: str) -> None:
    page = Elements(get(place).text)

    scripts = [given for tag, given in page.found if tag == "script"]
    tags = [given for given in scripts if "divolte" in given["src"]]
    assert tags == [{"src": f"{COLLECTOR}/divolte.js", "defer": "", "async": "", "data-footfall-preset": "bitrix"}]
    assert all("style" not in given and not any(name.startswith("on") for name in given) for _, given in page.found)
    assert "style" not in [tag for tag, _ in page.found]


def test_the_front_page_shows_all_products_and_a_category_its_own() -> None:
    assert products_of("/") == list(PRODUCTS)
    assert products_of("/catalog/light/") == [slug for slug, product in PRODUCTS.items() if product.category == "light"]


def products_of(place: str) -> list[str]:
    links = [address for address in Elements(get(place).text).addresses() if address.startswith("/item/")]
    return [link.split("/")[2] for link in links]


@pytest.mark.parametrize("version", VERSIONS)
def test_links_stay_in_their_version_and_name_the_same_items_to_counting(version: str) -> None:
    prefix = {"/hash": "/hash/#"}.get(version, version)
    links = [address for address in Elements(get(f"{version}/").text).addresses() if "/item/" in address]

    found = [item_of(f"http://127.0.0.1:8080{link}") for link in links]

    assert all(link.startswith(f"{prefix}/item/") for link in links)
    assert found == list(PRODUCTS)


def item_of(location: str) -> str | None:
    return Items(Rules().patterns).place(location).item


def test_the_cart_holds_a_hidden_row_for_every_product() -> None:
    rows = [given for _, given in Elements(get("/cart/").text).found if "data-row" in given]

    assert [row["data-row"] for row in rows] == list(PRODUCTS)
    assert all("hidden" in row for row in rows)
    assert [int(row["data-kopecks"]) for row in rows] == [product.kopecks for product in PRODUCTS.values()]


@pytest.mark.parametrize(
    "place", ["/item/no-such-thing/", "/catalog/shoes/", "/nowhere", "/spa/item/x/", "/pictures/x"]
)
def test_what_is_not_there_is_said_so_on_a_page_of_the_shop(place: str) -> None:
    answer = get(place)

    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.text


@pytest.mark.parametrize(
    ("browser", "cookie", "expected"),
    [
        ("en-US,en;q=0.9", "", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "", "ru"),
        ("de-DE,de;q=0.9,en;q=0.8,ru;q=0.5", "", "en"),
        ("ka,fr", "", "ru"),
        ("", "", "ru"),
        ("en", "lang=ru", "ru"),
        ("en", "lang=%22%3E", "en"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_browsers(browser: str, cookie: str, expected: str) -> None:
    answer = get("/", browser, cookie)

    assert answer.headers["content-language"] == expected
    assert answer.headers["vary"] == "Accept-Language, Cookie"


def test_a_language_that_is_chosen_is_kept_and_the_address_stays_clean() -> None:
    answer = get("/item/cup-morning/?utm_source=x&lang=en")

    assert (answer.status_code, answer.headers["location"]) == (303, "/item/cup-morning/?utm_source=x")
    assert answer.headers["set-cookie"].startswith("lang=en; ")
    assert get("/?lang=%22%3Ede").status_code == 200


def test_an_address_without_its_last_slash_leads_to_the_page() -> None:
    answer = get("/item/cup-morning")

    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:8080/item/cup-morning/")
