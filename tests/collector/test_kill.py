"""What was acknowledged is in the log exactly once, however the collector ends."""

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collector.loading import Load, load
from tests.collector.running import ROOT, clean_environ, process

CLIENTS = 24


def kill_rounds(data: Path, rounds: int, seed: int, command: tuple[str, ...] = ("-m", "footfall")) -> list[Load]:
    """Load a collector and kill it at a random moment, so many times on one journal."""
    chance = random.Random(seed)
    found = []
    for number in range(rounds):
        with process(data, command=command) as running:

            async def end(running: subprocess.Popen[str] = running.process) -> None:
                await asyncio.sleep(chance.uniform(0.1, 1.0))
                running.send_signal(signal.SIGKILL)

            found.append(asyncio.run(load(running.port, f"round{number}", CLIENTS, end)))
            running.process.wait()
    return found


def in_the_log(data: Path) -> Counter[str]:
    """Return how often each event id is in `footfall events`."""
    command = [sys.executable, "-m", "footfall", "--data", str(data), "events", "--json"]
    out = subprocess.run(command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=True).stdout
    return Counter(json.loads(line)["eventId"] for line in out.splitlines())


def lost_and_doubled(loads: list[Load], log: Counter[str]) -> tuple[int, int, int]:
    """Return how many acknowledged events are not in the log, how many are there twice, and what was never sent."""
    acknowledged = [id for load in loads for id in load.acknowledged]
    sent = {id for load in loads for id in load.sent}
    return sum(log[id] == 0 for id in acknowledged), sum(n > 1 for n in log.values()), len(log.keys() - sent)


@pytest.mark.prove("kill-collector")
def test_kill_9_loses_no_acknowledged_event(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    rounds, seed = many(20), random.randrange(10**6)
    loads = kill_rounds(tmp_path, rounds, seed)
    log = in_the_log(tmp_path)
    acknowledged = sum(len(load.acknowledged) for load in loads)

    tell(
        f"kill -9 of the collector under load of {CLIENTS} clients, {rounds} times (seed {seed}): "
        f"{acknowledged:,} acknowledged, {sum(log.values()):,} in the log; "
        "lost {}, doubled {}, never sent {}".format(*lost_and_doubled(loads, log))
    )
    assert all(load.acknowledged for load in loads)
    assert lost_and_doubled(loads, log) == (0, 0, 0)


@pytest.mark.prove("kill-collector")
def test_an_edge_that_answers_before_the_commit_loses_some(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    """Negative control of the test above."""
    rounds = many(20)
    loads = kill_rounds(tmp_path, rounds, seed=1, command=("-m", "tests.collector.broken", "hasty"))
    lost, _, _ = lost_and_doubled(loads, in_the_log(tmp_path))

    tell(f"negative control, answering before the commit, {rounds} times: lost {lost:,}")
    assert lost > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_loses_nothing_either(tmp_path: Path, number: signal.Signals) -> None:
    with process(tmp_path) as running:

        async def end() -> None:
            await asyncio.sleep(0.5)
            running.signal(number)

        found = asyncio.run(load(running.port, "signal", CLIENTS, end))
        code, errors = running.wait()

    assert (code, errors) == (0, "")
    assert found.acknowledged
    assert lost_and_doubled([found], in_the_log(tmp_path)) == (0, 0, 0)
    assert set(in_the_log(tmp_path)) == set(found.acknowledged)  # and nobody was left without an answer
