"""What is answered equals what two people with a pencil get, on every store."""

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.answers.facts import MINUTE, SHOP, Log, example, fill, logs

from footfall.answers import Answers, Ordered, Viewed
from footfall.errors import UnavailableError
from footfall.model.steps import Fact, Value
from footfall.store import MemoryStore, Store, open_store

BEGIN = 1_790_000_040_000
"""A full minute."""
T = BEGIN // 1000


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.db")
    yield store
    store.close()


def asked(store: Store, now: float = T + 4000, ends: Callable[[], Mapping[str, int]] | None = None) -> Answers:
    return Answers(store, ends, lambda: now)


def test_the_worked_example_is_answered_as_the_page_says(store: Store) -> None:
    fill(store, example(BEGIN))

    assert asked(store).users(T) == [Viewed(SHOP, "dress", 4, 2.0), Viewed(SHOP, "hat", 1, 3.0)]
    assert asked(store).orders(T) == [Ordered(SHOP, "dress", 2, 3980.0)]


@pytest.mark.parametrize(("since", "views"), [(T, 4), (T + 59, 4), (T + 60, 2), (T + 1859, 2), (T + 1860, 1)])
def test_a_timestamp_reaches_back_to_its_minute(store: Store, since: int, views: int) -> None:
    fill(store, example(BEGIN))

    assert asked(store).users(since)[0].views == views


def test_without_a_timestamp_answers_reach_back_an_hour(store: Store) -> None:
    assert asked(store, now=T + 0.9).an_hour_ago() == T - 3600


def test_currencies_are_added_up_as_plain_numbers(store: Store) -> None:
    values = [Value("s", "i", BEGIN, "EUR", 0, 15_000), Value("s", "i", BEGIN, "RUB", 3, 1)]
    fill(store, Log([([Fact("s", "i", BEGIN, 0, 0, 1, 1)], values)]))

    assert asked(store).orders(T) == [Ordered("s", "i", 1, 300_001.5001)]


def test_an_item_without_views_or_pieces_is_absent(store: Store) -> None:
    fill(store, Log([([Fact("s", "only bought", BEGIN, 0, 0, 1, 1), Fact("s", "only seen", BEGIN, 1, 1, 0, 0)], [])]))

    assert [row.item for row in asked(store).users(T)] == ["only seen"]
    assert [row.item for row in asked(store).orders(T)] == ["only bought"]


def test_a_sum_at_the_limits_stays_exact(store: Store) -> None:
    """A million events at the limits: 10^24 units; a sum of doubles would be off by far more than one ulp."""
    values = [Value("s", "i", BEGIN + i * MINUTE, "RUB", 10**15, 999_999_999) for i in range(100)]
    facts = [Fact("s", "i", value.minute, 0, 0, 10**5, 1) for value in values]
    fill(store, Log([(facts, values)]))

    (row,) = asked(store).orders(T)
    assert nearest(row.value, Fraction(100 * (10**24 + 999_999_999), 10_000))


def nearest(answer: float, exact: Fraction) -> bool:
    """Say whether no double lies nearer to `exact`, told without dividing."""
    off = abs(Fraction(answer) - exact)
    return all(abs(Fraction(math.nextafter(answer, way)) - exact) >= off for way in (-math.inf, math.inf))


def by_hand(log: Log, since: int) -> dict[tuple[str, str], tuple[int, int, int, Fraction]]:
    """Return views, depth sum, pieces and money of each item since that second, added up one by one."""
    begin = since - since % 60
    sums: dict[tuple[str, str], tuple[int, int, int, Fraction]] = {}
    for fact in log.facts:
        if fact.minute >= begin * 1000:
            views, depth, pieces, money = sums.get((fact.shop, fact.item), (0, 0, 0, Fraction()))
            sums[fact.shop, fact.item] = (
                views + fact.views,
                depth + fact.depth_sum,
                pieces + fact.quantity,
                money,
            )
    for value in log.values:
        if value.minute >= begin * 1000:
            *counts, money = sums[value.shop, value.item]
            more = Fraction(value.high * 10**9 + value.low, 10_000)
            sums[value.shop, value.item] = (counts[0], counts[1], counts[2], money + more)
    return sums


@given(log=logs(BEGIN), since=st.integers(T - 100, T + 6000))
def test_answers_equal_sums_by_hand(log: Log, since: int) -> None:
    store = MemoryStore()
    fill(store, log)

    check(asked(store), log, since)


def test_answers_from_a_real_file_equal_sums_by_hand(tmp_path: Path) -> None:
    number = iter(range(10**6))

    @given(log=logs(BEGIN), since=st.integers(T - 100, T + 6000))
    def prove(log: Log, since: int) -> None:
        store = open_store(tmp_path / f"{next(number)}.db")
        fill(store, log)
        check(asked(store), log, since)
        store.close()

    prove()


def check(answers: Answers, log: Log, since: int) -> None:
    sums = by_hand(log, since)
    users, orders = answers.users(since), answers.orders(since)
    places = sorted(sums)

    assert [(row.shop, row.item) for row in users] == [place for place in places if sums[place][0]]
    assert [(row.shop, row.item) for row in orders] == [place for place in places if sums[place][2]]
    for viewed in users:
        views, depth, _, _ = sums[viewed.shop, viewed.item]
        assert viewed.views == views
        assert nearest(viewed.mean_depth, Fraction(depth, views))
    for ordered in orders:
        _, _, pieces, money = sums[ordered.shop, ordered.item]
        assert ordered.quantity == pieces
        assert nearest(ordered.value, money)


def test_the_check_by_hand_would_see_a_mean_of_means_and_a_sum_of_doubles() -> None:
    """Negative control: the seed's average of averages, and money added up in doubles, are not the nearest."""
    assert not nearest((3 / 2 + 4 / 1 + 1 / 1) / 3, Fraction(8, 4))
    assert not nearest(sum([0.1] * 10), Fraction(1))
    assert nearest(8 / 4, Fraction(8, 4))


def test_progress_says_how_far_counting_is(store: Store) -> None:
    fill(store, example(BEGIN), now=BEGIN + 3_700_000)
    answers = asked(store, now=T + 3720.0, ends=lambda: {"import": 7, "live": 4})

    progress = answers.progress()

    assert progress.behind == {"import": 7, "live": 0}
    assert progress.waiting == 7
    assert progress.newest == BEGIN + 61 * MINUTE - 1
    assert progress.age == pytest.approx(60.001)
    assert progress.idle == pytest.approx(19.995)
    assert answers.tally().read == 4
    assert answers.set_aside() == 0


def test_progress_of_an_empty_store_knows_nothing_yet(store: Store) -> None:
    progress = asked(store, ends=dict).progress()

    assert (progress.newest, progress.age, progress.idle, progress.behind) == (None, None, None, {})


def test_a_log_that_cannot_be_read_is_told_not_raised(store: Store) -> None:
    def broken() -> Mapping[str, int]:
        raise UnavailableError("journal/live.db: cannot be read: disk I/O error")

    progress = asked(store, ends=broken).progress()

    assert progress.behind is None
    assert "disk I/O error" in progress.problem


def test_an_event_ahead_of_the_clock_is_not_older_than_now(store: Store) -> None:
    fill(store, example(BEGIN))

    assert asked(store, now=T).progress().age == 0.0
