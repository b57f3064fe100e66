"""Random batches of integers, and the same definition on SQLite, a second opinion about the SQL."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from footfall.metrics import COLUMNS, Columns, Counts, ask, counting

MINUTE = 60_000
BEGIN = 1_700_000_000_000


class SqliteEngine:
    """Runs the text that DuckDB runs on sqlite3."""

    def __init__(self, *, session_timeout: int, session_memory: int) -> None:
        self._queries = counting(session_timeout, session_memory)

    def run(self, columns: Columns) -> Counts:
        db = sqlite3.connect(":memory:")
        try:
            db.execute(f"CREATE TABLE batch ({', '.join(f'{name} INTEGER' for name in COLUMNS)})")
            rows = zip(*(columns[name] for name in COLUMNS), strict=True)
            db.executemany(f"INSERT INTO batch VALUES ({', '.join('?' * len(COLUMNS))})", rows)
            fetch = db.execute
            return ask(lambda statement: fetch(statement).fetchall(), self._queries)
        finally:
            db.close()


def sets(counts: Counts) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows in an order that does not depend on the engine."""
    return {name: sorted(getattr(counts, name), key=repr) for name in Counts.__slots__}


_optional_moment = st.none() | st.integers(BEGIN - 3 * 86_400_000, BEGIN + 86_400_000)


@st.composite
def batches(draw: st.DrawFn) -> Columns:
    """Draw a batch of up to three partitions whose sessions and ids lie in one partition each."""
    parts = draw(st.integers(1, 3))
    clocks = [draw(_optional_moment) for _ in range(parts)]
    sessions = [(draw(st.none() | st.integers(0, 50)), draw(_optional_moment)) for _ in range(parts * 3)]
    ids = [draw(_optional_moment) for _ in range(parts * 6)]
    return columns([draw(_record(clocks, sessions, ids, pos)) for pos in range(draw(st.integers(0, 30)))])


@st.composite
def _record(
    draw: st.DrawFn,
    clocks: Sequence[int | None],
    sessions: Sequence[tuple[int | None, int | None]],
    ids: Sequence[int | None],
    pos: int,
) -> dict[str, int | None]:
    part = draw(st.integers(0, len(clocks) - 1))
    session = part * 3 + draw(st.integers(0, 2))
    event = draw(st.none() | st.integers(0, 1).map(lambda number: session * 2 + number))
    reason = draw(st.sampled_from([None, None, 1, -1]))
    views, latest = sessions[session]
    near = st.integers(0, 3).map(lambda n: n * 1_800_000 + BEGIN)
    return {
        "part": part,
        "pos": pos,
        "ts": draw(st.integers(BEGIN - 90_000_000, BEGIN + 90_000_000) | near | near.map(lambda ts: ts - 1)),
        "session": session,
        "event": event,
        "flag": draw(st.sampled_from([0, 0, 0, 0, 1, 2, 3])),
        "kind": draw(st.integers(0, 2)) if reason else draw(st.integers(1, 2)),
        "reason": reason,
        "place": None if reason else draw(st.integers(0, 3)),
        "amount": draw(st.integers(1, 100_000)),
        "currency": draw(st.integers(0, 1)),
        "high": draw(st.integers(0, 10**9)),
        "low": draw(st.integers(0, 10**9 - 1)),
        "carried_clock": clocks[part],
        "carried_seen": None if event is None else ids[event],
        "carried_views": None if latest is None else views,
        "carried_latest": None if views is None else latest,
    }


def columns(records: Sequence[dict[str, int | None]]) -> Columns:
    """Return the records by column."""
    return {name: [record[name] for record in records] for name in COLUMNS}
