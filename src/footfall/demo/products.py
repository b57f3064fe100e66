"""What the demo shop sells: 24 products with names in two languages, prices, pictures."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, Literal, get_args

Language = Literal["ru", "en"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a product in one language."""

    name: str
    text: str
    details: str


@dataclass(frozen=True, slots=True)
class Product:
    """One product. Its picture is `pages/pictures/SLUG.svg`."""

    slug: str
    category: str
    kopecks: int
    before: int | None
    """What it cost before, in kopecks, if it is on sale."""
    words: dict[Language, Words]


def price_text(kopecks: int, language: Language) -> str:
    """Return a price as shops write it: `3 499,50 ₽` (with no-break spaces), in English `3,499.50 ₽`."""
    roubles, rest = divmod(kopecks, 100)
    group, mark = (_NO_BREAK, ",") if language == "ru" else (",", ".")
    cents = f"{mark}{rest:02}" if rest else ""
    return f"{roubles:,}".replace(",", group) + f"{cents}{_NO_BREAK}₽"


def read_table(name: str) -> dict[str, Any]:
    """Return one of the room's TOML files."""
    return tomllib.loads((resources.files("footfall.demo") / name).read_text(encoding="utf-8"))


def _kopecks(roubles: str) -> int:
    whole, _, rest = roubles.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _product(slug: str, entry: dict[str, Any]) -> Product:
    return Product(
        slug=slug,
        category=entry["category"],
        kopecks=_kopecks(entry["price"]),
        before=_kopecks(entry["before"]) if "before" in entry else None,
        words={language: Words(*entry[language]) for language in LANGUAGES},
    )


_TABLE: Final = read_table("products.toml")

CATEGORIES: Final[dict[str, dict[Language, str]]] = _TABLE["categories"]
"""Name of each category by language."""

PRODUCTS: Final = {slug: _product(slug, entry) for slug, entry in _TABLE["products"].items()}
"""By slug, in the order of the catalogue."""


def similar(product: Product) -> list[Product]:
    """Return the four products that come next in its category."""
    shelf = [other for other in PRODUCTS.values() if other.category == product.category]
    at = shelf.index(product)
    return (shelf[at + 1 :] + shelf[:at])[:4]
