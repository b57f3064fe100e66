"""The demo: its shop, its history, its visitors."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from footfall.job import StepReport
from footfall.settings import ApiSettings, CollectorSettings, Settings
from footfall.supervisor import Service
from footfall.wiring.counting import counter_of
from footfall.wiring.places import Report, url
from footfall.wiring.services import services
from footfall.wiring.stores import opened_store

_DEMO_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoShop:
    """The demo's settings and the port of its shop."""

    settings: Settings
    port: int

    @property
    def address(self) -> str:
        """Where the shop is."""
        return url(_DEMO_HOST, self.port)


def demo_shop(chosen: Settings, data: Path, port: int) -> DemoShop:
    """Claim folder and ports of the demo. Of the settings chosen it takes ports and time zone, the rest by default."""
    from footfall import demo

    flags = ("--collector-port", "--api-port", "--shop-port")
    wanted = dict(zip(flags, (chosen.collector.port, chosen.api.port, port), strict=True))
    collector, api, shop = demo.find_ports(_DEMO_HOST, wanted).values()
    demo.claim(data)
    origins = (url(_DEMO_HOST, shop), url("localhost", shop))  # its pages show the numbers
    settings = Settings(
        data=data,
        timezone=chosen.timezone,
        collector=CollectorSettings(host=_DEMO_HOST, port=collector),
        api=ApiSettings(host=_DEMO_HOST, port=api, cors_origins=origins),
    )
    return DemoShop(settings, shop)


def demo_history(shop: DemoShop, show: Callable[[str, int, int], None]) -> None:
    """Write the demo's month of history, if it is not there, and count it; tell how far it is."""
    from footfall import demo

    settings, read = shop.settings, 0
    now = round(time.time() * 1000)
    events = demo.write_history(settings.data, now, partial(show, "Writing a month of history"), settings.timezone)

    def report(step: StepReport) -> None:
        nonlocal read
        read += step.tally.read
        show("Counting it", read, events)

    with opened_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        counter.once()


def demo_services(shop: DemoShop, visitors: int, report: Report) -> list[Service]:
    """Return what `demo` runs: what `up` does, the shop, and visitors if there are any."""
    from footfall import demo

    settings = shop.settings
    collector, api = url(_DEMO_HOST, settings.collector.port), url(_DEMO_HOST, settings.api.port)
    found = [
        *services(settings, report),
        Service("shop", lambda ready: demo.serve_shop(_DEMO_HOST, shop.port, collector, api, ready)),
    ]
    if visitors:
        found.append(Service("visitors", lambda ready: demo.visit(visitors, collector, shop.address, ready)))
    return found
