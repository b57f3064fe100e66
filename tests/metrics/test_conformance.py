"""Every engine counts the same log alike, and as it is written beside each record, in any cut."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.batches import BEGIN, SqliteEngine, batches
from tests.metrics.conformance import (
    DAY,
    HOUR,
    LOG,
    MEMORY,
    SECOND,
    TIMEOUT,
    Definition,
    Outcome,
    Record,
    counted,
    expected,
    records,
)

from footfall.metrics import Columns, Engine

CUTS = [[1000], [1], [2], [3], [7], [5, 1, 1, 13], [len(LOG) - 1, 1]]


@pytest.fixture(scope="module", params=["duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> Iterator[Definition]:
    if request.param == "duckdb":
        with Engine(session_timeout=TIMEOUT, session_memory=MEMORY) as duckdb:
            yield duckdb
    else:
        yield SqliteEngine(session_timeout=TIMEOUT, session_memory=MEMORY)


REMEMBERED = {
    "clocks": {0: 2 * HOUR + 4 * DAY + 3, 1: -299 * DAY},
    "sessions": {
        0: (1, 76 * SECOND + 2 * TIMEOUT - 1),
        1: (1, 2 * HOUR + 3 * DAY - 2),
        2: (2, 2 * HOUR + DAY + 1),
        3: (1, 2 * HOUR + 3 * DAY - 1),
        5: (0, 2 * HOUR + 4 * DAY + 3),
        10: (1, -299 * DAY),
    },
}
"""After `BEGIN`, ms: what is carried on behind the log. Session 4 was corrupt."""


@pytest.mark.parametrize("sizes", CUTS)
def test_every_engine_counts_and_remembers_what_is_written_beside_each_record(
    engine: Definition, sizes: list[int]
) -> None:
    found, wanted = counted(engine, records(), sizes), expected()

    assert found.facts == wanted.facts
    assert found.money == wanted.money
    assert found.endings == wanted.endings
    assert found.kept == wanted.kept
    assert {part: clock - BEGIN for part, clock in found.clocks.items()} == REMEMBERED["clocks"]
    sessions = {session: (views, latest - BEGIN) for session, (views, latest) in found.sessions.items()}
    assert sessions == REMEMBERED["sessions"]
    assert set(found.seen) == {row.event for row in LOG if row.event is not None}


def log_of(batch: Columns) -> tuple[list[Record], Outcome]:
    """Return a random batch as a log, and what is remembered before it."""
    log: list[Record] = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    before = Outcome()
    for record in log:
        part, session, event = int(record["part"] or 0), int(record["session"] or 0), record["event"]
        clock, views, latest, seen = (record[f"carried_{name}"] for name in ("clock", "views", "latest", "seen"))
        if clock is not None:
            before.clocks[part] = clock
        if views is not None and latest is not None:
            before.sessions[session] = (views, latest)
        if event is not None and seen is not None:
            before.seen[event] = seen
    return log, before


@given(batch=batches(), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_any_cut_of_any_log_gives_the_same(engine: Definition, batch: Columns, sizes: list[int]) -> None:
    cut, whole = (counted(engine, *_apart(batch, some)) for some in (sizes, [1000]))

    assert cut == whole


def _apart(batch: Columns, sizes: list[int]) -> tuple[list[Record], list[int], Outcome]:
    log, before = log_of(batch)
    return log, sizes, before


@pytest.mark.parametrize("name", ["clocks", "sessions", "seen"])
def test_a_memory_that_is_dropped_between_batches_is_found_out(engine: Definition, name: str) -> None:
    """The negative control, on the same log."""
    outcome = Outcome()
    for record in records():
        setattr(outcome, name, {})
        outcome = counted(engine, [record], [1], outcome)

    assert (outcome.facts, outcome.endings) != (expected().facts, expected().endings)
