"""Hours and days are the sums of their minutes, in any zone, also after the zone was changed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


@st.composite
def logs(draw: st.DrawFn, about: int) -> list[tuple[Fact, Value]]:
    return draw(st.lists(clicks(about - 2 * DAY, about + 2 * DAY), max_size=30))


@pytest.mark.parametrize("zone", CHANGES)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_hours_and_days_are_the_sums_of_their_minutes(zone: str, data: st.DataObject) -> None:
    about = CHANGES[zone]
    log = data.draw(logs(about))
    half = len(log) // 2
    moments = st.integers((about - 3 * DAY) // MINUTE, (about + 3 * DAY) // MINUTE).map(lambda n: n * MINUTE)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with closing(open_store(path, timezone=zone)) as store:
            commit(store, log[:half])
            commit(store, log[half:])

            check_rollups(path, zone)
            facts, values = [f for f, _ in log], [v for _, v in log]
            for since, until in data.draw(st.lists(st.tuples(moments, st.none() | moments), min_size=3, max_size=3)):
                assert store.totals(since, until) == added_up(facts, values, since, until)


@pytest.mark.parametrize("zone", CHANGES)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_another_zone_makes_the_days_anew(zone: str, data: st.DataObject) -> None:
    log = data.draw(logs(CHANGES[zone]))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with closing(open_store(path, timezone="Pacific/Kiritimati")) as store:
            commit(store, log)
        with closing(open_store(path, timezone=zone)):
            check_rollups(path, zone)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store with a fact in every hour of four days, its days those of Kolkata."""
    path = tmp_path / "store.db"
    with closing(open_store(path, timezone="Asia/Kolkata")) as store:
        facts = [fact(minute=T0 + n * HOUR, views=1) for n in range(96)]
        store.commit(step(store.position("live"), 96, facts=facts))
    return path


def days(path: Path) -> dict[tuple[object, ...], list[int]]:
    return rows_of(path, "day_facts")


def chosen(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT key, value FROM meta").fetchall())


def test_without_a_zone_the_days_stay_as_they_are(path: Path) -> None:
    before = days(path)

    open_store(path).close()

    assert days(path) == before
    assert chosen(path)["timezone"] == "Asia/Kolkata"


def test_a_new_store_has_the_days_of_utc(tmp_path: Path) -> None:
    open_store(tmp_path / "store.db").close()

    assert chosen(tmp_path / "store.db") == {"timezone": "UTC", "day_starts": Days("UTC").print}


def test_a_process_that_runs_on_follows_the_zone_that_another_chose(path: Path) -> None:
    with closing(open_store(path, timezone="Asia/Kolkata")) as counting:
        open_store(path, timezone="America/New_York").close()
        counting.commit(step(counting.position("live"), facts=[fact(minute=T0 + n * HOUR) for n in range(96)]))

        check_rollups(path, "America/New_York")
        assert [total.views for total in counting.totals(T0 - DAY, T0 + 3 * DAY)] == [144]


def test_other_rules_of_the_same_zone_make_the_days_anew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = 'rules of last year' WHERE key = 'day_starts'")
        db.execute("UPDATE day_facts SET start = start + 3600")

    open_store(path, timezone="Asia/Kolkata").close()

    check_rollups(path, "Asia/Kolkata")


def test_a_process_with_older_rules_than_the_days_neither_counts_nor_answers(path: Path) -> None:
    with closing(open_store(path, timezone="Asia/Kolkata")) as store:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE meta SET value = 'rules of next year' WHERE key = 'day_starts'")

        with pytest.raises(UnavailableError, match="other time zone data than this process has"):
            store.commit(step(store.position("live"), facts=[fact()]))
        with pytest.raises(UnavailableError, match="other time zone data than this process has"):
            store.totals(0)
        assert store.position("live").steps == 1


def test_days_of_another_zone_would_give_wrong_totals(path: Path) -> None:
    """The negative control: the zone is changed and the days are not made anew."""
    midnight = Days("UTC").following(T0)
    with closing(open_store(path)) as store:
        store.commit(step(store.position("live"), facts=[fact(minute=midnight, views=5)]))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = 'UTC' WHERE key = 'timezone'")
        db.execute("UPDATE meta SET value = ? WHERE key = 'day_starts'", (Days("UTC").print,))

    with closing(open_store(path)) as store:
        right = added_up(store.facts(), [], midnight, midnight + DAY)
        assert [total.views for total in right] == [29]
        assert store.totals(midnight, midnight + DAY) != right


def test_an_unknown_zone_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="timezone: 'Mars/Olympus'"):
        open_store(tmp_path / "store.db", timezone="Mars/Olympus")
