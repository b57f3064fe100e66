"""What is PostgreSQL's own: addresses and passwords, TLS, months, bytes; and that it does all that SQLite does."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.postgres import Server, running
from tests.store.places import Place, change, rows
from tests.store.steps import DAY, MINUTE, T0, fact, step

from footfall.errors import InputError, SettingsError, UnavailableError, VersionError
from footfall.model.steps import Fact, Value
from footfall.store import open_store
from footfall.store.address import parameters_of, shown
from footfall.store.escapes import escape, unescape

SECRET = "s3cr t:/@%"
QUOTED = "s3cr%20t%3A%2F%40%25"


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_store()


# ---- addresses and passwords -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://ann@db.example/shop", "postgresql://ann@db.example/shop"),
        (f"postgresql://ann:{QUOTED}@db.example:6543/shop?sslmode=require", "postgresql://ann@db.example:6543/shop"),
        (f"postgres://db.example/shop?user=ann&password={QUOTED}", "postgresql://ann@db.example/shop"),
        ("postgresql:///shop?host=/run/postgresql", "postgresql:///run/postgresql/shop"),
        ("postgresql://ann@one,two:5433/shop", "postgresql://ann@one,two:,5433/shop"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, expected: str) -> None:
    assert shown(parameters_of(address)) == expected


@pytest.mark.parametrize(
    "address", [f"postgresql://ann:{SECRET}@db.example/shop", "postgresql://ann:s3cr%@h/d", "postgresql://h:s3cr/d?x=y"]
)
def test_an_address_that_cannot_be_read_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(SettingsError, match="expected postgresql://USER@HOST") as refused:
        open_store(address)

    assert "s3cr" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    """Give a server that asks for passwords and takes nothing but TLS, with a certificate for 127.0.0.1."""
    with running() as server:
        change(server.address(), f"CREATE ROLE ann LOGIN PASSWORD '{SECRET}'")
        change(server.address(), "GRANT ALL ON SCHEMA public TO ann; GRANT TEMPORARY ON DATABASE postgres TO ann")
        certify(server)
        yield server


def certify(server: Server) -> None:
    """Make the server's certificate, and restart it with that and with passwords."""
    key, certificate = server.folder / "server.key", server.folder / "server.crt"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    server.own(key)
    server.set(ssl="on", ssl_cert_file=certificate, ssl_key_file=key)
    server.allow("hostssl all all 127.0.0.1/32 scram-sha-256")
    server.restart()


def locked_address(server: Server, password: str = "", **parameters: str) -> str:
    certificate = str(server.folder / "server.crt").replace("/", "%2F")
    address = server.address(user=f"ann:{password}" if password else "ann")
    query = {"sslmode": "verify-full", "sslrootcert": certificate, **parameters}
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_with_tls_and_a_password_in_the_address_it_counts_as_ever(locked: Server) -> None:
    with closing(open_store(locked_address(locked, QUOTED))) as store:
        store.commit(step(store.position("live"), facts=[fact()]))

        with store._database.reading() as connection:  # type: ignore[attr-defined]
            query = "SELECT ssl, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            encrypted, cipher = connection.exec_driver_sql(query).one()
        assert encrypted
        assert cipher.startswith("TLS_")


@pytest.mark.parametrize("way", ["PGPASSWORD", "PGPASSFILE"])
def test_the_password_may_come_from_a_variable_or_a_file(
    locked: Server, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "passwords"
    file.write_text(f"127.0.0.1:{locked.port}:*:ann:{SECRET.replace(':', chr(92) + ':')}\n")
    file.chmod(0o600)
    monkeypatch.setenv(way, SECRET if way == "PGPASSWORD" else str(file))

    open_store(locked_address(locked)).close()


@pytest.mark.parametrize(
    ("password", "parameters", "reason"),
    [
        ("wr0ng", {}, "password authentication failed for user"),
        ("", {}, "no password supplied"),
        (QUOTED, {"sslmode": "disable"}, "no pg_hba.conf entry .* no encryption"),
        (QUOTED, {"sslrootcert": "/etc/hostname"}, "certificate"),
    ],
)
def test_who_is_not_let_in_is_told_why_without_a_password(
    locked: Server, password: str, parameters: dict[str, str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    with pytest.raises(UnavailableError, match=reason) as refused:
        open_store(locked_address(locked, password, **parameters))

    message = str(refused.value)
    assert message.startswith(f"postgresql://ann@127.0.0.1:{locked.port}/postgres: the store cannot be read: ")
    assert "\n" not in message
    assert not any(secret in message for secret in (SECRET, QUOTED, "wr0ng"))


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"postgresql://ann@127\.0\.0\.1:1/shop: .*Connection refused"):
        open_store("postgresql://ann:s3cret@127.0.0.1:1/shop")


# ---- what it takes ---------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_in_utf8_is_refused(postgres: Server) -> None:
    with psycopg.connect(postgres.address(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")

    with pytest.raises(SettingsError, match=r"/latin: the database's encoding is LATIN1; expected UTF8"):
        open_store(postgres.address("latin"))


def test_a_database_of_somebody_else_is_refused_and_left_as_it_is(postgres: Server) -> None:
    address = postgres.new_database()
    change(address, "CREATE TABLE orders (id integer)")

    with pytest.raises(InputError, match="is a database, but no store of Footfall"):
        open_store(address)

    assert rows(address, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [("orders",)]


def test_beside_somebody_elses_tables_it_has_a_schema_of_its_own(postgres: Server) -> None:
    address = postgres.new_database()
    change(address, "CREATE TABLE orders (id integer)")
    change(address, "CREATE SCHEMA footfall")
    with closing(open_store(address + "?options=-c%20search_path%3Dfootfall")) as store:
        store.commit(step(store.position("live"), facts=[fact()]))

        assert list(store.facts()) == [fact()]
    assert rows(address, "SELECT url, item_id, count FROM footfall.users") == [("a.example", "dress", 1)]


def test_a_store_of_a_newer_footfall_is_refused(address: str) -> None:
    change(address, "UPDATE alembic_version SET version_num = '0999'")

    with pytest.raises(VersionError, match="the store has version 999"):
        open_store(address)


# ---- months ----------------------------------------------------------------------------------------------------------


def months(address: str) -> list[str]:
    return [name for (name,) in rows(address, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")]


def ms(year: int, month: int, day: int = 1, hour: int = 0, minute: int = 0) -> int:
    return round(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def test_each_month_has_its_part_and_the_next_is_made_ahead(address: str) -> None:
    edges = [ms(2000, 1), ms(2023, 12, 31, 23, 59), ms(2024, 1), ms(2024, 2, 29, 23, 59)]
    with closing(open_store(address)) as store:
        facts = [fact(minute=minute) for minute in edges]
        store.commit(step(store.position("live"), facts=facts, values=[Value("a", "b", edges[0], "RUB", 1, 1)]))

        assert list(store.facts()) == facts
    parts = {f"minute_{kind}_{month}" for kind in ("facts", "values") for month in ("2000_01", "2000_02")}
    parts |= {f"minute_{kind}_{month}" for kind in ("facts", "values") for month in ("2023_12", "2024_01", "2024_02")}
    assert set(months(address)) == parts | {"minute_facts_2024_03", "minute_values_2024_03"}
    for month in ("2023_12", "2024_01", "2024_02"):
        assert rows(address, f"SELECT COUNT(*) FROM minute_facts_{month}") == [(1,)]


def test_of_many_months_only_those_asked_for_are_read(address: str) -> None:
    with closing(open_store(address)) as store:
        store.commit(step(store.position("live"), facts=[fact(minute=ms(2024, n)) for n in range(1, 13)]))
    begin, end = ms(2024, 5) // 1000, ms(2024, 6) // 1000

    plan = rows(address, f"EXPLAIN SELECT * FROM users WHERE ts >= {begin} AND ts < {end}")

    assert {line for (line,) in plan if "minute_facts_" in line and "2024_05" not in line} == set()


def test_a_month_may_be_begun_by_many_at_once(address: str) -> None:
    failed: list[Exception] = []

    def write(name: str) -> None:
        try:
            with closing(open_store(address)) as store:
                for number in range(24):
                    store.commit(
                        step(store.position(name), facts=[fact(minute=ms(2020 + number // 12, 1 + number % 12))])
                    )
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(f"p{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(months(address)) == 2 * 25


def test_a_restored_database_has_its_months_made_anew(address: str) -> None:
    """A process knows which months there are; it learns that one is not, and needs no restart."""
    with closing(open_store(address)) as store:
        store.commit(step(store.position("live"), facts=[fact()]))
        change(address, "DROP TABLE minute_facts_2023_11")

        with pytest.raises(UnavailableError, match="no partition of relation"):
            store.commit(step(store.position("live"), facts=[fact()]))
        store.commit(step(store.position("live"), facts=[fact()]))

        assert list(store.facts()) == [fact()]


# ---- texts -----------------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("\0\1\2" + "01a\ud7ff\U0001f3a9")))
def test_an_id_without_its_nulls_tells_which_id_it_was(text: str) -> None:
    assert "\0" not in escape(text)
    assert unescape(escape(text)) == text


@given(st.lists(st.text(st.sampled_from("\0\1" + "01")), unique=True))
def test_different_ids_stay_different(texts: list[str]) -> None:
    assert len({escape(text) for text in texts}) == len(texts)


def test_answers_are_in_the_order_of_bytes_whatever_the_language_of_the_database(address: str) -> None:
    items = ["Z", "a", "B", "z", "ä", "é", "я", "Я", "-a", "_", "10", "9", "\u200d", "\uffee", "🎩"]
    ordered = "SELECT item FROM (SELECT unnest(?::text[]) AS item) AS them ORDER BY item"
    with closing(open_store(address)) as store:
        store.commit(step(store.position("live"), facts=[fact(item) for item in items]))

        assert [total.item for total in store.totals(0)] == sorted(items, key=str.encode)
    assert [item for (item,) in rows(address, ordered, items)] != sorted(items), "the database's own order is another"
    assert [item for (item,) in rows(address, "SELECT item_id FROM users ORDER BY url, item_id")] == sorted(items)


# ---- the same as SQLite ----------------------------------------------------------------------------------------------


MONEY = [0, 1, 9_999, 10_000, 19_900_001, 2**53 - 1, 2**53, 2**53 + 1, 10**18 + 7, 10**22 + 5, 10**24 - 10**6 + 1]


def test_the_views_users_and_orders_show_the_same(address: str, tmp_path: Path) -> None:
    facts = [Fact("a.example", f"i{n}", T0 + n % 3 * MINUTE, n, n * n + 1, n, n) for n in range(len(MONEY))]
    values = [
        Value(f.shop, f.item, f.minute, "RUB", *divmod(money, 10**9)) for f, money in zip(facts, MONEY, strict=True)
    ]
    values += [Value(v.shop, v.item, v.minute, "EUR", v.high // 3, v.low // 7) for v in values[::2]]
    places: list[Place] = [tmp_path / "store.db", address]
    for place in places:
        with closing(open_store(place)) as store:
            store.commit(step(store.position("live"), facts=facts, values=values))

    for view in ("users", "orders"):
        one, other = (rows(place, f"SELECT * FROM {view} ORDER BY ts, url, item_id") for place in places)
        assert one == other
        assert len(one) == len(MONEY) - 1
        assert [type(value) for value in one[0]] == [type(value) for value in other[0]] == [int, str, str, int, float]
    sums = dict(rows(address, "SELECT item_id, sum FROM orders"))
    exact = {f.item: sum(v.high * 10**9 + v.low for v in values if v.item == f.item) for f in facts if f.quantity}
    assert sums == {item: money / 10_000 for item, money in exact.items()}


def test_the_seeds_own_questions_are_answered(address: str) -> None:
    with closing(open_store(address)) as store:
        facts = [Fact("a.example", "dress", T0, 4, 8, 2, 1), Fact("a.example", "dress", T0 + DAY, 1, 5, 1, 1)]
        store.commit(
            step(store.position("live"), facts=facts, values=[Value("a.example", "dress", T0, "RUB", 0, 39_800_000)])
        )
    since = T0 // 1000

    users = "SELECT url, item_id, SUM(count), AVG(deep) FROM users WHERE ts >= ? GROUP BY url, item_id"
    orders = "SELECT url, item_id, SUM(count), SUM(sum) FROM orders WHERE ts >= ? GROUP BY url, item_id"

    assert rows(address, users, since) == [("a.example", "dress", 5, 3.5)], "the mean of the minutes' means"
    assert rows(address, orders, since) == [("a.example", "dress", 3, 3980.0)]


def test_what_is_updated_has_room_to_change_in_its_place(address: str) -> None:
    with closing(open_store(address)) as store:
        store.commit(step(store.position("live"), facts=[fact()]))
    found = dict(
        rows(address, "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL")
    )

    updated = {"positions", "sessions", "minute_facts_2023_11", "minute_values_2023_12", "hour_facts", "day_values"}
    assert {name for name in updated if found.get(name) != ["fillfactor=80"]} == set()
    assert "seen_events" not in found


def test_it_is_as_large_as_its_tables(address: str) -> None:
    with closing(open_store(address)) as store:
        before = store.size()
        store.commit(step(store.position("live"), 3000, facts=[fact(f"item{n}") for n in range(3000)]))

        assert 100_000 < store.size() - before < 3_000_000


def test_a_commit_is_on_disk_even_where_the_server_is_told_not_to_wait(postgres: Server, address: str) -> None:
    name = address.rpartition("/")[2]
    change(postgres.address(), f"ALTER DATABASE {name} SET synchronous_commit = off")
    assert rows(address, "SHOW synchronous_commit") == [("off",)]

    with closing(open_store(address)) as store, store._database.writing() as connection:  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
