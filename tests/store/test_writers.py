"""PostgreSQL while things go wrong: writers at once, connections cut in COMMIT, the server killed."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Connection, update
from tests.postgres import Server, running
from tests.store.cutting import Moment, Proxy, cutting
from tests.store.places import change, rows
from tests.store.rollups import check_rollups
from tests.store.steps import MINUTE, T0, dump, fact, step

from footfall.errors import FencedError, UnavailableError
from footfall.job import verify
from footfall.model.steps import Position, SeenEvent, SessionState, Step, Value
from footfall.store import Store, open_store, tables
from footfall.store.sql import SqlStore

LOG = 40
"""Events in the log that these writers count; each is a view of an item of its own minute, in two partitions."""


def event(before: Position) -> Step:
    """Return the step that counts the event at a position, however often it is computed."""
    number = before.next
    return step(
        before,
        clock=T0 + number,
        facts=[replace(fact(f"item{number % 7}", T0 + number * MINUTE), clicks=0)],
        values=[Value("a.example", f"item{number % 7}", T0 + number * MINUTE, "RUB", 1, number)],
        sessions=[SessionState(f"s{number % 5}", number, T0 + number)],
        seen=[SeenEvent(f"s{number % 5}", f"e{number}", T0 + number)],
    )


def check(store: Store, partitions: int = 1) -> None:
    """Assert that each event of the log was counted once."""
    views = sum(found.views for found in store.facts())
    assert views == LOG * partitions, f"{views} views of {LOG * partitions} events"
    assert len(list(store.ledger())) == LOG * partitions
    assert verify(store) == []


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_store()


# ---- two writers -----------------------------------------------------------------------------------------------------


def write_together(address: str, writers: int, rounds: int) -> int:
    """Let writers compute from one position and then commit, all at once; return how many were fenced."""
    start, fenced = threading.Barrier(writers), []

    def write() -> None:
        with closing(open_store(address)) as store:
            for _ in range(rounds):
                start.wait(20)
                mine = event(store.position("live"))
                start.wait(20)
                try:
                    store.commit(mine)
                except FencedError as error:
                    fenced.append(error)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(fenced)


def test_of_writers_that_began_at_one_position_one_commits_and_the_others_are_fenced(address: str) -> None:
    assert write_together(address, writers=3, rounds=LOG) == 2 * LOG

    with closing(open_store(address)) as store:
        check(store)
        assert store.position("live").steps == LOG


def test_without_compare_and_set_they_count_twice(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    guarded = SqlStore._move

    def move(store: SqlStore, connection: Connection, step: Step) -> None:
        row = tables.positions.c
        changes = {row.next: step.next, row.clock: step.clock, row.steps: row.steps + 1}
        there = update(tables.positions).where(row.partition == step.before.partition).values(changes)
        if connection.execute(there).rowcount == 0:
            guarded(store, connection, step)

    monkeypatch.setattr(SqlStore, "_move", move)
    write_together(address, writers=2, rounds=LOG)

    with closing(open_store(address)) as store, pytest.raises(AssertionError, match=r"\d+ views of 40 events"):
        check(store)


def test_writers_of_different_partitions_share_items_and_never_wait_in_a_circle(address: str) -> None:
    facts = [fact(f"item{n}", T0 + n % 3 * MINUTE) for n in range(2000)]

    def write(name: str, seed: int) -> None:
        mine = facts[:]
        with closing(open_store(address)) as store:
            for _ in range(4):
                random.Random(seed).shuffle(mine)
                some = mine[: 300 if seed % 2 else 2000]  # few go with their statement, many are copied
                values = [Value(f.shop, f.item, f.minute, code, 0, 1) for f in some for code in ("RUB", "EUR")]
                store.commit(step(store.position(name), len(some), facts=some, values=values))

    threads = [threading.Thread(target=write, args=(f"p{n}", n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with closing(open_store(address)) as store:
        assert sum(total.views for total in store.totals(0)) == 4 * (2000 + 300 + 2000 + 300)
        assert [entry.step for entry in store.ledger()] == list(range(1, 17)), "no deadlock, so no step was lost"
    check_rollups(address, "UTC")


def test_many_may_open_a_new_database_at_once(postgres: Server) -> None:
    address, opened = postgres.new_database(), []

    def begin() -> None:
        with closing(open_store(address, timezone="Europe/Moscow")) as store:
            opened.append(store.version())

    threads = [threading.Thread(target=begin) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert opened == [opened[0]] * 5


def test_the_days_are_made_anew_between_two_steps_not_within_one(address: str) -> None:
    """A step that is under way goes on to be written by the old zone: who changes the zone waits for it."""
    done = threading.Event()

    def write() -> None:
        with closing(open_store(address)) as store:
            while not done.is_set():
                store.commit(event(store.position("live")))

    writer = threading.Thread(target=write)
    writer.start()
    for zone in ("Asia/Kolkata", "America/New_York", "Asia/Kathmandu"):
        open_store(address, timezone=zone).close()
    done.set()
    writer.join()

    check_rollups(address, "Asia/Kathmandu")


# ---- a connection that is lost within COMMIT -------------------------------------------------------------------------


@pytest.fixture
def proxy(postgres: Server) -> Iterator[Proxy]:
    with cutting(postgres.port) as proxy:
        yield proxy


def through(proxy: Proxy, address: str) -> str:
    """Return the address by way of the proxy."""
    head, _, name = address.rpartition("/")
    return f"{head.rpartition(':')[0]}:{proxy.port}/{name}"


@pytest.mark.parametrize(("moment", "written"), [("before", False), ("after", True)])
def test_of_a_step_cut_in_commit_the_position_tells_whether_it_was_written(
    proxy: Proxy, address: str, moment: Moment, written: bool
) -> None:
    with closing(open_store(through(proxy, address))) as store:
        store.commit(event(store.position("live")))
        mine = event(store.position("live"))
        proxy.cut = moment

        with pytest.raises(UnavailableError, match="the store cannot be written"):
            store.commit(mine)

        found = store.position("live")
        assert found == (Position("live", 2, T0 + 1, 2) if written else mine.before)
        if written:
            with pytest.raises(FencedError):
                store.commit(mine)
        else:
            store.commit(mine)
        assert [entry.next for entry in store.ledger()] == [1, 2]
        assert sum(found.views for found in store.facts()) == 2


def count(store: Store, partition: str = "live", patience: float = 30) -> int:
    """Count the log to its end as a counter does: after trouble, from where the store stands. Return how often."""
    trouble, deadline = 0, time.monotonic() + patience
    while True:
        try:
            while (before := store.position(partition)).next < LOG:
                store.commit(event(before))
            return trouble
        except FencedError:
            continue
        except UnavailableError:
            trouble += 1
            assert time.monotonic() < deadline, "the store did not come back"
            time.sleep(0.01)


def test_connections_cut_in_commit_again_and_again_lose_and_double_nothing(proxy: Proxy, address: str) -> None:
    rnd, done = random.Random(7), threading.Event()

    def cut() -> None:
        while not done.is_set():
            proxy.cut = rnd.choice(("before", "during", "after"))
            time.sleep(rnd.uniform(0.02, 0.12))

    with closing(open_store(through(proxy, address))) as store:
        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            trouble = count(store)
        finally:
            done.set()
            cutter.join()
            proxy.cut = None
        check(store)
    assert trouble >= 3, "connections were cut"


def test_to_guess_that_a_lost_step_was_not_written_counts_twice(proxy: Proxy, address: str) -> None:
    """The negative control: the step is put behind wherever the store stands, instead of being computed anew."""
    with closing(open_store(through(proxy, address))) as store:
        for number in range(LOG):
            mine = event(Position("live", number, None, 0))
            moments: tuple[Moment | None, ...] = ("after" if number % 9 == 4 else None, None)
            for moment in moments:
                now = store.position("live")
                proxy.cut = moment
                try:
                    store.commit(replace(mine, before=now, next=now.next + 1))
                    break
                except UnavailableError:
                    continue

        with pytest.raises(AssertionError, match=r"\d+ views of 40 events"):
            check(store)


# ---- a server that is killed -----------------------------------------------------------------------------------------


@pytest.mark.prove("kill-postgres")
def test_a_server_that_is_killed_again_and_again_loses_and_doubles_nothing(
    many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    times, seed = many(20), random.SystemRandom().randrange(2**32)
    rnd, acknowledged, ends = random.Random(seed), dict.fromkeys(("live", "import"), 0), threading.Event()

    def write(address: str, name: str, trouble: list[int]) -> None:
        """Commit on and on; what is acknowledged must be there for ever."""
        with closing(open_store(address)) as store:
            while not ends.is_set():
                try:
                    before = store.position(name)
                    assert before.next >= acknowledged[name], "an acknowledged step is gone"
                    store.commit(event(before))
                    acknowledged[name] = before.next + 1
                except UnavailableError:
                    trouble.append(1)
                    time.sleep(0.01)

    with running(durable=True) as server:
        address, trouble = server.new_store(), list[int]()
        writers = [threading.Thread(target=write, args=(address, name, trouble)) for name in acknowledged]
        for writer in writers:
            writer.start()
        try:
            for _ in range(times):
                time.sleep(rnd.uniform(0.1, 0.6))
                server.kill9()
                server.start()
            reached = dict(acknowledged)
            deadline = time.monotonic() + 30
            while any(acknowledged[name] <= reached[name] for name in reached) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            ends.set()
            for writer in writers:
                writer.join()
        with closing(open_store(address)) as store:
            positions = {position.partition: position.next for position in store.positions()}
            assert positions == acknowledged
            assert all(positions[name] > reached[name] for name in reached), "they went on without a hand"
            assert sum(found.views for found in store.facts()) == sum(positions.values())
            assert verify(store) == []
        check_rollups(address, "UTC")
    assert len(trouble) >= times, "each kill found a writer at work"
    tell(f"{times} servers killed by SIGKILL (seed {seed}): {acknowledged} steps acknowledged, each there once")


def test_a_restarted_server_needs_no_hand(postgres: Server, address: str) -> None:
    with closing(open_store(address)) as store:
        store.commit(event(store.position("live")))
        held = dump(store)
        change(postgres.address(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'shop%'")

        assert dump(store) == held, "connections that lay idle are made anew unseen"


def test_a_writer_that_waits_too_long_gives_up_and_says_so(address: str) -> None:
    with closing(open_store(address + "?options=-c%20lock_timeout%3D100ms")) as store:
        store.commit(event(store.position("live")))
        with closing(open_store(address)) as other, other._database.writing() as held:  # type: ignore[attr-defined]
            held.execute(update(tables.positions).values(swept="x"))

            with pytest.raises(UnavailableError, match="canceling statement due to lock timeout"):
                store.commit(event(store.position("live")))

        store.commit(event(store.position("live")))
        assert store.position("live").next == 2


def test_a_question_that_takes_too_long_ends(address: str) -> None:
    with (
        closing(open_store(address + "?options=-c%20statement_timeout%3D100ms")) as store,
        pytest.raises(UnavailableError, match="canceling statement due to statement timeout"),
        store._database.reading() as connection,  # type: ignore[attr-defined]
    ):
        connection.exec_driver_sql("SELECT pg_sleep(5)")


def test_reading_holds_nobody_up(address: str) -> None:
    """A reader that pauses within its rows: no lock of its keeps a writer, a new month or another reader waiting."""
    with closing(open_store(address + "?options=-c%20lock_timeout%3D2s")) as store:
        store.commit(step(store.position("live"), facts=[fact(f"item{n}") for n in range(3000)]))
        slow = store.facts()
        next(slow)

        store.commit(step(store.position("live"), facts=[fact(minute=T0 + 400 * 86_400_000)]))
        assert len(list(store.facts())) == 3001
        assert len(list(slow)) == 2999

    assert rows(address, "SELECT COUNT(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == [(0,)]
