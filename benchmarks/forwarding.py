"""Records a second from the journal into a real Kafka topic: mapping, Avro, transactions; one process, and two."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.kafka.broker import Broker, need_kafka
from tests.kafka.topics import topic_name
from tests.sinks.topic import MONTH, committed

from benchmarks.counting import START, requests
from footfall.journal import Journal
from footfall.model.frames import arrival_of
from footfall.sinks import Target, Wanted, create, positions_topic
from footfall.sinks.positions import unpack

_PATIENCE = 300.0
"""Seconds in which all must be forwarded."""


def _recent(record: bytes, shift: int) -> bytes:
    """Move a record's arrival to the present: the broker deletes what is old, and refuses what is to come."""
    return record[:1] + (arrival_of(record) + shift).to_bytes(8, "little", signed=True) + record[9:]


def _journal(folder: Path, records: list[bytes]) -> None:
    journal = Journal(folder / "journal" / "live.db")
    for first in range(0, len(records), 500):
        journal.append(records[first : first + 500])
    journal.close()


def _rate(broker: Broker, folder: Path, records: list[bytes], processes: int) -> float:
    """Return records a second, from the first transaction to the last, by the broker's clock."""
    target = Target(topic_name(), {"bootstrap.servers": broker.address})
    create(target, Wanted(4, 1, 1, MONTH))
    environ = {**os.environ, "FOOTFALL_LOG": f"kafka://{broker.address}/{target.topic}"}
    running = []
    for number in range(processes):
        data = folder / str(number)
        _journal(data, records)
        command = [sys.executable, "-m", "footfall", "--data", str(data), "--log-level", "warning", "forward"]
        running.append(subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL))
    deadline = time.monotonic() + _PATIENCE
    try:
        while True:
            found = [(one.timestamp, unpack(one.value)) for one in committed(target, positions_topic(target.topic))]
            if sum(position.next == len(records) for _, position in found) == processes:
                break
            assert time.monotonic() < deadline, "it does not come to an end"
            time.sleep(1)
    finally:
        for process in running:
            process.terminate()
            process.wait(30)
    began, ended, done = [], [], 0
    for run in {position.run for _, position in found}:
        own = [(moment, position.next) for moment, position in found if position.run == run]
        done += own[-1][1] - own[1][1]  # the first names the forwarder, the second ends the first transaction
        began.append(own[1][0])
        ended.append(own[-1][0])
    return done / ((max(ended) - min(began)) / 1000)


def measure(events: int = 200_000, rounds: int = 3) -> dict[str, float]:
    """Return the median rates of `footfall forward` over journals of so many events."""
    need_kafka()
    made = requests(events)
    shift = time.time_ns() // 1_000_000 - START - 86_400_000
    records = [_recent(record, shift) for record in made]
    rates: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name:
        broker = Broker(Path(name) / "broker")
        broker.start()
        try:
            for number in range(rounds):
                for processes, found in rates.items():
                    found.append(_rate(broker, Path(name) / f"{number}-{processes}", records, processes))
        finally:
            broker.kill9()
    one, two = (sorted(found)[rounds // 2] for found in rates.values())
    return {"forwarded_per_second": one, "by_two_processes": two, "events": float(events)}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
