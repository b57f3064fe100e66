"""What SQLite holds is taken over into PostgreSQL, all of it, and counting goes on from there."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete
from tests.api.clients import client_of
from tests.postgres import Server
from tests.store.places import rows
from tests.store.rollups import check_rollups, rows_of
from tests.store.steps import DAY, HOUR, MINUTE, T0, aside, dump, fact, step

from footfall.errors import FencedError, InputError, SettingsError
from footfall.job import verify
from footfall.model.steps import Position, SeenEvent, SessionState, Value
from footfall.store import open_store, tables
from footfall.store.copying import copy_store

ODD = ["s", "a\0b", "\1", "\0", "🎩", "tab\tline\nback\\slash", "\\N", "'"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a store with something in every table, also what COPY must escape, over many months."""
    path = tmp_path / "store.db"
    with closing(open_store(path, timezone="Asia/Kathmandu")) as store:
        minutes = [T0 + n * (DAY + 7 * HOUR) // MINUTE * MINUTE for n in range(400)]
        facts = [fact(item, minute) for minute in minutes for item in ("dress", "шапка", "tab\u2028", "a\\b")]
        values = [
            Value(f.shop, f.item, f.minute, code, 10**6, n) for n, f in enumerate(facts) for code in ("RUB", "EUR")
        ]
        half = step(store.position("live"), 9000, clock=minutes[-1], facts=facts[:800], values=values[:900])
        store.commit(half)
        states = [SessionState(name, n, minutes[-1] - n) for n, name in enumerate(ODD)]
        seen = [SeenEvent(one, two, minutes[-1] - n) for n, one in enumerate(ODD) for two in ODD]
        waiting = [aside(3, raw=b"\0\xff\\x\n"), aside(5, raw=b""), aside(4, raw=b"raw")]
        rest = step(store.position("live"), 9, facts=facts[800:], values=values[900:], set_aside=waiting)
        store.commit(replace(rest, sessions=states, seen=seen))
        store.commit(step(store.position("import"), 2, facts=facts[:1]))
        store.commit(step(store.position("live"), 1, resolves=[4]))
    return path


def test_all_of_it_is_there_and_counting_goes_on(source: Path, postgres: Server) -> None:
    target, told = postgres.new_database(), list[tuple[str, int, int]]()

    copied = copy_store(source, target, lambda *progress: told.append(progress))

    asked = [(one, two) for one in ODD for two in ODD]
    with closing(open_store(source)) as old, closing(open_store(target)) as new:
        assert dump(new) == dump(old)
        assert verify(new) == verify(old)
        found, expected = new.carried("live", ODD, asked), old.carried("live", ODD, asked)
        assert set(found.sessions) == set(expected.sessions)
        assert set(found.events) == set(expected.events)
        assert len(found.events) == len(asked)
        for place in ("/api/v1.0/users/0", "/api/v1.0/orders/0"):
            with client_of(old, now=T0 / 1000) as one, client_of(new, now=T0 / 1000) as other:
                assert one.get(place).content == other.get(place).content

        for store in (old, new):
            store.commit(step(store.position("live"), 2, facts=[fact("new"), fact("dress")]))
        assert dump(new) == dump(old)
    for grain in ("minute", "hour", "day"):
        for kind in ("facts", "values"):
            assert rows_of(target, f"{grain}_{kind}") == rows_of(source, f"{grain}_{kind}")
    check_rollups(target, "Asia/Kathmandu")
    assert rows(target, "SELECT * FROM meta ORDER BY key") == rows(source, "SELECT * FROM meta ORDER BY key")
    assert told[-1][1] == told[-1][2]
    assert (copied["sessions"], copied["seen_events"], copied["set_aside"]) == (len(ODD), len(asked), 2)


def test_a_store_that_holds_counts_is_not_written_over(source: Path, postgres: Server) -> None:
    target = postgres.new_store()
    with closing(open_store(target)) as store:
        store.commit(step(store.position("live"), facts=[fact("mine")]))
        held = dump(store)

        with pytest.raises(InputError, match="holds counts already"):
            copy_store(source, target)

        assert dump(store) == held


def test_a_copy_that_fails_leaves_nothing(source: Path, postgres: Server) -> None:
    target = postgres.new_store()

    def fail(name: str, done: int, total: int) -> None:
        if name == "ledger":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(source, target, fail)

    with closing(open_store(target)) as store:
        assert store.positions() == []
        assert list(store.facts()) == []
    assert copy_store(source, target)["positions"] == 2


def test_what_was_counted_before_the_copy_is_not_counted_again(source: Path, postgres: Server) -> None:
    target = postgres.new_store()
    copy_store(source, target)

    with closing(open_store(target)) as store, pytest.raises(FencedError):
        store.commit(step(Position("live")))


def test_a_lost_row_would_be_seen(source: Path, postgres: Server) -> None:
    """The negative control of the comparison."""
    target = postgres.new_store()
    copy_store(source, target)

    with closing(open_store(source)) as old, closing(open_store(target)) as new:
        with new._database.writing() as connection:  # type: ignore[attr-defined]
            connection.execute(delete(tables.set_aside).where(tables.set_aside.c.position == 5))
        assert dump(new) != dump(old)
        assert verify(new) != verify(old)


def test_it_copies_a_file_into_postgresql_and_nothing_else(source: Path, tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(SettingsError, match="expected postgresql://"):
        copy_store(source, "")
    with pytest.raises(InputError, match=r"none\.db: no such file"):
        copy_store(tmp_path / "none.db", postgres.new_store())
    (tmp_path / "no.db").write_bytes(b"no database" * 1000)
    with pytest.raises(Exception, match=r"no\.db: the store cannot be .*not a database"):
        copy_store(tmp_path / "no.db", postgres.new_store())
