"""Facts out of the store: one row for each minute, shop, item and currency, whose columns only add up."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import BinaryIO, Final, NamedTuple, TypeVar, cast

from footfall.errors import UnavailableError
from footfall.model.steps import Fact, Value
from footfall.store import Store
from footfall.transfer.rows import Progress
from footfall.transfer.writers import Format, Type, writer

FACT_COLUMNS: Final[dict[str, Type]] = {
    "minute": "moment",
    "shop": "text",
    "item": "text",
    "views": "integer",
    "depth_sum": "integer",
    "quantity": "integer",
    "clicks": "integer",
    "currency": "text",
    "value": "money",
}

_MINUTE: Final = 60_000
_AT_ONCE: Final = 5_000
_TRIES: Final = 50

_Row = TypeVar("_Row", Fact, Value)


class FactRow(NamedTuple):
    """One row, in the order of FACT_COLUMNS.

    A (minute, shop, item) with money in two currencies has two rows; the second has only the value, and 0 in the other
    columns. So the sum of any column over any rows is right, and rows may be added in any order.
    """

    minute: datetime
    """Its start, UTC."""
    shop: str
    item: str
    views: int
    depth_sum: int
    quantity: int
    clicks: int
    currency: str
    """Empty where there is no money."""
    value: Decimal


def export_facts(
    store: Store,
    format: Format,
    out: BinaryIO,
    *,
    since: int | None = None,
    until: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> int:
    """Write the facts of minutes with `since <= minute < until` (ms) and return how many rows that took.

    `since` is rounded down to its minute. Facts and values are of one moment, also while counting goes on. Raises
    UnavailableError if the store cannot be read.
    """
    begin = None if since is None else since - since % _MINUTE
    count = 0
    with writer(format, FACT_COLUMNS, out) as write:
        for row in _rows(store, begin, until):
            write(row)
            count += 1
            if count % _AT_ONCE == 0:
                progress(Progress("exporting facts", count, None))
    progress(Progress("exporting facts", count, count))
    return count


def _rows(store: Store, since: int | None, until: int | None) -> Iterator[FactRow]:
    facts, values = _of_one_moment(store, since, until)
    with closing(facts), closing(values):
        money_by_minute = groupby(values, lambda value: value.minute)
        paid_minute, paid = next(money_by_minute, (None, iter(())))
        for minute, sums in groupby(facts, lambda fact: fact.minute):
            money: dict[tuple[str, str], list[Value]] = {}
            if paid_minute == minute:
                for value in paid:
                    money.setdefault((value.shop, value.item), []).append(value)
                paid_minute, paid = next(money_by_minute, (None, iter(())))
            for fact in sums:
                yield from _of_one_fact(fact, money.get((fact.shop, fact.item), []))


def _of_one_fact(fact: Fact, values: list[Value]) -> Iterator[FactRow]:
    moment = datetime.fromtimestamp(fact.minute / 1000, UTC)
    counts = (fact.views, fact.depth_sum, fact.quantity, fact.clicks)
    if not values:
        yield FactRow(moment, fact.shop, fact.item, *counts, "", _money(0))
    for value in values:
        units = value.high * 10**9 + value.low
        yield FactRow(moment, fact.shop, fact.item, *counts, value.currency, _money(units))
        counts = (0, 0, 0, 0)


def _of_one_moment(
    store: Store, since: int | None, until: int | None
) -> tuple[Generator[Fact, None, None], Generator[Value, None, None]]:
    """Return facts and values that no step came between: the positions before and after both began are the same."""
    for _ in range(_TRIES):
        before = store.positions()
        facts, values = _begun(store.facts(since, until)), _begun(store.values(since, until))
        next(facts)
        next(values)
        if store.positions() == before:
            return facts, values
        facts.close()
        values.close()
    raise UnavailableError(f"the facts changed while they were read, {_TRIES} times; try again")


def _begun(rows: Iterator[_Row]) -> Generator[_Row, None, None]:
    """Yield the rows, after a first step that only takes hold of the state they are of."""
    first = next(rows, None)
    yield cast(_Row, None)
    if first is not None:
        yield first
        yield from rows


def _money(units: int) -> Decimal:
    """Return 1/10,000 as an exact decimal: with two places if that is enough."""
    whole, rest = divmod(units, 10_000)
    return Decimal(f"{whole}.{rest:04}" if rest % 100 else f"{whole}.{rest // 100:02}")
