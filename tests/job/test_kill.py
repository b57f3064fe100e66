"""Counters are killed at any moment, and several count at once: the numbers are the fold's all the same."""

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.fold import Fold
from tests.job.counters import STEP, Process, counted, counters, fill, steps, wait_for, wait_until_they_count
from tests.job.counting import check_agrees, check_endings
from tests.job.logs import Log, folded, visits

from footfall.store import open_store


def check(data: Path, fold: Fold) -> None:
    with closing(open_store(data / "store.db")) as store:
        check_agrees(store, fold)
        check_endings(store, fold)


def kill_again_and_again(data: Path, log: Log, times: int, rnd: random.Random) -> list[int]:
    """Start a counter so many times and kill it; return how many steps it had committed each time.

    Each fifth is killed after some time, when it may not have begun; the others after some steps and a moment more.
    """
    done = []
    for number in range(times):
        before = steps(data)
        with counters(data, 1) as (counter,):
            if number % 5 == 4:
                counter.outlives(rnd.uniform(0, 1.5))
            elif counted(data) < len(log):
                wait_for(data, steps_more=rnd.randint(1, 6), alive=[counter])
                counter.outlives(rnd.uniform(0, 0.03))
            counter.kill()
        done.append(steps(data) - before)
    return done


@pytest.mark.prove("kill-counter")
def test_a_counter_that_is_killed_again_and_again_counts_each_event_once(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    times, seed = many(100), random.SystemRandom().randrange(2**32)
    rnd = random.Random(seed)
    log = visits(rnd, times * 10 * STEP)
    fill(tmp_path, log, rnd)

    done = kill_again_and_again(tmp_path, log, times, rnd)
    left = len(log) - counted(tmp_path)
    Process(tmp_path, "--once").ends_well()

    check(tmp_path, folded(log))
    assert sum(1 for number in done if number) >= times // 2, "most kills found a counter at work"
    tell(
        f"{times} counters killed by SIGKILL (seed {seed}): {sum(done)} steps of {STEP} of {len(log)} events by then, "
        f"{left} events left for one that was not killed; facts, ledger and set-aside events equal the fold's"
    )


def count_together(data: Path, log: Log, rounds: int, rnd: random.Random, fault: str = "") -> None:
    """Write the log bit by bit while two counters count.

    In each round one is frozen for a while and goes on; then one is killed, and another takes its place.
    """
    size = -(-len(log) // rounds)
    data.joinpath("counter.log").touch()
    with counters(data, 2, fault) as running:
        pair = list(running)
        wait_until_they_count(data, 2)
        for number in range(rounds):
            end = min((number + 1) * size, len(log))
            fill(data, Log(log.entries[number * size : end]), rnd)
            rnd.choice(pair).freeze(rnd.uniform(0, 0.3))
            wait_for(data, events=rnd.randint(number * size, end), alive=pair)
            if number < rounds - 1:
                pair.pop(rnd.randrange(2)).kill()
                pair.append(Process(data, fault=fault))
                wait_until_they_count(data, number + 3)
        wait_for(data, events=len(log), alive=pair)
        for process in pair:
            process.stop()


@pytest.mark.prove("kill-counter")
def test_two_counters_at_once_count_each_event_once(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    rounds, seed = many(40), random.SystemRandom().randrange(2**32)
    rnd = random.Random(seed)
    log = visits(rnd, rounds * 15 * STEP)

    count_together(tmp_path, log, rounds, rnd)

    check(tmp_path, folded(log))
    tell(
        f"two counters at once; {rounds} times one is frozen by SIGSTOP and goes on, {rounds - 1} times one is killed "
        f"by SIGKILL and another takes its place (seed {seed}), {len(log)} events: "
        "facts, ledger and set-aside events equal the fold's"
    )


def test_without_compare_and_set_two_counters_count_twice(tmp_path: Path) -> None:
    """The negative control."""
    rnd = random.Random(1)
    log = visits(rnd, 30 * STEP)

    count_together(tmp_path, log, 1, rnd, fault="unguarded")

    with pytest.raises(AssertionError):
        check(tmp_path, folded(log))


def test_without_one_transaction_a_kill_loses_facts(tmp_path: Path) -> None:
    """The negative control: position and facts are committed one after the other."""
    rnd = random.Random(1)
    log = visits(rnd, 30 * STEP)
    fill(tmp_path, log, rnd)

    with counters(tmp_path, 1, fault="halved") as (counter,):
        wait_for(tmp_path, steps_more=1, alive=[counter])
        counter.kill()
    Process(tmp_path, "--once").ends_well()

    with pytest.raises(AssertionError):
        check(tmp_path, folded(log))
