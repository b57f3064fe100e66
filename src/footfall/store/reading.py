"""Read what was counted from an open transaction."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, func, select, union_all

from footfall.model.steps import (
    Carried,
    Fact,
    Loss,
    Lost,
    Position,
    Reason,
    SeenEvent,
    SessionState,
    SetAside,
    Tally,
    Value,
)
from footfall.store import tables
from footfall.store.database import Database
from footfall.store.periods import MINUTE, Days, Grain, Piece, split
from footfall.store.protocol import LedgerEntry, Sums, Total

_PAGE: Final = 1000
"""Rows fetched at a time by what yields many."""


def all_positions(connection: Connection) -> Sequence[Position]:
    row = tables.positions.c
    found = connection.execute(select(row.partition, row.next, row.clock, row.steps).order_by(row.partition))
    return [Position(*values) for values in found]


def one_position(connection: Connection, partition: str) -> Position:
    row = tables.positions.c
    query = select(row.partition, row.next, row.clock, row.steps).where(row.partition == partition)
    found = connection.execute(query).one_or_none()
    return Position(*found) if found else Position(partition)


def carried(
    database: Database,
    connection: Connection,
    partition: str,
    sessions: Iterable[str],
    events: Iterable[tuple[str, str]],
) -> Carried:
    states = database.find(
        connection, tables.sessions, ("partition", "session"), [(partition, session) for session in set(sessions)]
    )
    seen = database.find(
        connection,
        tables.seen_events,
        ("partition", "session", "event"),
        [(partition, *event) for event in set(events)],
    )
    return Carried([SessionState(*state) for _, *state in states], [SeenEvent(*event) for _, *event in seen])


def tally(connection: Connection, partition: str | None) -> Tally:
    """Add up the sums that stand beside each position."""
    query = select(*(func.coalesce(func.sum(tables.positions.c[name]), 0) for name in tables.TALLY))
    if partition is not None:
        query = query.where(tables.positions.c.partition == partition)
    return Tally(*(int(number) for number in connection.execute(query).one()))


def ledger(connection: Connection, partition: str | None, last: int | None) -> Iterator[LedgerEntry]:
    table = tables.ledger
    query = select(table) if partition is None else select(table).where(table.c.partition == partition)
    if last is not None:
        query = query.order_by(table.c.step.desc()).limit(last)
        yield from reversed([_entry(row) for row in connection.execute(query)])
        return
    for row in _streamed(connection, query.order_by(table.c.step)):
        yield _entry(row)


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        step=row.step,
        partition=row.partition,
        first=row.first,
        next=row.next,
        tally=Tally(*(getattr(row, name) for name in tables.TALLY)),
        reasons={Reason(reason): number for reason, number in json.loads(row.reasons).items()},
        rules=row.rules,
        started=row.started,
        took=row.took,
        resolves=tuple(json.loads(row.resolves)),
        lost=None if row.lost is None else _lost(json.loads(row.lost)),
    )


def _lost(row: Mapping[str, Any]) -> Lost:
    return Lost(Loss(row["why"]), row["partition"], row["first"], row["end"])


def set_aside(connection: Connection, partition: str | None) -> Iterator[SetAside]:
    row = tables.set_aside.c
    query = select(row.partition, row.position, row.arrival, row.reason, row.detail, row.raw, row.origin)
    if partition is not None:
        query = query.where(row.partition == partition)
    for name, position, arrival, reason, detail, raw, origin in _streamed(
        connection, query.order_by(row.partition, row.position)
    ):
        yield SetAside(name, position, arrival, Reason(reason), detail, raw or b"", origin)


def facts(connection: Connection, since: int | None, until: int | None) -> Iterator[Fact]:
    for start, shop, item, *sums in _minutes(connection, tables.facts[Grain.MINUTE], tables.SUMS, since, until):
        yield Fact(shop, item, start * 1000, *sums)


def values(connection: Connection, since: int | None, until: int | None) -> Iterator[Value]:
    names = ("currency", *tables.HALVES)
    for start, shop, item, *rest in _minutes(connection, tables.values[Grain.MINUTE], names, since, until):
        yield Value(shop, item, start * 1000, *rest)


def _minutes(
    connection: Connection, table: Table, names: Sequence[str], since: int | None, until: int | None
) -> Iterator[Any]:
    row, product = table.c, tables.products.c
    query = select(row.start, product.shop, product.item, *(row[name] for name in names)).join_from(
        table, tables.products, product.id == row.product
    )
    if since is not None:
        query = query.where(row.start >= -(-since // 1000))
    if until is not None:
        query = query.where(row.start < -(-until // 1000))
    order = (row.start, product.shop, product.item, *((row.currency,) if "currency" in names else ()))
    yield from _streamed(connection, query.order_by(*order))


def span(connection: Connection) -> tuple[int, int] | None:
    """Return the first minute that has facts and the end of the last, ms."""
    start = tables.facts[Grain.MINUTE].c.start
    first, last = connection.execute(
        select(select(func.min(start)).scalar_subquery(), select(func.max(start)).scalar_subquery())
    ).one()
    return None if first is None else (first * 1000, last * 1000 + MINUTE)


def totals(connection: Connection, since: int, until: int | None, days: Days) -> Sequence[Total]:
    """Sum the fewest rollups that make up the period."""
    whole = span(connection)
    if whole is None:
        return []
    begin, end = max(since, whole[0]), whole[1] if until is None else min(until, whole[1])
    pieces = list(split(begin, end, days))
    if not pieces:
        return []
    product = tables.products.c
    summed = summed_facts(pieces)
    money: dict[int, dict[str, int]] = defaultdict(dict)
    for number, currency, high, low in connection.execute(summed_values(pieces)):
        money[number][currency] = int(high) * 10**9 + int(low)
    sums = summed.subquery()
    query = select(product.id, product.shop, product.item, *(sums.c[name] for name in tables.SUMS)).join_from(
        sums, tables.products, product.id == sums.c.product
    )
    return [
        Total(shop, item, int(views), int(depth_sum), int(quantity), int(clicks), dict(sorted(money[key].items())))
        for key, shop, item, views, depth_sum, quantity, clicks in connection.execute(
            query.order_by(product.shop, product.item)
        )
    ]


def sums(connection: Connection) -> Mapping[str, Sums]:
    """Add up everything, grain by grain."""
    found = {}
    for grain in Grain:
        numbers: list[int] = []
        for table, names in ((tables.facts[grain], tables.SUMS), (tables.values[grain], tables.HALVES)):
            query = select(*(func.coalesce(func.sum(table.c[name]), 0) for name in names))
            numbers += [int(number) for number in connection.execute(query).one()]
        found[str(grain)] = Sums(*numbers)
    return found


def summed_facts(pieces: Sequence[Piece]) -> Select[Any]:
    """Return the query of the sums of facts by product."""
    return _summed(tables.facts, ("product",), tables.SUMS, pieces)


def summed_values(pieces: Sequence[Piece]) -> Select[Any]:
    """Return the query of the sums of values by product and currency."""
    return _summed(tables.values, ("product", "currency"), tables.HALVES, pieces)


def _summed(
    family: Mapping[Grain, Table], keys: Sequence[str], sums: Sequence[str], pieces: Sequence[Piece]
) -> Select[Any]:
    parts = []
    for piece in pieces:
        row = family[piece.grain].c
        part = select(*(row[name] for name in (*keys, *sums)))
        parts.append(part.where(row.start >= piece.since // 1000, row.start < piece.until // 1000))
    together = union_all(*parts).subquery().c
    return select(*(together[key] for key in keys), *(func.sum(together[name]).label(name) for name in sums)).group_by(
        *(together[key] for key in keys)
    )


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=_PAGE).execute(query)
