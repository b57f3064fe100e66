"""Several collectors on one port, a journal each: with a Kafka log, whose keys bring a visitor's events together."""

import os
import signal
import threading
from collections import defaultdict
from pathlib import Path

import pytest
from tests.cli.calling import call, post, running
from tests.forwarder.test_forward import numbers
from tests.forwarder.test_up import event, folder
from tests.kafka.topics import eventually
from tests.sinks.topic import committed

from footfall.journal import JournalReader, forwarded
from footfall.settings import load
from footfall.sinks import Target

__all__ = ["folder"]

WORKERS = 3


def ends(data: Path) -> dict[str, int]:
    """Return how many events each journal has."""
    found = {}
    for path in sorted((data / "journal").glob("live*.db")):
        reader = JournalReader(path)
        found[path.stem] = reader.span()[1]
        reader.close()
    return found


def send(collector: str, numbers: range) -> None:
    """Post events, each on a connection of its own; the kernel chooses the worker."""

    def some(part: range) -> None:
        for number in part:
            assert post(collector, event(number)) == 200

    threads = [threading.Thread(target=some, args=(numbers[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def target_of(folder: Path) -> Target:
    kafka = load(folder / "footfall.toml", environ={}).kafka
    assert kafka is not None
    return Target(kafka.topic, {"bootstrap.servers": ",".join(kafka.servers)})


def test_workers_share_the_port_and_all_their_journals_are_forwarded(folder: Path) -> None:
    assert call(folder, "topics", "create").returncode == 0
    data, target = folder / "footfall-data", target_of(folder)
    with running(folder, "collect", "--port", "0", "--workers", str(WORKERS)) as collecting:
        collector = "http://" + collecting.wait_for("listening on").split("http://")[1]
        send(collector, range(120))
        workers = _children(collecting.process.pid)
        assert len(workers) == WORKERS
        os.kill(workers[0], signal.SIGKILL)
        collecting.wait_for("starting again")
        eventually(lambda: len(_children(collecting.process.pid)) == WORKERS)
        assert collecting.end() == 0
    written = ends(data)
    assert sorted(written) == ["live", "live-2", "live-3"]
    assert sum(written.values()) == 120
    assert all(written.values()), "each worker had its share"

    with running(folder, "forward") as forwarding:
        eventually(lambda: {name: _noted(data, name) for name in written} == written)
        assert forwarding.end() == 0

    found = committed(target)
    assert sorted(numbers(found), key=int) == [str(number) for number in range(120)]
    partitions = defaultdict[bytes | None, set[int]](set)
    for one in found:
        partitions[one.key].add(one.partition)
    assert all(len(places) == 1 for places in partitions.values()), "a session is in one partition"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _noted(data: Path, name: str) -> int:
    found = forwarded(data / "journal" / f"{name}.db")
    return -1 if found is None else found.next


@pytest.mark.parametrize("command", ["collect", "up"])
def test_with_the_journals_as_the_log_there_is_one_worker_and_the_reason_is_told(tmp_path: Path, command: str) -> None:
    done = call(tmp_path, command, variables={"FOOTFALL_COLLECTOR__WORKERS": "2", "FOOTFALL_COLLECTOR__PORT": "0"})

    assert done.returncode == 2
    assert "collector.workers = 2: the log is the journal, and a visitor's events must be in one" in done.stderr
    assert not (tmp_path / "footfall-data").exists()
