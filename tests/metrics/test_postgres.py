"""The definition, unchanged, gives the rows of DuckDB on PostgreSQL too."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from tests.metrics.batches import MINUTE, batches, columns, sets
from tests.metrics.test_engine import view
from tests.postgres import Server

from footfall.metrics import COLUMNS, Columns, Counts, Engine, ask, counting

TIMEOUT, MEMORY = 30 * MINUTE, 24 * 60 * MINUTE


class PostgresEngine:
    """Runs the text that DuckDB runs on PostgreSQL."""

    def __init__(self, db: "psycopg.Connection[Any]", *, session_timeout: int, session_memory: int) -> None:
        self._db, self._queries = db, counting(session_timeout, session_memory)

    def run(self, columns: Columns) -> Counts:
        self._db.execute("DROP TABLE IF EXISTS batch")
        self._db.execute(f"CREATE TEMPORARY TABLE batch ({', '.join(f'{name} BIGINT' for name in COLUMNS)})".encode())
        with self._db.cursor().copy("COPY batch FROM STDIN") as copy:
            for row in zip(*(columns[name] for name in COLUMNS), strict=True):
                copy.write_row(row)
        return ask(self._fetch, self._queries)

    def _fetch(self, statement: str) -> list[Any]:
        cursor = self._db.execute(statement.encode())
        return [] if cursor.description is None else [_integers(row) for row in cursor.fetchall()]


def _integers(row: Sequence[object]) -> tuple[object, ...]:
    """Return the row with PostgreSQL's NUMERIC, its type of every sum, as integers."""
    for value in row:
        assert not isinstance(value, Decimal) or value == int(value)
    return tuple(int(value) if isinstance(value, Decimal) else value for value in row)


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[PostgresEngine]:
    with closing(psycopg.connect(postgres.address(), autocommit=True)) as db:
        yield PostgresEngine(db, session_timeout=TIMEOUT, session_memory=MEMORY)


@given(batches())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_give_the_same_rows(engine: PostgresEngine, batch: Columns) -> None:
    with Engine(session_timeout=TIMEOUT, session_memory=MEMORY) as duck:
        assert sets(engine.run(batch)) == sets(duck.run(batch))


def test_sums_of_money_at_the_limits_are_exact(engine: PostgresEngine) -> None:
    most: dict[str, int | None] = {"kind": 2, "amount": 100_000, "high": 10**9, "low": 10**9 - 1}
    batch = columns([view(pos, 0, **most) for pos in range(1000)])

    assert [(high, low) for *_, high, low in engine.run(batch).money] == [(10**12, 1000 * (10**9 - 1))]
