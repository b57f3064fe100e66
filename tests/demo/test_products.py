"""What the shop sells: 24 products, two languages, own pictures, prices that counting reads as they are meant."""

import re
from decimal import Decimal
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.demo.products import CATEGORIES, LANGUAGES, PRODUCTS, Language, Product, price_text, similar
from footfall.model.money import read_price

PICTURES = resources.files("footfall.demo") / "pages" / "pictures"


def test_there_are_24_products_six_in_each_category() -> None:
    shelves = [product.category for product in PRODUCTS.values()]

    assert {name: shelves.count(name) for name in CATEGORIES} == dict.fromkeys(CATEGORIES, 6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_product_says_something_of_its_own_in_each_language(language: Language) -> None:
    for part in ("name", "text", "details"):
        said = [getattr(product.words[language], part) for product in PRODUCTS.values()]
        assert len(set(said)) == 24
        assert all((re.search("[а-я]", text) is not None) == (language == "ru") for text in said)


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_a_product_has_a_picture_that_draws_itself(product: Product) -> None:
    text = (PICTURES / f"{product.slug}.svg").read_text(encoding="utf-8")

    root = ElementTree.fromstring(text)

    assert root.get("viewBox") == "0 0 400 400"
    assert len(list(root.iter())) > 8
    assert not re.search(r"href|<script|<style|url\((?!#)", text)
    used, made = set(re.findall(r"url\(#(\w+)\)", text)), set(re.findall(r'id="(\w+)"', text))
    assert used == made


def test_no_two_pictures_are_alike_and_none_is_left_over() -> None:
    texts = {picture.name: picture.read_text(encoding="utf-8") for picture in PICTURES.iterdir()}

    assert texts.keys() == {f"{slug}.svg" for slug in PRODUCTS}
    assert len(set(texts.values())) == 24


def test_a_price_is_written_as_shops_write_it() -> None:
    assert price_text(349950, "ru") == "3\u00a0499,50\u00a0₽"
    assert price_text(349950, "en") == "3,499.50\u00a0₽"
    assert price_text(459000, "ru") == "4\u00a0590\u00a0₽"
    assert price_text(99000, "ru") == "990\u00a0₽"
    assert price_text(123456789, "ru") == "1\u00a0234\u00a0567,89\u00a0₽"


@given(st.integers(1, 10**11), st.sampled_from(LANGUAGES))
def test_counting_reads_every_price_as_it_is_meant(kopecks: int, language: Any) -> None:
    price = read_price(price_text(kopecks, language))

    assert (price.value, price.currency) == (Decimal(kopecks) / 100, "RUB")


def test_a_product_is_similar_to_others_of_its_category_only() -> None:
    for product in PRODUCTS.values():
        found = similar(product)
        assert len({other.slug for other in found} - {product.slug}) == 4
        assert {other.category for other in found} == {product.category}
