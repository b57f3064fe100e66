"""The demo shop as an app: catalogue, product pages and cart, in two languages and three versions.

The versions differ in how one gets from page to page: by ordinary links, by pushState (`/spa/...`), or by the fragment
(`/hash/#/...`). All three show what the same templates say; the single-page ones fetch a page and take its `<main>`.
"""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import URL
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from footfall.demo.products import CATEGORIES, LANGUAGES, PRODUCTS, Language, price_text, read_table, similar

_PAGES: Final = Path(__file__).parent / "pages"

_VERSIONS: Final = {"": "", "/spa": "/spa", "/hash": "/hash/#"}
"""Where a version's pages are fetched from, and what its links begin with."""

_A_YEAR: Final = 31_536_000


def policy(collector: str, api: str) -> str:
    """Return the Content-Security-Policy: our own files, the tag with its events, the numbers; nothing inline."""
    return (
        f"default-src 'none'; script-src 'self' {collector}; style-src 'self'; img-src 'self' {collector}; "
        f"connect-src 'self' {collector} {api}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def language_of(request: Request) -> Language:
    """Return the visitor's language: chosen on the page, else the first that the browser names, else Russian."""
    accepted = request.headers.get("accept-language", "").lower().split(",")
    for wish in [request.cookies.get("lang", ""), *accepted]:
        if (language := wish.strip()[:2]) in LANGUAGES:
            return language
    return "ru"


class _Headers:
    """ASGI middleware: security headers on everything."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-cache"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _Shop:
    """The pages."""

    def __init__(self, collector: str, api: str) -> None:
        self._shared = {"collector": collector, "api": api, "categories": CATEGORIES, "products": PRODUCTS}
        self._words = read_table("words.toml")
        self._templates = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def catalogue(self, request: Request) -> Response:
        """Answer with all products, or those of one category."""
        chosen = request.path_params.get("category", "")
        if chosen and chosen not in CATEGORIES:
            return await self.missing(request)
        return self._page(request, "catalogue.html", {"chosen": chosen})

    async def item(self, request: Request) -> Response:
        """Answer with a product's page."""
        product = PRODUCTS.get(request.path_params["slug"])
        if product is None:
            return await self.missing(request)
        return self._page(request, "item.html", {"product": product, "similar": similar(product)})

    async def cart(self, request: Request) -> Response:
        """Answer with a row for every product; the browser, which keeps the cart, shows those that are in it."""
        return self._page(request, "cart.html", {})

    async def missing(self, request: Request, _: Exception | None = None) -> Response:
        """Answer that there is no such page."""
        return self._page(request, "missing.html", {}, status=404)

    def _page(self, request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
        wish = request.query_params.get("lang")
        if wish in LANGUAGES:
            return _remember(request.url, wish)
        language = language_of(request)
        root = next((root for root in _VERSIONS if root and request.url.path.startswith(root + "/")), "")
        text = self._templates.get_template(template).render(
            self._shared
            | values
            | {
                "root": root,
                "path": request.url.path.removeprefix(root),
                "link": lambda path: _VERSIONS[root] + path,
                "language": language,
                "say": {name: words[language] for name, words in self._words.items()},
                "price": lambda kopecks: price_text(kopecks, language),
            }
        )
        return HTMLResponse(text, status, headers={"Vary": "Accept-Language, Cookie", "Content-Language": language})


def _remember(url: URL, language: str) -> Response:
    """Keep the language that was chosen, and show the page anew under its own address."""
    clean = url.remove_query_params("lang")
    answer = RedirectResponse(clean.path + (f"?{clean.query}" if clean.query else ""), status_code=303)
    answer.set_cookie("lang", language, max_age=_A_YEAR, samesite="lax")
    return answer


def create_shop(collector: str, api: str) -> Starlette:
    """Return the shop as an ASGI app. `collector`: whose tag its pages hold; `api`: whose numbers they show."""
    shop = _Shop(collector, api)
    pages = [
        Route("/", shop.catalogue),
        Route("/catalog/{category}/", shop.catalogue),
        Route("/item/{slug}/", shop.item),
        Route("/cart/", shop.cart),
    ]
    return Starlette(
        routes=[
            *[Mount(root, routes=pages) for root in _VERSIONS if root],
            *[Mount(f"/{name}", StaticFiles(directory=_PAGES / name)) for name in ("static", "pictures")],
            *pages,
        ],
        middleware=[Middleware(_Headers, policy=policy(collector, api))],
        exception_handlers={404: shop.missing},
    )
