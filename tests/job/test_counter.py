"""The shell: once, continuously, on a schedule; what cannot be read does not keep the rest; other counters."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest
from tests.fold import Entry
from tests.job.counting import check_agrees, check_endings
from tests.job.logs import SECOND, CutLog, Log, click, entry, folded, raw, view

from footfall.errors import FencedError, FootfallError, UnavailableError, VersionError
from footfall.job import Counter, StepReport
from footfall.log import Batch, Limits, Span
from footfall.model.rules import Rules
from footfall.model.steps import Position, Step
from footfall.store import MemoryStore, Store, open_store


class Bench(CutLog):
    """A log that grows, and whose partitions can be made unreadable."""

    def __init__(self, *events: dict[str, object], size: int = 2) -> None:
        self.kept: list[tuple[str, int, Entry]] = []
        super().__init__(Log([]), repeat(size))
        self.limits: list[Limits] = []
        self.broken: dict[str, FootfallError] = {}
        self.grow(*events)

    def grow(self, *events: dict[str, object], partition: str = "live") -> None:
        for event in events:
            item = entry(event)
            self.kept.append((partition, self.append(partition, [raw(item)]), item))

    def span(self, partition: str) -> Span:
        if partition in self.broken:
            raise self.broken[partition]
        return super().span(partition)

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        self.limits.append(limits)
        if partition in self.broken:
            raise self.broken[partition]
        return super().read(partition, start, limits)


@dataclass
class Told:
    """What a counter told."""

    steps: list[StepReport] = field(default_factory=list)
    trouble: list[FootfallError] = field(default_factory=list)


LIMITS = Limits(20_000, 32_000_000)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.db")
    with closing(made):
        yield made


def counter_of(log: Bench, store: Store, told: Told, now: Callable[[], float] = lambda: 1_790_000_123.4) -> Counter:
    return Counter(log, store, Rules(), LIMITS, told.steps.append, told.trouble.append, now)


def check(store: Store, log: Bench) -> None:
    fold = folded(Log(log.kept))
    check_agrees(store, fold)
    check_endings(store, fold)


# ---- once ------------------------------------------------------------------------------------------------------------


def test_once_counts_what_is_there_and_tells_of_each_step(store: Store) -> None:
    log, told = Bench(view(0), view(1), click(2, price="нет"), view(3, item=""), view(4)), Told()
    log.grow(view(5), partition="import")

    counter_of(log, store, told).once()

    check(store, log)
    assert [(s.partition, s.step, s.tally.read, s.tally.counted, s.tally.set_aside, s.behind) for s in told.steps] == [
        ("import", 1, 1, 1, 0, 0),
        ("live", 2, 2, 2, 0, 3),
        ("live", 3, 2, 0, 1, 1),
        ("live", 4, 1, 1, 0, 0),
    ]
    assert {(entry.started, entry.rules) for entry in store.ledger()} == {(1_790_000_123_400, 1)}
    assert all(0 <= step.took < 60_000 for step in told.steps)
    assert set(map(repr, log.limits)) == {repr(LIMITS)}


def test_once_again_counts_only_what_is_new(store: Store) -> None:
    log, told = Bench(view(0), view(1), view(2)), Told()
    counter = counter_of(log, store, told)
    counter.once()
    counter.once()
    assert len(told.steps) == 2

    log.grow(view(3), click(4, price=5))
    counter.once()

    check(store, log)
    assert len(told.steps) == 3


@pytest.mark.parametrize("now", [0.0, 4e9, -1e6])
def test_the_machines_clock_changes_no_number(store: Store, now: float) -> None:
    log = Bench(*(view(n * 1000 * SECOND, eventId=f"e{n % 3}") for n in range(9)))

    counter_of(log, store, Told(), lambda: now).once()

    check(store, log)
    assert {entry.started for entry in store.ledger()} == {round(now * 1000)}


def test_an_empty_log_is_counted_in_no_step(store: Store) -> None:
    counter_of(Bench(), store, Told()).once()

    assert list(store.ledger()) == []
    assert store.positions() == []


def test_what_arrives_meanwhile_may_wait(store: Store) -> None:
    log, told = Bench(view(0), view(1)), Told()
    counter = Counter(log, store, Rules(), LIMITS, lambda _: log.grow(view(2), view(3)))

    counter.once()

    assert (store.position("live").next, log.span("live").end) == (2, 4)
    counter_of(log, store, told).once()
    check(store, log)


def test_once_ends_between_two_steps_when_it_is_told_to(store: Store) -> None:
    stop, log = threading.Event(), Bench(*(view(n) for n in range(10)))

    Counter(log, store, Rules(), LIMITS, lambda _: stop.set()).once(stop)

    assert store.position("live") == Position("live", 2, log.kept[1][2].arrival, 1)
    counter_of(log, store, Told()).once(stop)
    assert store.position("live").steps == 1


def test_a_partition_that_cannot_be_read_does_not_keep_the_others(store: Store) -> None:
    log, told = Bench(view(0), view(1), view(2)), Told()
    log.grow(view(0), view(1), view(2), partition="import")
    log.broken["import"] = VersionError("import.db: a newer one")
    log.broken["more"] = UnavailableError("more.db: gone")
    log.append("more", [b""])
    counter = counter_of(log, store, told)

    with pytest.raises(VersionError, match=r"import\.db: a newer one"):
        counter.once()
    assert [position.partition for position in store.positions()] == ["live"]
    assert store.position("live").next == 3

    log.broken.clear()
    counter.once()
    assert store.position("import").next == 3


def test_a_partition_that_breaks_between_two_steps_goes_on_later(store: Store) -> None:
    log, told = Bench(*(view(n) for n in range(6))), Told()
    log.grow(*(view(n) for n in range(6)), partition="import")

    def report(step: StepReport) -> None:
        if step.partition == "import":
            log.broken["import"] = UnavailableError("import.db: gone")

    with pytest.raises(UnavailableError, match="gone"):
        Counter(log, store, Rules(), LIMITS, report).once()
    assert {p.partition: p.next for p in store.positions()} == {"import": 2, "live": 6}

    log.broken.clear()
    counter_of(log, store, told).once()
    check(store, log)


def test_positions_that_the_log_has_lost_are_passed_over(store: Store) -> None:
    log, told = Bench(*(view(n) for n in range(6))), Told()
    log.forget("live", 4)

    counter_of(log, store, told).once()

    assert [(e.first, e.next, e.tally.read) for e in store.ledger()] == [(0, 6, 2)]
    assert sum(fact.views for fact in store.facts()) == 2


# ---- other counters --------------------------------------------------------------------------------------------------


def test_another_counter_in_between_fences_a_step_and_nothing_is_counted_twice(store: Store) -> None:
    log, one, other = Bench(view(0), view(1)), Told(), Told()
    first, second = counter_of(log, store, one), counter_of(log, store, other)
    first.once()

    log.grow(view(2), view(3), click(4, price=1))
    second.once()
    log.grow(view(5), view(6))
    first.once()

    check(store, log)
    assert [len(told.steps) for told in (one, other)] == [2, 2]
    assert one.trouble == []


class Meddled(MemoryStore):
    """A store that another counter writes right before each commit, until it has nothing more to write."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[Callable[[], None]] = []
        self.fenced = 0

    def commit(self, step: Step) -> int:
        others, self.others = self.others, []
        for other in others:
            other()
        try:
            return super().commit(step)
        except FencedError:
            self.fenced += 1
            raise


def test_a_counter_that_was_overtaken_during_its_step_reads_again() -> None:
    store, log = Meddled(), Bench(*(view(n, eventId=f"e{n % 5}") for n in range(9)))
    other = counter_of(log, store, Told())
    store.others.append(other.once)

    counter_of(log, store, Told()).once()

    check(store, log)
    assert store.fenced == 1


def test_two_counters_in_two_threads_share_the_work(store: Store) -> None:
    log, told = Bench(*(view(n, session=n % 7, eventId=n % 25) for n in range(60))), Told()
    threads = [threading.Thread(target=counter_of(log, store, told).once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    check(store, log)
    assert sum(step.tally.read for step in told.steps) == 60


class Cut(MemoryStore):
    """A store whose connection breaks in a commit: before or after it was written, nobody can say."""

    def __init__(self, *, written: bool) -> None:
        super().__init__()
        self.written, self.broken = written, True

    def commit(self, step: Step) -> int:
        number = super().commit(step) if self.written or not self.broken else 0
        if self.broken:
            self.broken = False
            raise UnavailableError("store.db: the connection broke")
        return number


@pytest.mark.parametrize("written", [True, False])
def test_whether_a_broken_commit_was_written_only_the_store_knows(written: bool) -> None:
    store, log = Cut(written=written), Bench(view(0), view(1), view(2))
    counter = counter_of(log, store, Told())

    with pytest.raises(UnavailableError, match="the connection broke"):
        counter.once()
    counter.once()

    check(store, log)


# ---- continuously ----------------------------------------------------------------------------------------------------


class Pauses(threading.Event):
    """A stop that waits for no time, does something at each pause, and is set after the last."""

    def __init__(self, *pauses: Callable[[], object]) -> None:
        super().__init__()
        self.left = list(pauses)
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        if self.left:
            self.left.pop(0)()
        else:
            self.set()
        return self.is_set()


def test_running_counts_what_arrives_until_it_is_stopped(store: Store) -> None:
    log, told = Bench(*(view(n) for n in range(5))), Told()
    stop = Pauses(lambda: log.grow(view(5)), lambda: None, lambda: log.grow(view(6), partition="import"))

    counter_of(log, store, told).run(stop, every_ms=200)

    check(store, log)
    assert stop.waited == [0.2, 0.2, 0.2, 0.2]
    assert len(told.steps) == 5, "three steps without a pause between them, then one each"


def test_running_says_what_is_wrong_waits_longer_and_goes_on(store: Store) -> None:
    log, told = Bench(view(0)), Told()
    log.broken["live"] = UnavailableError("live.db: gone")
    stop = Pauses(*[lambda: None] * 5, log.broken.clear)

    counter_of(log, store, told).run(stop, every_ms=200)

    check(store, log)
    assert stop.waited == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 0.2]
    assert [str(error) for error in told.trouble] == ["live.db: gone"] * 6


def test_a_partition_in_trouble_does_not_slow_the_backlog_of_another(store: Store) -> None:
    log, told = Bench(*(view(n) for n in range(10))), Told()
    log.append("import", [b""])
    log.broken["import"] = UnavailableError("import.db: gone")
    stop = Pauses()

    counter_of(log, store, told).run(stop, every_ms=200)

    assert store.position("live").next == 10
    assert len(stop.waited) == 1


def test_running_without_anyone_to_tell_raises(store: Store) -> None:
    log = Bench(view(0))
    log.broken["live"] = UnavailableError("live.db: gone")
    counter = Counter(log, store, Rules(), LIMITS, lambda _: None)

    with pytest.raises(UnavailableError, match="gone"):
        counter.run(threading.Event(), every_ms=200)


def test_a_real_stop_ends_running_at_once(store: Store) -> None:
    stop = threading.Event()
    counter = Counter(Bench(view(0)), store, Rules(), LIMITS, lambda _: stop.set())

    counter.run(stop, every_ms=3_600_000)

    assert store.position("live").next == 1


# ---- on a schedule ---------------------------------------------------------------------------------------------------


class Clock(threading.Event):
    """A clock, and a stop whose waiting moves it; set at the end of its time."""

    def __init__(self, *, start: float, end: float) -> None:
        super().__init__()
        self.time, self.end = start, end
        self.sleeps: dict[float, float] = {}
        """At which time the machine sleeps, or the clock is set, and where it goes on."""

    def now(self) -> float:
        return self.time

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert 0 < timeout <= 1
        self.time += timeout
        for moment in [moment for moment in self.sleeps if moment <= self.time]:
            self.time = self.sleeps.pop(moment)
        if self.time >= self.end:
            self.set()
        return self.is_set()


def scheduled(clock: Clock, every: int, log: Bench | None = None) -> Sequence[float]:
    """Return the times at which counting ran."""
    times: list[float] = []
    log = log or Bench()

    class Timed(Counter):
        def once(self, stop: threading.Event | None = None) -> None:
            times.append(clock.time)
            super().once(stop)

    counter = Timed(log, MemoryStore(), Rules(), LIMITS, lambda _: None, lambda _: None, clock.now)
    counter.schedule(clock, every * 1000)
    counter.close()
    return times


def test_a_schedule_counts_whenever_the_clock_passes_a_multiple() -> None:
    assert scheduled(Clock(start=1_000_003.5, end=1_007_300), every=1800) == [
        1_000_800,
        1_002_600,
        1_004_400,
        1_006_200,
    ]


def test_a_schedule_waits_for_the_first_multiple() -> None:
    assert scheduled(Clock(start=1_800_000, end=1_801_799), every=1800) == []


def test_a_machine_that_slept_counts_once_when_it_wakes() -> None:
    clock = Clock(start=0, end=7_300)
    clock.sleeps[100] = 6_000.5

    assert scheduled(clock, every=1800) == [6_000.5, 7_200]


def test_a_clock_that_is_set_back_does_not_stop_the_schedule() -> None:
    clock = Clock(start=10_000, end=12_700)
    clock.sleeps[12_650] = 6_000

    assert scheduled(clock, every=1800)[:4] == [10_800, 12_600, 6_000, 7_200]


def test_trouble_does_not_end_a_schedule() -> None:
    log = Bench(view(0))
    log.broken["live"] = UnavailableError("live.db: gone")

    assert scheduled(Clock(start=0, end=60), every=10, log=log) == [10, 20, 30, 40, 50]


def test_a_schedule_counts_what_came_since_the_last_time() -> None:
    log, told, store = Bench(view(0)), Told(), MemoryStore()
    clock = Clock(start=0, end=25 + SECOND / 1e6)

    def now() -> float:
        if clock.time > 10 and len(log.kept) == 1:
            log.grow(view(1), click(2, price=1))
        return clock.time

    counter_of(log, store, told, now).schedule(clock, 10_000)

    check(store, log)
    assert [step.tally.read for step in told.steps] == [1, 2]
