"""Steps to commit, and everything a store holds, to compare."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from footfall.model.steps import Fact, Position, Reason, SeenEvent, SessionState, SetAside, Step, Tally, Value
from footfall.store import Store, Total

T0 = 1_700_000_040_000
"""A full minute, ms."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def step(
    before: Position,
    read: int = 1,
    *,
    clock: int | None = None,
    facts: Sequence[Fact] = (),
    values: Sequence[Value] = (),
    sessions: Sequence[SessionState] = (),
    seen: Sequence[SeenEvent] = (),
    set_aside: Sequence[SetAside] = (),
    resolves: Sequence[int] = (),
) -> Step:
    """Return the step after `before` that reads so many events; those not set aside are counted."""
    aside = len(set_aside)
    return Step(
        before,
        before.next if resolves else before.next + read,
        max(before.clock or T0, clock or T0),
        Tally(read=read, counted=read - aside, set_aside=aside),
        reasons={Reason.PRICE_UNREADABLE: aside} if aside else {},
        facts=facts,
        values=values,
        sessions=sessions,
        seen=seen,
        set_aside=set_aside,
        resolves=resolves,
        started=T0 + 1,
        took=7,
    )


def fact(item: str = "dress", minute: int = T0, shop: str = "a.example", views: int = 1) -> Fact:
    return Fact(shop, item, minute, views, 2 * views, 3 * views, views)


def aside(position: int, *, partition: str = "live", arrival: int = T0, raw: bytes = b"raw") -> SetAside:
    return SetAside(partition, position, arrival, Reason.PRICE_UNREADABLE, "990 или 995", raw)


def dump(store: Store) -> object:
    """Return all that can be read."""
    return (
        store.positions(),
        list(store.ledger()),
        list(store.set_aside()),
        list(store.facts()),
        list(store.values()),
        store.totals(0),
        store.tally(),
    )


def added_up(
    facts: Iterable[Fact], values: Iterable[Value], since: int | None = None, until: int | None = None
) -> list[Total]:
    """Return the totals, added up one by one."""

    def inside(minute: int) -> bool:
        return (since is None or since <= minute) and (until is None or minute < until)

    sums: dict[tuple[str, str], Total] = {}
    for f in facts:
        if inside(f.minute):
            so_far = sums.get((f.shop, f.item), Total(f.shop, f.item, 0, 0, 0, 0, {}))
            sums[f.shop, f.item] = replace(
                so_far,
                views=so_far.views + f.views,
                depth_sum=so_far.depth_sum + f.depth_sum,
                quantity=so_far.quantity + f.quantity,
                clicks=so_far.clicks + f.clicks,
            )
    money: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for v in values:
        if inside(v.minute):
            money[v.shop, v.item][v.currency] += v.high * 10**9 + v.low
    return [replace(sums[place], values=dict(sorted(money[place].items()))) for place in sorted(sums)]


SHOPS = st.sampled_from(["", "a.example", "магазин.example"])
ITEMS = st.sampled_from(["dress", "Dress", "шапка", "🎩", "'; DROP TABLE users --", "%2F/x", "a\u00a0b"])
CURRENCIES = st.sampled_from(["RUB", "EUR", "KZT"])


@st.composite
def clicks(draw: st.DrawFn, first: int, last: int) -> tuple[Fact, Value]:
    """Return the fact and the value of one minute between `first` and `last` (ms)."""
    shop, item = draw(SHOPS), draw(ITEMS)
    minute = draw(st.integers(first // MINUTE, last // MINUTE)) * MINUTE
    views, depth, pieces, number = (draw(st.integers(0, 100_000)) for _ in range(4))
    money = draw(st.integers(0, 10**18))
    return (
        Fact(shop, item, minute, views, depth, pieces, number),
        Value(shop, item, minute, draw(CURRENCIES), money // 10**9, money % 10**9),
    )
