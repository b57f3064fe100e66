"""Counting workers as processes of their own, over one topic and one store; and a topic whose content is known."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.fold import Entry, Fold
from tests.job.counting import check_agrees, check_endings
from tests.job.logs import BROWSER, MINUTE, SECOND, T0
from tests.kafka import topics
from tests.kafka.bench import log_of
from tests.kafka.broker import ROOT
from tests.kafka.records import naked
from tests.kafka.topics import Written, make_topic

from footfall.job import verify
from footfall.store import Store, open_store

SESSION: int = 1500
"""Milliseconds after which a worker that is not heard of is put out of its group."""

POISON = (b"\xff\xff", b"", None, b"\0\0\0\0\5 framed")


class Topic:
    """A topic and what is in it, by partition and position."""

    def __init__(self, server: str, partitions: int = 1, name: str | None = None) -> None:
        self.server, self.partitions = server, partitions
        self.name = make_topic(server, name, partitions)
        self.entries: list[tuple[int, int, Entry]] = []
        self._rnd = random.Random(11)
        self._moment = T0

    def write(self, many: int) -> None:
        """Write so many records of a few dozen sessions, some of which cannot be decoded."""
        self.put([self._made() for _ in range(many)])

    def put(self, made: Sequence[tuple[int, Mapping[str, object] | bytes | None]]) -> None:
        """Write records: (partition, fields or raw value)."""
        written = []
        for partition, fields in made:
            value = naked(fields) if isinstance(fields, Mapping) else fields
            moment = fields["timestamp"] if isinstance(fields, Mapping) else self._moment
            assert isinstance(moment, int)
            written.append(Written(value, b"party", moment, partition))
        offsets = topics.write(self.server, self.name, written)
        for record, (partition, fields), offset in zip(written, made, offsets, strict=True):
            known = fields if isinstance(fields, Mapping) else None
            self.entries.append((partition, offset, Entry(record.timestamp, known)))

    def _made(self) -> tuple[int, Mapping[str, object] | bytes | None]:
        rnd = self._rnd
        self._moment += rnd.choice((0, SECOND, 7 * SECOND, MINUTE))
        session = rnd.randrange(40)
        if rnd.random() < 0.01:
            return session % self.partitions, rnd.choice(POISON)
        kind = rnd.choice(("pageView", "pageView", "buy_button_click"))
        return session % self.partitions, {
            "timestamp": self._moment + rnd.choice((0, 0, -MINUTE)),
            "eventType": kind,
            "location": f"https://shop.example/item/{rnd.choice(('dress', 'hat', 'шапка'))}/",
            "sessionId": f"0:i1t84hgy:{session}",
            "eventId": f"e{rnd.randrange(10**6)}",
            "userAgentString": BROWSER,
            "price": rnd.choice(("1 990 ₽", "3 499,50 ₽", 12.5, None, "нет")) if kind != "pageView" else None,
            "amount": rnd.choice((None, "2")) if kind != "pageView" else None,
        }

    def fold(self) -> Fold:
        """Return what counting must come to, by a second opinion."""
        with closing(log_of(self.server, self.name)) as log:
            names = log.partitions()
        fold = Fold()
        for partition, offset, entry in sorted(self.entries, key=lambda found: found[:2]):
            fold.take(names[partition], offset, entry)
        return fold

    def check(self, store: Store) -> None:
        """Assert that the store holds what the fold counted, and that the ledger explains every position."""
        fold = self.fold()
        check_agrees(store, fold)
        check_endings(store, fold)
        assert verify(store) == []


class Worker:
    """A worker, and what it has said."""

    def __init__(self, data: Path, topic: Topic, *arguments: str, module: Sequence[str] = ("footfall",)) -> None:
        data.mkdir(exist_ok=True)
        options = data / "kafka.properties"
        options.write_text(f"session.timeout.ms={SESSION}\nheartbeat.interval.ms=300\n")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        environ |= {
            "FOOTFALL_LOG": f"kafka://{topic.server}/{topic.name}?options={options}",
            "FOOTFALL_COUNTING__STEP_EVENTS": "50",
            "FOOTFALL_COUNTING__EVERY": "20ms",
        }
        self._log = data / f"worker-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", *module, "--data", str(data), "--log-format", "json", "count", *arguments]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)

    @property
    def said(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """End it by SIGTERM; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def frozen(self) -> bool:
        """Say whether it is stopped by SIGSTOP."""
        state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def ending(workers: list[Worker]) -> Iterator[list[Worker]]:
    """Kill at the end whatever still runs."""
    try:
        yield workers
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.kill()


def counted(data: Path, topic: Topic) -> int:
    """Return how many records were read so far."""
    if not (data / "store.db").exists():
        return 0
    with closing(open_store(data / "store.db")) as store:
        return store.tally().read


def wait_until_counted(data: Path, topic: Topic, workers: Sequence[Worker], many: int | None = None) -> None:
    """Wait until so many records, else all, are counted."""
    wanted = len(topic.entries) if many is None else many
    eventually(lambda: counted(data, topic) >= wanted, lambda: "\n".join(worker.said for worker in workers))


def eventually(holds: Callable[[], bool], tell: Callable[[], str] = str, seconds: float = 90) -> None:
    """Wait until it holds, a long time: the machine may be busy."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.05)
