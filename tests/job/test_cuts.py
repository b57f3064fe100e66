"""Any cut of a log into steps gives the numbers of the fold: in the store, in its SQL views and through the API."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from arro3.core import Array, Table
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.fold import ROBOTS
from tests.job import counting
from tests.job.counting import NEVER, check_agrees, check_answers, check_endings, check_file, stores
from tests.job.logs import DAY, HOUR, MEMORY, SECOND, TIMEOUT, Log, click, cuts, folded, log_of, logs, view

from footfall.job import CarriedOf, Definition, Reading, compute
from footfall.job.flight import Flight
from footfall.log import ARROW_SCHEMA, Batch
from footfall.model.rules import Rules
from footfall.model.steps import Carried, Position, Step
from footfall.store import MemoryStore, Store, open_store

ONE_BATCH, ONE_EACH = [10**6], [1]
SEARCH = (Phase.generate,)
"""Without making what was found smaller."""

Compute = Callable[[Batch, Position, CarriedOf, Reading, Definition], Step]


@pytest.mark.prove("cuts")
def test_any_cut_of_any_log_gives_the_numbers_of_the_fold(
    many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    number, done = random.SystemRandom().randrange(2**32), Counter[str]()

    @seed(number)
    @settings(max_examples=many(300), deadline=None, suppress_health_check=list(HealthCheck))
    @given(logs(), cuts(), st.data())
    def check(log: Log, sizes: list[int], data: st.DataObject) -> None:
        fold = folded(log)
        with TemporaryDirectory() as name:
            folder = Path(name)
            for store, some in zip(stores(folder), (ONE_EACH, ONE_BATCH, sizes), strict=True):
                done["steps"] += len(counting.count(log, some, store))
                check_agrees(store, fold)
                check_endings(store, fold)
            minutes = sorted({minute // 1000 for *_, minute in fold.facts} | {0})
            moments = data.draw(st.lists(st.sampled_from(minutes), max_size=2))
            with closing(open_store(folder / "store.db")) as store:
                check_answers(store, fold, [0, *(moment + 59 for moment in moments)])
            check_file(folder / "store.db", "Asia/Kathmandu", fold)
        done.update(logs=1, events=len(log), set_aside=fold.ended["set_aside"], duplicate=fold.ended["duplicate"])

    check()
    tell(f"{dict(done)} with seed {number}: one batch, any cut, one event a step; API, views, store and fold agree")


RULES = [
    Rules(shops=("*.example", "Shop.EXAMPLE"), decimal_mark=",", currency="EUR", max_price=2000, max_amount=2),
    Rules(session_timeout=SECOND, session_memory=SECOND, patterns=("/(?:item|product)/([a-z]+)",)),
    Rules(session_timeout=3 * HOUR, session_memory=DAY, page_views=frozenset({"pageView", "checkout"})),
    Rules(cart_events=frozenset({"buy_button_click", "checkout"}), shops=("b.*",), decimal_mark="."),
    Rules(cart_events=frozenset(), fields={**Rules().fields, "session": ("visit", "eventId"), "event": ("sessionId",)}),
]


@pytest.mark.parametrize("rules", RULES)
def test_so_it_is_by_other_rules(rules: Rules) -> None:
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(logs(20), cuts())
    def check(log: Log, sizes: list[int]) -> None:
        fold = folded(log, rules)
        store = MemoryStore(session_memory=rules.session_memory)
        counting.count(log, sizes, store, rules)
        check_agrees(store, fold)
        check_endings(store, fold)

    check()


# ---- the limits of time, one by one ----------------------------------------------------------------------------------

SILENCE = [(TIMEOUT - 1, [1, 2]), (TIMEOUT, [1, 1]), (TIMEOUT + 1, [1, 1])]


def depths(log: Log) -> list[int]:
    """Return the depth of each page view, having checked that cuts at every place agree with the fold.

    At each place one counter ends, and another begins with nothing but what the store remembers.
    """
    fold = folded(log)
    for number, first in enumerate(range(len(log))):
        store = MemoryStore(session_memory=NEVER if number % 2 else MEMORY)
        counting.count(Log(log.entries[:first]), ONE_BATCH, store)
        counting.count(log, ONE_BATCH if first else ONE_EACH, store)
        check_agrees(store, fold)
        check_endings(store, fold)
    return list(fold.depths.values())


@pytest.mark.parametrize(("silence", "expected"), SILENCE)
def test_a_session_ends_after_30_minutes_without_any_event_of_it(silence: int, expected: list[int]) -> None:
    assert depths(log_of(view(0), view(silence))) == expected
    assert depths(log_of(view(0), click(SECOND), view(SECOND + silence))) == expected
    assert depths(log_of(view(0), view(SECOND, session="B"), view(silence)))[::2] == expected


def test_silence_counts_from_the_latest_timestamp_not_from_the_last_event() -> None:
    late = view(0, item="hat")

    assert depths(log_of(view(TIMEOUT), late, view(2 * TIMEOUT - 1))) == [1, 2, 3]
    assert depths(log_of(view(TIMEOUT), late, view(2 * TIMEOUT))) == [1, 2, 1]


@pytest.mark.parametrize(("passed", "expected"), [(MEMORY - 1, 2), (MEMORY, 1), (MEMORY + 1, 1)])
def test_a_session_is_remembered_for_24_hours_of_the_clock(passed: int, expected: int) -> None:
    """Its next event comes late: its own timestamp lies a second after the session's latest."""
    other = view(passed, session="B")

    assert depths(log_of(view(0), other, view(SECOND))) == [1, 1, expected]
    assert depths(log_of(view(0), other, view(2, session="C"), view(SECOND))) == [1, 1, 1, expected], "no way back"


@pytest.mark.parametrize(("passed", "ending"), [(MEMORY - 1, "duplicate"), (MEMORY, "counted")])
def test_an_event_id_is_remembered_for_24_hours_since_it_was_last_seen(passed: int, ending: str) -> None:
    log = log_of(
        view(0, eventId="e"), view(DAY - 1, eventId="e"), view(DAY - 1 + passed, session="B"), view(eventId="e")
    )
    depths(log)

    fold = folded(log_of())
    assert [fold.take(*event) for event in log.entries] == ["counted", "duplicate", "counted", ending]


def test_a_retry_that_moves_the_clock_itself_is_known_however_late_it_comes() -> None:
    """The clock before it counts: days of nothing are no time."""
    log = log_of(view(0, eventId="e"), view(3 * DAY, eventId="e"), view(3 * DAY))

    assert depths(log) == [1, 1]
    assert folded(log).ended == {"counted": 2, "duplicate": 1}


BROKEN: dict[str, object] = {"price": "нет", "eventType": "buy_button_click"}
ROBOT: dict[str, object] = {"userAgentString": ROBOTS[0]}
CORRUPT: dict[str, object] = {"detectedCorruption": True}
DUPLICATE: dict[str, object] = {"detectedDuplicate": True}


@pytest.mark.parametrize(
    ("first", "second", "endings", "depth"),
    [
        ({}, {}, ["counted", "duplicate"], 2),
        ({}, {"eventType": "buy_button_click"}, ["counted", "duplicate"], 2),
        (CORRUPT, {}, ["corrupt", "counted"], 2),
        (DUPLICATE, {}, ["duplicate", "duplicate"], 1),
        (ROBOT, {}, ["bot", "duplicate"], 1),
        (BROKEN, {}, ["set_aside", "duplicate"], 1),
        ({"location": "/"}, {}, ["ignored", "duplicate"], 2),
        ({"timestamp": 5}, {}, ["set_aside", "counted"], 2),
        ({}, CORRUPT, ["counted", "corrupt"], 2),
        ({}, ROBOT, ["counted", "duplicate"], 2),
        ({}, BROKEN, ["counted", "duplicate"], 2),
        (CORRUPT | DUPLICATE | ROBOT | BROKEN, {}, ["corrupt", "counted"], 2),
        (DUPLICATE | ROBOT | BROKEN, {}, ["duplicate", "duplicate"], 1),
        (ROBOT | BROKEN, {}, ["bot", "duplicate"], 1),
        ({}, {"sessionId": "B"}, ["counted", "counted"], 2),
        ({"eventId": None}, {"eventId": None}, ["counted", "counted"], 3),
        ({"eventId": 5}, {"eventId": "5"}, ["counted", "duplicate"], 2),
    ],
)
def test_what_is_decided_about_an_event_and_when_its_id_comes_again(
    first: dict[str, object], second: dict[str, object], endings: list[str], depth: int
) -> None:
    """`depth` is that of a page view behind both: corrupt, duplicate and bot leave the session as it was."""
    log = log_of(view(0, eventId="e") | first, view(SECOND, eventId="e") | second, view(2 * SECOND))

    assert depths(log)[-1] == depth

    fold = folded(log_of())
    assert [fold.take(*event) for event in log.entries] == [*endings, "counted"]


def test_an_event_id_that_came_late_is_remembered_since_the_clock_at_which_it_was_seen() -> None:
    """Not since its own timestamp, which lies a day back by the time it comes again."""
    log = log_of(view(DAY // 2, session="B"), view(0, eventId="e"), view(DAY, session="B"), view(0, eventId="e"))

    assert depths(log) == [1, 1, 1]
    assert folded(log).ended == {"counted": 3, "duplicate": 1}


@pytest.mark.parametrize("after", [0, 5 * SECOND, TIMEOUT, 3 * HOUR, DAY - 1])
def test_a_retry_is_not_counted_twice_however_late_it_comes(after: int) -> None:
    for event in (view(0, eventId="e"), click(0, eventId="e", price="нет"), view(0, item="", eventId="e")):
        log = log_of(event, {**event, "timestamp": int(str(event["timestamp"])) + after})
        assert depths(log) in ([1], [])
        assert folded(log).ended["duplicate"] == 1


def test_a_late_event_takes_the_next_ordinal_and_counts_in_its_own_minute() -> None:
    log = log_of(view(10 * SECOND), view(7 * 60 * SECOND), view(20 * SECOND, item="hat"))

    assert depths(log) == [1, 2, 3]
    assert {place: sums.depth for place, sums in folded(log).facts.items()} == {
        ("shop.example", "dress", 1_790_000_040_000): 1,
        ("shop.example", "dress", 1_790_000_460_000): 2,
        ("shop.example", "hat", 1_790_000_040_000): 3,
    }


@pytest.mark.parametrize(("lead", "ended"), [(HOUR, {"counted": 3}), (HOUR + 1, {"counted": 2, "set_aside": 1})])
def test_a_wild_timestamp_hurts_nobody(lead: int, ended: dict[str, int]) -> None:
    """Ten days ahead: if it moved the clock, the session would be forgotten."""
    wild = log_of(view(10 * DAY, session="B"), lead=lead).entries[0][2]
    log = Log(
        [("live", 0, log_of(view(0)).entries[0][2]), ("live", 1, wild), ("live", 2, log_of(view(1)).entries[0][2])]
    )

    assert depths(log)[-1] == (2 if lead > HOUR else 1)
    assert folded(log).ended == ended


def test_history_and_live_traffic_do_not_disturb_each_other() -> None:
    live = log_of(view(0), view(10 * SECOND), view(20 * SECOND))
    history = log_of(view(-300 * DAY), view(-300 * DAY + SECOND), view(-200 * DAY), partition="import")
    mixed = Log([event for pair in zip(live.entries, history.entries, strict=True) for event in pair])

    assert sorted(depths(mixed)) == sorted(depths(live) + depths(history)) == [1, 1, 1, 2, 2, 3]


# ---- negative controls: what keeps the promise is switched off, and the same checks fail -----------------------------


def no_sessions(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    return compute(batch, before, lambda s, e: Carried((), carried_of(s, e).events), reading, engine)


def no_ids(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    return compute(batch, before, lambda s, e: Carried(carried_of(s, e).sessions, ()), reading, engine)


def no_clock(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    step = compute(batch, replace(before, clock=None), carried_of, reading, engine)
    clocks = [clock for clock in (before.clock, step.clock) if clock is not None]
    return replace(step, before=before, clock=max(clocks, default=None))


def by_timestamp(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    stamps = batch.events["timestamp"].to_pylist()
    order = sorted(range(len(stamps)), key=lambda row: stamps[row] or 0)
    columns = zip(ARROW_SCHEMA.names, ARROW_SCHEMA.types, strict=True)
    arrays = []
    for name, kind in columns:
        values = batch.events[name].to_pylist()
        arrays.append(Array([values[row] for row in order], kind))
    events = Table.from_arrays(arrays, schema=ARROW_SCHEMA)
    raws, origins = [batch.raws[row] for row in order], [batch.origins[row] for row in order]
    return compute(replace(batch, events=events, raws=raws, origins=origins), before, carried_of, reading, engine)


def as_it_is(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    return compute(batch, before, carried_of, reading, engine)


LATE = log_of(view(10 * SECOND, item="hat"), view(0))
FORGOTTEN = log_of(view(0), view(MEMORY, session="B"), view(SECOND))
FAULTS: list[tuple[Compute, Log, Sequence[int]]] = [
    (no_sessions, log_of(view(0), view(10)), ONE_EACH),
    (no_ids, log_of(view(0, eventId="e"), view(10, eventId="e")), ONE_EACH),
    (no_clock, FORGOTTEN, ONE_EACH),
    (no_clock, log_of(view(MEMORY, session="B"), view(0, eventId="e"), view(MEMORY, eventId="e")), ONE_EACH),
    (by_timestamp, LATE, ONE_BATCH),
]


@pytest.mark.parametrize(("fault", "log", "sizes"), FAULTS)
def test_a_counter_with_a_fault_is_found_out(
    fault: Compute, log: Log, sizes: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(one: Compute) -> Store:
        monkeypatch.setattr("footfall.job.counter.compute", one)
        store = MemoryStore(session_memory=NEVER)
        counting.count(log, sizes, store)
        return store

    check_agrees(count(as_it_is), folded(log))
    with pytest.raises(AssertionError):
        check_agrees(count(fault), folded(log))


@pytest.mark.parametrize("fault", [no_sessions, no_ids, no_clock, by_timestamp])
def test_made_up_logs_find_each_fault_by_themselves(fault: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footfall.job.counter.compute", fault)

    @seed(1)
    @settings(max_examples=400, deadline=None, database=None, phases=SEARCH, report_multiple_bugs=False)
    @given(logs())
    def check(log: Log) -> None:
        store = MemoryStore(session_memory=NEVER)
        counting.count(log, [3], store)
        check_agrees(store, folded(log))

    with pytest.raises(AssertionError):
        check()


def test_sessions_that_are_deleted_too_early_are_found_out() -> None:
    log = log_of(view(0), *(view(n * HOUR, session="B") for n in range(1, 14)), view(SECOND))
    store = MemoryStore(session_memory=MEMORY // 2)
    counting.count(log, ONE_EACH, store)

    with pytest.raises(AssertionError):
        check_agrees(store, folded(log))


@pytest.mark.parametrize("passed", [MEMORY - 1, MEMORY])
def test_what_is_deleted_on_disk_is_what_is_forgotten_to_the_millisecond(passed: int, tmp_path: Path) -> None:
    log = log_of(view(0, eventId="e"), view(passed, session="B"), view(SECOND, eventId="e"), view(SECOND))
    with closing(open_store(tmp_path / "store.db")) as store:
        for end in range(1, 5):
            counting.count(Log(log.entries[:end]), ONE_BATCH, store)

        check_agrees(store, folded(log))
        check_endings(store, folded(log))


def test_sessions_and_ids_older_than_the_memory_are_really_deleted(tmp_path: Path) -> None:
    """Else the tests above would show nothing about deletion."""
    log = log_of(*(view(n * HOUR, session=f"s{n}", eventId="e") for n in range(100)))
    with closing(open_store(tmp_path / "store.db")) as store:
        counting.count(log, ONE_EACH, store)

        names = [f"s{n}" for n in range(100)]
        left = store.carried("live", names, [(name, "e") for name in names])

    assert sorted(len(rows) for rows in (left.sessions, left.events)) == [24, 24]


# ---- while a step is written, the next one is computed ---------------------------------------------------------------


class Slow(MemoryStore):
    """A store whose commits take long enough for the next step to be computed before they are there."""

    def commit(self, step: Step) -> int:
        time.sleep(0.05)
        return super().commit(step)


IN_FLIGHT = [
    log_of(view(0), view(10), view(20)),
    log_of(view(0, eventId="e"), view(10, eventId="e"), view(20, eventId="e")),
    log_of(view(0), view(MEMORY, session="B"), view(SECOND)),
    Log([*log_of(view(0), view(1)).entries, *log_of(view(5), view(6), view(7), partition="import").entries]),
]


@pytest.mark.parametrize("log", IN_FLIGHT)
def test_what_is_not_written_yet_is_remembered_all_the_same(log: Log) -> None:
    store = Slow()
    counting.count(log, ONE_EACH, store)

    check_agrees(store, folded(log))


@pytest.mark.parametrize("log", IN_FLIGHT[:2])
def test_a_step_that_asks_only_the_store_while_another_is_written_is_found_out(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(Flight, "carried_of", lambda flight, partition: partial(flight._store.carried, partition))
    store = Slow()
    counting.count(log, ONE_EACH, store)

    with pytest.raises(AssertionError):
        check_agrees(store, folded(log))
