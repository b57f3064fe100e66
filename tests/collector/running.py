"""A collector in this process or in one of its own, and what it wrote."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop

from footfall import wiring
from footfall.collector.serve import CollectorServer
from footfall.job import StepReport
from footfall.journal import Frame, FrameKind, Journal, JournalReader, Request, unpack, unpack_request
from footfall.model.steps import Tally
from footfall.settings import Settings, listen, load

ROOT = Path(__file__).parents[2]

SCRIPT = b"/* a tag */" * 500


def settings_of(data: Path, flags: Mapping[str, object] = {}) -> Settings:
    """Return settings of a collector on a free port; `flags` as `{"collector.head_limit": 1024}`."""
    return load(environ={}, flags={"data": str(data), "collector.port": 0, **flags})


def journal_path(data: Path) -> Path:
    return data / "journal" / "live.db"


def frames(data: Path, start: int = 0) -> list[Frame]:
    """Return all that is in the journal from a position on, in order."""
    reader = JournalReader(journal_path(data))
    try:
        found, _ = reader.read(start, 10**9, 10**12)
    finally:
        reader.close()
    return [unpack(raw) for _, raw in found]


def requests(data: Path, kind: FrameKind = FrameKind.EVENT, start: int = 0) -> list[Request]:
    """Return the requests of one kind that are in the journal from a position on, in order."""
    return [unpack_request(frame.payload) for frame in frames(data, start) if frame.kind is kind]


def count(data: Path, flags: Mapping[str, object] = {}) -> list[Tally]:
    """Count all that is in the journal; return the sums of each step."""
    settings, reports = settings_of(data, flags), list[StepReport]()
    with (
        wiring.opened_store(settings) as store,
        contextlib.closing(wiring.counter_of(settings, store, reports.append)) as counter,
    ):
        counter.once()
    return [report.tally for report in reports]


@dataclass
class Running:
    """A collector in a thread of this process."""

    data: Path
    port: int
    server: CollectorServer
    loop: asyncio.AbstractEventLoop
    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask it to end, as a signal does."""
        self.loop.call_soon_threadsafe(self.server.stop)

    def events(self, mark: str = "") -> list[Request]:
        """Return the requests recorded whose target holds `mark`."""
        return [request for request in requests(self.data) if mark.encode() in request.target]

    def posted(self, mark: str = "") -> list[Request]:
        """Return the posted events recorded whose body holds `mark`."""
        return [request for request in requests(self.data, FrameKind.POSTED) if mark.encode() in request.body]


@contextmanager
def collecting(
    data: Path,
    flags: Mapping[str, object] = {},
    *,
    script: bytes = SCRIPT,
    counted: Callable[[], int] = lambda: 0,
    prepare: Callable[[CollectorServer], None] = lambda _: None,
    journal: Journal | None = None,
    farewell: float = 0.0,
) -> Iterator[Running]:
    """Run a collector in a thread; `prepare` is called once it listens. It ends as by a signal."""
    settings = settings_of(data, flags)
    journal = journal or Journal(journal_path(data), max_bytes=settings.journal.max_bytes)
    server = CollectorServer(settings, journal, script, counted, farewell)
    sockets = listen("collector", settings.collector.host, 0)
    port = sockets[0].getsockname()[1]
    up = threading.Event()
    problems: list[BaseException] = []
    found: list[Running] = []

    def started() -> None:
        prepare(server)
        found.append(Running(data, port, server, asyncio.get_running_loop()))
        up.set()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(server.run(sockets, started))
        except BaseException as problem:
            problems.append(problem)
        finally:
            journal.close()
            if found:
                found[0].ended.set()
            up.set()

    thread = threading.Thread(target=run, name="collector")
    thread.start()
    up.wait()
    try:
        if found:
            yield found[0]
    finally:
        if found and not found[0].ended.is_set():
            found[0].stop()
        thread.join(30)
        assert not thread.is_alive()
        if problems:
            raise problems[0]


@dataclass
class Process:
    """A collector in a process of its own."""

    data: Path
    port: int
    process: "subprocess.Popen[str]"
    pid: int

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> tuple[int, str]:
        """Wait for its end; return the exit code and what it wrote to standard error."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


def clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}


@contextmanager
def process(
    data: Path,
    *arguments: str,
    settings: Mapping[str, str] = {},
    before: tuple[str, ...] = (),
    command: tuple[str, ...] = ("-m", "footfall"),
) -> Iterator[Process]:
    """Run `footfall collect` on a free port.

    `settings`: as `{"COLLECTOR__HEAD_LIMIT": "1024"}`; `before`: a command that runs it, such as strace.
    """
    environ = clean_environ() | {f"FOOTFALL_{key}": value for key, value in settings.items()}
    words = [*before, sys.executable, *command, "--data", str(data), "collect", "--port", "0", *arguments]
    child = subprocess.Popen(
        words, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    pid = child.pid
    try:
        assert child.stdout is not None
        said = child.stdout.readline()
        assert "listening on http://" in said, child.communicate(timeout=20)[1]
        inner = psutil.Process(child.pid).children() if before[:1] == ("strace",) else []
        pid = inner[0].pid if inner else pid
        yield Process(data, int(said.rpartition(":")[2]), child, pid)
    finally:
        if child.poll() is None:
            os.kill(pid, signal.SIGTERM)
        try:
            child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.kill(pid, signal.SIGKILL)
            child.communicate()
            raise
