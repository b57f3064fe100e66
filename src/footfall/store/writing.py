"""Write one step into an open transaction. Nothing here commits."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from footfall.model.steps import Fact, SetAside, Step, Value
from footfall.store import tables
from footfall.store.checks import fenced, not_waiting, printable
from footfall.store.database import Database
from footfall.store.periods import HOUR, Days, Grain
from footfall.store.reading import one_position

_LEAST_SWEEP: Final = 1000
"""Rows looked at for deletion in any step, so that few new ones do not keep many old ones."""

_AT_ONCE: Final = 500
"""Positions named in one statement."""


def move(database: Database, connection: Connection, step: Step) -> None:
    """Move the partition's position by compare-and-set. Raises FencedError if it is not where the step began."""
    before, row = step.before, tables.positions.c
    stands = (row.partition == before.partition, row.next == before.next, row.steps == before.steps)
    tally = {name: getattr(step.tally, name) for name in tables.TALLY}
    changes = {"next": step.next, "clock": step.clock, "steps": row.steps + 1}
    adds = {name: row[name] + number for name, number in tally.items()}
    if connection.execute(update(tables.positions).where(*stands).values(changes | adds)).rowcount == 1:
        return
    found = one_position(connection, before.partition)
    if found.steps or (before.next, before.steps) != (0, 0):
        raise fenced(before, found)
    first = {"partition": before.partition, "next": step.next, "clock": step.clock, "steps": 1, "swept": ""} | tally
    if not database.put_new(connection, tables.positions, tuple(first), [tuple(first.values())]):
        raise fenced(before, one_position(connection, before.partition))  # another writer's first step came between


def resolve(connection: Connection, step: Step) -> None:
    """Take the retried events out of the set-aside ones. Raises FencedError if one is not there."""
    row = tables.set_aside.c
    for positions in _chunks(sorted(step.resolves)):
        these = (row.partition == step.before.partition, row.position.in_(positions))
        if connection.execute(delete(tables.set_aside).where(*these)).rowcount != len(positions):
            raise not_waiting(step.before.partition, positions)


def _chunks(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    return (positions[first : first + _AT_ONCE] for first in range(0, len(positions), _AT_ONCE))


def put_aside(database: Database, connection: Connection, partition: str, events: Sequence[SetAside]) -> None:
    """Keep the events that could not be counted, in place of what is kept of the same positions."""
    rows = [
        (partition, e.position, e.arrival, str(e.reason), printable(e.detail), e.raw or None, printable(e.origin))
        for e in events
    ]
    database.merge(connection, tables.set_aside, rows, add=False)


def add_facts(
    database: Database, connection: Connection, facts: Sequence[Fact], values: Sequence[Value], days: Days
) -> None:
    """Add facts and values to their minutes, hours and days."""
    ids = product_ids(database, connection, {(f.shop, f.item) for f in facts} | {(v.shop, v.item) for v in values})
    fact_rows = [(f.minute, ids[f.shop, f.item], f.views, f.depth_sum, f.quantity, f.clicks) for f in facts]
    value_rows = [(v.minute, ids[v.shop, v.item], v.currency, v.high, v.low) for v in values]
    for grain in Grain:
        seconds = _seconds(grain, days, {row[0] for row in fact_rows} | {row[0] for row in value_rows})
        for table, rows in ((tables.facts[grain], fact_rows), (tables.values[grain], value_rows)):
            database.merge(connection, table, [(seconds[row[0]], *row[1:]) for row in rows], add=True)


def _seconds(grain: Grain, days: Days, minutes: Set[int]) -> Mapping[int, int]:
    """Return where the sums begin that each minute belongs to, as Unix seconds."""
    match grain:
        case Grain.MINUTE:
            return {minute: minute // 1000 for minute in minutes}
        case Grain.HOUR:
            return {minute: minute // HOUR * HOUR // 1000 for minute in minutes}
        case Grain.DAY:
            return {minute: start // 1000 for minute, start in days.starts(minutes).items()}


def product_ids(
    database: Database, connection: Connection, places: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return the number of each (shop, item), giving one to those that have none."""

    def known(places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        rows = database.find(connection, tables.products, ("shop", "item"), places)
        return {(shop, item): number for number, shop, item in rows}

    wanted = sorted(places)
    found = known(wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        database.put_new(connection, tables.products, ("shop", "item"), missing)
        found |= known(missing)
    return found


def remember(database: Database, connection: Connection, step: Step) -> None:
    """Keep sessions and event ids for later steps."""
    partition = step.before.partition
    sessions = [(partition, s.session, s.views, s.latest) for s in step.sessions]
    seen = [(partition, e.session, e.event, e.last_seen) for e in step.seen]
    database.merge(connection, tables.sessions, sessions, add=False)
    database.merge(connection, tables.seen_events, seen, add=False)


def sweep(database: Database, connection: Connection, step: Step, memory: int) -> None:
    """Delete what the clock has passed among the next few sessions, going round and round in the order of ids.

    The work of a step is bounded by what it wrote, and the pages touched lie together.
    """
    if step.clock is None:
        return
    partition, passed, row = step.before.partition, step.clock - memory, tables.positions.c
    many = max(_LEAST_SWEEP, database.sweep * max(len(step.seen), len(step.sessions)))
    ages = {tables.sessions: tables.sessions.c.latest, tables.seen_events: tables.seen_events.c.last_seen}
    ahead = [
        select(table.c.session)
        .where(table.c.partition == row.partition, table.c.session > row.swept)
        .order_by(table.c.session)
        .offset(many)
        .limit(1)
        .scalar_subquery()
        for table in ages
    ]
    begin, *ends = connection.execute(select(row.swept, *ahead).where(row.partition == partition)).one()
    end = min((session for session in ends if session is not None), default=None)
    for table, age in ages.items():
        old = delete(table).where(table.c.partition == partition, table.c.session > begin, age <= passed)
        connection.execute(old if end is None else old.where(table.c.session <= end))
    if (end or "") != begin:
        connection.execute(update(tables.positions).where(row.partition == partition).values(swept=end or ""))


def enter(database: Database, connection: Connection, step: Step) -> int:
    """Write the step into the ledger and return its number: one more than the last, so that a hole would show.

    It comes last in its transaction: from here on all writers wait for each other.
    """
    database.in_turn(connection)
    last = connection.execute(select(func.max(tables.ledger.c.step))).scalar()
    number = (last or 0) + 1
    entry = {
        "step": number,
        "partition": step.before.partition,
        "first": step.before.next,
        "next": step.next,
        **{name: getattr(step.tally, name) for name in tables.TALLY},
        "reasons": json.dumps(dict(step.reasons), separators=(",", ":")),
        "rules": step.rules,
        "started": step.started,
        "took": step.took,
        "resolves": json.dumps(list(step.resolves), separators=(",", ":")),
        "lost": None if step.lost is None else json.dumps(asdict(step.lost), separators=(",", ":")),
    }
    connection.execute(insert(tables.ledger).values(entry))
    return number
