"""One visit, however it came: as requests of the tag, posted, imported, or in the tutorial's six fields."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.mapping.requests import ARRIVAL, event, imported, posted

from footfall.job import Counter, verify
from footfall.journal import Journal
from footfall.log import JournalLog, Limits
from footfall.mapping import builtin
from footfall.mapping.schemas import SchemaName
from footfall.model.columns import DEFAULT_FIELDS
from footfall.model.rules import Rules
from footfall.model.steps import Fact, Tally, Value
from footfall.store import MemoryStore

PAGES = ["https://shop.example/", "https://Shop.example/item/dress/?x=1", "https://shop.example/item/dress/#top"]
MINUTE = ARRIVAL - ARRIVAL % 60_000
SESSION, PRICE = "0:i1t84hgy:session", "1 990,50 €"
CURL = (b"user-agent", b"curl/8.5.0")

REQUESTS = [
    event({"t": "pageView", "l": PAGES[0], "e": "0:e0"}),
    event({"t": "pageView", "l": PAGES[1], "e": "0:e1"}),
    event({"t": "pageView", "l": PAGES[1], "e": "0:e1"}),
    event({"t": "buy_button_click", "l": PAGES[2], "e": "0:e2", "u": f"(sprice!{PRICE}!damount!2!)"}),
    event({"t": "pageView", "l": PAGES[1], "e": "0:e3"}, CURL),
    event({"t": "buy_button_click", "l": PAGES[2], "e": "0:e4", "u": "(sprice!1 - 2!)"}),
    event({"t": "pageView", "l": PAGES[1], "e": "0:e5"}).replace(b"&x=", b"&x=1"),
    event({"e": None}),
]
"""A visit as the tag sends it: a retry, a robot, a price that cannot be read, a broken checksum, no event id."""


def members(number: int, kind: str, **others: object) -> dict[str, object]:
    location = PAGES[min(number, 2) if kind != "pageView" else min(number, 1)]
    return {"eventType": kind, "eventId": f"0:e{number}", "sessionId": SESSION, "location": location, **others}


MEMBERS = [
    members(0, "pageView"),
    members(1, "pageView"),
    members(1, "pageView"),
    members(2, "buy_button_click", price=PRICE, amount=2),
    members(3, "pageView", userAgentString="curl/8.5.0"),
    members(4, "buy_button_click", price="1 - 2"),
]
FLAGGED = [members(5, "pageView", detectedCorruption=True), members(6, "pageView", detectedDuplicate="1")]


def counted(folder: Path, raws: Sequence[bytes], schema: SchemaName = "default") -> MemoryStore:
    """Return what the records come to, in a journal, in steps of two."""
    with closing(Journal(folder / "live.db")) as journal:
        journal.append(raws)
    store = MemoryStore()
    with closing(JournalLog(folder, builtin(schema), DEFAULT_FIELDS)) as log:
        counter = Counter(log, store, Rules(), Limits(2, 10**9), lambda _: None)
        counter.once()
        counter.close()
    assert verify(store) == []
    return store


FACT = Fact("shop.example", "dress", MINUTE, 1, 2, 2, 1)
VALUE = Value("shop.example", "dress", MINUTE, "EUR", 0, 39_810_000)


@pytest.mark.parametrize(
    ("raws", "tally"),
    [
        (REQUESTS, Tally(read=8, counted=2, ignored=1, duplicate=1, corrupt=1, bot=1, set_aside=2)),
        ([posted(one) for one in MEMBERS], Tally(read=6, counted=2, ignored=1, duplicate=1, bot=1, set_aside=1)),
        (
            [*(imported({"timestamp": ARRIVAL, **one}) for one in MEMBERS + FLAGGED), imported(b"[1]")],
            Tally(read=9, counted=2, ignored=1, duplicate=2, corrupt=1, bot=1, set_aside=2),
        ),
    ],
)
def test_a_visit_is_counted_alike_however_it_came(raws: list[bytes], tally: Tally, tmp_path: Path) -> None:
    store = counted(tmp_path, raws)

    assert (list(store.facts()), list(store.values())) == ([FACT], [VALUE])
    assert store.tally() == tally


def test_the_record_of_six_fields_has_no_ids_flags_or_robots(tmp_path: Path) -> None:
    """So a retry counts again, and the robot's view and the corrupt one count as anybody's."""
    store = counted(tmp_path, REQUESTS, "lab2")

    assert list(store.facts()) == [Fact("shop.example", "dress", MINUTE, 4, 2 + 3 + 4 + 5, 2, 1)]
    assert list(store.values()) == [VALUE]
    assert store.tally() == Tally(read=8, counted=5, ignored=1, set_aside=2)
