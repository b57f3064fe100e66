"""The command as people call it: a process, in a folder of its own, with no variables of ours."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

BEGIN = 1_790_000_000_000
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def environ(**variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    return {**clean, "NO_COLOR": "1", **variables}


def call(
    folder: Path, *arguments: str, given: str | bytes = b"", variables: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `footfall ARGUMENTS` in the folder and return how it ended."""
    done = subprocess.run(
        [sys.executable, "-m", "footfall", *arguments],
        cwd=folder,
        env=environ(**(variables or {})),
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=60,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def event(second: float, kind: str = "pageView", page: str = "/item/dress/", **fields: object) -> dict[str, object]:
    """Return an event of one session, so many seconds after the beginning."""
    location = f"https://shop.example{page}"
    return {
        "timestamp": BEGIN + round(second * 1000),
        "eventType": kind,
        "location": location,
        "sessionId": "A",
        "eventId": f"e{second}",
        **fields,
    }


def lines(*events: Mapping[str, object]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events)


class Up:
    """`footfall up`, or another command that runs until it is told to end, and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process, self._log = process, log

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, seconds: float = 30) -> str:
        """Return the line that holds the text, once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.said.splitlines():
                if text in line:
                    return line
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        raise AssertionError(f"{text!r} did not come in {seconds} s: {self.said}")

    def address(self, name: str) -> str:
        return "http://" + self.wait_for(f"  {name} ").split("http://")[1].split()[0]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Up]:
    log = folder / "running.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "footfall", *arguments],
            cwd=folder,
            env=environ(),
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Up(process, log)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def ask(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


def post(collector: str, event: Mapping[str, object], agent: str = BROWSER) -> int:
    request = urllib.request.Request(
        f"{collector}/events",
        json.dumps(event).encode(),
        {"Content-Type": "application/json", "User-Agent": agent},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)
