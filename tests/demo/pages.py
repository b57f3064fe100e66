"""The shop's pages, asked of the app in this process."""

import asyncio
from html.parser import HTMLParser

import httpx

from footfall.demo.shop import create_shop

COLLECTOR, API = "http://127.0.0.1:8290", "http://127.0.0.1:5001"


def get(path: str, language: str = "ru", cookie: str = "") -> httpx.Response:
    """Return the shop's answer to a browser of this language."""
    headers = {"accept-language": language} | ({"cookie": cookie} if cookie else {})

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_shop(COLLECTOR, API))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


class Elements(HTMLParser):
    """All elements of a page with their attributes, and the text directly behind each beginning."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts and not self.texts[-1]:
            self.texts[-1] = data.strip()

    def of_class(self, name: str) -> list[str]:
        """Return the texts of the elements of a class."""
        pairs = zip(self.found, self.texts, strict=True)
        return [text for (_, attributes), text in pairs if name in attributes.get("class", "").split()]

    def addresses(self) -> list[str]:
        """Return every address that the page names."""
        return [attributes[name] for _, attributes in self.found for name in ("href", "src") if name in attributes]
