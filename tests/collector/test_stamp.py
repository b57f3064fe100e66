"""Stamps under clocks that do what clocks do."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.collector.stamp import Stamp, steady, wall

HOUR = 3_600_000
NOON = 1_790_000_000_000


@dataclass
class Clocks:
    """Two clocks that are set by hand, ms."""

    wall: int = NOON
    steady: int = 5000

    def pass_(self, ms: int, leap: int = 0) -> None:
        self.steady += ms
        self.wall += ms + leap

    def stamp(self, latest: int = 0) -> Stamp:
        return Stamp(latest, lambda: self.wall, lambda: self.steady)


def test_a_stamp_is_the_time_of_day() -> None:
    clocks = Clocks()
    stamp = clocks.stamp()
    clocks.pass_(1500)

    assert stamp() == NOON + 1500
    assert stamp.problem is None


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**10), 10**10)), max_size=30),
    st.integers(NOON - 10**9, NOON + 10**9),
)
def test_stamps_never_run_backwards(steps: list[tuple[int, int]], latest: int) -> None:
    clocks = Clocks()
    stamp = clocks.stamp(latest)
    stamps = [stamp.latest]
    for ms, leap in steps:
        clocks.pass_(ms, leap)
        stamps.append(stamp())

    assert stamps == sorted(stamps)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(-(10**10), 10**10)), max_size=30))
def test_no_leap_carries_a_stamp_more_than_an_hour_ahead(steps: list[tuple[int, int]]) -> None:
    """Each leap of up to an hour is followed: it is a correction. One over an hour is not, nor is any after it."""
    clocks = Clocks()
    stamp = clocks.stamp()
    small = 0
    for ms, leap in steps:
        clocks.pass_(ms, leap)
        if stamp.problem is None:
            small += max(leap, 0) if abs(leap) <= HOUR else 0
        assert stamp() <= NOON + clocks.steady - 5000 + small


@pytest.mark.parametrize(("leap", "way"), [(HOUR + 1, "ahead"), (-HOUR - 1, "back"), (450 * 365 * 24 * HOUR, "ahead")])
def test_after_a_leap_it_goes_on_by_the_steady_clock_and_says_so(leap: int, way: str) -> None:
    clocks = Clocks()
    stamp = clocks.stamp()
    clocks.pass_(1000)
    stamp()

    clocks.pass_(1000, leap)

    assert stamp() == NOON + 2000
    assert stamp.problem is not None
    assert f"leapt {abs(leap)} ms {way}" in stamp.problem
    clocks.pass_(1000, -leap)  # also when the clock comes back: until a restart
    assert stamp() == NOON + 3000
    assert stamp.problem is not None


@pytest.mark.parametrize("leap", [HOUR, -HOUR, 1])
def test_a_correction_of_up_to_an_hour_is_followed(leap: int) -> None:
    clocks = Clocks()
    stamp = clocks.stamp()
    clocks.pass_(1000, leap)

    assert stamp() == max(NOON + 1000 + leap, NOON)
    assert stamp.problem is None


def test_years_of_small_corrections_are_no_leap() -> None:
    clocks = Clocks()
    stamp = clocks.stamp()
    for _ in range(100):
        clocks.pass_(24 * HOUR, 60_000)
        stamp()

    assert stamp.problem is None
    assert stamp() == clocks.wall


def test_after_a_restart_it_goes_on_from_the_last_stamp() -> None:
    clocks = Clocks()
    stamp = clocks.stamp(latest=NOON + 2000)

    assert stamp() == NOON + 2000
    clocks.pass_(5000)
    assert stamp() == NOON + 5000
    assert stamp.problem is None


def test_a_last_stamp_far_ahead_of_the_clock_is_not_believed() -> None:
    """The clock was wrong before the restart; going on from there would forget every session."""
    stamp = Clocks().stamp(latest=NOON + HOUR + 1)

    assert stamp() == NOON
    assert "ahead of the clock" in str(stamp.problem)


def test_what_is_read_in_one_turn_of_the_loop_has_one_stamp() -> None:
    clocks = Clocks()
    stamp = clocks.stamp()
    clocks.pass_(10)
    assert stamp.of(turn=1.0) == NOON + 10
    clocks.pass_(10)

    assert stamp.of(turn=1.0) == NOON + 10
    assert stamp() == NOON + 20  # a posted event
    assert stamp.of(turn=1.0) == NOON + 20  # after which none is earlier
    clocks.pass_(10)
    assert stamp.of(turn=1.1) == NOON + 30


def test_the_real_clocks_count_milliseconds() -> None:
    assert 1_700_000_000_000 < wall() < 4_000_000_000_000
    assert steady() <= steady()
