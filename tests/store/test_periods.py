"""Days of odd zones, and how a period is made of rollups."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.steps import DAY, HOUR, MINUTE, T0

from footfall.errors import SettingsError
from footfall.store.periods import Days, Grain, split

ZONES = [
    "UTC",
    "Europe/Moscow",
    "Asia/Kolkata",  # half an hour
    "Asia/Kathmandu",  # a quarter
    "Australia/Lord_Howe",  # summer time of half an hour
    "America/New_York",
    "America/St_Johns",  # went back at 00:01, to the day before
    "America/Havana",  # skips midnight
    "Pacific/Apia",  # skipped a whole day
    "Pacific/Kiritimati",
]


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "moment", "start"),
    [
        ("UTC", "2026-11-24T12:00+00:00", "2026-11-24T00:00+00:00"),
        ("Europe/Moscow", "2026-11-24T20:59:59.999+00:00", "2026-11-23T21:00+00:00"),
        ("Europe/Moscow", "2026-11-24T21:00+00:00", "2026-11-24T21:00+00:00"),
        ("Asia/Kolkata", "2026-11-24T18:29+00:00", "2026-11-23T18:30+00:00"),
        ("Asia/Kolkata", "2026-11-24T18:30+00:00", "2026-11-24T18:30+00:00"),
        ("America/New_York", "2026-11-01T23:59-05:00", "2026-11-01T00:00-04:00"),
        ("Australia/Lord_Howe", "2026-04-05T23:59+10:30", "2026-04-05T00:00+11:00"),
        ("America/Havana", "2026-03-08T01:00-04:00", "2026-03-08T01:00-04:00"),
        ("America/Havana", "2026-03-07T23:59-05:00", "2026-03-07T00:00-05:00"),
        ("America/St_Johns", "2010-11-07T00:00:59-02:30", "2010-11-07T00:00-02:30"),
        ("America/St_Johns", "2010-11-06T23:30-03:30", "2010-11-07T00:00-02:30"),
        ("Pacific/Apia", "2011-12-29T23:59-10:00", "2011-12-29T00:00-10:00"),
        ("Pacific/Apia", "2011-12-31T00:00+14:00", "2011-12-31T00:00+14:00"),
    ],
)
def test_a_day_begins_at_the_first_local_midnight(zone: str, moment: str, start: str) -> None:
    assert Days(zone).start(ms(moment)) == ms(start)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-03-29T00:00+00:00", 24.0),
        ("America/New_York", "2026-03-08T00:00-05:00", 23.0),
        ("America/New_York", "2026-11-01T00:00-04:00", 25.0),
        ("Australia/Lord_Howe", "2026-04-05T00:00+11:00", 24.5),
        ("Australia/Lord_Howe", "2026-10-04T00:00+10:30", 23.5),
        ("Pacific/Apia", "2011-12-29T00:00-10:00", 24.0),
    ],
)
def test_a_day_may_be_longer_or_shorter(zone: str, day: str, hours: float) -> None:
    assert Days(zone).following(ms(day)) - ms(day) == hours * HOUR


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_without_a_gap(zone: str) -> None:
    days, start = Days(zone), Days(zone).start(ms("2009-12-31T12:00+00:00"))
    for _ in range(1000):
        following = days.following(start)
        assert start < following
        assert start % MINUTE == 0
        assert days.start(start) == days.start(following - 1) == start
        assert days.starts([start, following - MINUTE, following]) == {
            start: start,
            following - MINUTE: start,
            following: following,
        }
        start = following


@pytest.mark.parametrize("zone", ZONES)
@given(since=st.integers(T0 - 400 * DAY, T0 + 400 * DAY), length=st.integers(-HOUR, 70 * DAY))
@settings(max_examples=60, deadline=None)
def test_pieces_cover_every_whole_minute_once(zone: str, since: int, length: int) -> None:
    days = Days(zone)
    pieces = sorted(split(since, since + length, days), key=lambda piece: piece.since)

    for piece in pieces:
        step = HOUR if piece.grain is Grain.HOUR else MINUTE
        assert piece.since < piece.until
        assert piece.since % step == piece.until % step == 0
        if piece.grain is Grain.DAY:
            assert days.start(piece.since) == piece.since
            assert days.start(piece.until) == piece.until
    assert all(one.until == other.since for one, other in pairwise(pieces))
    covered = sum(piece.until - piece.since for piece in pieces)
    begin, end = -(-since // MINUTE) * MINUTE, -(-(since + length) // MINUTE) * MINUTE
    assert covered == max(end - begin, 0)
    if pieces:
        assert (pieces[0].since, pieces[-1].until) == (begin, end)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_a_month_takes_few_minutes(zone: str) -> None:
    pieces = list(split(T0, T0 + 30 * DAY, Days(zone)))

    assert sum(piece.until - piece.since for piece in pieces if piece.grain is Grain.MINUTE) <= 4 * HOUR
    assert sum(piece.until - piece.since for piece in pieces if piece.grain is Grain.DAY) >= 29 * DAY


def test_zones_with_the_same_days_have_the_same_print() -> None:
    assert Days("Asia/Kolkata").print == Days("Asia/Calcutta").print
    assert len({Days(zone).print for zone in ZONES}) == len(ZONES)


def test_odd_midnights_never_run_back_nor_begin_within_a_minute() -> None:
    """What `Days` rests on."""
    for zone in ("Africa/Monrovia", "Antarctica/Troll", "Asia/Gaza", "America/Asuncion", "Africa/Casablanca"):
        days = Days(zone)
        noon = datetime(2000, 1, 1, 12, tzinfo=UTC)
        starts = [days.start(round((noon + timedelta(days=n)).timestamp() * 1000)) for n in range(9000)]
        assert all(0 < other - one <= 26 * HOUR and one % MINUTE == 0 for one, other in pairwise(starts))
    assert date(2000, 1, 1) + timedelta(days=9000) > date(2024, 1, 1)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "Europe", "a\x00b"])
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingsError, match=r"timezone: .*expected a name such as Europe/Moscow"):
        Days(name)
