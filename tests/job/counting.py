"""Count a log in any cut, and compare everything that can be asked with the fold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.api.clients import client_of
from tests.fold import Fold
from tests.job.logs import ALL, CutLog, Log
from tests.store.places import Place, rows
from tests.store.rollups import check_rollups

from footfall import job
from footfall.job import StepReport, verify
from footfall.model.rules import Rules
from footfall.store import MemoryStore, Store, open_store

NEVER = 2**60
"""A memory that is never over: nothing is deleted, ms."""


def count(log: Log, sizes: Iterable[int], store: Store, rules: Rules | None = None) -> list[StepReport]:
    """Count all of a log in steps of these sizes, taken over and over; return the steps."""
    rules = rules or Rules()
    reports: list[StepReport] = []
    counter = job.Counter(CutLog(log, cycle(sizes), rules), store, rules, ALL, reports.append)
    try:
        counter.once()
    finally:
        counter.close()
    return reports


def stores(folder: Path, rules: Rules | None = None) -> Iterator[Store]:
    """Yield stores to count into: in memory and on disk, both deleting old sessions, and one that never does."""
    memory = (rules or Rules()).session_memory
    yield MemoryStore(session_memory=memory)
    yield MemoryStore(session_memory=NEVER)
    with closing(open_store(folder / "store.db", timezone="Asia/Kathmandu", session_memory=memory)) as store:
        yield store


def check_agrees(store: Store, fold: Fold) -> None:
    """Assert that the store holds what the fold counted: facts, values, endings, set-aside events, a sound ledger."""
    assert {(f.shop, f.item, f.minute): (f.views, f.depth_sum, f.quantity, f.clicks) for f in store.facts()} == {
        place: (sums.views, sums.depth, sums.quantity, sums.clicks) for place, sums in fold.facts.items()
    }
    assert {
        (v.shop, v.item, v.minute, v.currency): Fraction(v.high * 10**9 + v.low, 10_000) for v in store.values()
    } == fold.money
    assert {(event.partition, event.position): str(event.reason) for event in store.set_aside()} == fold.set_aside
    assert verify(store) == []


def check_endings(store: Store, fold: Fold) -> None:
    """Assert that as many events ended in each way as in the fold's. (After a retry, the store counts it as well.)"""
    tally = store.tally()
    assert tally.holds
    assert tally.read == fold.ended.total()
    names = ("counted", "ignored", "duplicate", "corrupt", "bot", "set_aside")
    assert {name: getattr(tally, name) for name in names} == {name: fold.ended[name] for name in names}
    clocks = {position.partition: position.clock for position in store.positions()}
    assert clocks == {partition: fold.clock(partition) for partition in clocks}


def check_answers(store: Store, fold: Fold, moments: Iterable[int]) -> None:
    """Assert that the API answers what the fold counted since each of these Unix seconds."""
    moments = list(moments)
    with client_of(store, now=max(moments)) as client:
        for second in moments:
            for address, expected in VIEWS.items():
                answer = client.get(f"/api/v1.0/{address}/{second}").json()
                assert (answer["timestamp"], answer["check"]) == (second, True)
                assert [tuple(row.values()) for row in answer["contents"]] == expected(fold, second)


def check_file(place: Place, zone: str, fold: Fold) -> None:
    """Assert that the two SQL views show what the fold counted, and that hours and days are sums of minutes."""
    minutes: dict[int, Fold] = defaultdict(Fold)
    for shop, item, minute in fold.facts:
        minutes[minute].facts[shop, item, minute] = fold.facts[shop, item, minute]
    for shop, item, minute, currency in fold.money:
        minutes[minute].money[shop, item, minute, currency] = fold.money[shop, item, minute, currency]
    for name, expected in VIEWS.items():
        found = sorted(rows(place, f"SELECT * FROM {name}"))
        assert found == [(m // 1000, *row) for m, part in sorted(minutes.items()) for row in expected(part, 0)]
    check_rollups(place, zone)


def users(fold: Fold, since: int) -> Sequence[tuple[object, ...]]:
    """Return (shop, item, views, mean depth) since a Unix second's minute."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (shop, item, minute), fact in fold.facts.items():
        if minute >= (since - since % 60) * 1000:
            sums[shop, item][0] += fact.views
            sums[shop, item][1] += fact.depth
    return [(*place, n, float(Fraction(depth, n))) for place, (n, depth) in sorted(sums.items()) if n]


def orders(fold: Fold, since: int) -> Sequence[tuple[object, ...]]:
    """Return (shop, item, quantity, value) since a Unix second's minute; currencies are added up as plain numbers."""
    begin = (since - since % 60) * 1000
    quantities: Counter[tuple[str, str]] = Counter()
    money: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for (shop, item, minute), fact in fold.facts.items():
        quantities[shop, item] += fact.quantity if minute >= begin else 0
    for (shop, item, minute, _), value in fold.money.items():
        money[shop, item] += value if minute >= begin else 0
    return [(*place, n, float(money[place])) for place, n in sorted(quantities.items()) if n]


VIEWS: Final = {"users": users, "orders": orders}
