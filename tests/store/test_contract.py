"""What every store keeps to, in memory and on disk alike."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.steps import DAY, MINUTE, T0, added_up, aside, clicks, dump, fact, step

from footfall.errors import FencedError
from footfall.model.steps import Fact, Position, Reason, SeenEvent, SessionState, Step, Tally, Value
from footfall.store import MemoryStore, Store, Sums, open_store

MEMORY = 1_000_000
"""How long the stores here remember, ms."""


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    match request.param:
        case "memory":
            kept: Store = MemoryStore(session_memory=MEMORY)
        case "sqlite":
            kept = open_store(tmp_path / "store.db", session_memory=MEMORY)
        case _:
            kept = open_store(request.getfixturevalue("postgres").new_store(), session_memory=MEMORY)
    yield kept
    kept.close()


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.position("live") == Position("live", next=0, clock=None, steps=0)
    assert (store.positions(), store.totals(0), store.newest(), store.waiting()) == ([], [], None, 0)
    assert store.tally() == Tally()
    assert store.carried("live", ["s"], [("s", "e")]).sessions == []
    for rows in (store.facts(), store.values(), store.ledger(), store.set_aside()):
        assert list(rows) == []


def test_a_step_moves_its_partition_and_no_other(store: Store) -> None:
    store.commit(step(store.position("live"), 5, clock=T0 + 9))
    store.commit(step(store.position("import"), 2, clock=T0 + 3))
    store.commit(step(store.position("live"), 1))

    assert store.positions() == [Position("import", 2, T0 + 3, 1), Position("live", 6, T0 + 9, 2)]
    assert store.position("live") == Position("live", 6, T0 + 9, 2)
    assert store.newest() == T0 + 9


def test_the_ledger_keeps_every_step_in_order(store: Store) -> None:
    first = step(store.position("live"), 5, set_aside=[aside(2)])
    assert store.commit(first) == 1
    assert store.commit(step(store.position("import"), 2)) == 2
    assert store.commit(step(store.position("live"), 4)) == 3

    entries = list(store.ledger())
    assert [(entry.step, entry.partition, entry.first, entry.next) for entry in entries] == [
        (1, "live", 0, 5),
        (2, "import", 0, 2),
        (3, "live", 5, 9),
    ]
    assert (entries[0].tally, entries[0].reasons) == (first.tally, {Reason.PRICE_UNREADABLE: 1})
    assert (entries[0].rules, entries[0].started, entries[0].took) == (first.rules, T0 + 1, 7)
    assert [entry.step for entry in store.ledger("live")] == [1, 3]
    assert [entry.step for entry in store.ledger(last=2)] == [2, 3]
    assert [entry.step for entry in store.ledger("live", last=1)] == [3]
    assert list(store.ledger(last=0)) == []


def test_the_tally_is_the_sum_of_the_ledger(store: Store) -> None:
    numbers = iter(range(1, 100))
    for partition in ("live", "import", "live"):
        before = store.position(partition)
        parts = {part.name: next(numbers) for part in fields(Tally) if part.name != "read"}
        tally = Tally(read=sum(parts.values()), **parts)
        store.commit(Step(before, before.next + tally.read, T0, tally))

    for name in (None, "live", "import", "none"):
        entries = list(store.ledger(name))
        expected = {part.name: sum(getattr(entry.tally, part.name) for entry in entries) for part in fields(Tally)}
        assert store.tally(name) == Tally(**expected)
    assert store.tally().holds


@pytest.mark.parametrize(
    "before",
    [
        Position("live", 0, None, 0),
        Position("live", 3, T0, 2),
        Position("live", 5, T0, 1),
        Position("live", 3, T0, 0),
        Position("live", 9, T0, 9),
        Position("import", 3, T0, 1),
    ],
)
def test_a_step_from_elsewhere_is_fenced_and_writes_nothing(store: Store, before: Position) -> None:
    store.commit(step(store.position("live"), 3, facts=[fact()], set_aside=[aside(1)]))
    held = dump(store)

    with pytest.raises(FencedError, match=f"{before.partition}: another writer was here"):
        store.commit(
            step(
                before,
                facts=[fact("hat")],
                values=[Value("a.example", "hat", T0, "RUB", 1, 1)],
                sessions=[SessionState("s", 1, T0)],
                seen=[SeenEvent("s", "e", T0)],
            )
        )

    assert dump(store) == held
    assert store.carried("live", ["s"], [("s", "e")]).sessions == []
    assert store.carried("live", ["s"], [("s", "e")]).events == []


@pytest.mark.parametrize(
    "wrong",
    [
        Step(Position("live"), 2, T0, Tally(read=2, counted=1)),
        Step(Position("live", 5, T0, 1), 4, T0, Tally()),
        Step(Position("live", 5, T0, 1), 6, T0 - 1, Tally(1, 1)),
        Step(Position("live", 5, T0, 1), 6, None, Tally(1, 1)),
        Step(Position("live"), 0, T0, Tally(2, 2), resolves=[4, 4]),
    ],
)
def test_a_step_that_cannot_be_right_is_refused(store: Store, wrong: Step) -> None:
    with pytest.raises(ValueError, match="step of live from"):
        store.commit(wrong)

    assert store.positions() == []


NAMES = ["s", "S", "ш", "🎩", "a\x00b", "a\x00", 'q"uote', "it's", "x" * 300, "%", "\u2028", "1"]


def test_sessions_and_ids_are_carried_as_they_were_committed(store: Store) -> None:
    sessions = [SessionState(name, number, T0 + number) for number, name in enumerate(NAMES)]
    seen = [SeenEvent(one, two, T0 + number) for number, one in enumerate(NAMES) for two in NAMES]
    store.commit(step(store.position("live"), sessions=sessions, seen=seen))
    newer = [SessionState("s", 9, T0 + 99)]
    store.commit(step(store.position("live"), sessions=newer, seen=[SeenEvent("s", "1", T0 + 99)]))

    asked = [(one, two) for one in [*NAMES, "none"] for two in NAMES]
    found = store.carried("live", [*NAMES, "none", "s"], [*asked, ("s", "none"), ("s", "1")])

    assert set(found.sessions) == {*sessions[1:], *newer}
    assert len(found.sessions) == len(NAMES)
    assert set(found.events) == {*seen, SeenEvent("s", "1", T0 + 99)} - {SeenEvent("s", "1", T0)}
    assert len(found.events) == len(seen)
    assert store.carried("import", NAMES, asked).sessions == []
    assert store.carried("import", NAMES, asked).events == []


def test_thousands_of_sessions_and_ids_are_carried_at_once(store: Store) -> None:
    sessions = [SessionState(f"s{n}", n, T0) for n in range(3000)]
    seen = [SeenEvent(f"s{n % 3000}", f"e{n}", T0) for n in range(7001)]
    store.commit(step(store.position("live"), sessions=sessions, seen=seen))

    found = store.carried("live", [s.session for s in sessions], [(e.session, e.event) for e in seen])

    assert set(found.sessions) == set(sessions)
    assert set(found.events) == set(seen)


def test_what_the_clock_has_passed_is_deleted_and_nothing_else(store: Store) -> None:
    def last(number: int) -> int:
        return T0 + number * MEMORY // 50

    for number in range(200):
        name = f"{number * 7919 % 200:03}"
        store.commit(
            step(
                store.position("live"),
                clock=last(number),
                sessions=[SessionState(name, 1, last(number))],
                seen=[SeenEvent(name, "e", last(number)), SeenEvent("one", name, last(number))],
            )
        )
    names = [f"{number * 7919 % 200:03}" for number in range(200)]

    found = store.carried("live", names, [(n, "e") for n in names] + [("one", n) for n in names])

    fresh = {last(number) for number in range(150, 200)}
    for kept in ({state.latest for state in found.sessions}, {seen.last_seen for seen in found.events}):
        assert fresh <= kept, "what is younger than session_memory must stay"
        assert len(kept) < 80, "what is older must go, now and then"


def test_another_partitions_clock_deletes_nothing(store: Store) -> None:
    store.commit(step(store.position("live"), sessions=[SessionState("s", 1, T0)], seen=[SeenEvent("s", "e", T0)]))
    for number in range(1, 50):
        store.commit(step(store.position("import"), clock=T0 + number * MEMORY))

    found = store.carried("live", ["s"], [("s", "e")])

    assert (found.sessions, found.events) == ([SessionState("s", 1, T0)], [SeenEvent("s", "e", T0)])


def test_set_aside_events_wait_in_order_of_partition_and_position(store: Store) -> None:
    store.commit(step(store.position("live"), 300, set_aside=[aside(200), aside(3), aside(10)]))
    odd = replace(aside(1, partition="import", raw=b"\x00\xff"), detail="\ud800 \U0001f3a9", origin="caf\udce9.csv:12")
    store.commit(step(store.position("import"), 2, set_aside=[odd]))

    waiting = list(store.set_aside())

    assert [(event.partition, event.position) for event in waiting] == [
        ("import", 1),
        ("live", 3),
        ("live", 10),
        ("live", 200),
    ]
    assert waiting[0] == replace(odd, detail="\\ud800 \U0001f3a9", origin="caf\\udce9.csv:12")
    assert list(store.set_aside("live")) == waiting[1:]
    assert list(store.set_aside("none")) == []
    assert store.waiting() == 4


def test_a_retry_resolves_what_it_names_and_may_set_it_aside_anew(store: Store) -> None:
    many = [aside(position) for position in range(1200)]
    store.commit(step(store.position("live"), 1200, set_aside=many))
    again = replace(aside(7), reason=Reason.PRICE_NEGATIVE, detail="-5")

    store.commit(step(store.position("live"), 1100, set_aside=[again], resolves=range(1100), facts=[fact()]))

    assert list(store.set_aside()) == [again, *many[1100:]]
    assert store.position("live") == Position("live", 1200, T0, 2)
    entry = list(store.ledger())[-1]
    assert (entry.first, entry.next, list(entry.resolves)) == (1200, 1200, list(range(1100)))


@pytest.mark.parametrize("resolves", [[5], [3, 5], [*range(4, 900), 3]])
def test_a_retry_of_what_no_longer_waits_is_fenced_and_writes_nothing(store: Store, resolves: list[int]) -> None:
    store.commit(step(store.position("live"), 10, set_aside=[aside(3)]))
    store.commit(step(store.position("import"), 10, set_aside=[aside(5, partition="import")]))
    held = dump(store)

    with pytest.raises(FencedError, match="live: not set aside, or no longer"):
        store.commit(step(store.position("live"), len(resolves), resolves=resolves, facts=[fact("hat")]))

    assert dump(store) == held


def test_raw_forms_are_dropped_by_age_and_the_rest_stays(store: Store) -> None:
    waiting = [aside(position, arrival=T0 + position) for position in range(2500)]
    store.commit(step(store.position("live"), 2500, set_aside=waiting))

    assert store.drop_raw(T0 + 2200) == 2200
    assert store.drop_raw(T0 + 2200) == 0

    left = list(store.set_aside())
    assert [event.raw for event in left] == [b""] * 2200 + [b"raw"] * 300
    assert [replace(event, raw=b"raw") for event in left] == waiting


def test_totals_take_the_minutes_from_since_on_and_before_until(store: Store) -> None:
    store.commit(step(store.position("live"), facts=[fact(minute=T0 + n * MINUTE, views=10**n) for n in range(6)]))

    def views(since: int, until: int | None = None) -> int:
        return sum(total.views for total in store.totals(since, until))

    assert views(0) == 111111
    assert views(T0 + MINUTE) == 111110
    assert views(T0 + 1) == 111110, "a minute that began before is left out"
    assert views(T0, T0 + 2 * MINUTE) == 11
    assert views(T0, T0 + 2 * MINUTE + 1) == 111, "a minute that begins before the end is in"
    assert views(T0 + MINUTE, T0 + MINUTE) == views(T0 + MINUTE, T0) == views(T0 + DAY) == views(0, T0) == 0
    assert views(-(10**18), 10**18) == 111111


def test_facts_and_values_are_yielded_by_minute_shop_and_item(store: Store) -> None:
    shops, items = ["", "a", "B", "ä"], ["z", "Z", "🎩", "\uffee"]
    facts = [fact(item, minute, shop) for minute in (T0 + MINUTE, T0 - MINUTE, T0) for shop in shops for item in items]
    values = [Value(f.shop, f.item, f.minute, currency, 1, 2) for f in facts for currency in ("RUB", "EUR")]
    store.commit(step(store.position("live"), facts=facts, values=values))

    by_place = sorted(facts, key=lambda f: (f.minute, f.shop, f.item))
    assert list(store.facts()) == by_place
    assert list(store.values()) == sorted(values, key=lambda v: (v.minute, v.shop, v.item, v.currency))
    assert list(store.facts(T0, T0 + 1)) == [f for f in by_place if f.minute == T0]
    assert {v.minute for v in store.values(T0 - MINUTE + 1, T0 + MINUTE)} == {T0}
    assert [(total.shop, total.item) for total in store.totals(0)] == [
        (s, i) for s in sorted(shops) for i in sorted(items)
    ]


def test_what_is_read_is_the_state_of_one_moment(store: Store) -> None:
    store.commit(step(store.position("live"), facts=[fact(f"item{n}") for n in range(3000)]))
    rows = store.facts()
    first = next(rows)

    store.commit(step(store.position("live"), facts=[fact(f"item{n}") for n in range(3000)]))

    assert {row.views for row in [first, *rows]} == {1}
    assert {row.views for row in store.facts()} == {2}


def test_sums_of_ten_to_the_24th_are_exact(store: Store) -> None:
    """A million events at the limits: 100,000 pieces at 1,000,000,000 each."""
    largest = 10**9 * 10_000 * 100_000
    high, low = divmod(largest - 1, 10**9)
    for _ in range(10):
        store.commit(step(store.position("live"), facts=[fact()], values=[_sum(high, low, 100_000)]))

    (total,) = store.totals(0)

    assert total.values == {"RUB": (largest - 1) * 1_000_000}
    assert total.values["RUB"] == 10**24 - 10**6


def _sum(high: int, low: int, events: int) -> Value:
    return Value("a.example", "dress", T0, "RUB", high * events, low * events)


def test_currencies_are_kept_apart(store: Store) -> None:
    money = [Value("a.example", "dress", T0, code, 0, amount) for code, amount in (("RUB", 5), ("EUR", 7))]
    store.commit(step(store.position("live"), facts=[fact(), fact("hat")], values=money))
    store.commit(step(store.position("live"), facts=[fact()], values=money[:1]))

    totals = store.totals(0)

    assert [list(total.values.items()) for total in totals] == [[("EUR", 7), ("RUB", 10)], []]


def test_threads_may_commit_and_read_at_once(store: Store) -> None:
    done: list[int] = []

    def count(partition: str) -> None:
        for _ in range(20):
            store.commit(step(store.position(partition), facts=[fact(views=1)], set_aside=[]))
            done.append(sum(total.views for total in store.totals(0)))

    threads = [threading.Thread(target=count, args=(f"p{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(done) == 80
    assert [entry.step for entry in store.ledger()] == list(range(1, 81))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make(request: pytest.FixtureRequest) -> Callable[[Path], Store]:
    """Return what makes an empty store."""
    if request.param == "memory":
        return lambda _: MemoryStore()
    if request.param == "sqlite":
        return lambda folder: open_store(folder / "store.db", timezone="Asia/Kolkata")
    server = request.getfixturevalue("postgres")
    return lambda _: open_store(server.emptied_store(), timezone="Asia/Kolkata")


@given(data=st.data(), log=st.lists(clicks(T0 - 3 * DAY, T0 + 3 * DAY), max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_cut_into_steps_give_the_same_totals(
    make: Callable[[Path], Store], data: st.DataObject, log: list[tuple[Fact, Value]]
) -> None:
    order = data.draw(st.permutations(log))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=6)))
    since = data.draw(st.integers(T0 - 4 * DAY, T0 + 4 * DAY))
    until = data.draw(st.none() | st.integers(T0 - 4 * DAY, T0 + 4 * DAY))

    with TemporaryDirectory() as folder, closing(make(Path(folder))) as store:
        for first, last in zip([0, *cuts], [*cuts, len(log)], strict=True):
            facts, values = [f for f, _ in order[first:last]], [v for _, v in order[first:last]]
            store.commit(step(store.position("live"), last - first, facts=facts, values=values))

        all_facts, all_values = [f for f, _ in log], [v for _, v in log]
        assert store.totals(-(10**15)) == added_up(all_facts, all_values)
        assert store.totals(since, until) == added_up(all_facts, all_values, since, until)
        assert added_up(store.facts(), store.values()) == added_up(all_facts, all_values)
        sums = [sum(getattr(f, name) for f in all_facts) for name in ("views", "depth_sum", "quantity", "clicks")]
        halves = [sum(getattr(v, name) for v in all_values) for name in ("high", "low")]
        assert set(store.sums().values()) == {Sums(*sums, *halves)}
