"""Moments as people type them."""

from zoneinfo import ZoneInfo

import pytest

from footfall.cli.times import read_time
from footfall.errors import InputError

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1790000000", 1_790_000_000_000),
        ("1970-01-02", 75_600_000),
        ("19700102", 75_600_000),
        ("1970-01-01T03:00", 0),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T09:30+09:30", 0),
    ],
)
def test_seconds_dates_and_moments_are_read(text: str, ms: int) -> None:
    assert read_time("--from", text, MOSCOW) == ms


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("yesterday", "expected a Unix second"),
        ("2026-13-01", "expected a Unix second"),
        ("-5", "expected a Unix second"),
        ("٣", "expected a Unix second"),
        ("1790000000000", "these look like milliseconds: try 1790000000"),
        ("99999999999999999999", "before the year 10000"),
        ("9" * 5000, "expected a Unix second"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_was_expected(text: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"--from .*{hint}"):
        read_time("--from", text, MOSCOW)
