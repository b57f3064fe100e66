"""The supervisor with real processes."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

PREAMBLE = """
import os, signal, sys, time
from footfall.errors import SettingsError
from footfall.supervisor import Service, supervise

def steady(ready):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    ready(f"pid {os.getpid()}")
    while not stop:
        time.sleep(0.01)
    print("ended cleanly", flush=True)

def deaf(ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready("deaf")
    while True:
        time.sleep(1)

def broken(ready):
    raise SettingsError("collector.port = 'x': expected a number")

def say(name, what):
    print(f"{name}: {what}", flush=True)

def all_ready(messages):
    print("all ready", flush=True)

"""


class Running:
    """A supervisor in a process of its own, read line by line."""

    def __init__(self, body: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", PREAMBLE + textwrap.dedent(body)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.seen: list[str] = []

    def wait_for(self, text: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(line.rstrip())
            if text in line:
                return line.rstrip()
        raise AssertionError(f"{text!r} not in {self.seen}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=10)
        return self.process.returncode, out


def _pid(line: str) -> int:
    return int(line.rsplit(" ", 1)[1])


def test_all_are_started_and_end_cleanly_on_sigterm() -> None:
    running = Running(
        "sys.exit(supervise([Service('one', steady), Service('two', steady)], say=say, all_ready=all_ready))"
    )
    pids = [_pid(running.wait_for("ready: pid")) for _ in range(2)]
    running.wait_for("all ready")

    code, out = running.end()

    assert code == 0
    assert out.count("ended cleanly") == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_service_that_dies_is_started_again(number: signal.Signals) -> None:
    running = Running("sys.exit(supervise([Service('one', steady)], say=say, all_ready=all_ready))")
    first = _pid(running.wait_for("ready: pid"))

    os.kill(first, number)
    running.wait_for("starting again")
    second = _pid(running.wait_for("ready: pid"))

    assert second != first
    assert running.end()[0] == 0


def test_a_service_that_cannot_start_by_its_settings_ends_all_with_its_exit_code() -> None:
    running = Running(
        "sys.exit(supervise([Service('one', steady), Service('two', broken)], say=say, all_ready=all_ready))"
    )

    out, _ = running.process.communicate(timeout=10)

    assert running.process.returncode == 2
    assert "footfall two: collector.port = 'x': expected a number" in out
    assert "all ready" not in out


def test_a_service_that_does_not_listen_is_killed_after_patience() -> None:
    running = Running("sys.exit(supervise([Service('one', deaf)], say=say, all_ready=all_ready, patience=0.3))")
    running.wait_for("all ready")

    code, out = running.end()

    assert code == 0
    assert "killed" in out


def test_a_second_signal_ends_at_once() -> None:
    running = Running("sys.exit(supervise([Service('one', deaf)], say=say, all_ready=all_ready, patience=60))")
    running.wait_for("all ready")

    running.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    began = time.monotonic()
    running.end(signal.SIGINT)

    assert time.monotonic() - began < 5


def test_services_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    running = Running("sys.exit(supervise([Service('one', steady)], say=say, all_ready=all_ready))")
    pid = _pid(running.wait_for("ready: pid"))

    running.end(signal.SIGKILL)

    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
