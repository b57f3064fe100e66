"""Hours and days are the sums of their minutes, in any zone, also after the zone was changed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.places import Place, change, rows
from tests.store.rollups import check_rollups, rows_of
from tests.store.steps import DAY, HOUR, MINUTE, T0, added_up, clicks, fact, step

from footfall.errors import SettingsError, UnavailableError
from footfall.model.steps import Fact, Value
from footfall.store import Store, open_store
from footfall.store.periods import Days

CHANGES = {
    "UTC": T0,
    "Asia/Kolkata": T0,
    "Asia/Kathmandu": T0,
    "Australia/Lord_Howe": 1_775_314_800_000,  # 2026-04-05, a day of 24.5 hours
    "America/New_York": 1_772_953_200_000,  # 2026-03-08, a day of 23
    "America/Havana": 1_772_946_000_000,  # the same, from 1:00
}
"""Zones, and a moment near which something happens to their clocks, ms."""


def commit(store: Store, log: list[tuple[Fact, Value]]) -> None:
    facts, values = [f for f, _ in log], [v for _, v in log]
    store.commit(step(store.position("live"), len(log), facts=facts, values=values))


CASES = [("sqlite", zone) for zone in CHANGES] + [("postgresql", zone) for zone in list(CHANGES)[::2]]

Empty = Callable[[], AbstractContextManager[Place]]
"""Gives the place of a store that has nothing in it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Empty:
    @contextmanager
    def file() -> Iterator[Place]:
        with TemporaryDirectory() as folder:
            yield Path(folder) / "store.db"

    @contextmanager
    def database() -> Iterator[Place]:
        yield request.getfixturevalue("postgres").emptied_store()

    return file if request.param == "sqlite" else database


@st.composite
def logs(draw: st.DrawFn, about: int) -> list[tuple[Fact, Value]]:
    return draw(st.lists(clicks(about - 2 * DAY, about + 2 * DAY), max_size=30))


@pytest.mark.parametrize(("empty", "zone"), CASES, indirect=["empty"])
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hours_and_days_are_the_sums_of_their_minutes(zone: str, empty: Empty, data: st.DataObject) -> None:
    about = CHANGES[zone]
    log = data.draw(logs(about))
    half = len(log) // 2
    moments = st.integers((about - 3 * DAY) // MINUTE, (about + 3 * DAY) // MINUTE).map(lambda n: n * MINUTE)
    with empty() as place, closing(open_store(place, timezone=zone)) as store:
        commit(store, log[:half])
        commit(store, log[half:])

        check_rollups(place, zone)
        facts, values = [f for f, _ in log], [v for _, v in log]
        for since, until in data.draw(st.lists(st.tuples(moments, st.none() | moments), min_size=3, max_size=3)):
            assert store.totals(since, until) == added_up(facts, values, since, until)


@pytest.mark.parametrize(("empty", "zone"), CASES, indirect=["empty"])
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_another_zone_makes_the_days_anew(zone: str, empty: Empty, data: st.DataObject) -> None:
    log = data.draw(logs(CHANGES[zone]))
    with empty() as place:
        with closing(open_store(place, timezone="Pacific/Kiritimati")) as store:
            commit(store, log)
        with closing(open_store(place, timezone=zone)):
            check_rollups(place, zone)


@pytest.fixture
def place(empty: Empty) -> Iterator[Place]:
    """Give a store with a fact in every hour of four days, its days those of Kolkata."""
    with empty() as place:
        with closing(open_store(place, timezone="Asia/Kolkata")) as store:
            facts = [fact(minute=T0 + n * HOUR, views=1) for n in range(96)]
            store.commit(step(store.position("live"), 96, facts=facts))
        yield place


def days(place: Place) -> dict[tuple[object, ...], list[int]]:
    return rows_of(place, "day_facts")


def chosen(place: Place) -> dict[str, str]:
    return dict(rows(place, "SELECT key, value FROM meta"))


def test_without_a_zone_the_days_stay_as_they_are(place: Place) -> None:
    before = days(place)

    open_store(place).close()

    assert days(place) == before
    assert chosen(place)["timezone"] == "Asia/Kolkata"


def test_a_new_store_has_the_days_of_utc(empty: Empty) -> None:
    with empty() as place:
        open_store(place).close()

        assert chosen(place) == {"timezone": "UTC", "day_starts": Days("UTC").print}


def test_a_process_that_runs_on_follows_the_zone_that_another_chose(place: Place) -> None:
    with closing(open_store(place, timezone="Asia/Kolkata")) as counting:
        open_store(place, timezone="America/New_York").close()
        counting.commit(step(counting.position("live"), facts=[fact(minute=T0 + n * HOUR) for n in range(96)]))

        check_rollups(place, "America/New_York")
        assert [total.views for total in counting.totals(T0 - DAY, T0 + 3 * DAY)] == [144]


def test_other_rules_of_the_same_zone_make_the_days_anew(place: Place) -> None:
    change(place, "UPDATE meta SET value = 'rules of last year' WHERE key = 'day_starts'")
    change(place, "UPDATE day_facts SET start = start + 3600")

    open_store(place, timezone="Asia/Kolkata").close()

    check_rollups(place, "Asia/Kolkata")


def test_a_process_with_older_rules_than_the_days_neither_counts_nor_answers(place: Place) -> None:
    with closing(open_store(place, timezone="Asia/Kolkata")) as store:
        change(place, "UPDATE meta SET value = 'rules of next year' WHERE key = 'day_starts'")

        with pytest.raises(UnavailableError, match="other time zone data than this process has"):
            store.commit(step(store.position("live"), facts=[fact()]))
        with pytest.raises(UnavailableError, match="other time zone data than this process has"):
            store.totals(0)
        assert store.position("live").steps == 1


def test_days_of_another_zone_would_give_wrong_totals(place: Place) -> None:
    """The negative control: the zone is changed and the days are not made anew."""
    midnight = Days("UTC").following(T0)
    with closing(open_store(place)) as store:
        store.commit(step(store.position("live"), facts=[fact(minute=midnight, views=5)]))
    change(place, "UPDATE meta SET value = 'UTC' WHERE key = 'timezone'")
    change(place, "UPDATE meta SET value = ? WHERE key = 'day_starts'", Days("UTC").print)

    with closing(open_store(place)) as store:
        right = added_up(store.facts(), [], midnight, midnight + DAY)
        assert [total.views for total in right] == [29]
        assert store.totals(midnight, midnight + DAY) != right


def test_an_unknown_zone_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="timezone: 'Mars/Olympus'"):
        open_store(tmp_path / "store.db", timezone="Mars/Olympus")
