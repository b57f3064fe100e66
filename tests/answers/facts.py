"""Facts to ask for: the worked example of counting.md, and random ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from footfall.model.steps import Fact, Step, Tally, Value
from footfall.store import Store

MINUTE = 60_000
SHOP = "b24-khpv25.bitrix24.shop"


@dataclass(frozen=True)
class Log:
    """What a store is filled with, a step for each pair."""

    steps: Sequence[tuple[Sequence[Fact], Sequence[Value]]] = field(default_factory=list)

    @property
    def facts(self) -> list[Fact]:
        return [fact for facts, _ in self.steps for fact in facts]

    @property
    def values(self) -> list[Value]:
        return [value for _, values in self.steps for value in values]


def example(begin: int) -> Log:
    """Return the worked example of counting.md, its second 0 at `begin` (ms, a full minute), in two steps."""
    dress = [Fact(SHOP, "dress", begin, 2, 3, 2, 1), Fact(SHOP, "dress", begin + 30 * MINUTE, 1, 4, 0, 0)]
    later = [Fact(SHOP, "dress", begin + 60 * MINUTE, 1, 1, 0, 0), Fact(SHOP, "hat", begin, 1, 3, 0, 0)]
    return Log([(dress, [Value(SHOP, "dress", begin, "RUB", 0, 39_800_000)]), (later, [])])


def fill(store: Store, log: Log, *, now: int = 0, partition: str = "live") -> None:
    """Commit the log, one event a fact, each step at `now` (ms)."""
    for facts, values in log.steps:
        before = store.position(partition)
        clock = max([before.clock or 0, *(fact.minute + MINUTE - 1 for fact in facts)])
        read = len(facts)
        store.commit(
            Step(
                before,
                before.next + read,
                clock,
                Tally(read=read, counted=read),
                facts=facts,
                values=values,
                started=now,
                took=5,
            )
        )


SHOPS = st.sampled_from(["", "a.example", "b.example", "магазин.example"])
ITEMS = st.sampled_from(["dress", "hat", "шапка", "Z", "a'b\"; DROP TABLE users--", "🎩", "%2F/x"])
MONEY = st.integers(0, 10**17)
"""In 1/10,000: up to 10 billion roubles a fact."""


@st.composite
def logs(draw: st.DrawFn, begin: int = 0) -> Log:
    """Return facts and values of some minutes from `begin` (ms) on, cut into steps somehow."""
    minutes = st.integers(0, 90).map(lambda number: begin + number * MINUTE)
    counts = st.integers(0, 50)
    facts = st.builds(Fact, SHOPS, ITEMS, minutes, counts, st.integers(0, 10**6), st.integers(0, 10**6), counts)
    steps = []
    for few in draw(st.lists(st.lists(facts, max_size=6, unique_by=_key), max_size=4)):
        values = [
            Value(fact.shop, fact.item, fact.minute, currency, *divmod(draw(MONEY), 10**9))
            for fact in few
            if fact.quantity
            for currency in draw(st.sets(st.sampled_from(["RUB", "EUR", "JPY"]), max_size=2))
        ]
        steps.append(([_sensible(fact) for fact in few], values))
    return Log(steps)


def _key(fact: Fact) -> tuple[str, str, int]:
    return fact.shop, fact.item, fact.minute


def _sensible(fact: Fact) -> Fact:
    depth = max(fact.depth_sum, fact.views) if fact.views else 0
    return Fact(fact.shop, fact.item, fact.minute, fact.views, depth, fact.quantity, fact.clicks)
