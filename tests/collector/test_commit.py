"""Group commit: who hears what, and when."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence

import pytest

from footfall.collector.commit import Commit
from footfall.collector.counts import Counts
from footfall.collector.room import Room
from footfall.errors import UnavailableError


class Disk:
    """Writes when it is told to, and fails when it is told to."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.go = threading.Semaphore(0)
        self.problem: Exception | None = None

    def append(self, records: Sequence[bytes]) -> int:
        assert self.go.acquire(timeout=10)
        if self.problem is not None:
            raise self.problem
        self.groups.append(list(records))
        return 0

    @property
    def written(self) -> list[bytes]:
        return [record for group in self.groups for record in group]


class Waiter:
    def __init__(self) -> None:
        self.heard: list[str | None] = []

    def settle(self, problem: str | None) -> None:
        self.heard.append(problem)


def committing(
    body: Callable[[Commit, Disk, Room], Coroutine[None, None, None]], gather: float = 0.0, limit: int = 1000
) -> Disk:
    """Run `body` with a commit on a disk; close it."""
    disk, room = Disk(), Room(limit)

    async def main() -> None:
        commit = Commit(disk.append, room, Counts(), gather)
        await body(commit, disk, room)
        for _ in range(100):
            disk.go.release()
        await commit.close()

    asyncio.run(main())
    return disk


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to pass in 10 s")


def test_nobody_hears_anything_before_it_is_written() -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        waiter = Waiter()
        assert commit.add(b"a", waiter)
        await asyncio.sleep(0.1)
        assert waiter.heard == []

        disk.go.release()
        await until(lambda: waiter.heard == [None])
        assert disk.groups == [[b"a"]]

    committing(body)


def test_while_one_group_is_written_the_next_gathers() -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        waiters = [Waiter() for _ in range(10)]
        commit.add(b"0", waiters[0])
        await asyncio.sleep(0.05)
        for number in range(1, 10):
            commit.add(b"%d" % number, waiters[number])
        for _ in range(2):
            disk.go.release()
        await until(lambda: all(waiter.heard == [None] for waiter in waiters))

        assert disk.groups == [[b"0"], [b"%d" % number for number in range(1, 10)]]

    committing(body)


def test_the_order_of_records_is_that_of_their_coming() -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        for number in range(0, 60, 3):
            commit.add(b"%d" % number, Waiter())
            commit.add_all([b"%d" % (number + 1), b"%d" % (number + 2)], Waiter())
            await asyncio.sleep(0)
            disk.go.release()

    disk = committing(body)

    assert disk.written == [b"%d" % number for number in range(60)]


@pytest.mark.parametrize(
    ("problem", "heard"),
    [
        (UnavailableError("disk full"), "disk full"),
        (RuntimeError("a bug"), "RuntimeError: a bug"),
        (MemoryError(), "MemoryError: "),
    ],
)
def test_when_it_cannot_be_written_all_of_the_group_hear_why_and_it_goes_on(problem: Exception, heard: str) -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        first, second, third = Waiter(), Waiter(), Waiter()
        disk.problem = problem
        commit.add(b"a", first)
        commit.add_all([b"b", b"c"], second)
        disk.go.release()
        await until(lambda: bool(second.heard))
        assert first.heard == second.heard == [heard]
        assert commit.problem == heard
        assert room.taken == 0

        disk.problem = None
        commit.add(b"d", third)
        disk.go.release()
        await until(lambda: third.heard == [None])
        assert commit.problem is None
        assert disk.groups == [[b"d"]]

    committing(body)


def test_what_waits_takes_room_and_nothing_is_half_taken() -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        assert commit.add(b"12345", Waiter())
        assert not commit.add_all([b"1", b"23456"], Waiter())
        assert commit.add_all([b"1", b"2345"], Waiter())
        assert not commit.add(b"1", Waiter())
        assert room.taken == 10
        disk.go.release(2)
        await until(lambda: room.taken == 0)
        assert sorted(disk.written) == [b"1", b"12345", b"2345"]

    committing(body, limit=10)


def test_the_group_of_those_who_come_back_does_not_wait_for_more() -> None:
    """Each of the last group's visitors is there again: with a gathering of a minute nobody waits for it."""

    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        for _ in range(5):
            waiters = [Waiter(), Waiter()]
            for waiter in waiters:
                commit.add(b"x", waiter)
            disk.go.release()
            await until(lambda waiters=waiters: all(waiter.heard for waiter in waiters))  # type: ignore[misc]

    assert committing(body, gather=60).groups == [[b"x", b"x"]] * 5


def add(commit: Commit, count: int) -> list[Waiter]:
    waiters = [Waiter() for _ in range(count)]
    for waiter in waiters:
        assert commit.add(b"x", waiter)
    return waiters


async def heard(waiters: Sequence[Waiter]) -> None:
    await until(lambda: all(waiter.heard == [None] for waiter in waiters))


def sizes(disk: Disk) -> list[int]:
    return [len(group) for group in disk.groups]


def test_two_half_groups_become_one() -> None:
    """Those just answered are waited for: one group of five serves more in a second than two and three in turns."""

    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        first = add(commit, 2)
        others = add(commit, 3)
        disk.go.release()
        await heard(first)
        again = add(commit, 2)
        disk.go.release()
        await heard([*others, *again])
        assert sizes(disk) == [2, 5]

    committing(body, gather=60)


def test_those_who_do_not_come_back_are_not_waited_for_longer_than_the_setting_says() -> None:
    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        first = add(commit, 2)
        others = add(commit, 3)
        disk.go.release(2)
        await heard([*first, *others])
        assert sizes(disk) == [2, 3]

    committing(body, gather=0.01)


def test_those_who_come_back_late_are_not_waited_for_at_all() -> None:
    """Of two who needed 0.2 s the last time it is known; writing takes a moment."""

    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        disk.go.release()
        await heard(add(commit, 2))
        await asyncio.sleep(0.2)
        back = add(commit, 2)
        other = add(commit, 1)
        disk.go.release()
        await heard(back)
        disk.go.release()
        await heard(other)
        assert sizes(disk) == [2, 2, 1]

    committing(body, gather=60)


def test_closing_waits_for_what_was_added() -> None:
    waiters = [Waiter() for _ in range(3)]

    async def body(commit: Commit, disk: Disk, room: Room) -> None:
        for waiter in waiters:
            commit.add(b"x", waiter)

    assert committing(body).written == [b"x"] * 3
    assert all(waiter.heard == [None] for waiter in waiters)
