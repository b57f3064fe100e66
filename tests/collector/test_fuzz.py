"""Whatever is sent: no crash, no neighbour without an answer, nothing lost or made up, no memory that grows."""

import errno
import json
import random
import socket
import statistics
import struct
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.collector.fuzzing import Fuzz
from tests.collector.running import Process, count, frames, process, requests
from tests.collector.talking import Client, event, post

from footfall.journal import FrameKind
from footfall.model.steps import Tally

THREADS = 12

WARM = 2000
"""Requests before memory is looked at: by then all code has run once."""


class Memory:
    """Samples of the memory of a process, in the order they were taken."""

    def __init__(self, pid: int) -> None:
        self._of, self._lock = psutil.Process(pid).memory_info, threading.Lock()
        self.samples: list[int] = []

    def look(self) -> None:
        with self._lock:
            self.samples.append(self._of().rss)

    def quarters(self) -> tuple[float, float]:
        """Return the medians of the first and of the last quarter."""
        quarter = len(self.samples) // 4
        return statistics.median(self.samples[:quarter]), statistics.median(self.samples[-quarter:])


class Visitor:
    """Sends fuzzed requests, and beside each a good one on a connection that is kept."""

    def __init__(self, port: int, name: str, seed: int) -> None:
        self._port, self._name, self._fuzz = port, name, Fuzz(seed)
        self._good = Client(port, timeout=60)
        self.good: list[str] = []

    def once(self) -> None:
        fuzz, data = self._fuzz, self._fuzz.request()
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as bad:
            with suppress(ConnectionError):
                for piece in fuzz.pieces(data):
                    bad.sendall(piece)
            self.neighbour()
            self.end(bad, fuzz.ending())

    def neighbour(self) -> None:
        id = f"{self._name}-{len(self.good)}"
        assert self._good.send(event(id)).answer().is_gif
        self.good.append(id)

    def end(self, bad: socket.socket, how: str) -> None:
        with suppress(ConnectionError):
            if how == "wait":
                try:
                    bad.shutdown(socket.SHUT_WR)
                except OSError as error:
                    if error.errno == errno.ENOTCONN:  # the other side has ended it
                        return
                    raise
                while bad.recv(65536):  # it ends: it is answered or refused, never forgotten
                    pass
            elif how == "reset":
                bad.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self._good.socket.close()


def ended_well(running: Process) -> str:
    """End the collector; return what it said. Raises AssertionError if it had died, or its code had failed."""
    assert running.process.poll() is None
    running.process.terminate()
    code, errors = running.wait()
    assert code == 0
    assert "Traceback" not in errors, errors
    assert "[error" not in errors, errors
    return errors


def counted(data: Path) -> Tally:
    """Count all that is in the journal; return the sums of the ledger. Raises AssertionError if they do not add up."""
    total = Counter[str]()
    for tally in count(data):
        parts = (tally.counted, tally.ignored, tally.duplicate, tally.corrupt, tally.bot, tally.set_aside)
        assert tally.read == sum(parts)
        total.update({name: getattr(tally, name) for name in Tally.__slots__})
    return Tally(**total)


@dataclass
class Fuzzed:
    """What became of fuzzed requests, and of the good ones beside them."""

    good: list[str]
    recorded: Counter[str]
    """How often each event id is in the journal."""
    first: float
    last: float
    """Memory in the first and in the last quarter."""

    @property
    def wrong(self) -> int:
        """How many good requests are not recorded once."""
        return sum(self.recorded[id] != 1 for id in self.good)


def fuzz_requests(data: Path, times: int, seed: int, command: tuple[str, ...] = ("-m", "footfall")) -> Fuzzed:
    """Send so many, a good one beside each. Raises AssertionError if one has no answer, or the collector fails."""
    with process(data, command=command) as running, ExitStack() as open_:
        memory = Memory(running.pid)
        visitors = [Visitor(running.port, f"good{number}", seed + number) for number in range(THREADS)]
        for visitor in visitors:
            open_.callback(visitor.close)

        def visit(visitor: Visitor, often: int, every: int) -> None:
            for number in range(often):
                visitor.once()
                if every and number % every == 0:
                    memory.look()

        for often, every in ((WARM // THREADS, 0), (times // THREADS, max(1, times // THREADS // 40))):
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(visit, visitors, [often] * THREADS, [every] * THREADS))
        open_.close()
        ended_well(running)
    recorded = Counter(request.target.rpartition(b"&e=")[2].decode("latin-1") for request in requests(data))
    return Fuzzed([id for visitor in visitors for id in visitor.good], recorded, *memory.quarters())


@pytest.mark.prove("fuzz")
def test_any_request_leaves_neighbours_numbers_and_memory_alone(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    times, seed = many(100_000), random.randrange(10**6)
    found = fuzz_requests(tmp_path, times, seed)
    tally = counted(tmp_path)

    tell(
        f"{times:,} fuzzed requests (seed {seed}), {len(found.good):,} good ones beside, all answered and recorded "
        f"once; counted: {tally}; RSS {found.first / 1e6:.1f} MB in the first quarter, "
        f"{found.last / 1e6:.1f} in the last"
    )
    assert found.wrong == 0
    assert tally.read == len(frames(tmp_path)) >= len(found.good)
    assert found.last <= 1.05 * found.first


@pytest.mark.prove("fuzz")
@pytest.mark.parametrize("broken", ["leaky", "forgetful"])
def test_a_leak_or_a_lost_record_would_be_seen(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None], broken: str
) -> None:
    """Negative controls of the test above."""
    found = fuzz_requests(tmp_path, many(20_000), 1, ("-m", "tests.collector.broken", broken))

    growth = found.last / found.first - 1
    tell(f"negative control, {broken}: {found.wrong} good requests not recorded once, RSS {growth:+.1%}")
    if broken == "leaky":
        assert growth > 0.05
    else:
        assert found.wrong > 0


@pytest.mark.prove("fuzz")
def test_any_posted_event_is_kept_or_refused_and_counted_once(
    tmp_path: Path, many: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    events, seed = many(20_000), random.randrange(10**6)
    fuzz, chance = Fuzz(seed), random.Random(seed)
    kept, sent, statuses = 0, 0, Counter[int]()
    with process(tmp_path) as running:
        memory = Memory(running.pid)
        with Client(running.port, timeout=60) as bad, Client(running.port, timeout=60) as good:
            while sent < events:
                ids = [f"posted-{sent + n}" for n in range(chance.randint(1, 20))]
                body, type_ = fuzz.body(ids)
                answer = bad.send(post(body, f"Content-Type: {type_}")).answer()
                assert good.send(event(f"beside-{sent}")).answer().is_gif
                statuses[answer.status] += 1
                sent += len(ids)
                kept += int(str(answer.json["kept"]))
                if "reason" not in answer.json and type_ == "application/x-ndjson":
                    assert int(str(answer.json["kept"])) + len(answer.refused) == len(ids)
                    assert all(reason for _, reason in answer.refused)
                if sent > WARM // 10:
                    memory.look()
        ended_well(running)

    posted = requests(tmp_path, FrameKind.POSTED)
    assert len(posted) == kept
    assert all(json.loads(request.body) for request in posted)
    assert set(statuses) <= {200, 207, 422}
    tally = counted(tmp_path)
    first, last = memory.quarters()
    tell(
        f"{sent:,} fuzzed events (seed {seed}): {kept:,} kept, answers {dict(statuses)}; counted: {tally}; "
        f"RSS {first / 1e6:.1f} MB in the first quarter, {last / 1e6:.1f} in the last"
    )
    assert tally.read == len(frames(tmp_path))
    assert last <= 1.05 * first
