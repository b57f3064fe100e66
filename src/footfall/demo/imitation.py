"""A simulated browser: what the tag would send from it, bit by bit (divolte.md 1.2, 1.3, 1.5 and 1.6)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple
from urllib.parse import quote

import mmh3

from footfall.demo.products import Language
from footfall.demo.walks import VIEW, Act
from footfall.mapping.base36 import to_base36

_SESSION: Final = 1_800_000
"""Lifetime of the session's cookie, ms."""

_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


class Device(NamedTuple):
    """What a visitor looks at the shop with."""

    agent: str
    screen: tuple[int, int]
    view: tuple[int, int]
    ratio: int


PHONE: Final = ((412, 915), (412, 785), 3)
DESK: Final = ((1920, 1040), (1903, 941), 1)

DEVICES: Final = (
    Device(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36", *DESK),
    Device(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} YaBrowser/25.8.0.0 Safari/537.36", *DESK),
    Device(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/140.0.0.0", *DESK),
    Device("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", *DESK),
    Device(f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36", *PHONE),
    Device(f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {_CHROME} YaBrowser/25.8.1.90 Mobile Safari/537.36", *PHONE),
    Device(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
        "Mobile/15E148 Safari/604.1",
        (390, 844),
        (390, 664),
        3,
    ),
)

ROBOTS: Final = (
    Device("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", *DESK),
    Device("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", *DESK),
    Device("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", *DESK),
)


class Browser:
    """One visitor's browser: its cookies, its page, its screen."""

    def __init__(self, rnd: Random, shop: str, device: Device, language: Language) -> None:
        """`shop`: the address of the shop, without a slash at the end."""
        self._rnd, self._shop = rnd, shop
        self.device, self.language = device, language
        self.party = self.session = self.event = ""
        """Identifiers of the visitor, the session, the latest event."""
        self._page = self._location = self._referrer = ""
        self._events = self._latest = 0
        self._new_party = self._new_session = True
        sizes = zip("ijkwh", (*device.screen, device.ratio, *device.view), strict=True)
        self._sizes = {name: to_base36(size) for name, size in sizes}

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of an event's request that a collector keeps."""
        languages = "ru-RU,ru;q=0.9" if self.language == "ru" else "en-US,en;q=0.9"
        return (("user-agent", self.device.agent), ("accept-language", languages), ("referer", self._shop + "/"))

    def location(self, act: Act) -> str:
        """Return the address of the page where it happens."""
        return self._shop + act.path

    def query(self, act: Act, now: int) -> str:
        """Return the query that the tag sends when this happens at `now` (ms since epoch)."""
        if act.kind == VIEW:
            self._open(act, now)
        assert self._page, "it begins with a page view"
        self.event, first = f"{self._page}{self._events:x}", self._events == 0
        values = {
            "p": self.party,
            "s": self.session,
            "v": self._page,
            "e": self.event,
            "c": to_base36(now),
            "n": "t" if first and self._new_party else "f",
            "f": "t" if first and self._new_session else "f",
            "l": self._location,
        }
        if self._referrer:
            values["r"] = self._referrer
        values |= self._sizes
        values["t"] = act.kind
        if act.price is not None:
            values["u"] = f"(sprice!{act.price}!samount!{act.amount}!)"
        self._events += 1
        self._latest = now
        return query_of(values)

    def _open(self, act: Act, now: int) -> None:
        """Load a page: read the cookies, or make new identifiers."""
        stamp = to_base36(now)
        self._new_party, self._new_session = not self.party, not self.session or now - self._latest >= _SESSION
        if self._new_party:
            self.party = f"0:{stamp}:{self._random()}"
        if self._new_session:
            self.session = f"0:{stamp}:{self._random()}"
        self._referrer = "" if self._new_session else self._location
        self._location = self.location(act)
        self._page, self._events = f"0:{self._random()}", 0

    def _random(self) -> str:
        bits = self._rnd.getrandbits(192).to_bytes(24, "big")
        return urlsafe_b64encode(bits).decode().replace("-", "~")


def query_of(values: Mapping[str, str]) -> str:
    """Return the query of these parameters with its checksum."""
    text = "".join([f"{name}={values[name]},;" for name in sorted(values)])
    checksum = to_base36(mmh3.hash(text, 0, signed=True))
    return "".join([f"{name}={_quoted(value)}&" for name, value in values.items()]) + f"x={checksum}"


@lru_cache(20_000)
def _quoted(text: str) -> str:
    """Return what encodeURIComponent makes of the text."""
    return quote(text, safe="!'()*")
