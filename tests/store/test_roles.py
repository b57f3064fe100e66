"""Two roles with the least rights: one counts, one answers, neither can do more."""

import subprocess
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from tests.postgres import Server
from tests.store.places import change, rows
from tests.store.steps import DAY, T0, aside, dump, fact, step

from footfall.errors import UnavailableError
from footfall.model.steps import SeenEvent, SessionState, Value
from footfall.store import Store, open_store, tables
from footfall.store.roles import READER, WRITER, roles_sql
from footfall.store.state import state_of

EVERYTHING = {
    "facts": [fact(), fact("hat", T0 + 40 * DAY)],
    "values": [Value("a.example", "dress", T0, "RUB", 1, 2)],
    "sessions": [SessionState("s", 1, T0)],
    "seen": [SeenEvent("s", "e", T0)],
    "set_aside": [aside(1)],
}


@pytest.fixture
def owned(postgres: Server) -> Iterator[str]:
    """Give a database with tables whose owner is nobody special, with our two roles and a user of each."""
    change(postgres.address(), "DROP ROLE IF EXISTS owner, counting, answering, footfall_writer, footfall_reader")
    change(postgres.address(), "CREATE ROLE owner LOGIN CREATEROLE")
    address = postgres.new_database()
    name = address.rpartition("/")[2]
    change(postgres.address(), f"ALTER DATABASE {name} OWNER TO owner; REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    owner = postgres.address(name, "owner")
    open_store(owner, timezone="Asia/Kolkata").close()
    for _ in range(2):  # it may be run again
        with psycopg.connect(owner, autocommit=True) as db:
            db.execute(roles_sql().encode())
    change(
        owner, "CREATE ROLE counting LOGIN IN ROLE footfall_writer; CREATE ROLE answering LOGIN IN ROLE footfall_reader"
    )
    yield owner
    with psycopg.connect(postgres.address(), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    change(postgres.address(), "DROP ROLE owner, counting, answering, footfall_writer, footfall_reader")


def as_user(owner: str, user: str) -> str:
    return owner.replace("//owner@", f"//{user}@")


def test_every_table_has_its_rights() -> None:
    names = {table.name for table in tables.metadata.sorted_tables} | {"alembic_version", "users", "orders"}

    assert set(WRITER) == names
    assert set(READER) == names - {"sessions", "seen_events"}


def test_the_writer_counts_retries_and_changes_the_zone(owned: str) -> None:
    with closing(open_store(as_user(owned, "counting"), session_memory=1000)) as store:
        store.commit(step(store.position("live"), 2, **EVERYTHING))  # type: ignore[arg-type]
        store.commit(step(store.position("live"), 1, resolves=[1], clock=T0 + DAY))
        store.commit(step(store.position("live"), 3000, facts=[fact(f"item{n}", T0 + 70 * DAY) for n in range(3000)]))
        assert store.drop_raw(T0) == 0
        assert store.carried("live", ["s"], [("s", "e")]).sessions == []
        held = dump(store)
    with closing(open_store(as_user(owned, "counting"), timezone="America/New_York")) as store:
        assert dump(store) == held


def answers(store: Store) -> object:
    return store.totals(0), store.positions(), list(store.ledger()), store.waiting(), store.newest(), store.sums()


def test_the_reader_answers_and_writes_nothing(owned: str) -> None:
    with closing(open_store(owned)) as store:
        store.commit(step(store.position("live"), 2, **EVERYTHING))  # type: ignore[arg-type]
        expected = (
            store.totals(0),
            store.positions(),
            list(store.ledger()),
            store.waiting(),
            store.newest(),
            store.sums(),
        )
    reader = as_user(owned, "answering")

    with closing(open_store(reader, timezone="Asia/Kolkata")) as store:
        assert answers(store) == expected
        assert store.size() > 0
        with pytest.raises(UnavailableError, match="the store cannot be written: permission denied"):
            store.commit(step(store.position("live")))
    with pytest.raises(UnavailableError, match="permission denied for table meta"):
        open_store(reader, timezone="UTC")
    assert rows(reader, "SELECT url, item_id FROM users ORDER BY item_id") == [
        ("a.example", "dress"),
        ("a.example", "hat"),
    ]


REFUSED = {
    "counting": [
        *(
            "DELETE FROM ledger",
            "UPDATE ledger SET read = 0",
            "DELETE FROM positions",
            "UPDATE products SET item = 'x'",
        ),
        *("DELETE FROM minute_facts", "TRUNCATE sessions", "DROP TABLE meta", "CREATE TABLE mine (id integer)"),
        *("DELETE FROM hour_facts", "UPDATE alembic_version SET version_num = '0'", "ALTER TABLE meta ADD x integer"),
        "DELETE FROM minute_facts_2023_11",
    ],
    "answering": [
        *("SELECT raw FROM set_aside", "SELECT * FROM sessions", "SELECT * FROM seen_events", "DELETE FROM day_facts"),
        *("INSERT INTO meta VALUES ('a', 'b')", "SELECT make_month(0)", "CREATE TEMPORARY TABLE mine (id integer)"),
    ],
}


@pytest.mark.parametrize("user", REFUSED)
def test_neither_may_do_more(owned: str, user: str) -> None:
    with closing(open_store(owned)) as store:
        store.commit(step(store.position("live"), facts=[fact()]))

    for statement in REFUSED[user]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            change(as_user(owned, user), statement)


def test_it_is_told_what_a_user_may_not(owned: str) -> None:
    assert (state_of(owned).counts, state_of(owned).reads) == ([], [])
    assert (state_of(as_user(owned, "counting")).counts, state_of(as_user(owned, "counting")).reads) == ([], [])
    reader = state_of(as_user(owned, "answering"))
    assert reader.reads == []
    assert "INSERT on ledger" in reader.counts

    change(owned, "REVOKE ALL ON products FROM footfall_writer, footfall_reader")
    assert state_of(as_user(owned, "answering")).reads == ["SELECT on products"]


def test_psql_runs_what_is_printed(owned: str) -> None:
    done = subprocess.run(
        ["psql", "--quiet", "--set", "ON_ERROR_STOP=1", owned], input=roles_sql(), text=True, timeout=30
    )

    assert done.returncode == 0
