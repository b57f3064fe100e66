"""Counters as processes of their own, over journals that the test fills."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.job.logs import Log, raw

from footfall.journal import Journal

ROOT = Path(__file__).parents[2]
STEP = 10
"""Events a step: many steps, so that a kill finds one under way."""


def fill(data: Path, log: Log, rnd: random.Random) -> None:
    """Write the log into journals, in groups of any size."""
    raws: dict[str, list[bytes]] = defaultdict(list)
    for partition, position, item in log.entries:
        raws[partition].append(raw(item, position))
    for partition, left in raws.items():
        with closing(Journal(data / "journal" / f"{partition}.db")) as journal:
            while left:
                some = rnd.randint(1, 200)
                journal.append(left[:some])
                del left[:some]


class Process:
    """A counter that runs until it is ended."""

    def __init__(self, data: Path, *arguments: str, fault: str = "") -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        environ |= {"FOOTFALL_COUNTING__STEP_EVENTS": str(STEP), "FOOTFALL_COUNTING__EVERY": "10ms"}
        module = ["tests.job.faulty", fault] if fault else ["footfall"]
        command = [sys.executable, "-m", *module, "--data", str(data), "--log-level", "warning", "count", *arguments]
        self._log = (data / "counter.log").open("ab")
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=self._log, stderr=self._log)
        self._data = data

    def outlives(self, seconds: float) -> None:
        """Wait so long, in which it must not end."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        assert self.is_alive(), (self._data / "counter.log").read_text()

    def freeze(self, seconds: float) -> None:
        """Stop it by SIGSTOP for so long: then it goes on from where it was, as if no time had passed."""
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it by SIGKILL, at once."""
        self._process.kill()
        self._wait()

    def stop(self) -> None:
        """End it by SIGTERM, after its step; it must end well."""
        self._process.send_signal(signal.SIGTERM)
        self.ends_well()

    def ends_well(self) -> None:
        """Wait for its end, which must come by itself and be a good one."""
        status = self._wait()
        assert status == 0, (self._data / "counter.log").read_text()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def _wait(self) -> int:
        try:
            return self._process.wait(60)
        finally:
            if self.is_alive():
                self._process.kill()
                self._process.wait()
            self._log.close()


@contextmanager
def counters(data: Path, many: int, fault: str = "") -> Iterator[Sequence[Process]]:
    """Give so many counters that run at once; none is left at the end."""
    processes = [Process(data, fault=fault) for _ in range(many)]
    try:
        yield processes
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()


def steps(data: Path) -> int:
    """Return how many steps are committed."""
    return sum(number for _, number in _positions(data))


def counted(data: Path) -> int:
    """Return how many events are counted."""
    return sum(next for next, _ in _positions(data))


def _positions(data: Path) -> list[tuple[int, int]]:
    try:
        with closing(sqlite3.connect((data / "store.db").as_uri() + "?mode=rw", uri=True, timeout=10)) as db:
            return db.execute("SELECT next, steps FROM positions").fetchall()
    except sqlite3.OperationalError:
        return []  # there is no store yet, or no table in it


def wait_until_they_count(data: Path, many: int) -> None:
    """Wait until so many counters have said that they count."""
    deadline = time.monotonic() + 60
    while (data / "counter.log").read_text().count("Counting") < many:
        assert time.monotonic() < deadline, (data / "counter.log").read_text()
        time.sleep(0.01)


def wait_for(data: Path, *, steps_more: int = 0, events: int = 0, alive: Sequence[Process] = ()) -> None:
    """Wait until so many more steps are committed, or so many events are counted."""
    goal, deadline = steps(data) + steps_more, time.monotonic() + 60
    while steps(data) < goal or counted(data) < events:
        assert time.monotonic() < deadline, f"{counted(data)} events counted, expected {events}"
        assert not alive or any(process.is_alive() for process in alive), (data / "counter.log").read_text()
        time.sleep(0.001)
