"""Journals to forward: posted events of fifty visitors, each with a number."""

import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import fastavro

from footfall.errors import UnavailableError
from footfall.forwarder import Converter, Forwarder
from footfall.journal import FrameKind, Journal, JournalReader, Notebook, Request, notes_of, pack, pack_request
from footfall.mapping import SchemaName
from footfall.sinks import KafkaSink, Target

VISITORS = 50


def now() -> int:
    return time.time_ns() // 1_000_000


def event(number: int, arrival: int = 0, **members: object) -> bytes:
    """Return a raw record of a posted event; its id is its number."""
    visitor = number % VISITORS
    body = {
        "eventType": "pageView",
        "location": f"https://shop.example/item/{number}/",
        "sessionId": f"session {visitor}",
        "partyId": f"party {visitor}",
        "eventId": str(number),
        **members,
    }
    return raw(json.dumps(body).encode(), arrival)


def raw(body: bytes, arrival: int = 0) -> bytes:
    return pack(FrameKind.POSTED, arrival or now(), pack_request(Request("10.0.0.0", b"/events", (), body)))


def append(path: Path, records: Sequence[bytes], group: int = 500) -> None:
    """Write records into a journal, making it if it is not there."""
    journal = Journal(path)
    try:
        for first in range(0, len(records), group):
            journal.append(records[first : first + group])
    finally:
        journal.close()


def events(count: int, first: int = 0) -> list[bytes]:
    return [event(number) for number in range(first, first + count)]


class Parts:
    """A forwarder of a journal, and what it is made of."""

    def __init__(self, path: Path, target: Target, schema: SchemaName = "default", prefix: bytes = b"") -> None:
        self.reader = JournalReader(path)
        self.notebook = Notebook(notes_of(path), self.reader.uuid)
        self.sink = KafkaSink(target, self.reader.uuid)
        self.forwarder = Forwarder(self.reader, Converter(schema, prefix), self.sink, self.notebook)

    def close(self) -> None:
        self.sink.close()
        self.notebook.close()
        self.reader.close()


@contextmanager
def forwarding(path: Path, target: Target, schema: SchemaName = "default", prefix: bytes = b"") -> Iterator[Parts]:
    """Forward a journal in a thread until the end of the block; what the forwarder raises, is raised there."""
    stop, problems, found = Event(), list[BaseException](), list[Parts]()
    made = Event()

    def run() -> None:
        try:
            parts = Parts(path, target, schema, prefix)
            found.append(parts)
            made.set()
            try:
                parts.forwarder.run(stop)
            finally:
                parts.close()
        except BaseException as problem:
            problems.append(problem)
            made.set()

    thread = Thread(target=run, name="forwarder")
    thread.start()
    try:
        assert made.wait(30)
        if found:
            yield found[0]
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
    if problems:
        raise problems[0]


def forward_all(path: Path, target: Target, schema: SchemaName = "default", prefix: bytes = b"") -> None:
    """Forward what is in the journal now."""
    parts = Parts(path, target, schema, prefix)
    try:
        drain(parts)
    finally:
        parts.close()


def drain(parts: Parts) -> None:
    """Forward all, as `run` does, but without waiting for more."""
    for _ in range(200):
        try:
            parts.forwarder.open()
            while parts.forwarder.behind:
                parts.forwarder.step()
            parts.forwarder.note()
            return
        except UnavailableError:
            time.sleep(0.05)
    raise AssertionError("it does not come to an end")


def decode(values: Sequence[bytes], schema: Any) -> list[dict[str, Any]]:
    """Return the records of Avro values, as fastavro reads them."""
    parsed = fastavro.parse_schema(schema)
    found = []
    for value in values:
        source = io.BytesIO(value)
        record = fastavro.schemaless_reader(source, parsed, None)
        assert source.read() == b"", "all bytes were used"
        assert isinstance(record, dict)
        found.append(record)
    return found


def differences(sent: int, found: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which of the numbers below `sent` are lost, and which are there twice."""
    expected = {str(number) for number in range(sent)}
    assert set(found) <= expected, "nothing else is there"
    seen: set[str] = set()
    twice = [number for number in found if number in seen or seen.add(number)]  # type: ignore[func-returns-value]
    return sorted(expected - seen, key=int), twice
