"""Each answer leaves after the disk has said that what it answers is on it. `kill -9` cannot show that.

strace sees it: for each event the write to the write-ahead log, then the end of a sync of that file, then the answer.
"""

import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.collector.running import process
from tests.collector.talking import Client, get

if shutil.which("strace") is None and not os.environ.get("CI"):
    pytest.skip("no strace on this machine", allow_module_level=True)

CLIENTS = 4
"""Few, so that a group of their events lies in one page of the journal and an id is never cut by its end."""

CALLS = "read,recvfrom,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync"

BEGIN = re.compile(r"^(?:\[pid +)?(\d+)\]? +(\w+)\((\d+)(?:<([^>]*)>)?(.*)$")
RESUMED = re.compile(r"^(?:\[pid +)?(\d+)\]? +<\.\.\. (\w+) resumed>(.*)$")
ID = re.compile(r"e=(id-\d+-\d+)&")


class Call(NamedTuple):
    """A call of the system, with the lines of the trace at which it began and ended."""

    name: str
    fd: str
    file: str
    text: str
    begin: int
    end: int


def calls_of(trace: Path) -> list[Call]:
    """Return all calls, also those during which another thread was seen."""
    found: list[Call] = []
    open_: dict[str, Call] = {}
    for number, line in enumerate(trace.read_text("utf-8", "replace").splitlines()):
        if match := BEGIN.match(line):
            pid, name, fd, file, text = match.groups()
            call = Call(name, fd, file or "", text, number, number)
            if "<unfinished ...>" in text:
                open_[pid] = call
            else:
                found.append(call)
        elif match := RESUMED.match(line):
            pid, name, text = match.groups()
            if (begun := open_.pop(pid, None)) and begun.name == name:
                found.append(begun._replace(text=begun.text + text, end=number))
    return found


def too_early(trace: Path) -> tuple[int, int]:
    """Return how many answers there are, and how many left before their event was on disk."""
    calls = sorted(calls_of(trace), key=lambda call: call.begin)
    answers: dict[str, int] = {}
    asked: dict[str, str] = {}
    written: dict[str, int] = {}
    synced: list[tuple[int, int]] = []
    for call in calls:
        ids = ID.findall(call.text)
        if call.name in ("read", "recvfrom") and ids:
            asked[call.fd] = ids[0]
        elif call.name == "pwrite64" and call.file.endswith("live.db-wal"):
            for id in ids:
                written.setdefault(id, call.end)
        elif call.name in ("fsync", "fdatasync") and call.file.endswith("live.db-wal"):
            synced.append((call.begin, call.end))
        elif call.name in ("write", "writev", "sendto", "sendmsg") and "GIF89a" in call.text and call.fd in asked:
            answers[asked.pop(call.fd)] = call.begin
    early = 0
    for id, left in answers.items():
        wrote = written.get(id)
        early += wrote is None or not any(wrote < begin and end < left for begin, end in synced)
    return len(answers), early


def traced(data: Path, events: int, command: tuple[str, ...] = ("-m", "footfall")) -> Path:
    """Run a collector under strace, send it so many events from each of a few clients; return the trace."""
    trace = data / "trace.txt"
    before = ("strace", "-f", "-y", "-s", "9000", "-e", f"trace={CALLS}", "-o", str(trace))

    def visit(client: int) -> None:
        with Client(running.port, timeout=60) as connection:
            for number in range(events):
                assert connection.send(get(f"/csc-event?e=id-{client}-{number}&p=x&s=y")).answer().is_gif

    with process(data, before=before, command=command) as running, ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(visit, range(CLIENTS)))
    return trace


@pytest.mark.prove("fsync")
def test_each_answer_leaves_after_the_sync_that_follows_its_write(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    events = many(500)
    answers, early = too_early(traced(tmp_path, events))

    tell(f"under strace: {answers:,} answers, {early} before the sync that follows the write of their event")
    assert (answers, early) == (events * CLIENTS, 0)


@pytest.mark.prove("fsync")
@pytest.mark.parametrize("broken", ["unsynced", "hasty"])
def test_without_waiting_for_the_disk_they_leave_too_early(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None], broken: str
) -> None:
    """Negative controls: `synchronous=OFF`, and an answer before the commit."""
    events = many(500)
    answers, early = too_early(traced(tmp_path, events, ("-m", "tests.collector.broken", broken)))

    tell(f"negative control, {broken}: {answers:,} answers, {early:,} too early")
    assert answers == events * CLIENTS
    assert early > answers / 2
