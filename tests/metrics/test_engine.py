"""The definition gives the same rows on DuckDB and on SQLite."""

import pytest
from hypothesis import given, settings
from tests.metrics.batches import BEGIN, MINUTE, SqliteEngine, batches, columns, sets

from footfall.metrics import COLUMNS, Columns, Engine

TIMEOUT, MEMORY = 30 * MINUTE, 24 * 60 * MINUTE

_ENGINE = Engine(session_timeout=TIMEOUT, session_memory=MEMORY)
_SQLITE = SqliteEngine(session_timeout=TIMEOUT, session_memory=MEMORY)


@pytest.fixture(params=["duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> Engine | SqliteEngine:
    return _ENGINE if request.param == "duckdb" else _SQLITE


@given(batches())
@settings(max_examples=100, deadline=None)
def test_both_engines_give_the_same_rows(batch: Columns) -> None:
    assert sets(_ENGINE.run(batch)) == sets(_SQLITE.run(batch))


@given(batches())
@settings(max_examples=30, deadline=None)
def test_every_record_ends_in_exactly_one_way(batch: Columns) -> None:
    counts = _ENGINE.run(batch)

    assert sum(n for _, _, _, n, _ in counts.endings) == len(batch["pos"])


def view(pos: int, ts: int, **others: int | None) -> dict[str, int | None]:
    """Return a page view of place 0 in session 0."""
    plain: dict[str, int | None] = dict.fromkeys(COLUMNS) | {"part": 0, "session": 0, "flag": 0, "kind": 1, "place": 0}
    return plain | {"amount": 1, "currency": 0, "high": 0, "low": 0} | {"pos": pos, "ts": BEGIN + ts} | others


def depths(engine: Engine | SqliteEngine, *records: dict[str, int | None]) -> list[int]:
    """Return the depth of each page view: every one on a place of its own."""
    batch = columns([record | {"place": number} for number, record in enumerate(records)])
    sums = {fact[0]: fact[3] for fact in engine.run(batch).facts}
    return [sums[number] for number in range(len(records)) if number in sums]


@pytest.mark.parametrize(
    ("silence", "expected"),
    [(TIMEOUT - 1, [1, 2]), (TIMEOUT, [1, 1]), (-TIMEOUT, [1, 2]), (-MEMORY + 1, [1, 2]), (-MEMORY, [1, 1])],
)
def test_a_session_ends_by_silence_or_when_it_is_forgotten(
    engine: Engine | SqliteEngine, silence: int, expected: list[int]
) -> None:
    other = view(1, max(0, -silence), session=1, kind=0, reason=1)

    assert depths(engine, view(0, 0), other, view(2, max(silence, 0))) == expected


def test_depth_goes_on_from_the_carried_session(engine: Engine | SqliteEngine) -> None:
    carried = {"carried_views": 7, "carried_latest": BEGIN - TIMEOUT + 1, "carried_clock": BEGIN}

    assert depths(engine, view(0, 0, **carried), view(1, 0, **carried)) == [8, 9]


@pytest.mark.parametrize(("since", "expected"), [(MEMORY - 1, [1]), (MEMORY, [1, 1])])
def test_an_event_id_is_remembered_for_the_memory_since_it_was_last_seen(
    engine: Engine | SqliteEngine, since: int, expected: list[int]
) -> None:
    first = view(0, 0, event=0)
    ticking = view(1, since, event=1, session=1, kind=0, reason=1)
    again = view(2, since, event=0)

    assert depths(engine, first, ticking, again) == expected


def test_a_corrupt_record_is_not_seen_and_a_robot_is(engine: Engine | SqliteEngine) -> None:
    batch = columns([view(0, 0, event=0, flag=1), view(1, 0, event=0, flag=3), view(2, 0, event=0)])

    verdicts = {verdict: n for _, verdict, _, n, _ in engine.run(batch).endings}

    assert verdicts == {"corrupt": 1, "bot": 1, "duplicate": 1}


def test_sums_of_money_at_the_limits_are_exact(engine: Engine | SqliteEngine) -> None:
    most = {"kind": 2, "amount": 100_000, "high": 10**9, "low": 0}
    batch = columns([view(pos, 0, **most) for pos in range(1000)])

    assert [(high, low) for *_, high, low in engine.run(batch).money] == [(10**12, 0)]


def test_an_engine_goes_on_after_a_batch_that_was_too_large() -> None:
    with Engine(session_timeout=TIMEOUT, session_memory=MEMORY, memory_limit=13_000_000) as engine:
        with pytest.raises(Exception, match="Out of Memory"):
            engine.run(columns([view(pos, pos, session=pos, event=pos) for pos in range(60_000)]))

        assert depths(engine, view(0, 0)) == [1]
