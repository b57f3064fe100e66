"""How people wander through the shop: which pages, how long on each, what they buy. Chance comes as an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from footfall.demo.products import CATEGORIES, PRODUCTS, Language, Product, price_text, similar

VIEW: Final = "pageView"
BUY: Final = "buy_button_click"
CHECKOUT: Final = "checkout"
"""Kinds of events. No metric uses the last."""

BESTSELLER: Final = "cup-morning"
ADMIRED: Final = "coat-boulevard"
"""Viewed more than anything, bought by hardly anyone."""

_TASTES: Final = {
    BESTSELLER: (10.0, 0.24),
    ADMIRED: (13.0, 0.004),
    "dress-nightlife": (8.0, 0.08),
    "sweater-fjord": (5.0, 0.07),
    "nightlight-moon": (5.0, 0.10),
    "garland-fireflies": (4.0, 0.14),
    "umbrella-shower": (4.0, 0.09),
    "hat-pompom": (3.5, 0.12),
    "moka-captain": (3.0, 0.06),
    "lamp-heron": (2.5, 0.02),
    "bowl-hazel": (0.7, 0.05),
}
"""How often a product is looked at compared to others, and which share of the views ends in "buy"."""

_TASTE: Final = (2.0, 0.06)

_ARRIVALS: Final = (
    "",
    "",
    "",
    "?utm_source=yandex",
    "?utm_source=google",
    "?utm_source=newsletter&utm_campaign=autumn",
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a visitor does."""

    after: float
    """Seconds since the thing before."""
    kind: str
    path: str
    price: str | None = None
    """As it stands on the page; only of BUY."""
    amount: int | None = None


def walk(rnd: Random, language: Language) -> Iterator[Act]:
    """Yield what one visitor does in one visit."""
    path: str | None = _entry(rnd)
    after, full = 0.0, False
    while path is not None:
        yield Act(after, VIEW, path)
        product = PRODUCTS.get(slug_of(path))
        if product is not None and rnd.random() < _taste(product)[1]:
            amount = rnd.choices((1, 2, 3, 4, 6), (76, 15, 5, 2, 2))[0]
            yield Act(_pause(rnd), BUY, path, price_text(product.kopecks, language), amount)
            full = True
        elif path == "/cart/" and rnd.random() < 0.5:
            yield Act(_pause(rnd), CHECKOUT, path)
            return
        path, after = _next(rnd, path, product, full), _pause(rnd)


def crawl(rnd: Random) -> Iterator[Act]:
    """Yield what a robot does: it follows the links of the catalogue, quickly, and buys nothing."""
    yield Act(0.0, VIEW, "/")
    for product in rnd.sample(list(PRODUCTS.values()), rnd.randint(4, 24)):
        yield Act(rnd.uniform(0.5, 4.0), VIEW, _page(product))


def slug_of(path: str) -> str:
    """Return the product that a path of the shop shows; the empty text if it shows none."""
    return path.split("/")[2] if path.startswith("/item/") else ""


def _taste(product: Product) -> tuple[float, float]:
    return _TASTES.get(product.slug, _TASTE)


_PRODUCTS: Final = list(PRODUCTS.values())
_WEIGHTS: Final = [_taste(product)[0] for product in _PRODUCTS]
_SHELVES: Final = {name: [product for product in _PRODUCTS if product.category == name] for name in CATEGORIES}
_SHELF_WEIGHTS: Final = {name: [_taste(product)[0] for product in shelf] for name, shelf in _SHELVES.items()}
_SIMILAR: Final = {product.slug: similar(product) for product in _PRODUCTS}


def _page(product: Product) -> str:
    return f"/item/{product.slug}/"


def _category(rnd: Random) -> str:
    return f"/catalog/{rnd.choice(list(CATEGORIES))}/"


def _entry(rnd: Random) -> str:
    chance = rnd.random()
    if chance < 0.4:
        return "/"
    if chance < 0.55:
        return _category(rnd)
    return _page(rnd.choices(_PRODUCTS, _WEIGHTS)[0]) + rnd.choice(_ARRIVALS)


def _next(rnd: Random, path: str, product: Product | None, full: bool) -> str | None:
    """Return the next page, or None: the visitor leaves."""
    chance = rnd.random()
    if product is not None:
        if full and chance < 0.3:
            return "/cart/"
        if chance < 0.5:
            return _page(rnd.choice(_SIMILAR[product.slug]))
        return "/" if chance < 0.6 else _category(rnd) if chance < 0.7 else None
    if path == "/cart/":
        return _page(rnd.choices(_PRODUCTS, _WEIGHTS)[0]) if chance < 0.3 else None
    if chance < 0.6:
        name = path.split("/")[2] if path.startswith("/catalog/") else ""
        shelf, weights = (_SHELVES[name], _SHELF_WEIGHTS[name]) if name else (_PRODUCTS, _WEIGHTS)
        return _page(rnd.choices(shelf, weights)[0])
    return _category(rnd) if chance < 0.78 else None


def _pause(rnd: Random) -> float:
    """Return seconds on a page: mostly some twenty, now and then a phone call, a dinner, a night."""
    return rnd.uniform(1_500, 9_000) if rnd.random() < 0.012 else min(rnd.lognormvariate(3.0, 0.8), 600.0)
