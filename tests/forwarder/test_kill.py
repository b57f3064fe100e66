"""Whatever dies, whenever: each request is in the topic exactly once. And the check sees it when one is not."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.forwarder.journals import append, differences, event, events, forward_all
from tests.forwarder.test_forward import numbers
from tests.kafka.broker import Broker
from tests.kafka.topics import eventually
from tests.sinks.topic import committed, positions, target_of

from footfall.journal import Journal
from footfall.sinks import Target

Many = Callable[[int], int]
Tell = Callable[[str], None]

_APART = Path(__file__).with_name("apart.py")


@contextlib.contextmanager
def forward(data: Path, target: Target) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `footfall forward`; at the end of the block it is killed if it still runs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    environ = {**clean, "FOOTFALL_LOG": f"kafka://{target.servers}/{target.topic}"}
    with (data / "forward.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "footfall", "--data", str(data), "forward"],
            cwd=data,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


class Load:
    """Writes numbered events into a journal, a group at a time, until it is told to stop."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="load")
        self._thread.start()

    def _write(self) -> None:
        while not self._stop.wait(0.005):
            first = self._journal.end
            self._journal.append([event(number) for number in range(first, first + 40)])

    def end(self) -> int:
        """Stop, and return how many events there are."""
        self._stop.set()
        self._thread.join()
        end = self._journal.end
        self._journal.close()
        return end


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    return tmp_path


def _position(target: Target) -> int:
    found = positions(target)
    return found[-1].next if found else -1


@pytest.mark.prove("kill-forwarder")
def test_a_forwarder_killed_at_any_moment_loses_and_doubles_nothing(
    data: Path, broker: Broker, many: Many, tell: Tell
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    moments, target = random.Random(seed), target_of(broker)
    load = Load(data / "journal" / "live.db")
    kills = many(20)
    for _ in range(kills):
        before = _position(target)
        with forward(data, target) as process:
            eventually(lambda: _position(target) > before)  # noqa: B023 - called at once
            time.sleep(moments.uniform(0, 1))
            assert process.poll() is None, (data / "forward.log").read_text()
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    sent = load.end()

    forward_all(data / "journal" / "live.db", target)
    lost, twice = differences(sent, numbers(committed(target)))
    tell(f"seed {seed}: {kills} x kill -9 of the forwarder: {sent:,} sent, {len(lost)} lost, {len(twice)} twice")
    assert (lost, twice) == ([], [])


@pytest.mark.prove("kill-forwarder")
def test_a_broker_killed_at_any_moment_loses_and_doubles_nothing(
    data: Path, broker: Broker, many: Many, tell: Tell
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    moments, target = random.Random(seed), target_of(broker)
    load = Load(data / "journal" / "live.db")
    kills = many(10)
    with forward(data, target) as process:
        for _ in range(kills):
            before = _position(target)
            eventually(lambda: _position(target) > before, 90)  # noqa: B023 - called at once
            time.sleep(moments.uniform(0, 1))
            broker.kill9()
            time.sleep(moments.uniform(0, 0.5))
            broker.start()
        sent = load.end()
        eventually(lambda: _position(target) == sent, 90)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (data / "forward.log").read_text()

    lost, twice = differences(sent, numbers(committed(target)))
    tell(f"seed {seed}: {kills} x kill -9 of the broker: {sent:,} sent, {len(lost)} lost, {len(twice)} twice")
    assert (lost, twice) == ([], [])


@pytest.mark.parametrize(("order", "harm"), [("after", "twice"), ("before", "lost")])
def test_a_position_committed_apart_from_its_records_is_found_out(
    data: Path, broker: Broker, order: str, harm: str
) -> None:
    journal, target = data / "journal" / "live.db", target_of(broker)
    append(journal, events(25_000))
    command = [sys.executable, str(_APART), str(journal), target.servers, target.topic, order, "2"]
    assert subprocess.run(command, timeout=60, stdout=subprocess.DEVNULL).returncode == -signal.SIGKILL

    forward_all(journal, target)

    lost, twice = differences(25_000, numbers(committed(target)))
    assert (len(lost) > 0, len(twice) > 0) == (harm == "lost", harm == "twice")
    assert len(lost) + len(twice) == 10_000, "one transaction"


def test_the_older_of_two_forwarders_leaves_with_an_exit_code_of_its_own(data: Path, broker: Broker) -> None:
    target = target_of(broker)
    append(data / "journal" / "live.db", events(10))
    with forward(data, target) as older:
        eventually(lambda: _position(target) == 10)
        with forward(data, target):
            eventually(lambda: len({position.run for position in positions(target)}) == 2)
            append(data / "journal" / "live.db", events(10, first=10))

            assert older.wait(30) == 3

    assert "another forwarder of this journal took over: process" in (data / "forward.log").read_text()


def test_it_waits_for_its_journal_and_ends_when_asked(data: Path, broker: Broker) -> None:
    target = target_of(broker)
    with forward(data, target) as process:
        eventually(lambda: f"footfall forward: live to {target.topic}" in (data / "forward.log").read_text())
        append(data / "journal" / "live.db", events(10))
        eventually(lambda: _position(target) == 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
