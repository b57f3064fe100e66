"""What goes into the definition and what comes out of it: integers only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

COLUMNS: Final = (
    "part",
    "pos",
    "ts",
    "session",
    "event",
    "flag",
    "kind",
    "reason",
    "place",
    "amount",
    "currency",
    "high",
    "low",
    "carried_clock",
    "carried_seen",
    "carried_views",
    "carried_latest",
)
"""The columns of `batch`; `sql/counting.sql` says what each holds."""

Columns = Mapping[str, Sequence[int | None]]
"""A batch by column, each as long as the others."""

_TABLES: Final = ("judged", "moved")
"""Queries whose result is kept for those after them."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows of each query of `sql/counting.sql`, in no order but that of `kept`."""

    facts: Sequence[tuple[int, int, int, int, int, int]]
    """(place, minute, views, depth_sum, quantity, clicks)."""
    money: Sequence[tuple[int, int, int, int, int]]
    """(place, minute, currency, high, low)."""
    sessions: Sequence[tuple[int, int, int]]
    """(session, views, latest)."""
    seen: Sequence[tuple[int, int]]
    """(event, last_seen)."""
    kept: Sequence[tuple[int, int]]
    """(part, pos)."""
    endings: Sequence[tuple[int, str, int | None, int, int]]
    """(part, verdict, reason, n, clock); the verdict is corrupt, duplicate, bot or clean."""


def ask(fetch: Callable[[str], list[Any]], queries: Mapping[str, str]) -> Counts:
    """Return what the queries find in `batch`, on any engine: `fetch` runs a statement and returns its rows."""
    for table in _TABLES:
        fetch(f"DROP TABLE IF EXISTS {table}")  # left by a batch that failed
        fetch(f"CREATE TEMPORARY TABLE {table} AS {queries[table]}")
    found = Counts(**{name: fetch(query) for name, query in queries.items() if name not in _TABLES})
    for table in _TABLES:
        fetch(f"DROP TABLE {table}")
    return found
