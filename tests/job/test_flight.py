"""While one step is written the next is computed: from what the first will leave, and only if it was really written."""

import threading
import time
from contextlib import closing
from functools import partial
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from tests.job import counting
from tests.job.counting import check_agrees, check_endings
from tests.job.logs import ALL, CutLog, Log, cuts, folded, log_of, logs, view

from footfall.errors import FencedError, UnavailableError
from footfall.job import Counter
from footfall.job.flight import Flight
from footfall.model.rules import Rules
from footfall.model.steps import Carried, Position, SeenEvent, SessionState, Step, Tally
from footfall.store import MemoryStore


class Slow(MemoryStore):
    """A store in which each commit waits, so many seconds at most, until the next step is being computed."""

    def __init__(self, patience: float = 0.02) -> None:
        super().__init__()
        self.patience = patience
        self.asked = threading.Condition()
        self.steps_begun = self.steps_written = self.overlaps = 0

    def carried(self, partition: str, *wanted: object) -> Carried:
        with self.asked:
            self.steps_begun += 1
            self.asked.notify()
        return super().carried(partition, *wanted)  # type: ignore[arg-type]

    def commit(self, step: Step) -> int:
        self.steps_written += 1
        with self.asked:
            self.overlaps += self.asked.wait_for(lambda: self.steps_begun > self.steps_written, self.patience)
        return super().commit(step)


def test_the_next_step_is_computed_while_one_is_written() -> None:
    log = log_of(*(view(n, eventId=f"e{n % 7}", session=n % 3) for n in range(60)))
    store = Slow(patience=2)

    counting.count(log, [5], store)

    check_agrees(store, folded(log))
    check_endings(store, folded(log))
    assert store.overlaps == 11, "all of twelve steps but the last"


def test_any_log_in_any_cut_gives_the_numbers_of_the_fold_whatever_is_in_flight() -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(logs(20), cuts())
    def check(log: Log, sizes: list[int]) -> None:
        store = Slow()
        counting.count(log, sizes, store)
        check_agrees(store, folded(log))
        check_endings(store, folded(log))

    check()


def test_a_step_computed_from_the_store_alone_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what the step in flight leaves is not looked at."""
    monkeypatch.setattr(Flight, "carried_of", lambda flight, partition: partial(flight._store.carried, partition))
    log = log_of(*(view(n, eventId=f"e{n % 4}") for n in range(40)))
    store = Slow(patience=2)
    counting.count(log, [10], store)

    with pytest.raises(AssertionError):
        check_agrees(store, folded(log))


def step(before: Position, many: int = 1, **parts: object) -> Step:
    return Step(before, before.next + many, before.clock, Tally(many, ignored=many), **parts)  # type: ignore[arg-type]


def test_the_position_is_that_behind_the_step_in_flight() -> None:
    store = MemoryStore()
    with closing(Flight(store)) as flight:
        assert flight.position("live") == Position("live")
        flight.start(step(Position("live"), 5), time.monotonic())
        assert flight.position("live") == Position("live", 5, None, 1)

        landed = flight.land()
        assert landed is not None
        assert (landed.number, landed.error, flight.land()) == (1, None, None)


def test_what_is_carried_is_that_of_the_step_in_flight_and_else_the_stores() -> None:
    store = Slow()
    kept = [SessionState("old", 3, 5), SessionState("both", 1, 1)], [SeenEvent("s", "old", 4)]
    store.commit(step(Position("live"), sessions=kept[0], seen=kept[1]))
    flying = {"sessions": [SessionState("both", 2, 9)], "seen": [SeenEvent("s", "new", 9)]}
    with closing(Flight(store)) as flight:
        flight.start(step(store.position("live"), **flying), 0.0)  # type: ignore[arg-type]

        found = flight.carried_of("live")(["old", "both", "none"], [("s", "old"), ("s", "new"), ("s", "none")])
        other = flight.carried_of("import")(["both"], [])

        assert sorted(found.sessions, key=str) == [SessionState("both", 2, 9), SessionState("old", 3, 5)]
        assert sorted(found.events, key=str) == [SeenEvent("s", "new", 9), SeenEvent("s", "old", 4)]
        assert other == Carried([], [])


def test_a_step_that_was_fenced_leaves_the_position_to_the_store() -> None:
    store = MemoryStore()
    with closing(Flight(store)) as flight:
        flight.position("live")
        store.commit(step(Position("live"), 3))
        flight.start(step(Position("live"), 5), 0.0)
        landed = flight.land()

        assert landed is not None
        assert isinstance(landed.error, FencedError)
        assert flight.position("live").next == 3


class Breaking(MemoryStore):
    """A store that cannot be written at its third step, and again at the fifth."""

    tried = 0

    def commit(self, step: Step) -> int:
        self.tried += 1
        if self.tried in (3, 5):
            raise UnavailableError("store: gone")
        return super().commit(step)


def test_what_was_computed_from_a_step_that_was_not_written_is_thrown_away() -> None:
    log = log_of(*(view(n, eventId=f"e{n % 4}") for n in range(40)))
    store = Breaking()
    errors = 0
    with closing(Counter(CutLog(log, cycle([4])), store, Rules(), ALL, lambda _: None)) as counter:
        while store.position("live").next < 40:
            try:
                counter.once()
            except UnavailableError:
                errors += 1

    assert errors == 2
    check_agrees(store, folded(log))
    check_endings(store, folded(log))


def test_a_fault_in_a_commit_is_not_hidden() -> None:
    class Faulty(MemoryStore):
        def commit(self, step: Step) -> int:
            raise ZeroDivisionError("by mistake")

    with closing(Flight(Faulty())) as one:
        one.start(step(Position("live")), 0.0)
        with pytest.raises(ZeroDivisionError):
            one.land()
