"""A disk that is full: 503 and not a word of what is not on it; and it recovers by itself."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.collector.running import Process, collecting, process, requests
from tests.collector.talking import Answer, Client, an_event, ask, event, get, metrics, post, send_json

from footfall.journal import FrameKind

BIG = "x" * 50_000

Fill = Callable[[Process], None]
Free = Callable[[Process], None]


@contextlib.contextmanager
def limited(folder: Path) -> Iterator[tuple[Fill, Free]]:
    """Let no file grow beyond 1 MB; any user may do this."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    def fill(running: Process) -> None:
        psutil.Process(running.process.pid).rlimit(psutil.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))

    def free(running: Process) -> None:
        psutil.Process(running.process.pid).rlimit(psutil.RLIMIT_FSIZE, unlimited)

    yield fill, free


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[tuple[Fill, Free]]:
    """A disk of 3 MB that is really full, by another's file."""
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True
        ).returncode
    ):
        pytest.skip("only root may mount a small disk")
    others = folder / "others"

    def fill(_: Process) -> None:
        with contextlib.suppress(OSError), others.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    try:
        yield fill, lambda _: others.unlink()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("disk", [limited, small_disk], ids=["limit", "disk"])
def test_a_full_disk_is_told_as_503_and_it_recovers_by_itself(
    tmp_path: Path, disk: Callable[[Path], contextlib.AbstractContextManager[tuple[Fill, Free]]]
) -> None:
    with disk(tmp_path) as (fill, free), process(tmp_path / "data") as running:
        assert ask(running.port, event("before-" + BIG)).is_gif
        fill(running)

        answers: list[tuple[str, Answer]] = []
        for number in range(40):
            answers.append((f"e=during-{number}-", ask(running.port, event(f"during-{number}-" + BIG))))
        failed = [answer for _, answer in answers if answer.status == 503]
        assert failed
        assert all(answer.header("retry-after") == "2" for answer in failed)
        assert all(answer.body == b"the event is not on disk; try again later\n" for answer in failed)

        posted = send_json(running.port, [an_event(extra=BIG), {}])
        assert (posted.status, posted.header("retry-after")) == (503, "2")
        assert posted.json["kept"] == 0
        assert [index for index, _ in posted.refused] == [1]
        assert posted.json["reason"] == "nothing is on disk; try again later"

        health = ask(running.port, get("/health"))
        assert health.status == 503
        assert "live.db: cannot be written" in str(health.json["problems"])
        assert ask(running.port, get()).body == b"pong"

        free(running)
        deadline = time.monotonic() + 10
        while not (after := ask(running.port, event("after-" + BIG))).is_gif and time.monotonic() < deadline:
            time.sleep(0.1)
        assert after.is_gif
        assert ask(running.port, get("/health")).status == 200
        assert send_json(running.port, an_event(extra=BIG)).status == 200
        found = metrics(running.port)
        assert found["footfall_collector_commit_failures_total"] >= len(failed)

        kept = b"\n".join(request.target for request in requests(tmp_path / "data"))
        assert b"e=before-" in kept
        assert b"e=after-" in kept
        for mark, answer in answers:
            assert (mark.encode() in kept) == answer.is_gif
        assert len(requests(tmp_path / "data", FrameKind.POSTED)) == 1
        running.process.terminate()
        code, errors = running.wait()

    assert code == 0
    assert errors.count("events cannot be written; answering 503") == 1  # said once, not for each event
    assert errors.count("events are written again") == 1


def test_a_full_journal_is_told_as_503_until_there_is_room(tmp_path: Path) -> None:
    with collecting(tmp_path, {"journal.max_bytes": "1MB"}) as running:
        answers = [ask(running.port, event(f"{number}-" + BIG)) for number in range(40)]
        full = [answer for answer in answers if not answer.is_gif]

        assert 10 <= len(answers) - len(full) <= 20
        assert {(answer.status, answer.header("retry-after")) for answer in full} == {(503, "2")}
        assert "journal.max_bytes = 1000000" in str(ask(running.port, get("/health")).json["problems"])

        journal = running.server.edge.journal
        journal.retain(journal.end, 10**15)  # as retention does, once they are counted and old
        assert ask(running.port, event("after-" + BIG)).is_gif
    assert len(requests(tmp_path)) == 1


def test_when_too_much_waits_for_the_disk_the_next_are_told_so(tmp_path: Path) -> None:
    """A disk that is slow, not full: what waits is bounded, what is refused is not on it."""
    with collecting(tmp_path, {"collector.waiting_bytes": 100_000}) as running:
        append = running.server.edge.commit._append

        def slowly(records: object) -> int:
            time.sleep(0.7)
            return append(records)  # type: ignore[arg-type]

        running.server.edge.commit._append = slowly
        clients = [Client(running.port).send(event(f"{number}-" + "x" * 9000)) for number in range(30)]
        posting = Client(running.port)
        answers = [client.answer() for client in clients]
        posting.send(post(b"[" + b"{}," * 40_000 + b"{}]"))
        assert posting.answer().status in (413, 503)
        for client in [*clients, posting]:
            client.socket.close()

        assert {answer.status for answer in answers} == {200, 503}
        assert {answer.header("retry-after") for answer in answers if answer.status == 503} == {"2"}
        kept = sum(answer.is_gif for answer in answers)
        assert kept >= 8
    assert len(requests(tmp_path)) == kept
