"""The time zone of the days: which one the rollups were made by, and making them anew for another."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Connection, delete, insert, literal, select

from footfall.errors import UnavailableError
from footfall.store import tables
from footfall.store.periods import Days, Grain, split
from footfall.store.reading import span, summed_facts, summed_values


def days_of(connection: Connection, known: Days | None) -> Days | None:
    """Return the days that the rollups were made by; `known`, if it is those. None before any were chosen.

    Raises UnavailableError if this process has other rules for the zone than the one that made them.
    """
    found = _meta(connection)
    name = found.get("timezone")
    if name is None:
        return None
    if known is not None and _are_of(found, known):
        return known
    days = Days(name)
    if not _are_of(found, days):
        raise UnavailableError(
            f"the days of {name} were made by other time zone data than this process has: restart it"
        )
    return days


def made_by(connection: Connection, days: Days) -> bool:
    """Say whether the rollups were made by these days: by this zone, and this version of its rules."""
    return _are_of(_meta(connection), days)


def _are_of(found: Mapping[str, str], days: Days) -> bool:
    return (found.get("timezone"), found.get("day_starts")) == (days.name, days.print)


def choose(connection: Connection, days: Days) -> None:
    """Make the days anew if they were made by another zone, or by another version of its rules."""
    found = _meta(connection)
    if _are_of(found, days):
        return
    connection.execute(delete(tables.meta).where(tables.meta.c.key.in_(["timezone", "day_starts"])))
    connection.execute(
        insert(tables.meta),
        [{"key": "timezone", "value": days.name}, {"key": "day_starts", "value": days.print}],
    )
    if found.get("day_starts") != days.print:
        _rebuild(connection, days)


def _meta(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(tables.meta.c.key, tables.meta.c.value))
    return {row.key: row.value for row in rows}


def _rebuild(connection: Connection, days: Days) -> None:
    connection.execute(delete(tables.facts[Grain.DAY]))
    connection.execute(delete(tables.values[Grain.DAY]))
    whole = span(connection)
    if whole is None:
        return
    start = days.start(whole[0])
    while start < whole[1]:
        end = days.following(start)
        pieces = list(split(start, end, None))
        facts, values = summed_facts(pieces).subquery(), summed_values(pieces).subquery()
        second = literal(start // 1000, BigInteger).label("start")
        for table, sums in ((tables.facts[Grain.DAY], facts), (tables.values[Grain.DAY], values)):
            connection.execute(insert(table).from_select(list(table.c.keys()), select(second, *sums.c)))
        start = end
