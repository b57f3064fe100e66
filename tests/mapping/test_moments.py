"""Moments: milliseconds or ISO 8601."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import InputError
from footfall.mapping import read_moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1464807256123, 1464807256123),
        (1464807256123.9, 1464807256123),
        (-0.5, -1),
        ("1464807256123", 1464807256123),
        ("-1", -1),
        ("2016-06-01T18:54:16.123Z", 1464807256123),
        ("2016-06-01T18:54:16.1239Z", 1464807256123),
        ("2016-08-24T13:29:39.412+02:00", 1472038179412),
        ("2016-06-01 18:54:16", 1464807256000),
        ("2016-06-01", 1464739200000),
        ("1969-12-31T23:59:59.9999Z", -1),
    ],
)
def test_reads(value: object, expected: int) -> None:
    assert read_moment(value) == expected


@pytest.mark.parametrize(
    "value", [None, True, "", "yesterday", "12:00", "2016-13-01", "9" * 20, "1e3", float("nan"), float("inf"), [], {}]
)
def test_refuses_what_is_no_moment(value: object) -> None:
    with pytest.raises(InputError, match=r"timestamp: .*expected ISO 8601 or milliseconds"):
        read_moment(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_moment_is_read_rounded_down(moment: datetime) -> None:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)

    assert read_moment(moment.isoformat()) == since // timedelta(milliseconds=1)
