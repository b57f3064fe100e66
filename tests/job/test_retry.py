"""What was set aside is counted after a fix, once."""

import random
import threading
from collections import Counter as Totals
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.fold import Fold
from tests.job import counting
from tests.job.counting import check_agrees
from tests.job.logs import ALL, DAY, HOUR, SECOND, T0, CutLog, Log, click, cuts, entry, folded, log_of, logs, raw, view

from footfall.errors import InputError
from footfall.job import Counter, StepReport, verify
from footfall.log import EventLog, Limits
from footfall.model.rules import Rules
from footfall.model.steps import Reason, Step, Tally
from footfall.store import MemoryStore, Store, open_store

RULES = Rules()


def retry(
    log: EventLog,
    store: Store,
    rules: Rules = RULES,
    partition: str | None = None,
    positions: Sequence[int] | None = None,
    limits: Limits = ALL,
) -> tuple[int, list[StepReport]]:
    """Retry by these rules; return how many were resolved, and the steps."""
    reports: list[StepReport] = []
    with closing(Counter(log, store, rules, limits, reports.append)) as counter:
        return counter.retry(partition, positions), reports


def counted(log: Log, rules: Rules = RULES) -> MemoryStore:
    store = MemoryStore()
    counting.count(log, [3], store, rules)
    return store


def log_by(log: Log, rules: Rules) -> CutLog:
    """Return the log as it is read by other rules."""
    return CutLog(log, repeat(1), rules)


def sums(store: Store) -> Mapping[str, tuple[int, int, int, int]]:
    return {total.item: (total.views, total.depth_sum, total.quantity, total.clicks) for total in store.totals(0)}


NAMES = {**RULES.fields, "timestamp": ("timestamp", "ts"), "session": ("sessionId", "visit")}
BY_OTHER_NAMES = replace(RULES, fields=NAMES)


PLAIN = replace(RULES, decimal_mark=".")
"""By which `1.234,5` cannot be read."""


def test_a_price_that_can_be_read_now_adds_its_facts_and_moves_nothing_else() -> None:
    log = log_of(view(0), click(SECOND, price="1.234,5", amount=2, eventId="e"), view(2 * SECOND))
    store = counted(log, PLAIN)
    before, known = store.position("live"), store.carried("live", ["A", "0"], [("A", "e")])

    resolved, steps = retry(log_by(log, RULES), store)

    assert (resolved, [step.tally.counted for step in steps]) == (1, [1])
    assert sums(store) == {"dress": (2, 3, 2, 1)}
    assert [(v.currency, v.high, v.low) for v in store.values()] == [("RUB", 0, 24_690_000)]
    assert store.position("live") == replace(before, steps=before.steps + 1)
    assert store.carried("live", ["A", "0"], [("A", "e")]) == known, "nor a session of another name"
    ledger = list(store.ledger())[-1]
    assert (ledger.first, ledger.next, list(ledger.resolves), ledger.tally.read) == (3, 3, [1], 1)
    assert verify(store) == []


def test_one_that_no_metric_uses_any_more_is_ignored() -> None:
    log = log_of(click(0, price="нет"))
    store = counted(log)

    resolved, steps = retry(log_by(log, RULES), store, replace(RULES, cart_events=frozenset()))

    assert (resolved, steps[0].tally.ignored, store.waiting()) == (1, 1, 0)


def test_one_set_aside_for_what_it_was_goes_through_all_as_if_it_came_now() -> None:
    """It has no session by the first rules, and is a minute older than what came after it."""
    lost = {**view(0, item="hat"), "sessionId": None, "visit": "A"}
    del lost["sessionId"]
    log = log_of(view(0), lost, view(60 * SECOND))
    store = counted(log)
    assert [event.reason for event in store.set_aside()] == [Reason.NO_SESSION]

    assert retry(log_by(log, BY_OTHER_NAMES), store, BY_OTHER_NAMES)[0] == 1

    assert sums(store) == {"dress": (2, 3, 0, 0), "hat": (1, 3, 0, 0)}
    (state,) = store.carried("live", ["A"], []).sessions
    assert (state.views, state.latest) == (3, T0 + 60 * SECOND)


def test_what_came_again_meanwhile_is_a_duplicate_when_it_is_retried() -> None:
    lost = {**view(0, eventId="e"), "visit": "A"}
    del lost["sessionId"]
    log = log_of(lost, view(SECOND, eventId="e"))
    store = counted(log)

    resolved, steps = retry(log_by(log, BY_OTHER_NAMES), store, BY_OTHER_NAMES)

    assert (resolved, steps[0].tally.duplicate) == (1, 1)
    assert sums(store) == {"dress": (1, 1, 0, 0)}


def test_what_still_cannot_be_counted_waits_on_and_makes_no_step() -> None:
    log = log_of(click(0, price="нет"), None, click(1, price="-5"), view(0, session=""))
    store = counted(log)
    before = list(store.set_aside())

    assert retry(log_by(log, RULES), store) == (0, [])

    assert list(store.set_aside()) == before
    assert len(before) == 4


def test_what_waits_on_is_no_part_of_the_step_that_resolves_its_neighbour() -> None:
    log = log_of(click(0, price="1.234,5"), click(1, price="нет"))
    store = counted(log, PLAIN)

    assert retry(log_by(log, RULES), store)[0] == 1

    entry = list(store.ledger())[-1]
    assert (entry.tally, dict(entry.reasons), list(entry.resolves)) == (Tally(read=1, counted=1), {}, [0])
    assert [event.position for event in store.set_aside()] == [1]
    assert verify(store) == []


def test_another_reason_replaces_the_one_before() -> None:
    log = log_of(click(0, price="1.234,56789"))
    store = counted(log, PLAIN)
    assert [event.reason for event in store.set_aside()] == [Reason.PRICE_UNREADABLE]

    resolved, steps = retry(log_by(log, RULES), store)

    assert (resolved, steps[0].tally.read, steps[0].tally.set_aside) == (0, 1, 1)
    assert [event.reason for event in store.set_aside()] == [Reason.PRICE_DECIMALS]
    assert verify(store) == []


def test_only_the_positions_that_are_named_are_retried() -> None:
    log = log_of(*(click(n, price="1.234,5") for n in range(4)))
    store = counted(log, PLAIN)

    assert retry(log_by(log, RULES), store, RULES, "live", [1, 3])[0] == 2

    assert [event.position for event in store.set_aside()] == [0, 2]


@pytest.mark.parametrize(("partition", "positions"), [("live", [0, 7]), ("import", [1]), ("live", [2])])
def test_a_position_that_does_not_wait_is_named_and_nothing_is_retried(partition: str, positions: list[int]) -> None:
    log = log_of(click(0, price="1.234,5"), click(1, price="1.234,5"), view(2))
    store = counted(log, PLAIN)

    with pytest.raises(InputError, match=rf"{partition}:{positions[-1]}: not set aside; expected a position that is"):
        retry(log_by(log, RULES), store, RULES, partition, positions)

    assert store.waiting() == 2


def test_an_event_whose_raw_form_was_dropped_waits_on() -> None:
    log = log_of(click(0, price="1.234,5"), click(DAY, price="1.234,5"))
    store = counted(log, PLAIN)
    store.drop_raw(T0 + DAY)

    assert retry(log_by(log, RULES), store)[0] == 1

    assert [event.position for event in store.set_aside()] == [0]


def test_one_that_cannot_be_read_at_all_any_more_waits_on_as_it_is() -> None:
    log = log_of(click(0, price="1.234,5"))
    store = counted(log, PLAIN)
    before = list(store.set_aside())

    by_nothing = replace(RULES, fields={**RULES.fields, "timestamp": ("no such field",)})
    assert retry(log_by(log, by_nothing), store, by_nothing) == (0, [])

    assert list(store.set_aside()) == before


def test_one_that_is_a_page_view_by_now_has_no_depth_and_is_ignored() -> None:
    log = log_of(view(0), click(0, price="нет"))
    store = counted(log)
    both = replace(RULES, page_views=frozenset({"pageView", "buy_button_click"}))

    resolved, steps = retry(log_by(log, both), store, both)

    assert (resolved, steps[0].tally.ignored) == (1, 1)
    assert sums(store) == {"dress": (1, 1, 0, 0)}


def test_many_are_retried_in_steps_within_the_limits() -> None:
    log = log_of(*(click(n, price="1.234,5") for n in range(10)))
    store = counted(log, PLAIN)
    size = len(next(iter(store.set_aside())).raw)

    by_bytes = counted(log, PLAIN)
    assert retry(log_by(log, RULES), store, limits=Limits(4, 10**9))[1][-1].tally.read == 2
    assert [s.tally.read for s in retry(log_by(log, RULES), by_bytes, limits=Limits(100, 3 * size))[1]] == [3, 3, 3, 1]
    assert [entry.tally.read for entry in store.ledger()][-3:] == [4, 4, 2]


class Busy(MemoryStore):
    """A store in which another counter counts a view before each commit of a retry, so many times."""

    def __init__(self, log: CutLog, times: int) -> None:
        super().__init__()
        self._log, self._left = log, times
        self._other = Counter(log, self, PLAIN, ALL, lambda _: None)
        self._other.once()

    def commit(self, step: Step) -> int:
        if self._left and step.resolves:
            self._left -= 1
            self._log.append("live", [raw(entry(view(20, item="hat")))])
            self._other.once()
        return super().commit(step)


@pytest.mark.parametrize(("times", "sizes"), [(0, [20]), (1, [10, 10]), (2, [5] * 4), (9, [1] * 20)])
def test_a_retry_that_is_fenced_takes_smaller_steps_and_ends(times: int, sizes: list[int]) -> None:
    log = log_of(*(click(n, price="1.234,5") for n in range(20)))
    store = Busy(CutLog(log, repeat(100)), times)

    resolved, steps = retry(log_by(log, RULES), store, limits=Limits(20, 10**9))

    assert resolved == 20
    assert [step.tally.read for step in steps] == sizes
    assert sums(store)["dress"] == (0, 0, 20, 20)
    assert (store.waiting(), verify(store)) == (0, [])


def test_two_retries_at_once_count_once(tmp_path: Path) -> None:
    log = log_of(*(click(n, price="1.234,5", session=n % 3) for n in range(60)))
    with closing(open_store(tmp_path / "store.db")) as store:
        counting.count(log, [100], store, PLAIN)
        found: list[int] = []
        work = [
            threading.Thread(target=lambda: found.append(retry(log_by(log, RULES), store, limits=Limits(7, 10**9))[0]))
            for _ in range(2)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()

        assert sums(store) == {"dress": (0, 0, 60, 60)}
        assert sum(found) == 60
        assert (store.waiting(), verify(store)) == (0, [])


FIXES = [
    RULES,
    replace(RULES, decimal_mark=","),
    replace(RULES, decimal_mark=".", shops=("shop.example",)),
    BY_OTHER_NAMES,
    replace(RULES, patterns=("/(dress|hat)",), cart_events=frozenset({"checkout", "buy_button_click"})),
]
STRICT = replace(RULES, max_price=1000, max_amount=1, fields={**RULES.fields, "session": ("sessionId", "price")})


@pytest.mark.prove("cuts")
def test_any_retry_of_any_log_gives_the_numbers_of_the_fold(
    many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    number, done = random.SystemRandom().randrange(2**32), Totals[str]()

    @seed(number)
    @settings(max_examples=many(300), deadline=None, suppress_health_check=list(HealthCheck))
    @given(logs(), cuts(), st.sampled_from(FIXES), st.integers(1, 5))
    def check(log: Log, sizes: list[int], fixed: Rules, at_once: int) -> None:
        fold, store = folded(log, STRICT), MemoryStore()
        counting.count(log, sizes, store, STRICT)
        check_agrees(store, fold)

        resolved, steps = retry(log_by(log, fixed), store, fixed, limits=Limits(at_once, 10**9))

        assert resolved == fold.retry(fixed)
        check_agrees(store, fold)
        assert [position.clock for position in store.positions()] == [
            fold.clock(position.partition) for position in store.positions()
        ]
        _go_on(log, store, fold, fixed, more=5)
        done.update(logs=1, events=len(log), retries=len(steps), resolved=resolved)

    check()
    tell(f"{dict(done)} with seed {number}: set aside by strict rules, retried by others; store and fold agree")


def _go_on(log: Log, store: Store, fold: Fold, rules: Rules, more: int) -> None:
    """Count some of the log's events once more, behind the retried ones: what these left behind must be right."""
    ends = {position.partition: position.next for position in store.positions()}
    again = []
    for partition, _, item in log.entries[:more]:
        position = ends[partition]
        ends[partition] = position + 1
        again.append((partition, position, item))
        fold.take(partition, position, item)
    counting.count(Log([*log.entries, *again]), [4], store, rules)
    check_agrees(store, fold)


def test_the_hour_of_a_wild_timestamp_counts_from_its_arrival_not_from_the_retry() -> None:
    log = log_of(view(0), lead=HOUR + 1)
    store = counted(log)

    assert retry(log_by(log, RULES), store) == (0, [])
    assert [event.reason for event in store.set_aside()] == [Reason.WILD_TIMESTAMP]
